"""The end of the process: everything owed once, within the time that is left."""

import threading
from datetime import timedelta

import pytest

from tests.deliver.house import HeldNotifier, House, SlowNotifier
from tests.deliver.outboxes import START, notice, outage, refusal
from tests.fakes import FakeClock, RecordingNotifier
from xops_watch.deliver import DeliveryReport

SECOND = timedelta(seconds=1)


def test_flush_tries_everything_once_whatever_its_back_off() -> None:
    house = House(notice("a"), notice("b", after=1), notifier=RecordingNotifier(outage()))
    house.deliver.deliver()
    house.store.add(notice("c", after=2))
    assert house.deliver.flush(within=20 * SECOND) == DeliveryReport(delivered=3)
    assert house.tried == ["a", "a", "b", "c"]


def test_flush_does_not_try_twice() -> None:
    house = House(notice("a"), notice("b", after=1), notifier=RecordingNotifier(*[refusal()] * 9))
    assert house.deliver.flush(within=20 * SECOND) == DeliveryReport(refused=2)
    assert house.tried == ["a", "b"]
    assert house.store.keys() == ["a", "b"]


def test_an_outage_ends_a_flush() -> None:
    house = House(notice("a"), notice("b", after=1), notifier=RecordingNotifier(outage()))
    assert house.deliver.flush(within=20 * SECOND) == DeliveryReport(failed=1)
    assert house.store.keys() == ["a", "b"]


def test_flush_keeps_within_its_time() -> None:
    clock = FakeClock(START)
    owed = [notice(f"{number}", after=number) for number in range(9)]
    house = House(*owed, notifier=SlowNotifier(clock, seconds=8), clock=clock)
    assert house.deliver.flush(within=20 * SECOND).delivered == 3


def test_the_time_of_a_flush_includes_reading_the_outbox() -> None:
    clock = FakeClock(START)
    house = House(
        notice("a"), notice("b", after=1), notifier=SlowNotifier(clock, seconds=8), clock=clock
    )
    house.store.before_read = lambda: clock.advance(15 * SECOND)
    assert house.deliver.flush(within=20 * SECOND).delivered == 1


def test_a_flush_can_be_followed_by_another() -> None:
    house = House(notice("a"))
    house.deliver.flush(within=SECOND)
    house.store.add(notice("b", after=1))
    assert house.deliver.flush(within=SECOND).delivered == 1


@pytest.mark.parametrize("seconds", [0, -1])
def test_flush_without_time_does_nothing(seconds: float) -> None:
    house = House(notice("a"))
    assert house.deliver.flush(within=timedelta(seconds=seconds)) == DeliveryReport()
    assert house.tried == []


def test_a_flush_beside_a_running_pass_sends_nothing_twice() -> None:
    notifier = HeldNotifier()
    house = House(notice("a"), notice("b", after=1), notifier=notifier)
    running = threading.Thread(target=house.deliver.deliver)
    running.start()
    assert notifier.entered.wait(timeout=10)
    assert house.deliver.flush(within=timedelta(milliseconds=1)) == DeliveryReport()
    notifier.go.set()
    running.join(timeout=10)
    assert house.deliver.flush(within=20 * SECOND) == DeliveryReport()
    assert house.taken == ["a", "b"]
