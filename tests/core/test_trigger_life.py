"""What a trigger does over time: inactive, pending, firing, and blind beside them."""

from datetime import timedelta

import pytest

from tests.core.play import line, play
from tests.core.samples import LOAD, MINUTE, NOON, SUBJECT, above, leaf, rule
from xops_watch.core.condition import Comparison
from xops_watch.core.trigger import Status, Trigger, new_trigger


def test_exactly_the_threshold_is_not_a_breach() -> None:
    assert play("80", rule(above(80))).line == "."


@pytest.mark.parametrize(
    ("comparison", "states"),
    [
        (Comparison.ABOVE, ". . F"),
        (Comparison.AT_LEAST, ". F F"),
        (Comparison.BELOW, "F . ."),
        (Comparison.AT_MOST, "F F ."),
    ],
)
def test_each_comparison_below_at_and_above_its_level(comparison: Comparison, states: str) -> None:
    assert play("79.9 80 80.1", rule(leaf(comparison, 80))).line == states


@pytest.mark.parametrize(
    ("script", "states"),
    [
        ("80 80 80", ". . ."),
        ("81 81", "p p"),
        ("81 81 81", "p p F"),
        ("81 81 80 81 81 81", "p p . p p F"),
        ("81 - 81", "p p F"),  # one missing point is within the grace of 2 minutes
        ("81 - - 81", "p p p p"),  # two are not: the breach begins anew
        ("81 - - 81 81 81", "p p p p p F"),
        ("81 81 81 80", "p p F ."),
    ],
)
def test_a_hold_of_two_minutes(script: str, states: str) -> None:
    assert play(script, rule(above(80), hold=2)).line == states


def test_without_a_hold_the_first_breach_fires() -> None:
    assert play("80 81 80 81", rule(above(80))).line == ". F . F"


def test_a_hold_counts_from_the_first_reading_to_the_newest_and_not_to_now() -> None:
    """The reading of 12:01 proves one minute, however long nothing follows it."""
    assert play("81 81 -", rule(above(80), hold=2)).line == "p p p"


def test_a_hold_between_two_readings_waits_for_the_next() -> None:
    assert play("81 81 81", rule(above(80), hold=1.5)).line == "p p F"


def test_silence_fires_nothing_and_clears_nothing() -> None:
    assert play("81 81 -x9", rule(above(80), hold=5)).line == line("px4 p?x7")
    assert play("81 -x9", rule(above(80))).line == line("Fx3 F?x7")
    assert play("79 -x9", rule(above(80))).line == line(".x3 .?x7")


@pytest.mark.parametrize(
    "reason", ["stale", "not_enabled", "denied", "throttled", "unreachable", "timeout", "invalid"]
)
def test_a_gap_for_whatever_reason_only_blinds(reason: str) -> None:
    gaps = f"!{reason}x4"
    assert play(f"81 81 {gaps}", rule(above(80), hold=5)).line == line("px4 p?x2")
    assert play(f"81 {gaps}", rule(above(80))).line == line("Fx3 F?x2")
    assert play(f"79 {gaps}", rule(above(80))).line == line(".x3 .?x2")
    assert play(gaps, rule(above(80))).line == line(".?x4")


def test_what_does_not_apply_leaves_an_inactive_trigger_nothing_to_be_blind_for() -> None:
    assert play("!not_applicablex4", rule(above(80))).line == line(".x4")
    assert play("79 !not_applicablex4", rule(above(80))).line == line(".x5")


def test_what_does_not_apply_neither_clears_nor_hides_a_breach() -> None:
    assert play("81 !not_applicablex4", rule(above(80))).line == line("Fx3 F?x2")
    assert play("81 !not_applicablex4", rule(above(80), hold=5)).line == line("px3 p?x2")


def test_sight_comes_back_with_the_next_reading() -> None:
    assert play("81 -x3 81 -x3 79", rule(above(80))).line == line("Fx3 F? Fx3 F? .")
    assert play("81 81 -x3 81", rule(above(80), hold=3)).line == line("px4 p? p")


def test_a_trigger_is_blind_since_it_was_first_blind() -> None:
    played = play("81 -x6", rule(above(80)))
    assert played.trigger.blind_since == NOON + 3 * MINUTE
    assert play("81 -x6 81", rule(above(80))).trigger.blind_since is None


def test_a_firing_trigger_keeps_its_beginning_through_a_hole_in_the_evidence() -> None:
    played = play("79 81 81 -x5 81 81", rule(above(80), hold=1))
    assert played.line == line(". p Fx3 F?x3 F F")
    assert played.trigger.since == NOON + MINUTE
    assert played.trigger.changed_at == NOON + 2 * MINUTE


def test_a_pending_trigger_began_with_the_breach_that_may_still_be_held() -> None:
    played = play("81 81 - - 81", rule(above(80), hold=9))
    assert played.trigger.since == NOON + 4 * MINUTE
    assert played.trigger.changed_at == NOON


def test_silence_does_not_move_the_beginning_of_a_pending_breach() -> None:
    played = play("79 81 -x6", rule(above(80), hold=9))
    assert played.trigger.since == NOON + MINUTE
    assert played.trigger.blind


def test_an_inactive_trigger_tells_when_it_last_changed() -> None:
    cleared = play("79 81 79 79", rule(above(80))).trigger
    assert cleared.since == cleared.changed_at == NOON + 2 * MINUTE
    never = play("79 79 79", rule(above(80))).trigger
    assert never.since == never.changed_at == NOON


def test_a_new_trigger_is_inactive_and_sees() -> None:
    trigger = new_trigger("rule", SUBJECT, now=NOON)
    assert trigger == Trigger(
        rule="rule",
        subject=SUBJECT,
        status=Status.INACTIVE,
        since=NOON,
        changed_at=NOON,
        blind_since=None,
    )
    assert trigger.key == ("rule", SUBJECT)
    assert not trigger.blind


def test_a_value_of_zero_is_a_value() -> None:
    assert play("0", rule(leaf(Comparison.AT_MOST, 0))).line == "F"
    assert play("0 1", rule(above(0))).line == ". F"


def test_the_newest_reading_is_evidence_up_to_the_grace_and_no_longer() -> None:
    assert LOAD.grace == timedelta(minutes=2)
    assert play("79 - - -", rule(above(80))).line == ". . . .?"
