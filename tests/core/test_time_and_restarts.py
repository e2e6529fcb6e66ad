"""Data time: late, doubled, shuffled and future readings, restarts, and clocks that jump."""

from datetime import UTC, datetime, timedelta, tzinfo

import pytest

from tests.core.play import Memory, line, play, tick
from tests.core.samples import (
    LOAD,
    MINUTE,
    NOON,
    SUBJECT,
    above,
    below,
    history,
    reading,
    rule,
    series,
    signal,
)
from xops_watch.core.reading import Reading, Series
from xops_watch.core.rule import Rule
from xops_watch.core.truth import Truth
from xops_watch.core.verdict import judge

HELD = rule(above(80), hold=5, clear=(below(65), 3))
SUSTAINED = rule(above(80, datapoints="3/5"), clear=(below(65), 3))
STORY = "50 50 81 81 - 81 90 85 - - - 81 81 81 81 81 81 70 64 !denied 64 64 64 64 50"


def test_a_late_reading_closes_a_hole_in_a_hold() -> None:
    assert play("81 81 - - 81 81", rule(above(80), hold=4)).line == line("px6")
    assert play("81 81 - - 81,81@-1 81", rule(above(80), hold=4)).line == line("px4 F F")


def test_a_late_reading_may_break_a_hold() -> None:
    assert play("81 81 - 81 81", rule(above(80), hold=4)).line == line("px4 F")
    assert play("81 81 - 81 81,50@-2", rule(above(80), hold=4)).line == line("px5")


def test_a_revised_value_counts_as_if_it_had_been_the_first() -> None:
    assert play("81 81 50@-1,81", rule(above(80), hold=2)).line == "p p p"
    assert play("81 50 81@-1,81", rule(above(80), hold=2)).line == "p . F"


def test_a_revision_ends_what_should_not_have_fired() -> None:
    assert play("81 80@-1", rule(above(80))).line == "F ."


def test_old_news_says_nothing_about_now() -> None:
    assert play("50 50 81@-9,50", rule(above(80))).line == ". . ."
    assert play("81@-9", rule(above(80))).line == ".?"
    assert play("81@-2 81@-2", rule(above(80))).line == "F F"  # as CloudWatch publishes them


def test_a_hold_built_of_late_readings_fires_at_once() -> None:
    assert play("81,81@-1,81@-2", rule(above(80), hold=2)).line == "F"
    assert play("81,81@-1,81@-2", rule(above(80), hold=2)).trigger.since == NOON - 2 * MINUTE


@pytest.mark.parametrize("of", [HELD, SUSTAINED])
@pytest.mark.parametrize("order", [(2, 0, 1), (1, 2, 0), (2, 1, 0), (0, 0, 1, 1, 2, 2)])
def test_the_order_of_arrival_and_doubles_do_not_matter(of: Rule, order: tuple[int, ...]) -> None:
    readings = [reading(LOAD, value, n) for n, value in enumerate([81, 90, 85])]
    memory, shuffled = Memory(), Memory()
    expected = tick(memory, of, readings, now=NOON + 2 * MINUTE)
    shuffled_readings = [readings[n] for n in order]
    assert tick(shuffled, of, shuffled_readings, now=NOON + 2 * MINUTE) == expected


def test_a_doubled_reading_is_one_point() -> None:
    one = (reading(LOAD, 81, 0), reading(LOAD, 81, 1))
    two = (*one[:1] * 3, *one[1:] * 3)
    for of in (rule(above(80, datapoints="2/2")), rule(above(80, datapoints="2/3")), HELD):
        verdicts = [
            judge(
                of,
                SUBJECT,
                history({(LOAD.name, SUBJECT): Series(readings=readings)}),
                now=NOON + MINUTE,
            )
            for readings in (one, two)
        ]
        assert verdicts[0] == verdicts[1]


def test_a_reading_of_the_future_proves_nothing_yet() -> None:
    assert play("81@+9", rule(above(80))).line == ".?"
    assert play("50 81@+9 50", rule(above(80))).line == ". . ."
    assert play("81 50@+9 - -", rule(above(80))).line == "F F F F?"


def test_a_reading_of_the_future_counts_when_its_time_comes() -> None:
    assert play("50 81@+2 50 -", rule(above(80))).line == ". . . F"


def test_a_reading_of_this_very_instant_counts() -> None:
    verdict = judge(rule(above(80)), SUBJECT, history(series(LOAD, {0: 81})), now=NOON)
    assert verdict.condition is Truth.TRUE


@pytest.mark.parametrize("of", [HELD, SUSTAINED, rule(above(80))])
@pytest.mark.parametrize("at", range(len(STORY.split())))
def test_a_restart_at_any_moment_changes_nothing(of: Rule, at: int) -> None:
    words = STORY.split()
    restarted = " ".join([*words[:at], "|", *words[at:]])
    unbroken, broken = play(STORY, of), play(restarted, of)
    assert broken.evaluations == unbroken.evaluations


def test_a_restart_during_a_hold_does_not_start_it_anew() -> None:
    assert play("81 81 | 81 | 81", rule(above(80), hold=3)).line == "p p p F"


