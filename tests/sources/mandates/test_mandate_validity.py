"""Whether what is written of a mandate counts: that it does not is known, whatever was meant."""

from pathlib import Path

import pytest

from tests.contract.source_promises import assert_promises_kept
from tests.sources.mandates.mandates_scene import NOW, WITHDRAWN, Scene, attestation, written
from xops_watch.errors import GapReason, SourceError


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene(tmp_path)


def test_a_file_that_is_garbled_later_makes_invalid_what_was_declared_and_nothing_else(
    scene: Scene,
) -> None:
    written(scene.path, sovereignty=attestation())
    scene.look()
    scene.path.write_text("schema: 1\nmandates: {")
    look = scene.look()
    assert look.validity("sovereignty") == "invalid"
    assert "mandates.yaml:2:12: a value is missing here" in look.why("sovereignty")
    assert look.gap("mandate.validity", "mtls").reason is GapReason.INVALID
    assert_promises_kept(scene.source, look.observations, now=NOW)
    entries = scene.ledger.verify().entries
    assert [(e.fields["mandate"], e.fields["state"]) for e in entries] == [
        ("sovereignty", "declared"),
        ("sovereignty", "invalid"),
    ]


def test_what_is_written_is_valid_expired_or_invalid(scene: Scene) -> None:
    written(
        scene.path,
        sovereignty=attestation(expires_at="2026-02-20T00:00Z"),
        mtls=attestation(WITHDRAWN),
        on_prem={},
        sovereignity=attestation(),
    )
    look = scene.look()
    told = {one: look.validity(one) for one in ("sovereignty", "mtls", "on-prem", "sovereignity")}
    assert told == {
        "sovereignty": "expired",
        "mtls": "valid",
        "on-prem": "invalid",
        "sovereignity": "invalid",
    }
    assert_promises_kept(scene.source, look.observations, now=NOW)


def test_a_place_that_cannot_be_reached_says_nothing_of_validity(scene: Scene) -> None:
    written(scene.path, sovereignty=attestation())
    scene.look()
    scene.path.unlink()
    with pytest.raises(SourceError) as caught:
        scene.look()
    assert caught.value.reason is GapReason.UNREACHABLE
