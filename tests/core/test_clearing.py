"""What ends a firing trigger: nothing but proof."""

from dataclasses import replace

from tests.core.play import line, play
from tests.core.samples import (
    LOAD,
    MINUTE,
    NOON,
    QUEUE,
    SLOW,
    SUBJECT,
    above,
    below,
    history,
    rule,
    series,
)
from xops_watch.core.condition import AnyOf, Not
from xops_watch.core.trigger import Status, advance, new_trigger
from xops_watch.core.truth import Truth
from xops_watch.core.verdict import judge

SLOW_TO_CLEAR = rule(above(80), clear=(below(65), 2))


def test_without_a_clear_level_the_first_reading_below_the_line_ends_it() -> None:
    assert play("81 80", rule(above(80))).line == "F ."


def test_between_the_two_levels_it_goes_on_firing() -> None:
    assert play("81 70x9", SLOW_TO_CLEAR).line == line("Fx10")


def test_exactly_the_clear_level_does_not_clear() -> None:
    assert play("81 65x9", SLOW_TO_CLEAR).line == line("Fx10")


def test_the_clear_level_must_be_held() -> None:
    assert play("81 64 64 64", SLOW_TO_CLEAR).line == "F F F ."
    assert play("81 64 64 70 64 64 64", SLOW_TO_CLEAR).line == "F F F F F F ."


def test_a_clear_without_a_hold_clears_at_once() -> None:
    assert play("81 64", rule(above(80), clear=(below(65), 0))).line == "F ."


def test_a_clear_hold_is_broken_by_silence() -> None:
    assert play("81 64 - 64", SLOW_TO_CLEAR).line == "F F F ."
    assert play("81 64 - - 64 64 64", SLOW_TO_CLEAR).line == "F F F F F F ."


def test_silence_never_clears() -> None:
    assert play("81 64 64 -x9", SLOW_TO_CLEAR).line == line("Fx5 F?x7")


def test_a_clear_hold_counts_to_the_newest_reading_and_not_to_now() -> None:
    assert play("81 64 64 - -", SLOW_TO_CLEAR).line == line("Fx5")


def test_the_clear_level_means_nothing_before_it_fires() -> None:
    assert play("64 70 81 70 64 64 64", SLOW_TO_CLEAR).line == ". . F F F F ."
    held = rule(above(80), hold=2, clear=(below(65), 2))
    assert play("81 81 70 81", held).line == "p p . p"


def test_it_may_clear_by_another_signal() -> None:
    of = rule(above(80), clear=(below(1, of=QUEUE), 0))
    assert play({LOAD: "81 79 79 79", QUEUE: "5 5 - 0"}, of).line == "F F F ."


def test_a_held_clear_level_does_not_end_what_is_not_disproven() -> None:
    of = rule(above(80, datapoints="2/4"), clear=(below(65), 1))
    assert play("81 81 - - - 64 64 64", of).line == ".? F F F F? F? F? ."


def test_a_leg_that_fell_silent_may_still_breach() -> None:
    of = rule(AnyOf(parts=(above(80), above(5, of=QUEUE))), clear=(below(65), 0))
    scripts = {LOAD: "50x6", QUEUE: "9 -x4 0"}
    assert play(scripts, of).line == line("Fx3 F?x2 .")


def test_silence_of_the_condition_does_not_let_another_signal_clear_it() -> None:
    of = rule(above(80), clear=(below(1, of=SLOW), 0))
    scripts = {LOAD: "81 -x4 79", SLOW: "0x6"}
    assert play(scripts, of).line == line("Fx3 F?x2 .")


def test_what_is_proven_true_does_not_clear() -> None:
    """M of N may be over the line still when the newest points are below the clear level."""
    of = rule(above(80, datapoints="2/4"), clear=(below(65), 1))
    assert play("50 50 81 81 64 64", of).line == ".? .? .? F F F"
    assert play("50 50 81 81 64 64 64", of).line == ".? .? .? F F F ."


def test_a_window_that_proves_it_still_sends_no_stream_of_messages() -> None:
    of = rule(above(80, datapoints="12/15"), clear=(below(65), 2))
    played = play("50x4 81x12 64x8", of)
    assert played.line == line(".?x3 . px11 Fx4 .x5")
    assert played.told == "firing resolved"


def test_a_breach_that_ends_may_be_pending_again_at_once() -> None:
    of = rule(above(80, datapoints="2/3"))
    played = play("50 81 81 50@-2,50@-1,81", of)
    assert played.line == ".? .? F p"
    assert played.told == "firing resolved"
    assert played.trigger.since == NOON + 3 * MINUTE


def test_the_same_verdict_twice_changes_nothing_the_second_time() -> None:
    of = rule(above(80, datapoints="2/3"))
    disproven_but_over = history(series(LOAD, {0: 50, 1: 50, 2: 81}))
    now = NOON + 2 * MINUTE
    verdict = judge(of, SUBJECT, disproven_but_over, now=now)
    for status in Status:
        before = replace(new_trigger("rule", SUBJECT, now=NOON), status=status)
        once = advance(before, verdict, now=now)
        assert once.status is Status.PENDING
        assert advance(once, verdict, now=now) == once


def test_a_negated_condition_fires_below_and_clears_above() -> None:
    assert play("81 80 79 81", rule(Not(part=above(79)))).line == ". . F ."


def test_one_leg_that_went_silent_cannot_disprove() -> None:
    of = rule(AnyOf(parts=(above(80), above(5, of=QUEUE))))
    played = play({LOAD: "81 79 79 79 79 79", QUEUE: "0 - - - - 0"}, of)
    assert played.line == "F . . .? .? ."


def test_a_firing_condition_with_a_silent_leg_goes_on() -> None:
    of = rule(AnyOf(parts=(above(80), above(5, of=QUEUE))))
    played = play({LOAD: "79 79 79 79 79", QUEUE: "9 - - - 0"}, of)
    assert played.line == "F F F F? ."


def test_clearing_is_proven_disproven_or_neither() -> None:
    at: dict[float, float] = {0: 64.0, 1: 64.0, 2: 64.0}
    now = NOON + 2 * MINUTE
    held = judge(SLOW_TO_CLEAR, SUBJECT, history(series(LOAD, at)), now=now)
    assert held.cleared is Truth.TRUE
    short = judge(SLOW_TO_CLEAR, SUBJECT, history(series(LOAD, {1: 64, 2: 64})), now=now)
    assert short.cleared is Truth.FALSE
    over = judge(SLOW_TO_CLEAR, SUBJECT, history(series(LOAD, {2: 65})), now=now)
    assert over.cleared is Truth.FALSE
    stale = judge(SLOW_TO_CLEAR, SUBJECT, history(series(LOAD, at)), now=now + 3 * MINUTE)
    assert stale.cleared is Truth.UNKNOWN
    breaching = judge(SLOW_TO_CLEAR, SUBJECT, history(series(LOAD, {2: 81})), now=now)
    assert breaching.cleared is Truth.FALSE
    other = rule(above(80), clear=(below(65, of=QUEUE), 0))
    unseen = judge(other, SUBJECT, history(series(LOAD, {2: 64})), now=now)
    assert unseen.cleared is Truth.UNKNOWN
