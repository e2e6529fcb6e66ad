"""What looks add up to, and how sure that is."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xops_watch.sources.sqlite_wal.window import BUSY_SLEEPS, LOOKS_LEAST, Wait, Window


def window(seconds: list[str]) -> Window:
    """Return the window of these seconds, each a word of looks: `x` held, `.` free."""
    made = Window()
    for second in seconds:
        made.begin_batch()
        for one in second:
            made.look(held=one == "x", took=0.001, late=False)
    return made


def test_the_busy_share_is_held_of_looks() -> None:
    made = window(["xx..", "x...", "x..."])
    assert made.busy == pytest.approx(4 / 12)


def test_few_looks_are_not_enough() -> None:
    assert not window(["x" * (LOOKS_LEAST - 1)]).is_enough
    assert window(["x" * LOOKS_LEAST]).is_enough


@pytest.mark.parametrize(
    ("seconds", "error"),
    [
        (["." * 50] * 12, 0.0017),  # never 0: what is rare was perhaps missed
        (["x" * 50] * 12, 0.0017),
        (["x.x.x.x.x."] * 60, 0.0204),  # as of 600 independent looks
        (["x" * 10] * 30 + ["." * 10] * 30, 0.115),  # one hold of half a minute: 20 groups
    ],
)
def test_the_standard_error(seconds: list[str], error: float) -> None:
    assert window(seconds).busy_error == pytest.approx(error, abs=0.001)


def test_the_truth_lies_within_two_standard_errors_19_times_of_20() -> None:
    lots = random.Random(7)  # noqa: S311 - the same lots each time
    inside = 0
    for _ in range(300):
        made = window(["".join(lots.choices("x.", (0.3, 0.7), k=10)) for _ in range(60)])
        inside += abs(made.busy - 0.3) <= 2 * made.busy_error
    assert inside >= 0.93 * 300


@given(st.lists(st.text("x.", max_size=30), min_size=1, max_size=80))
def test_shares_are_shares_and_errors_are_never_0(seconds: list[str]) -> None:
    made = window(["x.", *seconds])
    assert 0 <= made.busy <= 1
    assert 0 < made.busy_error <= 1.1
    assert made.checkpoint_busy is None
    assert made.probe_seconds == 0.001
    assert made.late_share == 0


def test_looks_before_the_first_second_count() -> None:
    made = Window()
    made.look(held=True, took=0.25, late=True)
    assert (made.busy, made.late_share, made.probe_seconds) == (1.0, 1.0, 0.25)


def test_who_waits_sleeps_as_sqlite_does_and_gives_up_after_5_seconds() -> None:
    wait, dues = Wait(due=100.0), []
    while not wait.is_over:
        wait.sleep()
        dues.append(round(wait.due - 100, 3))
    assert dues[:6] == [0.001, 0.003, 0.008, 0.018, 0.033, 0.053]
    assert dues[12] - dues[11] == pytest.approx(BUSY_SLEEPS[-1])
    assert 5.0 <= wait.waited <= 5.1


def test_the_mean_wait_is_of_all_who_came() -> None:
    made = Window()
    assert made.mean_wait == 0.0
    for seconds in (0.0, 0.0, 0.3):
        made.wait_ended(seconds)
    assert made.mean_wait == pytest.approx(0.1)
