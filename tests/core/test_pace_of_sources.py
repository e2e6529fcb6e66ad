"""When a source is due."""

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.core.samples import MINUTE, NOON
from xops_watch.core.cadence import BACK_OFF_MAX, Pace, back_off, is_due

SECOND = timedelta(seconds=1)
BEGUN = Pace().begun(at=NOON)


def test_a_source_that_never_ran_is_due() -> None:
    assert is_due(Pace(), MINUTE, now=NOON)
    assert is_due(Pace(refusals=9), MINUTE, now=NOON)


@pytest.mark.parametrize(
    ("seconds", "due"), [(0, False), (15, False), (59, False), (60, True), (61, True), (3600, True)]
)
def test_a_source_is_due_once_an_interval(seconds: int, due: bool) -> None:  # noqa: FBT001 - a table of facts
    assert is_due(BEGUN, MINUTE, now=NOON + seconds * SECOND) is due


def test_a_tick_that_starts_a_little_early_does_not_cost_a_turn() -> None:
    """Ticks of 15 s that start some milliseconds early or late, a source of 60 s."""
    wobble = [0.004, -0.003, 0.002, 0.005, -0.001]
    pace, begun = Pace(), []
    for n in range(40):
        now = NOON + timedelta(seconds=15 * n + wobble[n % 5])
        if is_due(pace, MINUTE, now=now):
            pace = pace.begun(at=now)
            begun.append(n)
    assert begun == list(range(0, 40, 4))


def test_early_is_a_hundredth_of_the_interval_at_most() -> None:
    assert is_due(BEGUN, MINUTE, now=NOON + timedelta(seconds=59.4))
    assert not is_due(BEGUN, MINUTE, now=NOON + timedelta(seconds=59.39))
    assert is_due(BEGUN, 60 * MINUTE, now=NOON + timedelta(minutes=59.4))
    assert not is_due(BEGUN, 60 * MINUTE, now=NOON + timedelta(minutes=59.39))


@pytest.mark.parametrize(
    ("refusals", "times"), [(0, 1), (1, 2), (2, 4), (3, 8), (4, 8), (9, 8), (10**9, 8)]
)
def test_the_interval_doubles_with_every_refusal_up_to_eight_times(
    refusals: int, times: int
) -> None:
    assert back_off(refusals) == times <= BACK_OFF_MAX
    pace = Pace(began_at=NOON, refusals=refusals)
    assert is_due(pace, MINUTE, now=NOON + times * MINUTE)
    assert not is_due(pace, MINUTE, now=NOON + times * MINUTE - SECOND)


def test_a_clock_that_jumped_back_makes_it_due_at_once() -> None:
    assert is_due(BEGUN, MINUTE, now=NOON - timedelta(microseconds=1))
    assert is_due(Pace(began_at=NOON, refusals=3), MINUTE, now=NOON - 60 * MINUTE)


def test_any_other_answer_ends_the_back_off() -> None:
    pace = BEGUN.after(refused=True).after(refused=True)
    assert pace == Pace(began_at=NOON, refusals=2)
    assert pace.begun(at=NOON + MINUTE) == Pace(began_at=NOON + MINUTE, refusals=2)
    assert pace.after(refused=False) == BEGUN


@given(st.lists(st.booleans()), st.integers(0, 10_000))
@settings(max_examples=60, deadline=None)
def test_a_source_is_always_asked_again_within_eight_intervals(
    answers: list[bool], early: int
) -> None:
    pace = BEGUN
    for refused in answers:
        pace = pace.after(refused=refused)
    assert is_due(pace, MINUTE, now=NOON + 8 * MINUTE)
    assert not is_due(pace, MINUTE, now=NOON + early * timedelta(milliseconds=5))
