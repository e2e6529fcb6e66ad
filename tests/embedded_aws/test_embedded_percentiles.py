"""Percentiles against the standard library's inclusive method, the same as numpy's default."""

import statistics
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xops_watch.embedded_aws.aggregates import percent_of, percentile
from xops_watch.embedded_aws.metrics import Sample, sample_of

AT = datetime(2026, 3, 1, tzinfo=UTC)
VALUES = st.lists(st.floats(0, 1e6), min_size=2, max_size=60)


@given(VALUES, st.integers(1, 99))
def test_percentiles_are_those_of_the_standard_library(values: list[float], percent: int) -> None:
    samples = [sample_of(value, at=AT) for value in values]
    expected = statistics.quantiles(values, n=100, method="inclusive")[percent - 1]
    assert percentile(samples, percent) == pytest.approx(expected, rel=1e-9, abs=1e-9)


@given(VALUES)
def test_the_ends_and_the_middle(values: list[float]) -> None:
    samples = [sample_of(value, at=AT) for value in values]
    assert percentile(samples, 0) == min(values)
    assert percentile(samples, 100) == max(values)
    assert percentile(samples, 50) == pytest.approx(statistics.median(values))


@given(st.lists(st.tuples(st.floats(0, 100), st.integers(1, 5)), min_size=1, max_size=8))
def test_a_value_that_occurred_n_times_counts_n_times(counted: list[tuple[float, int]]) -> None:
    packed = Sample(
        at=AT,
        unit="None",
        count=float(sum(count for _, count in counted)),
        total=0.0,
        low=0.0,
        high=0.0,
        values=tuple((value, float(count)) for value, count in counted),
    )
    spread = [sample_of(value, at=AT) for value, count in counted for _ in range(count)]
    for percent in (5, 50, 99.9):
        assert percentile([packed], percent) == pytest.approx(percentile(spread, percent))


def test_there_is_none_with_negative_values_or_hidden_ones() -> None:
    hidden = Sample(at=AT, unit="None", count=2, total=3, low=1, high=2, values=None)
    assert percentile([sample_of(1, at=AT), hidden], 50) is None
    assert percentile([sample_of(1, at=AT), sample_of(-1, at=AT)], 50) is None


@pytest.mark.parametrize("name", ["p101", "p", "P90", "p-1", "p9.", "tm90", "p1e1", "p90 "])
def test_names_that_are_no_percentiles(name: str) -> None:
    assert percent_of(name) is None
