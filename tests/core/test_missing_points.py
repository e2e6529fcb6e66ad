"""M of N with missing points: CloudWatch's documented cells, and what must hold of any window."""

from itertools import product

import pytest

from tests.core.test_prometheus_vectors import load
from xops_watch.core.datapoints import Datapoints, Missing, decide
from xops_watch.core.truth import Truth

TREATMENTS = {
    "missing": Missing.MISSING,
    "ignore": Missing.IGNORE,
    "breaching": Missing.BREACHING,
    "notBreaching": Missing.NOT_BREACHING,
}
# Both "insufficient data" and "the state is kept" are: nothing new is proven.
OUTCOMES = {
    "OK": Truth.FALSE,
    "ALARM": Truth.TRUE,
    "INSUFFICIENT_DATA": Truth.UNKNOWN,
    "RETAIN": Truth.UNKNOWN,
}
MARKS = {"0": False, "X": True, "-": None}
CELLS = [
    (row["M"], row["N"], "".join(row["datapoints"]), treatment, outcome)
    for row in load("cw_alarm_tables.json")["rows"]
    for treatment, outcome in row["expected"].items()
]
WINDOWS = list(product([False, True, None], repeat=5))
OF_THREE = [Datapoints(needed=needed, of=3) for needed in (1, 2, 3)]


def slots(marks: str) -> list[bool | None]:
    return [MARKS[mark] for mark in marks]


def test_there_are_40_documented_cells() -> None:
    assert len(CELLS) == 40


@pytest.mark.parametrize(("needed", "of", "marks", "treatment", "outcome"), CELLS)
def test_a_documented_cell(needed: int, of: int, marks: str, treatment: str, outcome: str) -> None:
    points = Datapoints(needed=needed, of=of)
    assert decide(slots(marks), points, TREATMENTS[treatment]) is OUTCOMES[outcome]


@pytest.mark.parametrize("marks", ["----X", "---X-"])
def test_cloudwatch_does_not_fire_early_on_too_young_a_point(marks: str) -> None:
    of_three = Datapoints(needed=3, of=3)
    assert decide(slots(marks), of_three, Missing.MISSING) is not Truth.TRUE


def test_the_documented_range_of_three_is_five() -> None:
    assert Datapoints(needed=2, of=3).range == 5


@pytest.mark.parametrize("points", OF_THREE)
def test_without_missing_points_the_treatment_does_not_matter(points: Datapoints) -> None:
    for window in WINDOWS:
        if None not in window:
            expected = Truth.of(sum(slot is True for slot in window[-3:]) >= points.needed)
            assert {decide(window, points, missing) for missing in Missing} == {expected}


@pytest.mark.parametrize("points", OF_THREE)
def test_what_fires_as_not_breaching_fires_as_breaching(points: Datapoints) -> None:
    for window in WINDOWS:
        if decide(window, points, Missing.NOT_BREACHING) is Truth.TRUE:
            assert decide(window, points, Missing.BREACHING) is Truth.TRUE


@pytest.mark.parametrize("points", OF_THREE)
def test_unknown_proves_only_what_every_filling_agrees_on(points: Datapoints) -> None:
    for window in WINDOWS:
        choices = [(slot,) if slot is not None else (False, True) for slot in window[-3:]]
        fillings = {sum(filling) >= points.needed for filling in product(*choices)}
        expected = Truth.UNKNOWN if len(fillings) == 2 else Truth.of(fillings.pop())
        assert decide(window, points, Missing.UNKNOWN) is expected


@pytest.mark.parametrize("missing", [m for m in Missing if m is not Missing.UNKNOWN])
@pytest.mark.parametrize("points", OF_THREE)
def test_an_older_point_never_matters_once_there_are_enough(
    points: Datapoints, missing: Missing
) -> None:
    for window in WINDOWS:
        if sum(slot is not None for slot in window[1:]) >= points.of:
            outcomes = {decide((old, *window[1:]), points, missing) for old in (False, True, None)}
            assert len(outcomes) == 1
