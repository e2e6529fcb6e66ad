"""One outbox pass: order, back-off, at least once, and the end of the process."""

import threading
from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import LogCapture
from structlog.typing import FilteringBoundLogger

from tests.deliver.outboxes import (
    START,
    BreakableStore,
    end_of,
    notice,
    outage,
    refusal,
)
from tests.fakes import FakeClock, RecordingNotifier, RecordingTelemetry
from xops_watch.core.notice import Notice
from xops_watch.deliver import PASS_MAX, PASS_TIME_MAX, Deliver, DeliveryReport
from xops_watch.errors import DeliveryError, StoreError
from xops_watch.ports import Notifier

SECOND = timedelta(seconds=1)


class House:
    """A delivery with everything around it in sight."""

    def __init__(
        self,
        *owed: Notice,
        notifier: RecordingNotifier | None = None,
        clock: FakeClock | None = None,
    ) -> None:
        self.store = BreakableStore(owed)
        self.notifier = notifier or RecordingNotifier()
        self.clock = clock or FakeClock(START)
        self.telemetry = RecordingTelemetry()
        self.lines = LogCapture()
        self.deliver = self.restarted()

    def restarted(self, notifier: Notifier | None = None) -> Deliver:
        """Return a delivery that remembers nothing but what is stored."""
        log: FilteringBoundLogger = structlog.wrap_logger(None, processors=[self.lines])
        return Deliver(
            outbox=self.store,
            notifier=notifier or self.notifier,
            clock=self.clock,
            telemetry=self.telemetry,
            log=log,
        )

    @property
    def tried(self) -> list[str]:
        return [tried.key for tried in self.notifier.tried]

    @property
    def taken(self) -> list[str]:
        return [taken.key for taken in self.notifier.taken]


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


def test_the_end_does_not_overtake_a_beginning_that_failed_and_waits() -> None:
    beginning = notice("beginning")
    house = House(beginning, notifier=RecordingNotifier(outage(), outage(), outage()))
    for _ in range(3):
        house.deliver.deliver()
        house.clock.advance(timedelta(minutes=1))
    house.notifier.answers.append(outage())
    house.deliver.deliver()
    house.store.add(end_of(beginning, after=181))
    house.clock.advance(SECOND)  # the beginning still waits, most of a minute
    assert house.deliver.deliver() == DeliveryReport(delivered=2)
    assert house.taken == ["beginning", "end"]


def test_the_end_waits_with_its_beginning_while_the_outage_lasts() -> None:
    beginning = notice("beginning")
    house = House(beginning, notifier=RecordingNotifier(outage(), outage()))
    house.deliver.deliver()
    house.store.add(end_of(beginning, after=1))
    house.clock.advance(SECOND)
    assert house.deliver.deliver() == DeliveryReport(failed=1)
    assert house.tried == ["beginning", "beginning"]


def test_a_waiting_notice_of_another_trigger_is_left_waiting() -> None:
    house = House(notice("waits"), notifier=RecordingNotifier(outage()))
    house.deliver.deliver()
    house.store.add(notice("goes", after=1))
    house.clock.advance(timedelta(seconds=1))
    house.deliver.deliver()
    assert house.tried == ["waits", "goes"]


def test_a_beginning_that_is_refused_for_ever_does_not_hold_back_the_end() -> None:
    beginning = notice("poison")
    house = House(beginning, end_of(beginning, after=60), notifier=RecordingNotifier(refusal()))
    assert house.deliver.deliver() == DeliveryReport(delivered=1, refused=1)
    assert house.taken == ["end"]


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


class SlowNotifier(RecordingNotifier):
    """Takes a while over each notice, by the clock that it is given."""

    def __init__(self, clock: FakeClock, *, seconds: float) -> None:
        super().__init__()
        self._clock = clock
        self._seconds = seconds

    def send(self, notice: Notice) -> None:
        """Take the notice, and the time."""
        self._clock.advance(timedelta(seconds=self._seconds))
        super().send(notice)


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


def test_what_is_marked_is_not_remembered() -> None:
    house = House(notice("a"), notice("b", after=1))
    house.deliver.deliver()
    assert house.deliver._accepted == set()


@pytest.mark.parametrize("seconds", [0, -1])
def test_flush_without_time_does_nothing(seconds: float) -> None:
    house = House(notice("a"))
    assert house.deliver.flush(within=timedelta(seconds=seconds)) == DeliveryReport()
    assert house.tried == []


class HeldNotifier(RecordingNotifier):
    """Does not answer before it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.entered = threading.Event()
        self.go = threading.Event()

    def send(self, notice: Notice) -> None:
        """Take the notice when allowed."""
        self.entered.set()
        assert self.go.wait(timeout=10)
        super().send(notice)


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


answers = st.sampled_from(["yes", "outage", "refusal", "full disk", "crash"])


@given(st.lists(st.tuples(st.integers(min_value=0, max_value=4), answers), max_size=60))
def test_whatever_happens_nothing_is_lost_and_no_order_is_turned(
    script: list[tuple[int, str]],
) -> None:
    house = House()
    made: list[Notice] = []
    planned: dict[str, Callable[[], DeliveryError | None]] = {"outage": outage, "refusal": refusal}
    for number, (trigger, answer) in enumerate(script):
        made.append(notice(f"{number:02}", after=number * 7, subject=f"trigger {trigger}"))
        house.store.add(made[-1])
        house.store.full = answer in {"full disk", "crash"}
        house.notifier.answers[:] = [planned[answer]()] if answer in planned else []
        try:
            house.deliver.deliver()
        except StoreError:
            assert house.store.full
        if answer == "crash":
            house.deliver = house.restarted()
        house.clock.advance(timedelta(seconds=7))
    house.store.full = False
    house.notifier.answers.clear()
    house.deliver.flush(within=20 * SECOND)
    assert set(house.taken) == {each.key for each in made}
    assert house.store.keys() == []
    if not any(answer == "refusal" for _, answer in script):
        first = {key: house.taken.index(key) for key in house.taken}
        for earlier, later in pairwise(made):
            if earlier.subject == later.subject:
                assert first[earlier.key] < first[later.key]
    if not any(answer == "crash" for _, answer in script):
        assert len(house.taken) == len(made)
