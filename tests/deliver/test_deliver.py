"""One outbox pass: oldest first, back-off, limits, and what is counted and told."""

from datetime import timedelta

import pytest

from tests.deliver.house import House, SlowNotifier
from tests.deliver.outboxes import START, notice, outage, refusal
from tests.fakes import FakeClock, RecordingNotifier
from xops_watch.deliver import PASS_MAX, PASS_TIME_MAX, DeliveryReport
from xops_watch.errors import StoreError

SECOND = timedelta(seconds=1)


def test_nothing_owed_is_nothing_done() -> None:
    house = House()
    assert house.deliver.deliver() == DeliveryReport()
    assert house.tried == []
    assert house.lines.entries == []


def test_the_oldest_is_sent_first_and_each_once() -> None:
    house = House(notice("c", after=2), notice("a", after=0), notice("b", after=1))
    assert house.deliver.deliver() == DeliveryReport(delivered=3)
    assert house.deliver.deliver() == DeliveryReport()
    assert house.taken == ["a", "b", "c"]
    assert house.store.keys() == []


def test_an_outage_ends_the_pass_and_keeps_everything() -> None:
    house = House(notice("a"), notice("b", after=1), notifier=RecordingNotifier(outage()))
    assert house.deliver.deliver() == DeliveryReport(failed=1)
    assert house.tried == ["a"]
    assert house.store.keys() == ["a", "b"]


def test_a_refusal_lets_the_others_go_on_and_is_kept() -> None:
    house = House(notice("a"), notice("b", after=1), notifier=RecordingNotifier(refusal()))
    assert house.deliver.deliver() == DeliveryReport(delivered=1, refused=1)
    assert house.taken == ["b"]
    assert house.store.keys() == ["a"]


def test_what_failed_waits_for_its_back_off_and_then_goes() -> None:
    house = House(notice("a"), notifier=RecordingNotifier(outage(), outage()))
    house.deliver.deliver()
    house.clock.advance(timedelta(seconds=3))
    assert house.deliver.deliver() == DeliveryReport()
    house.clock.advance(timedelta(seconds=2))
    assert house.deliver.deliver() == DeliveryReport(failed=1)
    house.clock.advance(timedelta(seconds=5))
    assert house.deliver.deliver() == DeliveryReport()
    house.clock.advance(timedelta(seconds=5))
    assert house.deliver.deliver() == DeliveryReport(delivered=1)
    assert house.tried == ["a", "a", "a"]


def test_a_refused_notice_waits_longer_than_one_that_met_an_outage() -> None:
    house = House(notice("a"), notifier=RecordingNotifier(refusal()))
    house.deliver.deliver()
    house.clock.advance(timedelta(seconds=44))
    assert house.deliver.deliver() == DeliveryReport()
    house.clock.advance(timedelta(seconds=16))
    assert house.deliver.deliver() == DeliveryReport(delivered=1)


def test_an_outage_of_a_day_loses_nothing_and_is_over_within_15_minutes() -> None:
    beginning = notice("a")
    house = House(beginning, notifier=RecordingNotifier(*[outage()] * 200))
    while house.clock.now() < START + timedelta(days=1):
        house.deliver.deliver()
        house.clock.advance(timedelta(seconds=5))
    assert 96 <= len(house.tried) <= 140  # not one every five seconds, which were 17,280
    house.notifier.answers.clear()
    for _ in range(15 * 12):
        house.deliver.deliver()
        house.clock.advance(timedelta(seconds=5))
    assert house.taken == ["a"]


def test_when_the_mark_fails_the_same_process_does_not_page_again() -> None:
    house = House(notice("a"), notice("b", after=1))
    house.store.full = True
    for _ in range(3):
        with pytest.raises(StoreError, match="disk is full"):
            house.deliver.deliver()
    assert house.taken == ["a", "b"]
    house.store.full = False
    house.deliver.deliver()
    assert house.store.keys() == []
    assert house.taken == ["a", "b"]
    assert house.telemetry.notices == {"delivered": 2}


