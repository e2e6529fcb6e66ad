"""One number from a window: what each statistic is, and what holes leave provable."""

import statistics
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.samples import LOAD, MINUTE, NOON, SUBJECT, above, below, history, rule, series
from xops_watch.core.condition import Threshold
from xops_watch.core.measure import Aggregate, Statistic, measure
from xops_watch.core.truth import Truth
from xops_watch.core.verdict import judge

VALUES = st.lists(st.floats(0, 1e6), min_size=1, max_size=40)


def over(statistic: Statistic, minutes: float = 60, **parts: float) -> Aggregate:
    rank, samples = parts.get("rank", 0.5), int(parts.get("samples", 1))
    return Aggregate(statistic=statistic, over=minutes * MINUTE, rank=rank, samples=samples)


def number_of(values: list[float], aggregate: Aggregate) -> float | None:
    """Measure values that are a minute apart."""
    return measure(values, aggregate, seconds=60 * (len(values) - 1))


@pytest.mark.parametrize(
    ("statistic", "values", "number"),
    [
        (Statistic.AVG, [1, 2, 6], 3),
        (Statistic.MAX, [1, 6, 2], 6),
        (Statistic.MIN, [2, 1, 6], 1),
        (Statistic.SUM, [1, 2, 6], 9),
        (Statistic.COUNT, [0, 0, 0], 3),
        (Statistic.DELTA, [10, 15, 15, 21], 11),
        (Statistic.DELTA, [10, 15, 3, 4], 9),  # a restart from 0
        (Statistic.RATE, [0, 60, 120], 1),  # a second
        (Statistic.RATE, [7], None),
    ],
)
def test_a_statistic(statistic: Statistic, values: list[float], number: float | None) -> None:
    assert number_of(values, over(statistic)) == number


def test_too_few_points_are_no_number() -> None:
    assert number_of([1, 2], over(Statistic.AVG, samples=3)) is None
    assert number_of([], over(Statistic.COUNT)) is None


@given(VALUES.filter(lambda values: len(values) > 1))
def test_percentiles_are_those_of_the_standard_library(values: list[float]) -> None:
    expected = statistics.quantiles(values, n=10, method="inclusive")
    for decile, number in enumerate(expected, start=1):
        found = number_of(values, over(Statistic.PERCENTILE, rank=decile / 10))
        assert found == pytest.approx(number, rel=1e-6, abs=1e-6)


def truth(leaf: Threshold, values: dict[float, float], at: float) -> Truth:
    known = history(series(LOAD, values))
    return judge(rule(leaf), SUBJECT, known, now=NOON + at * MINUTE).condition


FULL = {float(minute): 50.0 for minute in range(11)}
HALF = {float(minute): 50.0 for minute in range(5, 11)}


@pytest.mark.parametrize(
    ("statistic", "level", "values", "expected"),
    [
        (Statistic.AVG, 49, FULL, Truth.TRUE),
        (Statistic.AVG, 50, FULL, Truth.FALSE),  # > is strict
        (Statistic.AVG, 49, HALF, Truth.UNKNOWN),
        (Statistic.MAX, 49, HALF, Truth.TRUE),  # more points can only raise it
        (Statistic.MAX, 50, HALF, Truth.UNKNOWN),
        (Statistic.SUM, 250, HALF, Truth.TRUE),
        (Statistic.SUM, 500, HALF, Truth.UNKNOWN),
        (Statistic.SUM, 499, FULL, Truth.TRUE),
        (Statistic.SUM, 500, FULL, Truth.FALSE),
        (Statistic.MIN, 49, HALF, Truth.UNKNOWN),
    ],
)
def test_a_window_with_holes_proves_only_what_more_points_would_confirm(
    statistic: Statistic, level: float, values: dict[float, float], expected: Truth
) -> None:
    leaf = replace(above(level), aggregate=over(statistic, 10))
    assert truth(leaf, values, 10) is expected


def test_a_low_minimum_is_proven_by_one_point() -> None:
    leaf = replace(below(51), aggregate=over(Statistic.MIN, 10))
    assert truth(leaf, HALF, 10) is Truth.TRUE


def test_too_few_points_prove_nothing() -> None:
    leaf = replace(above(49), aggregate=over(Statistic.AVG, 10, samples=12))
    assert truth(leaf, FULL, 10) is Truth.UNKNOWN


def test_a_rule_asks_for_its_whole_window() -> None:
    leaf = replace(above(49), aggregate=over(Statistic.AVG, 60))
    assert rule(leaf).lookback == 64 * MINUTE


def test_a_window_that_fell_silent_proves_nothing() -> None:
    leaf = replace(above(49), aggregate=over(Statistic.AVG, 10))
    assert truth(leaf, FULL, 12) is Truth.TRUE
    assert truth(leaf, FULL, 13) is Truth.UNKNOWN


def test_the_evidence_names_statistic_and_window() -> None:
    leaf = replace(above(49), aggregate=over(Statistic.PERCENTILE, 10, rank=0.9))
    known = history(series(LOAD, FULL))
    verdict = judge(rule(leaf), SUBJECT, known, now=NOON + 10 * MINUTE)
    assert (verdict.value, verdict.evidence) == (50, "p90 over 10m of load 50 (> 49)")
