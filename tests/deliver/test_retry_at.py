"""When a notice that failed is tried again."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xops_watch.deliver import BACK_OFF_MAX, retry_at

NOW = datetime(2026, 3, 2, 3, 14, tzinfo=UTC)
ANY_KEY = st.text(st.characters(exclude_categories=()), max_size=40)


def _wait(attempts: int, key: str = "k", *, retryable: bool = True) -> float:
    return (retry_at(attempts, key=key, retryable=retryable, now=NOW) - NOW).total_seconds()


@pytest.mark.parametrize(
    ("attempts", "longest"),
    [(0, 5), (1, 10), (2, 20), (3, 40), (7, 640), (8, 900), (9, 900), (1_000_000, 900)],
)
def test_an_outage_waits_5_s_doubling_to_15_min_less_at_most_a_quarter(
    attempts: int, longest: float
) -> None:
    assert longest * 0.75 <= _wait(attempts) <= longest


@pytest.mark.parametrize(("attempts", "longest"), [(0, 60), (1, 120), (3, 480), (4, 900)])
def test_a_refusal_waits_1_min_doubling_to_15_min(attempts: int, longest: float) -> None:
    assert longest * 0.75 <= _wait(attempts, retryable=False) <= longest


@given(st.integers(min_value=0, max_value=10**6), ANY_KEY, st.booleans())
def test_the_wait_is_never_none_and_never_too_long(
    attempts: int,
    key: str,
    retryable: bool,  # noqa: FBT001 - drawn, not passed by a caller
) -> None:
    wait = timedelta(seconds=_wait(attempts, key, retryable=retryable))
    assert timedelta(seconds=3) < wait <= BACK_OFF_MAX


@given(st.integers(min_value=0, max_value=30), ANY_KEY)
def test_a_notice_never_waits_less_than_the_time_before(attempts: int, key: str) -> None:
    assert _wait(attempts + 1, key) >= _wait(attempts, key)


def test_notices_that_failed_together_come_back_apart_and_the_same_way_every_time() -> None:
    waits = [_wait(5, f"key {number}") for number in range(100)]
    assert len(set(waits)) > 90
    assert waits == [_wait(5, f"key {number}") for number in range(100)]