def test_when_the_process_dies_before_the_mark_the_same_key_is_sent_again() -> None:
    house = House(notice("a"))
    house.store.full = True
    with pytest.raises(StoreError):
        house.deliver.deliver()
    house.store.full = False
    assert house.restarted().deliver() == DeliveryReport(delivered=1)
    assert house.taken == ["a", "a"]
    assert house.store.keys() == []


def test_a_failure_that_cannot_be_noted_still_ends_the_pass_at_an_outage() -> None:
    house = House(notice("a"), notice("b", after=1), notifier=RecordingNotifier(outage()))
    house.store.full = True
    with pytest.raises(StoreError):
        house.deliver.deliver()
    assert house.tried == ["a"]


def test_a_pass_has_a_limit_and_the_next_one_goes_on() -> None:
    owed = [notice(f"{number:03}", after=number) for number in range(PASS_MAX + 7)]
    house = House(*owed)
    assert house.deliver.deliver().delivered == PASS_MAX
    assert house.deliver.deliver().delivered == 7
    assert house.taken == [each.key for each in owed]


def test_no_attempt_begins_after_the_time_of_a_pass() -> None:
    clock = FakeClock(START)
    owed = [notice(f"{number}", after=number) for number in range(9)]
    house = House(*owed, notifier=SlowNotifier(clock, seconds=4), clock=clock)
    assert house.deliver.deliver().delivered == 3
    assert clock.now() - START >= PASS_TIME_MAX


def test_a_faster_clock_does_not_shorten_a_pass() -> None:
    clock = FakeClock(START, speed=60)
    owed = [notice(f"{number}", after=number) for number in range(9)]
    house = House(*owed, notifier=SlowNotifier(clock, seconds=60), clock=clock)
    assert house.deliver.deliver().delivered == 9


def test_outcomes_are_counted_and_the_depth_is_shown() -> None:
    house = House(
        notice("a"),
        notice("b", after=1),
        notice("c", after=2),
        notice("d", after=3),
        notifier=RecordingNotifier(None, refusal(), outage()),
    )
    house.deliver.deliver()
    assert house.telemetry.notices == {"delivered": 1, "refused": 1, "failed": 1}
    ((depth, now),) = house.telemetry.depths
    assert (depth.notices, depth.oldest_at, now) == (3, START + SECOND, START)


def test_the_depth_is_shown_when_nothing_is_due_and_when_marks_fail() -> None:
    house = House(notice("a"))
    house.store.full = True
    with pytest.raises(StoreError):
        house.deliver.deliver()
    house.store.full = False
    house.deliver.deliver()
    house.deliver.deliver()
    assert [depth.notices for depth, _ in house.telemetry.depths] == [1, 0, 0]


def test_each_attempt_is_one_line() -> None:
    house = House(notice("a"), notice("b", after=1), notifier=RecordingNotifier(refusal()))
    house.deliver.deliver()
    refused, delivered = house.lines.entries
    assert refused == {
        "event": "notice_not_delivered",
        "log_level": "warning",
        "outcome": "refused",
        "key": "a",
        "rule": "ecs-cpu-sustained",
        "subject": "subject of a",
        "state": "firing",
        "receiver": "recording",
        "attempts": 1,
        "detail": "SNS answered NotFound",
        "hint": "create the topic",
    }
    assert (delivered["event"], delivered["key"]) == ("notice_delivered", "b")


def test_an_idle_pass_reads_the_outbox_once() -> None:
    house = House(notice("a"), notifier=RecordingNotifier(outage()))
    house.deliver.deliver()
    house.store.reads = 0
    house.deliver.deliver()
    assert house.store.reads == 1


def test_what_is_marked_is_not_remembered() -> None:
    house = House(notice("a"), notice("b", after=1))
    house.deliver.deliver()
    assert house.deliver._accepted == set()
