"""What an attestation has to say, and in which words a wrong one is refused."""

from pathlib import Path
from typing import Any

import pytest

from tests.sources.mandates.mandates_scene import (
    EVIDENCE,
    JANE,
    RAVI,
    WITHDRAWN,
    Scene,
    attestation,
    written,
)

SUM = "ab" * 32


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene(tmp_path, asked=("sovereignty", "availability-sla"))


def why(scene: Scene, content: object, mandate: str = "sovereignty") -> str:
    written(scene.path, **{mandate: content})
    # Without the file and the place in its only line.
    return scene.look().why(mandate).removeprefix(f"{scene.path}:1:").partition(": ")[2]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"state": None}, "the key `state` is missing"),
        ({"state": "Declared"}, "`state` input should be 'declared' or 'withdrawn'"),
        ({"summary": ""}, "`summary` string should have at least 1 character"),
        ({"summary": "a\u200bb"}, "`summary` has to be one line without invisible characters"),
        ({"summary": "a\nb"}, "`summary` has to be one line without invisible characters"),
        ({"summary": " a"}, "`summary` begins or ends with a blank"),
        ({"summary": "x" * 501}, "`summary` string should have at most 500 characters"),
        ({"summary": 5}, "`summary` input should be a valid string"),
        ({"author": None}, "the key `author` is missing"),
        ({"author": "Jane"}, "`author` input should be a valid dictionary or instance of Author"),
        ({"author": {**JANE, "role": "x"}}, "the key `role` is unknown"),
        ({"author": {**JANE, "email": "jane"}}, "`email` has to be an e-mail address"),
        ({"approver": JANE}, "the key `role` is missing"),
        ({"approver": {**RAVI, "mail": "x"}}, "the key `mail` is unknown; did you mean `email`?"),
        ({"evidence": None}, "a declared mandate names one piece of evidence at least"),
        ({"evidence": []}, "a declared mandate names one piece of evidence at least"),
        ({"evidence": EVIDENCE}, "`evidence` input should be a valid tuple"),
        ({"evidence": [{**EVIDENCE, "type": "Audit"}]}, "`type` has to be a word of small letters"),
        ({"evidence": [{**EVIDENCE, "uri": "a b"}]}, "`uri` has to be a URI of at most 1000"),
        (
            {"evidence": [{**EVIDENCE, "uri": "https://me:pw@x.y/z"}]},
            "`uri` names a user or a pass",
        ),
        ({"evidence": [{**EVIDENCE, "sha256": SUM.upper()}]}, "`sha256` has to be 64 small hexa"),
        ({"evidence": [EVIDENCE] * 21}, "`evidence` tuple should have at most 20 items"),
        ({"declared_at": "2026-01-10"}, "`declared_at` has to be an instant with its zone, such"),
        ({"declared_at": "2026-01-10T09:00:00"}, "`declared_at` has to be an instant with its zo"),
        ({"declared_at": "2026-13-10T09:00Z"}, "`declared_at` month must be in 1..12"),
        ({"declared_at": "9999-12-31T23:59:59-23:59"}, "`declared_at` the year has to be one from"),
        ({"declared_at": 1768035600}, "`declared_at` has to be an instant with its zone"),
        ({"effective_from": None}, "the key `effective_from` is missing"),
        ({"expires_at": None}, "the key `expires_at` is missing"),
        ({"expires_at": "2027-02-14T09:00:01Z"}, "is more than 400 days after `declared_at`"),
        ({"expires_at": "2026-01-31T13:00Z"}, "is not after `effective_from` and `declared_at`"),
        ({"target": "99.5%"}, "only availability-sla has one"),
        ({"expires": "x"}, "the key `expires` is unknown; did you mean `expires_at`?"),
        ({"\x1b]0;x\x07": "x"}, "the key `\\x1b]0;x\\x07` is unknown"),
    ],
)
def test_a_declared_one_is_refused_in_words_that_help(
    scene: Scene, changes: dict[str, Any], said: str
) -> None:
    assert why(scene, attestation(**changes)).startswith(said)


@pytest.mark.parametrize("name", ["effective_from", "expires_at", "target"])
def test_a_withdrawal_has_no_time_and_no_number_of_its_own(scene: Scene, name: str) -> None:
    value = "99.5%" if name == "target" else "2026-12-01T00:00Z"
    said = why(scene, attestation(WITHDRAWN, **{name: value}))
    assert said == "a withdrawal counts from when it is written: leave this out"


@pytest.mark.parametrize(
    ("target", "said"),
    [
        (None, "the key `target` is missing: the promised number, such as 99.5%"),
        (0.995, "`target` has to be a percentage, such as 99.5%"),
        ("0.995", "`target` has to be a percentage, such as 99.5%"),
        ("100%", "`target` has to be a percentage, such as 99.5%"),
        ("89.9%", "`target` has to be at least 90%"),
    ],
)
def test_a_promise_of_availability_names_its_number(
    scene: Scene, target: object, said: str
) -> None:
    assert why(scene, attestation(target=target), "availability-sla") == said


def test_several_problems_are_one_line_that_counts_them(scene: Scene) -> None:
    said = why(scene, attestation(state="x", ticket=""))
    assert said == "`state` input should be 'declared' or 'withdrawn' (and 1 more)"


def test_the_place_of_a_problem_is_the_line_it_is_on(scene: Scene) -> None:
    scene.path.write_text(
        "schema: 1\nmandates:\n  sovereignty:\n    state: declared\n    sumary: x\n"
    )
    assert scene.look().why("sovereignty") == (
        f"{scene.path}:3:3: the key `summary` is missing (and 4 more)"
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"expires_at": "2027-02-14T09:00:00Z"},  # 400 days to the second
        {"expires_at": "2026-03-01T12:00:00.000001Z"},
        {"effective_from": "2025-01-01T00:00:00Z"},  # a law that held already
        {"ticket": "OPS-17"},
        {"evidence": [{**EVIDENCE, "uri": "https://x.example/a@b", "sha256": SUM}]},
        {"evidence": [EVIDENCE] * 20},
        {"summary": "Données à résidence: 東京"},
    ],
)
def test_what_is_within_the_limits_is_declared(scene: Scene, changes: dict[str, Any]) -> None:
    written(scene.path, sovereignty=attestation(**changes))
    assert scene.look().state("sovereignty") == "declared"


def test_more_than_100_mandates_are_refused(scene: Scene) -> None:
    written(scene.path, **{f"m{n}": {} for n in range(101)})
    detail = scene.look_or_fail().why("whole")
    assert detail == f"{scene.path}:1:27: there are more than 100 mandates"
