"""A source that answers after the deadline: what it says is used, and ends what was said before."""

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.collect.collect_scene import (
    MINUTE,
    NOW,
    SECOND,
    SHORT,
    Scene,
    gap,
    reading,
    reasons,
    report_of,
)
from tests.fakes import FakeSource, MemoryStore
from xops_watch.core.reading import Gap, Observation, Reading
from xops_watch.errors import GapReason
from xops_watch.ports import Collection

NEEDS = {"ecs.tasks_pending": timedelta(hours=1)}


def until(scene: Scene, fact: Callable[[Collection], bool]) -> Collection:
    """Collect until the answer that is on its way is there."""
    for _ in range(1000):
        collection = scene.round()
        if fact(collection):
            return collection
        threading.Event().wait(0.005)
    pytest.fail("the late answer never came")


def said(collection: Collection) -> bool:
    return bool(collection.observations) and GapReason.TIMEOUT not in reasons(
        collection.observations
    )


def slow_then(*answers: list[Observation]) -> tuple[Scene, FakeSource]:
    source = FakeSource([reading(1)], *answers)
    scene = Scene(source, deadline=timedelta(seconds=5))
    scene.round()
    scene.collector._deadline = SHORT
    source.hang()
    return scene, source


def test_what_was_said_the_last_time_holds_until_its_interval_is_over() -> None:
    scene, source = slow_then([reading(2)])
    collection = scene.round(after=MINUTE)
    assert collection.observations == ()
    assert report_of(collection).up
    assert scene.round(after=MINUTE - SECOND).observations == ()
    overdue = scene.round(after=SECOND)
    assert reasons(overdue.observations) == [GapReason.TIMEOUT]
    assert not report_of(overdue).up
    source.release()


def test_a_source_that_failed_the_last_time_has_no_credit() -> None:
    scene, source = slow_then([reading(2)])
    scene.round(after=MINUTE)
    assert reasons(scene.round(after=MINUTE).observations) == [GapReason.TIMEOUT]
    source.release()
    until(scene, said)
    source.hang()
    # It did answer in the end: the next one may be late again.
    assert scene.round(after=MINUTE).observations == ()
    source.release()


def test_a_late_answer_ends_the_gap_that_its_lateness_made() -> None:
    source = FakeSource([reading(1)])
    source.hang()
    scene, store = Scene(source, deadline=SHORT), MemoryStore()
    store.record(scene.round().observations)
    store.record(scene.round(after=15 * SECOND).observations)
    source.release()
    scene.clock.advance(SECOND)
    store.record(until(scene, said).observations)
    series = store.history(NEEDS, now=scene.clock.now()).series["ecs.tasks_pending", "main/web"]
    assert series.gap is None
    assert [(one.value, one.taken_at) for one in series.readings] == [(1, NOW)]


def test_a_late_gap_is_of_now_and_replaces_the_lateness() -> None:
    source = FakeSource([gap(GapReason.DENIED)])
    source.hang()
    scene = Scene(source, deadline=SHORT)
    scene.round()
    source.release()
    scene.clock.advance(SECOND)
    (found,) = until(scene, said).observations
    assert isinstance(found, Gap)
    assert (found.reason, found.noticed_at) == (GapReason.DENIED, NOW + SECOND)


def test_a_late_reading_of_yesterday_says_nothing_of_now() -> None:
    old = reading(1, at=NOW - timedelta(days=1))
    newer = reading(2, at=NOW - SECOND)
    source = FakeSource([old, newer])
    source.hang()
    scene = Scene(source, deadline=SHORT)
    scene.round()
    source.release()
    scene.clock.advance(SECOND)
    found = until(scene, said).observations
    assert [o.seen_at for o in found if isinstance(o, Reading)] == [None, NOW + SECOND]


def test_a_late_reading_beside_a_gap_of_its_own_does_not_end_it() -> None:
    source = FakeSource([reading(1), gap(GapReason.STALE)])
    source.hang()
    scene = Scene(source, deadline=SHORT)
    scene.round()
    source.release()
    scene.clock.advance(SECOND)
    found = until(scene, said).observations
    assert [o.seen_at for o in found if isinstance(o, Reading)] == [None]


def test_an_answer_in_time_is_left_as_it_is() -> None:
    (found,) = Scene(FakeSource([reading(1)])).round().observations
    assert isinstance(found, Reading)
    assert found.seen_at is None


def test_who_hung_the_last_time_holds_up_nobody_at_the_next() -> None:
    hung = FakeSource([reading(1)], name="hung")
    hung.hang()
    scene = Scene(hung, FakeSource([reading(2)], name="good"), deadline=SHORT)
    scene.round()
    hung.release()
    until(scene, lambda collection: report_of(collection, "hung").up)
    hung.hang()
    # From here on, waiting for it would take until the test times out.
    scene.collector._deadline = timedelta(hours=1)
    _slow(scene, "hung")
    collection = scene.round(after=MINUTE)
    assert collection.observations == (reading(2),)
    assert len(hung.asked) == 2
    hung.release()


def _slow(scene: Scene, name: str) -> None:
    """Let the last answer of a source have taken as long as the deadline."""
    (runner,) = [r for r in scene.collector._runners if r.source.name == name]
    seconds = scene.collector._deadline.total_seconds()
    runner.report = replace(runner.report, duration_seconds=seconds)
