"""Who is asked when, what becomes of answers and failures, and what is reported."""

import threading
from collections.abc import Sequence
from concurrent.futures import CancelledError
from datetime import datetime, timedelta
from itertools import pairwise

import pytest

from tests.collect.collect_scene import (
    LONG,
    MINUTE,
    NOW,
    SECOND,
    Scene,
    failure,
    gap,
    reading,
    reasons,
    report_of,
)
from tests.fakes import FakeSource
from xops_watch.core.reading import Gap, Observation
from xops_watch.errors import GapReason


def test_every_source_is_asked_at_the_first_round_and_what_they_say_is_put_together() -> None:
    one = FakeSource([reading(1)], name="one")
    two = FakeSource([reading(2), gap(GapReason.STALE)], name="two")
    collection = Scene(one, two).round()
    assert collection.observations == (reading(1), reading(2), gap(GapReason.STALE))
    assert [report.source for report in collection.reports] == ["one", "two"]
    assert one.asked == two.asked == [NOW]


@pytest.mark.parametrize(
    ("after", "asked"), [(MINUTE - SECOND, 1), (MINUTE, 2), (5 * MINUTE, 2), (15 * SECOND, 1)]
)
def test_a_source_is_asked_again_after_its_interval(after: timedelta, asked: int) -> None:
    source = FakeSource([reading()])
    scene = Scene(source)
    scene.round()
    collection = scene.round(after=after)
    assert len(source.asked) == asked
    assert len(collection.observations) == asked - 1


def test_each_source_has_its_own_interval() -> None:
    quick = FakeSource([reading()], name="quick", interval=MINUTE)
    slow = FakeSource([reading()], name="slow", interval=5 * MINUTE)
    scene = Scene(quick, slow)
    for _ in range(11):
        scene.round(after=MINUTE)
    assert (len(quick.asked), len(slow.asked)) == (11, 3)


def test_a_source_that_is_not_due_keeps_its_report() -> None:
    scene = Scene(FakeSource([reading()]))
    first = report_of(scene.round())
    assert report_of(scene.round(after=SECOND)) == first


def test_the_report_of_a_success() -> None:
    report = report_of(Scene(FakeSource([reading()])).round())
    assert (report.up, report.last_success, report.detail) == (True, NOW, "")
    assert report.duration_seconds >= 0


def test_a_failure_makes_a_gap_in_every_signal_of_its_source_alone() -> None:
    signals = ("ecs.tasks_pending", "ecs.tasks_running")
    bad = FakeSource(
        failure(GapReason.DENIED, "missing IAM permission"), name="bad", signals=signals
    )
    good = FakeSource([reading()], name="good")
    scene = Scene(bad, good)
    collection = scene.round()
    expected = [
        Gap(
            signal=signal,
            subject=None,
            reason=GapReason.DENIED,
            detail="missing IAM permission",
            noticed_at=NOW,
        )
        for signal in signals
    ]
    assert list(collection.observations) == [*expected, reading()]
    assert scene.telemetry.gaps == {("bad", "denied"): 2}
    report = report_of(collection, "bad")
    assert (report.up, report.last_success) == (False, None)
    assert report.detail == "missing IAM permission"
    assert report_of(collection, "good").up


def test_a_failure_keeps_the_instant_of_the_last_success() -> None:
    scene = Scene(FakeSource([reading()], failure()))
    scene.round()
    report = report_of(scene.round(after=MINUTE))
    assert (report.up, report.last_success) == (False, NOW)


def test_every_gap_is_counted_by_its_reason() -> None:
    gaps = [gap(GapReason.STALE), gap(GapReason.DENIED), gap(GapReason.STALE, subject="main/api")]
    scene = Scene(FakeSource([*gaps, reading()]))
    scene.round()
    assert scene.telemetry.gaps == {("fake", "stale"): 2, ("fake", "denied"): 1}


@pytest.mark.parametrize(
    ("answer", "up"),
    [
        ([], True),
        ([gap(GapReason.NOT_APPLICABLE)], True),
        ([gap(GapReason.STALE)], True),
        ([gap(GapReason.DENIED), reading()], True),
        ([gap(GapReason.DENIED), gap(GapReason.STALE)], True),
        ([gap(GapReason.DENIED)], False),
        ([gap(GapReason.UNREACHABLE), gap(GapReason.DENIED)], False),
    ],
)
def test_a_source_is_up_when_its_provider_answered_something(
    answer: Sequence[Observation], *, up: bool
) -> None:
    report = report_of(Scene(FakeSource(answer)).round())
    assert report.up is up
    assert report.last_success == (NOW if up else None)


@pytest.mark.parametrize(
    ("answer", "detail"),
    [
        ([gap(GapReason.STALE, "nothing new")], ""),
        ([gap(GapReason.STALE, "nothing new"), gap(GapReason.DENIED, "no right")], "no right"),
    ],
)
def test_the_report_tells_the_first_failure(answer: Sequence[Observation], detail: str) -> None:
    assert report_of(Scene(FakeSource(answer)).round()).detail == detail


class StrangeError(BaseException):
    """An error that no `except Exception` sees."""


