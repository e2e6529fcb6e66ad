"""A mandate in two places: the same word is one, and nobody guesses between two."""

import json
from pathlib import Path

from tests.contract.source_promises import assert_promises_kept
from tests.sources.mandates.mandates_scene import (
    NOW,
    WITHDRAWN,
    Scene,
    attestation,
    parameter,
    written,
)
from tests.sources.mandates.parameters_scene import DENIED, SOVEREIGNTY, scripted, stored
from xops_watch.errors import GapReason
from xops_watch.sources.mandates import FilePlace


def two_places(folder: Path, value: str | Exception, **in_file: object) -> Scene:
    shown = value if isinstance(value, Exception) else stored(value)
    scene, _ = scripted(folder, shown)
    scene.places = (FilePlace(written(folder / "mandates.yaml", **in_file)), *scene.places)
    scene.started()
    return scene


def test_two_places_that_say_the_same_are_one(tmp_path: Path) -> None:
    value = json.dumps(json.loads(parameter("sovereignty", attestation())), indent=2)
    look = two_places(tmp_path, value, sovereignty=attestation()).look()
    assert look.state("sovereignty") == "declared"


def test_two_places_that_contradict_each_other_are_unknown(tmp_path: Path) -> None:
    value = parameter("sovereignty", attestation(WITHDRAWN))
    scene = two_places(tmp_path, value, sovereignty=attestation(), mtls=attestation())
    look = scene.look()
    assert look.why("sovereignty") == (
        f"{tmp_path}/mandates.yaml:1 and {SOVEREIGNTY}:1 contradict each other: keep one"
    )
    assert look.state("mtls") == "declared"


def test_what_one_place_says_counts_where_the_other_is_silent(tmp_path: Path) -> None:
    scene = two_places(tmp_path, parameter("sovereignty", attestation()), mtls=attestation())
    look = scene.look()
    assert (look.state("sovereignty"), look.state("mtls")) == ("declared", "declared")


def test_a_malformed_word_is_not_made_good_by_the_other_place(tmp_path: Path) -> None:
    assert "a value is missing here" in two_places(
        tmp_path, "{", sovereignty=attestation()
    ).look().why("sovereignty")


def test_a_place_that_cannot_be_read_may_hold_the_contrary(tmp_path: Path) -> None:
    scene = two_places(tmp_path, DENIED, sovereignty=attestation())
    look = scene.look()
    assert look.gap("mandate.state", "sovereignty").reason is GapReason.DENIED
    assert look.gap("mandate.state", "mtls").reason is GapReason.DENIED
    assert_promises_kept(scene.source, look.observations, now=NOW)
    assert scene.ledger.verify().entries == ()
