"""M of N: how many of the newest periods must breach, and what a missing one may change."""

from itertools import product

import pytest

from tests.core.play import line, play
from tests.core.samples import (
    LOAD,
    MINUTE,
    NOON,
    SUBJECT,
    above,
    below,
    crosses,
    history,
    rule,
    series,
)
from xops_watch.core.datapoints import Datapoints
from xops_watch.core.truth import Truth
from xops_watch.core.verdict import judge

CPU_SUSTAINED = rule(above(80, datapoints="12/15"))
CALM = "50x4"  # with 4 points that do not breach, 12 of 15 are out of reach
CALMED = ".?x3 ."


def test_eleven_of_fifteen_do_not_fire() -> None:
    assert play(f"{CALM} 81x11", CPU_SUSTAINED).line == line(f"{CALMED} px11")


def test_twelve_of_fifteen_fire() -> None:
    assert play(f"{CALM} 81x12", CPU_SUSTAINED).line == line(f"{CALMED} px11 F")


def test_where_the_breaches_lie_does_not_matter() -> None:
    scattered = f"{CALM} 81x6 50 81 50 81x4"
    assert play(scattered, CPU_SUSTAINED).line.split()[-1] == "p"
    assert play(f"{scattered} 81", CPU_SUSTAINED).line.split()[-1] == "F"


def test_points_before_the_window_count_no_more() -> None:
    assert play("81x11 50x4 81", CPU_SUSTAINED).line == line(".?x14 . p")


def test_exactly_the_threshold_does_not_count() -> None:
    assert play(f"{CALM} 81x11 80", CPU_SUSTAINED).line == line(f"{CALMED} px11 .")


def test_it_ends_when_too_few_breach() -> None:
    assert play(f"{CALM} 81x15 50x4", CPU_SUSTAINED).line == line(f"{CALMED} px11 Fx7 .")


def test_missing_points_leave_it_open_as_long_as_they_could_decide() -> None:
    # 1 to 11 breaches of which the rest of the window is not known: neither true nor false.
    assert play("81x12", CPU_SUSTAINED).line == line(".?x11 F")
    # 3 points that do not breach leave room for 12 that do; 4 do not.
    assert play("50x5", CPU_SUSTAINED).line == line(".?x3 .x2")


def test_a_point_missing_at_the_line_is_unknown() -> None:
    """11 breaches and one point missing: it could be the twelfth."""
    assert play(f"{CALM} 81x6 - 81x5", CPU_SUSTAINED).line == line(f"{CALMED} px6 p px4 p?")


def test_a_late_point_turns_a_window_over() -> None:
    gappy = f"{CALM} 81x6 - 81x4"
    assert play(f"{gappy} 81,81@-5", CPU_SUSTAINED).line == line(f"{CALMED} px11 F")
    assert play(f"{gappy} 81,50@-5", CPU_SUSTAINED).line == line(f"{CALMED} px12")


def test_a_revised_point_ends_what_it_had_fired() -> None:
    assert play(f"{CALM} 81x12 50@-5", CPU_SUSTAINED).line == line(f"{CALMED} px11 F p")


def test_points_not_published_yet_are_not_missing() -> None:
    """The window ends at the newest reading, so waiting for the next one changes nothing."""
    assert play(f"{CALM} 81x12 - -", CPU_SUSTAINED).line == line(f"{CALMED} px11 Fx3")
    assert play(f"{CALM} - -", CPU_SUSTAINED).line == line(f"{CALMED} .x2")


def test_a_stale_window_proves_nothing() -> None:
    assert play(f"{CALM} 81x12 - - -", CPU_SUSTAINED).line == line(f"{CALMED} px11 Fx3 F?")
    assert play(f"{CALM} - - -", CPU_SUSTAINED).line == line(f"{CALMED} .x2 .?")


def test_a_single_breach_is_pending_before_the_window_is_full() -> None:
    assert play("50x14 81 50", CPU_SUSTAINED).line == line(".?x3 .x11 p .")


def test_pending_began_with_the_oldest_breach_of_the_window() -> None:
    played = play("50x14 81 50 81", CPU_SUSTAINED)
    assert played.line.endswith(" p . p")
    assert played.trigger.since == NOON + 14 * MINUTE


def test_firing_began_with_the_oldest_breach_of_the_window() -> None:
    played = play(f"{CALM} 81x12 81x30", CPU_SUSTAINED)
    assert played.trigger.since == NOON + 4 * MINUTE
    assert played.trigger.changed_at == NOON + 15 * MINUTE


def test_the_beginning_is_not_looked_for_before_the_window() -> None:
    of = rule(above(80, datapoints="2/3"))
    known = history(series(LOAD, {0: 81, 1: 50, 2: 81, 3: 81}))
    assert judge(of, SUBJECT, known, now=NOON + 3 * MINUTE).since == NOON + 2 * MINUTE