def test_down_time_shorter_than_the_grace_is_not_held_against_the_hold() -> None:
    """The readings on both sides prove it; Prometheus would wait another ten minutes."""
    assert play("81 81 | ~+1 81", rule(above(80), hold=3)).line == "p p F"


def test_down_time_longer_than_the_grace_breaks_the_hold() -> None:
    assert play("81 81 | ~+2 81 81", rule(above(80), hold=3)).line == "p p p p"


def test_a_firing_trigger_fires_on_after_a_long_down_time() -> None:
    assert play("81 | ~+600 - 81 79", rule(above(80))).line == "F F? F ."
    assert play("81 | ~+600 - 81 79", rule(above(80))).told == "firing resolved"


def test_replaying_the_readings_to_a_new_state_gives_the_same_end() -> None:
    played = play(STORY, HELD)
    replayed = Memory()
    for evaluation in played.evaluations:
        seen = [
            Reading(signal=name, subject=subject, value=value, taken_at=taken_at)
            for (name, subject), values in played.memory.readings.items()
            for taken_at, value in values.items()
            if taken_at <= evaluation.at
        ]
        again = tick(replayed, HELD, seen, now=evaluation.at)
        assert [t.status for t in again.triggers] == [t.status for t in evaluation.triggers]
        changes = [(t.before, t.after, t.at) for t in evaluation.transitions]
        assert [(t.before, t.after, t.at) for t in again.transitions] == changes


def test_a_clock_that_jumps_back_proves_nothing_and_ends_nothing() -> None:
    assert play("81 ~-60 - - ~+58 -", rule(above(80))).line == "F F? F? F"
    assert play("50 ~-60 - -", rule(above(80))).line == ". .? .?"
    assert play("81 81 ~-60 - -", rule(above(80), hold=2)).line == "p p p? p?"


def test_after_a_jump_back_new_readings_count_and_the_future_waits() -> None:
    assert play("81 ~-60 50 50", rule(above(80))).line == "F . ."
    assert play("50 ~-60 81 81 81", rule(above(80), hold=2)).line == ". p p F"


def test_a_clock_that_jumps_forward_blinds_until_the_next_reading() -> None:
    assert play("81 ~+600 - 81", rule(above(80))).line == "F F? F"
    assert play("79 ~+600 - 79", rule(above(80))).line == ". .? ."
    assert play("81 81 ~+600 81", rule(above(80), hold=2)).line == "p p p"


class SummerTime(tzinfo):
    """A zone whose clock is set back from 03:00 to 02:00 on 5 April 2026, at 14:00 UTC."""

    def utcoffset(self, dt: datetime | None) -> timedelta:
        assert dt is not None
        winter = dt.replace(tzinfo=UTC) >= datetime(2026, 4, 5, 3 - dt.fold, tzinfo=UTC)
        return timedelta(hours=12 if winter else 13)

    def dst(self, dt: datetime | None) -> timedelta:
        return self.utcoffset(dt) - timedelta(hours=12)

    def tzname(self, dt: datetime | None) -> str:
        return f"UTC+{self.utcoffset(dt)}"


def test_summer_time_does_not_bend_a_hold() -> None:
    """02:30 comes twice that night: two instants, an hour apart."""
    zone = SummerTime()
    first = datetime(2026, 4, 5, 2, 30, tzinfo=zone)
    second = first.replace(fold=1)
    slow = signal("slow", grace=60)
    readings = tuple(
        Reading(signal="slow", subject=SUBJECT, value=81, taken_at=at) for at in (first, second)
    )
    known = history({("slow", SUBJECT): Series(readings=readings)})
    now = datetime(2026, 4, 4, 14, 30, tzinfo=UTC)
    verdict = judge(rule(above(80, of=slow), hold=60), SUBJECT, known, now=now)
    assert verdict.held
    assert verdict.since == now - timedelta(hours=1)
    assert verdict.as_of == now


def test_a_reading_is_kept_in_utc() -> None:
    zone = SummerTime()
    taken = Reading(
        signal="load", subject=SUBJECT, value=1, taken_at=datetime(2026, 4, 5, 2, 30, tzinfo=zone)
    )
    assert taken.taken_at.tzinfo is UTC
    assert taken.taken_at == datetime(2026, 4, 4, 13, 30, tzinfo=UTC)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_what_is_no_number_is_no_reading(value: float) -> None:
    with pytest.raises(ValueError, match=r"load: (nan|inf|-inf) is not a reading; report a Gap$"):
        reading(LOAD, value, 0)


def test_a_reading_without_a_time_zone_is_refused() -> None:
    with pytest.raises(ValueError, match=r"load: taken_at needs a time zone$"):
        Reading(signal="load", subject=SUBJECT, value=1, taken_at=datetime(2026, 3, 4))  # noqa: DTZ001 - the fault itself


def test_a_series_gives_what_is_not_later_than_an_instant() -> None:
    (known,) = series(LOAD, {0: 1, 1: 2, 2: 3}).values()
    assert known.until(NOON - MINUTE) == ()
    assert known.until(NOON + MINUTE) == known.readings[:2]
    assert known.until(NOON + 1.5 * MINUTE) == known.readings[:2]
    assert known.until(NOON + 9 * MINUTE) == known.readings
    assert known.newest == known.readings[-1]
    assert Series().until(NOON) == ()
    assert Series().newest is None
