"""The end of an alarm stays behind its beginning, whatever fails, and nothing is lost."""

from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from tests.deliver.house import House
from tests.deliver.outboxes import end_of, notice, outage, refusal
from tests.fakes import RecordingNotifier
from xops_watch.core.notice import Notice
from xops_watch.deliver import DeliveryReport
from xops_watch.errors import DeliveryError, StoreError

SECOND = timedelta(seconds=1)


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
