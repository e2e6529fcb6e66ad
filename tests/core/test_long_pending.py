"""A breach that is held back for longer than its rule looks back keeps its beginning."""

from dataclasses import replace

from tests.core.play import Played, play
from tests.core.samples import LOAD, MINUTE, NOON, QUEUE, above, rule
from xops_watch.core.trigger import Status

# While the queue is above 1 nothing new fires; the rule looks back 7 minutes.
DEPLOYING = replace(rule(above(80), hold=2), suppress=above(1, of=QUEUE))


def held_back(load: str, queue: str) -> Played:
    return play({LOAD: load, QUEUE: queue}, DEPLOYING)


def test_it_is_pending_since_it_began() -> None:
    assert DEPLOYING.lookback == 7 * MINUTE
    played = held_back("90x20", "5x20")
    assert {evaluation.triggers[0].since for evaluation in played.evaluations} == {NOON}


def test_it_fires_as_what_began_then() -> None:
    played = held_back("90x23", "5x20 0x3")
    assert (played.trigger.status, played.trigger.since) == (Status.FIRING, NOON)
    assert played.trigger.changed_at == NOON + 20 * MINUTE


def test_a_restart_in_between_changes_nothing() -> None:
    assert (
        held_back("90x12 | 90x11", "5x12 | 5x8 0x3").trigger
        == held_back("90x23", "5x20 0x3").trigger
    )


def test_an_interruption_begins_it_anew_however_long_ago_that_was() -> None:
    played = held_back("90x5 50 90x14", "5x20")
    assert (played.trigger.status, played.trigger.since) == (Status.PENDING, NOON + 6 * MINUTE)


def test_a_hole_in_the_readings_begins_it_anew_as_well() -> None:
    played = held_back("90x5 -x4 90x14", "5x23")
    assert (played.trigger.status, played.trigger.since) == (Status.PENDING, NOON + 9 * MINUTE)
