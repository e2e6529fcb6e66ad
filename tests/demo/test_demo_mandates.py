"""The demo's file of mandates, read by the source that reads everybody's."""

from datetime import UTC, datetime
from pathlib import Path

from tests.sources.mandates.mandates_scene import Scene
from xops_watch.demo.mandates import declare_sovereignty, write_none
from xops_watch.sources.mandates import FilePlace

NOW = datetime(2026, 3, 4, 12, 0, 30, 123_456, tzinfo=UTC)


def test_nothing_is_mandated_and_then_sovereignty_is_approved_by_somebody_else(
    tmp_path: Path,
) -> None:
    path = tmp_path / "mandates.yaml"
    write_none(path)
    scene = Scene(tmp_path, FilePlace(path))
    assert scene.look(now=NOW).state("sovereignty") == "none"
    declare_sovereignty(path, now=NOW)
    look = scene.look(now=NOW)
    assert look.state("sovereignty") == "declared"
    assert look.approval("sovereignty") == "four_eyes"
    assert look.value("mandate.expires_in", "sovereignty") > 300 * 86_400
    assert sorted(one.name for one in tmp_path.iterdir()) == [
        "mandates.yaml",
        "state.ledger.jsonl",
    ]
