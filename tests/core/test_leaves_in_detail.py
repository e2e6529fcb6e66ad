"""Which readings a leaf is judged on: windows or the newest, whose, and how far back."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from tests.core.samples import (
    LOAD,
    MINUTE,
    NOON,
    QUEUE,
    SUBJECT,
    above,
    below,
    crosses,
    history,
    rule,
    series,
)
from xops_watch.core.condition import Across, AllOf, Condition, Threshold
from xops_watch.core.datapoints import Datapoints, Missing, decide
from xops_watch.core.evidence import ALL_SUBJECTS
from xops_watch.core.measure import Aggregate, Statistic
from xops_watch.core.reading import History
from xops_watch.core.truth import Truth
from xops_watch.core.verdict import Verdict, judge

T, F, U = Truth.TRUE, Truth.FALSE, Truth.UNKNOWN


def over(of: Threshold, statistic: Statistic, minutes: float = 10) -> Threshold:
    return replace(of, aggregate=Aggregate(statistic=statistic, over=minutes * MINUTE))


def verdict(of: Condition, known: History, *, at: float = 0, subject: str = SUBJECT) -> Verdict:
    return judge(rule(of), subject, known, now=NOON + at * MINUTE)


def loads(values: Mapping[float, float]) -> History:
    return history(series(LOAD, values))


FALLEN: Mapping[float, float] = {
    0: 90.0,
    2: 50.0,
    4: 50.0,
    6: 50.0,
    8: 50.0,
    10: 10.0,
}  # spaced by the grace


# A statistic over a window


def test_the_value_of_a_statistic_is_the_number_and_not_the_newest_reading() -> None:
    found = verdict(over(above(80), Statistic.AVG), loads(FALLEN), at=10)
    assert (found.condition, found.value) == (F, 42)
    assert found.evidence == "avg over 10m of load 42 (not > 80)"


def test_a_window_over_the_line_whose_newest_reading_is_not_breaches_no_more() -> None:
    found = verdict(over(above(80), Statistic.MAX, 11), loads(FALLEN), at=10)
    assert (found.condition, found.breaching, found.value) == (T, False, 90)


def test_silence_as_long_as_the_grace_leaves_no_hole_in_a_window() -> None:
    assert verdict(over(above(40), Statistic.AVG), loads(FALLEN), at=10).condition is T
    holed = {at: value for at, value in FALLEN.items() if at != 4}
    assert verdict(over(above(40), Statistic.AVG), loads(holed), at=10).condition is U


@pytest.mark.parametrize(
    ("of", "statistic", "truth"),
    [
        (above(80), Statistic.MAX, T),  # further points could only raise it
        (below(95), Statistic.MAX, U),
        (below(20), Statistic.MIN, T),
        (above(5), Statistic.MIN, U),
        (below(60), Statistic.AVG, U),
        (above(40), Statistic.AVG, U),
        (above(40), Statistic.SUM, T),
        (below(999), Statistic.SUM, U),
    ],
)
def test_what_a_window_with_holes_proves(of: Threshold, statistic: Statistic, truth: Truth) -> None:
    holed = loads({0: 90, 9: 50, 10: 10})
    assert verdict(over(of, statistic, 11), holed, at=10).condition is truth


def test_a_sum_of_statistics_and_its_newest_readings() -> None:
    of = replace(over(above(80), Statistic.MAX), across=Across.SUM)
    known = history(series(LOAD, {6: 90, 10: 10}, subject="a"), series(LOAD, {10: 10}, subject="b"))
    found = verdict(of, known, at=10, subject=ALL_SUBJECTS)
    assert (found.condition, found.value, found.breaching) == (T, 100, False)


def test_one_reading_is_enough_for_a_statistic_that_asks_for_no_more() -> None:
    plain = Aggregate(statistic=Statistic.PERCENTILE, over=MINUTE)
    assert (plain.samples, plain.rank) == (1, 0.5)


# Whose readings


def test_a_leg_may_read_one_fixed_subject_whatever_the_rule_is_judged_on() -> None:
    both = AllOf(parts=(above(80), replace(above(5, of=QUEUE), subject="shared")))
    known = history(
        series(LOAD, {0: 81}),
        series(QUEUE, {0: 9}, subject="shared"),
        series(QUEUE, {0: 0}),
    )
    assert verdict(both, known).condition is T


def test_the_reading_of_the_service_itself_goes_before_that_of_its_cluster() -> None:
    both = AllOf(parts=(above(80), above(5, of=QUEUE)))
    own = history(
        series(LOAD, {0: 81}),
        series(QUEUE, {0: 0}),
        series(QUEUE, {0: 9}, subject="xops"),
    )
    assert verdict(both, own).condition is F
    silent = history(
        series(LOAD, {0: 81}), series(QUEUE, {}), series(QUEUE, {0: 9}, subject="xops")
    )
    assert verdict(both, silent).condition is U


def test_any_below_is_true_of_one_and_the_greatest_below_only_of_all() -> None:
    known = history(series(LOAD, {0: 30}, subject="a"), series(LOAD, {0: 90}, subject="b"))
    of_any, of_max = (replace(below(50), across=how) for how in (Across.ANY, Across.MAX))
    assert verdict(of_any, known, subject=ALL_SUBJECTS).condition is T
    assert verdict(of_max, known, subject=ALL_SUBJECTS).condition is F


@pytest.mark.parametrize(
    ("of", "truth"), [(above(80), T), (above(100), U), (below(100), U), (below(80), U)]
)
def test_a_sum_that_lacks_one_proves_only_that_it_is_above(of: Threshold, truth: Truth) -> None:
    known = history(series(LOAD, {9: 90}, subject="a"), series(LOAD, {0: 90}, subject="b"))
    found = verdict(replace(of, across=Across.SUM), known, at=9, subject=ALL_SUBJECTS)
    assert found.condition is truth


def test_the_subject_of_a_rule_over_many_is_called_all() -> None:
    assert ALL_SUBJECTS == "all"  # a label of metrics and a key of the state file


# Missing points


@pytest.mark.parametrize(
    ("missing", "points", "truth"),
    [
        # 3 of 3: CloudWatch looks at 5 points to find 3, ours at 3.
        (Missing.UNKNOWN, "0XX-X", U),
        (Missing.BREACHING, "0XX-X", T),
        (Missing.NOT_BREACHING, "0XX-X", T),
        (Missing.MISSING, "0XX-X", T),
        (Missing.IGNORE, "0XX-X", T),
        (Missing.NOT_BREACHING, "0-X-X", F),
    ],
)
def test_how_far_back_points_are_looked_for(missing: Missing, points: str, truth: Truth) -> None:
    of = replace(above(80, datapoints="3/3"), missing=missing)
    assert verdict(of, loads(crosses(points)), at=4).condition is truth


def test_the_range_is_documented_for_three_periods_and_a_third_more_for_others() -> None:
    ranges = [Datapoints(needed=1, of=of).range for of in (1, 3, 6, 9, 12, 15)]
    assert ranges == [3, 5, 8, 12, 16, 20]


@pytest.mark.parametrize(
    ("needed", "of", "points", "missing", "truth"),
    [
        (1, 3, "-----", Missing.MISSING, U),
        (3, 3, "X---X", Missing.MISSING, T),  # the oldest breach is old enough
        (3, 3, "---XX", Missing.MISSING, U),
        (3, 3, "X---X", Missing.IGNORE, U),
        (2, 3, "--X-X", Missing.NOT_BREACHING, T),
        (3, 3, "--X-X", Missing.NOT_BREACHING, F),
        (2, 3, "--X-0", Missing.BREACHING, T),
        (3, 3, "--X-0", Missing.BREACHING, F),
    ],
)
def test_a_treatment_of_missing_points(
    needed: int, of: int, points: str, missing: Missing, truth: Truth
) -> None:
    slots = [{"X": True, "0": False, "-": None}[point] for point in points]
    assert decide(slots, Datapoints(needed=needed, of=of), missing) is truth


def test_a_breach_of_nothing_but_missing_points_begins_now_and_has_lasted_no_time() -> None:
    of = replace(above(80, datapoints="3/3"), missing=Missing.BREACHING)
    found = judge(rule(of, hold=1), SUBJECT, history(), now=NOON)
    assert (found.condition, found.held, found.since) == (T, False, NOON)
    assert found.evidence == "no reading of load yet"


def test_while_it_is_kept_firing_it_is_not_cleared() -> None:
    of = replace(rule(above(80)), keep=2 * MINUTE)
    answers = [
        judge(of, SUBJECT, loads({0: 81, 1: 50, 2: 50, 3: 50}), now=NOON + at * MINUTE).cleared
        for at in range(4)
    ]
    assert answers == [F, F, F, T]