@pytest.mark.parametrize(
    "bug",
    [
        KeyError("x"),
        AssertionError(),
        RecursionError(),
        MemoryError(),
        CancelledError(),
        SystemExit(3),
        KeyboardInterrupt(),
        GeneratorExit(),
        StrangeError(),
        StopIteration(),
    ],
)
def test_a_bug_in_a_source_blinds_it_alone_and_is_counted_each_time(bug: BaseException) -> None:
    broken = FakeSource(bug, name="broken")
    scene = Scene(broken, FakeSource([reading()], name="good"))
    for number in (1, 2):
        collection = scene.round(after=MINUTE)
        assert reading() in collection.observations
        assert reasons(collection.observations) == [GapReason.INVALID]
        assert scene.telemetry.source_bugs == {"broken": number}
        report = report_of(collection, "broken")
        assert not report.up
        assert report.detail == f"broken: unexpected {type(bug).__name__}; see the log"
        (entry,) = [e for e in scene.logged() if e["event"] == "source_bug"]
        assert (entry["source"], entry["log_level"]) == ("broken", "error")
        assert entry["exc_info"] is bug


@pytest.mark.parametrize("answer", [None, 7])
def test_an_answer_that_is_none_is_a_bug_of_its_source_alone(answer: object) -> None:
    broken = FakeSource(answer, name="broken")  # type: ignore[arg-type]  # the bug
    scene = Scene(broken, FakeSource([reading()], name="good"))
    assert reading() in scene.round().observations
    assert scene.telemetry.source_bugs == {"broken": 1}


class LazySource(FakeSource):
    """A source that fails only when its answer is read."""

    def observe(self, *, now: datetime) -> Sequence[Observation]:
        """Return a generator that is broken."""
        return (reading(1 / 0) for _ in [now])  # type: ignore[return-value]  # the bug


def test_an_answer_that_fails_when_it_is_read_is_a_bug_of_its_source_alone() -> None:
    scene = Scene(LazySource(name="lazy"), FakeSource([reading()], name="good"))
    assert reading() in scene.round().observations
    assert scene.telemetry.source_bugs == {"lazy": 1}


def test_a_throttled_source_is_asked_at_1_2_4_and_8_times_its_interval_and_recovers() -> None:
    throttled = failure(GapReason.THROTTLED)
    source = FakeSource(*[throttled] * 6, [reading()])
    scene = Scene(source)
    for _ in range(60):
        scene.round(after=MINUTE)
    minutes = [(asked - NOW) // MINUTE for asked in source.asked]
    spacings = [later - earlier for earlier, later in pairwise(minutes)]
    assert spacings[:6] == [2, 4, 8, 8, 8, 8]
    assert set(spacings[6:]) == {1}


def test_throttled_gaps_in_an_answer_stretch_the_interval_too() -> None:
    source = FakeSource([gap(GapReason.THROTTLED), reading()], [reading()])
    scene = Scene(source)
    for _ in range(5):
        scene.round(after=MINUTE)
    assert [(asked - NOW) // MINUTE for asked in source.asked] == [1, 3, 4, 5]


@pytest.mark.parametrize("other", [failure(), KeyError("x")])
def test_any_other_failure_ends_the_stretch(other: BaseException) -> None:
    throttled = failure(GapReason.THROTTLED)
    source = FakeSource(throttled, other, [reading()])
    scene = Scene(source)
    for _ in range(5):
        scene.round(after=MINUTE)
    assert [(asked - NOW) // MINUTE for asked in source.asked] == [1, 3, 4, 5]


@pytest.mark.parametrize("jump", [-timedelta(days=400), -SECOND, timedelta(days=400)])
def test_a_clock_that_jumps_makes_no_source_silent(jump: timedelta) -> None:
    source = FakeSource([reading()])
    scene = Scene(source)
    scene.round()
    scene.round(after=jump)
    scene.round(after=MINUTE)
    assert source.asked == [NOW, NOW + jump, NOW + jump + MINUTE]


def test_a_round_without_sources_is_empty() -> None:
    collection = Scene(deadline=LONG).round()
    assert (collection.observations, collection.reports) == ((), ())


def test_a_thread_that_cannot_start_is_a_failure_of_its_source_and_passes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    source = FakeSource([reading()])
    scene = Scene(source)

    def refused(_: threading.Thread) -> None:
        msg = "can't start new thread"
        raise RuntimeError(msg)

    with monkeypatch.context() as patch:
        # The kernel refuses when the task has as many as it may: not to be had in a test.
        patch.setattr(threading.Thread, "start", refused)
        collection = scene.round()
    assert reasons(collection.observations) == [GapReason.UNREACHABLE]
    assert report_of(collection).detail == "fake could not be asked: can't start new thread"
    assert scene.round(after=MINUTE).observations == (reading(),)


def test_the_failure_of_a_source_with_known_subjects_is_a_gap_of_theirs_alone() -> None:
    """Another source tells the same signal of other subjects."""
    refused = OfSubjects(failure(GapReason.TIMEOUT), subjects=("nz", "akl"))
    collection = Scene(refused).round()
    gaps = [one for one in collection.observations if isinstance(one, Gap)]
    assert [(one.subject, one.reason) for one in gaps] == [
        ("nz", GapReason.TIMEOUT),
        ("akl", GapReason.TIMEOUT),
    ]


def test_a_source_that_asks_nobody_is_reported_as_local() -> None:
    collection = Scene(AsksNobody([reading(1)], name="own"), FakeSource(name="aws")).round()
    assert {report.source: report.local for report in collection.reports} == {
        "own": True,
        "aws": False,
    }


class OfSubjects(FakeSource):
    def __init__(
        self, *answers: Sequence[Observation] | BaseException, subjects: tuple[str, ...]
    ) -> None:
        super().__init__(*answers)
        self.subjects = subjects


class AsksNobody(FakeSource):
    asks_nobody = True