def test_a_long_breach_began_when_the_window_first_proved_it() -> None:
    of = rule(above(80, datapoints="2/3"))
    known = history(series(LOAD, dict.fromkeys(range(6), 81)))
    verdict = judge(of, SUBJECT, known, now=NOON + 5 * MINUTE)
    assert verdict.since == NOON + MINUTE


def test_a_window_that_still_proves_the_condition_breaches_no_more_at_its_newest_point() -> None:
    of = rule(above(80, datapoints="2/3"))
    known = history(series(LOAD, {0: 81, 1: 81, 2: 50}))
    verdict = judge(of, SUBJECT, known, now=NOON + 2 * MINUTE)
    assert verdict.condition is Truth.TRUE
    assert not verdict.breaching
    assert verdict.since == NOON


def test_a_hold_starts_when_the_window_first_proves_the_condition() -> None:
    of = rule(above(80, datapoints="2/3"), hold=2)
    assert play("50 50 81 81 81 81", of).line == line(".? . px3 F")


def test_a_window_that_proves_the_condition_keeps_it_pending_at_a_calm_point() -> None:
    of = rule(above(80, datapoints="2/3"), hold=2)
    assert play("50 50 81 81 50 81", of).line == line(".? . px3 F")


def test_the_newest_value_of_a_period_counts() -> None:
    of = rule(above(80, datapoints="2/2"))
    assert play("81 81,50@-0.4", of).line.endswith(" F")  # read at 0:36, then at 1:00
    assert play("81 50,81@-0.4", of).line.endswith(" .")


@pytest.mark.parametrize("early", [-0.3, 0, 0.3])
def test_reading_a_little_early_or_late_loses_no_period(early: float) -> None:
    """A source polled every minute is never asked on the very second."""
    of = rule(above(80, datapoints="15/15"))
    for start in (-0.01, 0.0, 0.49, 0.5, 0.51):
        wobble = [0.0, early]
        values = {start + n + wobble[n % 2]: 81.0 for n in range(15)}
        known = history(series(LOAD, values))
        verdict = judge(of, SUBJECT, known, now=NOON + 15 * MINUTE)
        assert verdict.condition is Truth.TRUE, start


def test_half_a_period_belongs_to_the_older_one() -> None:
    of = rule(above(80, datapoints="2/2"))
    two = history(series(LOAD, {0.5: 81, 1: 81}))
    assert judge(of, SUBJECT, two, now=NOON + MINUTE).condition is Truth.TRUE
    one = history(series(LOAD, {0.51: 81, 1: 81}))
    assert judge(of, SUBJECT, one, now=NOON + MINUTE).condition is Truth.UNKNOWN
    beyond = history(series(LOAD, {-0.5: 81, 1: 81}))
    assert judge(of, SUBJECT, beyond, now=NOON + MINUTE).condition is Truth.UNKNOWN


@pytest.mark.parametrize(("needed", "of"), [(0, 1), (-1, 3), (4, 3), (1, 0), (0, 0)])
def test_datapoints_that_are_always_or_never_true_are_refused(needed: int, of: int) -> None:
    with pytest.raises(
        ValueError, match=f"^datapoints {needed}/{of}: needs 1 to {of} of the periods$"
    ):
        Datapoints(needed=needed, of=of)


def _filled(window: str, needed: int) -> Truth:
    """Decide by brute force: put every missing point both ways and see whether all agree."""
    unknown = window.count("-")
    answers = set()
    for filling in product("0X", repeat=unknown):
        choice = iter(filling)
        points = [next(choice) if point == "-" else point for point in window]
        answers.add(points.count("X") >= needed)
    if len(answers) > 1:
        return Truth.UNKNOWN
    return Truth.TRUE if answers.pop() else Truth.FALSE


@pytest.mark.parametrize(
    ("needed", "of"), [(needed, of) for of in range(1, 6) for needed in range(1, of + 1)]
)
def test_every_window_of_five_points_agrees_with_filling_it_both_ways(needed: int, of: int) -> None:
    breach = rule(above(80, datapoints=f"{needed}/{of}"))
    quiet = rule(below(80, datapoints=f"{needed}/{of}"))
    for points in product("0X-", repeat=5):
        seen = "".join(points).rstrip("-")
        expected = _filled(("-" * of + seen)[-of:], needed) if seen else Truth.UNKNOWN
        values = crosses(seen)
        flipped = {n: 131 - value for n, value in values.items()}
        now = NOON + max(len(seen) - 1, 0) * MINUTE
        over, under = history(series(LOAD, values)), history(series(LOAD, flipped))
        assert judge(breach, SUBJECT, over, now=now).condition is expected, points
        assert judge(quiet, SUBJECT, under, now=now).condition is expected, points
