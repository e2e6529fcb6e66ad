"""Of many windows, each must have been watched: a sum of what is half seen is no sum."""

from dataclasses import replace

import pytest

from tests.core.samples import LOAD, NOON, above, below, history, rule, series
from xops_watch.core.condition import Across, Threshold
from xops_watch.core.datapoints import Missing
from xops_watch.core.evidence import ALL_SUBJECTS
from xops_watch.core.measure import Aggregate, Statistic
from xops_watch.core.truth import Truth
from xops_watch.core.verdict import Verdict, judge

# Ten points of 10 in ten minutes; the grace is two minutes.
WHOLE = {float(at): 10.0 for at in range(-9, 1)}
YOUNG = {-1.0: 10.0, 0.0: 10.0}
HOLED = {at: value for at, value in WHOLE.items() if not -7 < at < -3}


def over_ten_minutes(
    leaf: Threshold, statistic: Statistic = Statistic.SUM, across: Across = Across.SUM
) -> Threshold:
    aggregate = Aggregate(statistic=statistic, over=10 * LOAD.period, samples=1)
    return replace(leaf, aggregate=aggregate, across=across)


def judged(leaf: Threshold, **subjects: dict[float, float]) -> Verdict:
    known = history(*(series(LOAD, values, subject=name) for name, values in subjects.items()))
    return judge(rule(leaf), ALL_SUBJECTS, known, now=NOON)


def test_two_whole_windows_are_added() -> None:
    assert judged(over_ten_minutes(above(199)), a=WHOLE, b=WHOLE).condition is Truth.TRUE
    assert judged(over_ten_minutes(above(200)), a=WHOLE, b=WHOLE).condition is Truth.FALSE


@pytest.mark.parametrize("part", [YOUNG, HOLED])
def test_a_window_that_is_not_covered_leaves_the_sum_unknown(part: dict[float, float]) -> None:
    leaf = over_ten_minutes(above(199))
    assert judged(leaf, a=part).condition is Truth.UNKNOWN
    assert judged(leaf, a=WHOLE, b=part).condition is Truth.UNKNOWN
    assert judged(leaf, a=part, b=part).condition is Truth.UNKNOWN


def test_a_sum_that_is_over_already_is_proven_by_what_is_seen() -> None:
    assert judged(over_ten_minutes(above(119)), a=WHOLE, b=YOUNG).condition is Truth.TRUE
    assert judged(over_ten_minutes(above(120)), a=WHOLE, b=YOUNG).condition is Truth.UNKNOWN


def test_an_average_of_half_a_window_adds_nothing_that_is_certain() -> None:
    """The rest of the window could be 0; what the others add up to is certain."""
    leaf = over_ten_minutes(above(10), statistic=Statistic.AVG)
    assert judged(leaf, a=WHOLE, b=YOUNG).condition is Truth.UNKNOWN
    assert judged(leaf, a=WHOLE, b=WHOLE).condition is Truth.TRUE
    low = over_ten_minutes(above(9), statistic=Statistic.AVG)
    assert judged(low, a=WHOLE, b=YOUNG).condition is Truth.TRUE


def test_below_is_never_proven_of_a_sum_that_could_grow() -> None:
    assert judged(over_ten_minutes(below(200)), a=WHOLE, b=YOUNG).condition is Truth.UNKNOWN
    assert judged(over_ten_minutes(below(201)), a=WHOLE, b=WHOLE).condition is Truth.TRUE


def test_the_least_of_half_a_window_is_never_more_than_what_is_seen() -> None:
    leaf = over_ten_minutes(below(21), statistic=Statistic.MIN)
    assert judged(leaf, a=WHOLE, b=YOUNG).condition is Truth.TRUE
    high = over_ten_minutes(below(20), statistic=Statistic.MIN)
    assert judged(high, a=WHOLE, b=YOUNG).condition is Truth.UNKNOWN
    assert judged(leaf, a=WHOLE, b={-9.0: 1.0}).condition is Truth.UNKNOWN


def test_equal_is_only_proven_when_all_is_seen() -> None:
    exactly = over_ten_minutes(replace(above(120), comparison=above(1).comparison.IS))
    assert judged(exactly, a=WHOLE, b=YOUNG).condition is Truth.UNKNOWN
    assert judged(replace(exactly, value=200), a=WHOLE, b=WHOLE).condition is Truth.TRUE


@pytest.mark.parametrize("across", [Across.ANY, Across.MAX])
def test_the_greatest_of_windows_needs_them_all_to_be_low(across: Across) -> None:
    leaf = over_ten_minutes(above(100), across=across)
    assert judged(leaf, a=WHOLE, b=YOUNG).condition is Truth.UNKNOWN
    assert judged(leaf, a=WHOLE, b=WHOLE).condition is Truth.FALSE
    assert judged(replace(leaf, value=99), a=WHOLE, b=YOUNG).condition is Truth.TRUE


def test_too_few_points_are_not_silence() -> None:
    """Somebody speaks: what silence counts as is not asked."""
    leaf = replace(over_ten_minutes(above(1)), missing=Missing.BREACHING)
    assert leaf.aggregate is not None
    many = replace(leaf, aggregate=replace(leaf.aggregate, samples=5))
    assert judged(many, a=YOUNG, b=YOUNG).condition is Truth.UNKNOWN
    assert judged(many, a={-9.0: 1.0}, b={-9.0: 1.0}).condition is Truth.TRUE
