"""A source that hangs: gaps for it, no waiting for it twice, no threads behind it."""

import threading
from collections.abc import Sequence
from datetime import timedelta

import pytest

from tests.collect.collect_scene import (
    MINUTE,
    NOW,
    SECOND,
    SHORT,
    Scene,
    failure,
    reading,
    reasons,
    report_of,
)
from tests.fakes import FakeSource
from xops_watch.core.reading import Observation
from xops_watch.errors import GapReason, SourceError
from xops_watch.ports import Collection


def test_a_source_that_hangs_has_timeout_gaps_at_the_deadline_while_others_deliver() -> None:
    hung = FakeSource([reading(1)], name="hung")
    hung.hang()
    scene = Scene(hung, FakeSource([reading(2)], name="good"), deadline=SHORT)
    collection = scene.round()
    assert reading(2) in collection.observations
    assert reasons(collection.observations) == [GapReason.TIMEOUT]
    report = report_of(collection, "hung")
    assert (report.up, report.detail) == (False, "hung has not answered within 0.05 s")
    assert report.duration_seconds >= SHORT.total_seconds()
    hung.release()


def test_a_late_answer_is_taken_at_the_next_round_and_the_source_is_not_asked_twice() -> None:
    hung = FakeSource([reading(1)], [reading(2)])
    hung.hang()
    scene = Scene(hung, deadline=SHORT)
    scene.round()
    assert reasons(scene.round(after=2 * MINUTE).observations) == [GapReason.TIMEOUT]
    assert hung.asked == [NOW]
    hung.release()
    assert answered(scene).observations == (reading(1),)
    assert hung.asked == [NOW]
    assert scene.round(after=SECOND).observations == (reading(2),)


def answered(scene: Scene) -> Collection:
    """Collect until the answer of the source, which is on its way, is there."""
    for _ in range(1000):
        collection = scene.round()
        if not reasons(collection.observations):
            return collection
        threading.Event().wait(0.005)
    pytest.fail("the late answer never came")


def test_a_source_that_was_busy_before_is_not_waited_for_again() -> None:
    hung = FakeSource([reading(1)], name="hung")
    hung.hang()
    scene = Scene(hung, deadline=SHORT)
    scene.round()
    # From here on, waiting for it would take until the test times out.
    scene.collector._deadline = timedelta(hours=1)
    for _ in range(3):
        assert reasons(scene.round(after=MINUTE).observations) == [GapReason.TIMEOUT]
    hung.release()


def test_threads_do_not_pile_up_behind_a_source_that_hangs() -> None:
    hung = FakeSource([reading(1)], name="piling")
    hung.hang()
    scene = Scene(hung, deadline=timedelta(seconds=0.001))
    for _ in range(50):
        scene.round(after=MINUTE)
    running = [thread for thread in threading.enumerate() if thread.name == "source-piling"]
    assert len(running) == 1
    assert running[0].daemon
    hung.release()
    running[0].join(timeout=5)
    assert not running[0].is_alive()


@pytest.mark.parametrize("answer", [[reading()], failure()])
def test_the_duration_of_a_source_does_not_count_the_waiting_for_others(
    answer: Sequence[Observation] | SourceError,
) -> None:
    hung = FakeSource(name="hung")
    hung.hang()
    deadline = timedelta(seconds=0.5)
    collection = Scene(FakeSource(answer, name="quick"), hung, deadline=deadline).round()
    hung.release()
    assert 0 <= report_of(collection, "quick").duration_seconds < deadline.total_seconds()
    assert report_of(collection, "hung").duration_seconds >= deadline.total_seconds()
