"""What the daemon tells the ledger of mandates, and what it says of the ledger."""

from datetime import timedelta
from pathlib import Path

import pytest

from tests.contract.source_promises import assert_promises_kept
from tests.sources.mandates.mandates_scene import (
    DAY,
    NOW,
    WITHDRAWN,
    Scene,
    attestation,
    written,
)
from xops_watch.errors import GapReason, SourceError, StoreError


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene(tmp_path)


def told(scene: Scene) -> list[tuple[str, str]]:
    """Return mandate and state of every entry."""
    return [
        (str(entry.fields["mandate"]), str(entry.fields["state"]))
        for entry in scene.ledger.verify().entries
    ]


def test_nothing_declared_is_nothing_to_tell(scene: Scene) -> None:
    written(scene.path)
    assert scene.look().chain() == "intact"
    assert not scene.ledger.path.exists()


def test_each_change_is_told_once_whatever_the_restarts(scene: Scene) -> None:
    written(scene.path, sovereignty=attestation())
    scene.look()
    scene.look()
    scene.started()
    scene.look()
    written(scene.path, sovereignty=attestation(summary="Renewed"))
    scene.look()
    written(scene.path, sovereignty=attestation(WITHDRAWN))
    scene.look()
    assert told(scene) == [
        ("sovereignty", "declared"),
        ("sovereignty", "declared"),
        ("sovereignty", "withdrawn"),
    ]


def test_an_entry_says_who_and_which(scene: Scene) -> None:
    written(scene.path, sovereignty=attestation())
    scene.look()
    (entry,) = scene.ledger.verify().entries
    assert (entry.kind, entry.at) == ("mandate.seen", NOW)
    assert entry.fields == {
        "mandate": "sovereignty",
        "state": "declared",
        "place": f"{scene.path}:1",
        "author": "Jane Doe <jane@example.com>",
        "approver": "Ravi Patel <ravi@example.com>, CISO",
        "digest": entry.fields["digest"],
    }
    assert len(str(entry.fields["digest"])) == 64


def test_the_way_it_is_written_changes_no_digest(scene: Scene) -> None:
    written(scene.path, sovereignty=attestation())
    scene.look()
    text = scene.path.read_text()
    scene.path.write_text("# reviewed\n" + text.replace("+11:00", "+11:00").replace(", ", ",\n  "))
    scene.look()
    written(scene.path, sovereignty=attestation(effective_from="2026-01-31T13:00Z"))
    scene.look()
    assert len(told(scene)) == 1


def test_time_and_silence_are_told_too(scene: Scene) -> None:
    written(scene.path, sovereignty=attestation())
    for days in (-30, 0, 400):
        scene.look(now=NOW + days * DAY)
    written(scene.path)
    scene.look(now=NOW + 401 * DAY)
    assert told(scene) == [
        ("sovereignty", "pending"),
        ("sovereignty", "declared"),
        ("sovereignty", "expired"),
        ("sovereignty", "invalid"),
    ]


def test_that_a_file_could_not_be_read_is_no_change(scene: Scene) -> None:
    written(scene.path, sovereignty=attestation())
    scene.look()
    scene.path.rename(scene.path.with_suffix(".away"))
    with pytest.raises(SourceError):
        scene.look()
    scene.path.with_suffix(".away").rename(scene.path)
    scene.look()
    assert told(scene) == [("sovereignty", "declared")]


def test_a_changed_entry_is_broken_from_then_on(scene: Scene) -> None:
    written(scene.path, sovereignty=attestation(), mtls=attestation())
    scene.look()
    path = scene.ledger.path
    path.write_text(path.read_text().replace("Ravi", "Rudi"))
    look = scene.look()
    assert look.chain() == "broken"
    assert_promises_kept(scene.source, look.observations, now=NOW)
    written(scene.path, sovereignty=attestation(WITHDRAWN), mtls=attestation())
    scene.look()
    scene.started()
    assert scene.look().chain() == "broken"
    assert told(scene)[-1] == ("sovereignty", "withdrawn")


def test_a_ledger_that_was_cut_off_or_taken_away_is_broken(scene: Scene) -> None:
    written(scene.path, sovereignty=attestation(), mtls=attestation())
    scene.look()
    path = scene.ledger.path
    text = path.read_text()
    path.write_text(text.splitlines(keepends=True)[0])
    scene.started()
    assert scene.look().chain() == "broken"
    path.unlink()
    assert scene.look().chain() == "broken"
    path.write_text(text)
    assert scene.look().chain() == "intact"


def test_what_others_add_is_part_of_the_chain(scene: Scene) -> None:
    written(scene.path, sovereignty=attestation())
    scene.look()
    scene.ledger.append("decision.accepted", {"rule": "sovereignty-mandate"}, now=NOW)
    assert scene.look().chain() == "intact"
    lines = scene.ledger.path.read_text().splitlines(keepends=True)
    scene.ledger.path.write_text(lines[0])
    assert scene.look().chain() == "broken"


def test_another_ledger_begins_anew(scene: Scene, tmp_path: Path) -> None:
    written(scene.path, sovereignty=attestation())
    scene.look()
    scene.ledger.path.unlink()
    scene.ledger.path = tmp_path / "second.jsonl"
    assert scene.look().chain() == "intact"


def test_a_ledger_that_cannot_be_written_blinds_no_mandate_and_is_told_later(
    scene: Scene, tmp_path: Path
) -> None:
    scene.ledger.path = tmp_path / "later" / "ledger.jsonl"
    written(scene.path, sovereignty=attestation())
    look = scene.look()
    assert look.state("sovereignty") == "declared"
    gap = look.gap("ledger.chain", "xops")
    assert gap.reason is GapReason.UNREACHABLE
    assert "cannot add to it: No such file or directory" in gap.detail
    (tmp_path / "later").mkdir()
    assert scene.look().chain() == "intact"
    assert told(scene) == [("sovereignty", "declared")]


def test_a_single_look_writes_nothing(tmp_path: Path) -> None:
    scene = Scene(tmp_path, writes=False)
    written(scene.path, sovereignty=attestation())
    assert scene.look().chain() == "intact"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mandates.yaml"]
    assert scene.memory.recall("mandates") is None


def test_a_misspelt_id_is_told_and_then_forgotten(scene: Scene) -> None:
    written(scene.path, sovereignity=attestation(), mtls=attestation())
    scene.look()
    written(scene.path, mtls=attestation())
    scene.look()
    assert told(scene) == [("mtls", "declared"), ("sovereignity", "invalid")]
    assert "sovereignity" not in str(scene.memory.recall("mandates"))


def test_what_is_remembered_in_another_form_is_forgotten(scene: Scene) -> None:
    scene.memory.keep("mandates", '{"declared": 5}')
    written(scene.path)
    assert scene.look().state("sovereignty") == "none"


def test_a_state_file_that_fails_is_a_failure_of_the_source(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: str) -> str:
        raise StoreError("state.db: cannot recall: disk I/O error", hint="look at the disk")

    monkeypatch.setattr(scene.memory, "recall", refuse)
    written(scene.path)
    with pytest.raises(SourceError, match="disk I/O error"):
        scene.look(now=NOW + timedelta(minutes=5))
