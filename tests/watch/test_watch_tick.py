"""One tick: what it does in which order, and what is left when the store fails in the middle."""

from dataclasses import replace
from datetime import datetime
from itertools import pairwise

import pytest

from tests.core.samples import STAGE, rulebook
from tests.fakes import FakeSource
from tests.watch.scene import BUSY, CPU, MINUTE, NOON, QUEUE, STACK, WEB, Scene, cpu
from xops_watch.core.decision import Answer, Decision
from xops_watch.core.reading import Reading
from xops_watch.core.trigger import Status
from xops_watch.errors import GapReason, SourceError, StoreError
from xops_watch.watch import UNRECORDED_MAX

FULL = StoreError("the disk is full", hint="make room")
BEFORE_THE_CHANGE = ["record", "history", "triggers", "standing", "commit"]


def _busy_source() -> FakeSource:
    """Answer with four points over the line, which is enough to fire at the first tick."""
    return FakeSource([cpu(0.9, NOON - n * MINUTE) for n in range(4)], signals=(CPU.name,))


def test_a_tick_goes_once_through_the_house() -> None:
    scene = Scene()
    scene.watch(_busy_source()).tick()
    assert scene.calls == ["now", *BEFORE_THE_CHANGE, "publish"]


def test_the_one_reading_of_the_clock_dates_everything() -> None:
    scene, source = Scene(), _busy_source()
    snapshot = scene.watch(source).tick()
    assert source.asked == [NOON]
    assert snapshot.at == NOON
    assert [t.at for t in scene.store.transitions(limit=9)] == [NOON]
    assert [owed.notice.at for owed in scene.store.owed(now=NOON, limit=9)] == [NOON]
    assert scene.shown.snapshots == [snapshot]


def test_one_line_a_tick_and_one_a_change() -> None:
    scene = Scene()
    watch = scene.watch(_busy_source())
    watch.tick()
    scene.clock.advance(MINUTE)
    watch.tick()
    (changed,) = scene.logged("trigger_changed")
    assert changed.pop("evidence").startswith("ecs.cpu_utilization 90% (> 0.8), 4 of the last 5")
    assert changed == {
        "event": "trigger_changed",
        "log_level": "info",
        "rule": "busy",
        "subject": WEB,
        "before": "inactive",
        "after": "firing",
    }
    first, second = scene.logged("tick")
    assert (first["signals"], first["triggers"], first["firing"]) == (1, 1, 1)
    assert (first["pending"], first["blind"], first["sources_down"]) == (0, 0, [])
    assert second["firing"] == 1
    assert len(scene.log.entries) == 3


def test_a_source_that_is_down_is_on_the_line() -> None:
    scene = Scene()
    refused = SourceError("no", reason=GapReason.DENIED, hint="ask")
    scene.watch(FakeSource(refused, name="cloudwatch"), FakeSource(name="ecs")).tick()
    assert scene.logged("tick")[0]["sources_down"] == ["cloudwatch"]


def test_signals_that_no_rule_reads_are_shown_too() -> None:
    scene = Scene()
    waiting = Reading(signal=QUEUE.name, subject=WEB, value=3, taken_at=NOON)
    snapshot = scene.watch(FakeSource([waiting])).tick()
    assert [(view.signal, view.newest) for view in snapshot.signals] == [(QUEUE, waiting)]


@pytest.mark.parametrize("call", range(5), ids=BEFORE_THE_CHANGE)
def test_a_store_that_fails_shows_nothing_and_the_next_tick_makes_up(call: int) -> None:
    scene, source = Scene(), FakeSource([cpu(0.9, NOON)], [], [], signals=(CPU.name,))
    watch = scene.watch(source)
    scene.store.fail_at(call, FULL)
    with pytest.raises(StoreError, match="full"):
        watch.tick()
    assert scene.calls == ["now", *BEFORE_THE_CHANGE[: call + 1]]
    assert scene.shown.snapshots == []
    assert scene.log.entries == []
    scene.clock.advance(MINUTE)
    snapshot = watch.tick()
    assert [view.newest for view in snapshot.signals] == [cpu(0.9, NOON)]


def test_a_change_that_could_not_be_committed_is_told_once_it_is() -> None:
    scene = Scene()
    watch = scene.watch(_busy_source())
    scene.store.fail_at(4, FULL)
    with pytest.raises(StoreError):
        watch.tick()
    assert scene.store.memory.depth().notices == 0
    later = scene.clock.advance(MINUTE)
    watch.tick()
    assert [owed.notice.at for owed in scene.store.owed(now=later, limit=9)] == [later]
    assert len(scene.logged("trigger_changed")) == 1


def test_an_hour_of_readings_outlives_an_hour_without_a_disk() -> None:
    # A source gives its points once: it goes on from its newest.
    scene = Scene()
    instants = [NOON + n * MINUTE for n in range(61)]
    source = FakeSource(*([cpu(0.5, at)] for at in instants), signals=(CPU.name,))
    watch = scene.watch(source)
    for _ in range(60):
        scene.store.fail_at(0, FULL)
        with pytest.raises(StoreError):
            watch.tick()
        scene.clock.advance(MINUTE)
    snapshot = watch.tick()
    assert _instants(scene, since=NOON) == instants
    assert snapshot.triggers[0].trigger.status is Status.INACTIVE
    assert snapshot.triggers[0].verdict.value == 0.5


def test_what_waits_for_the_disk_is_bounded_and_the_newest_of_it() -> None:
    scene = Scene()
    many = [cpu(0.5, NOON + n * MINUTE / 100_000) for n in range(UNRECORDED_MAX)]
    source = FakeSource([cpu(0.5, NOON - MINUTE)], many, [], signals=(CPU.name,))
    watch = scene.watch(source)
    for _ in range(2):
        scene.store.fail_at(0, FULL)
        with pytest.raises(StoreError):
            watch.tick()
        scene.clock.advance(MINUTE)
    watch.tick()
    assert _instants(scene, since=NOON - MINUTE) == [reading.taken_at for reading in many]


def test_what_was_recorded_is_not_recorded_again() -> None:
    scene, source = Scene(), FakeSource([cpu(0.5, NOON)], [], signals=(CPU.name,))
    watch = scene.watch(source)
    watch.tick()
    scene.store.memory.prune(before=NOON + MINUTE)
    scene.clock.advance(MINUTE)
    assert watch.tick().signals == ()


def test_every_tick_reads_the_clock_once_and_commits_once() -> None:
    scene = Scene()
    watch = scene.watch(_busy_source())
    for _ in range(5):
        watch.tick()
        scene.clock.advance(MINUTE)
    assert scene.calls.count("now") == scene.calls.count("commit") == 5
    ticks = [snapshot.at for snapshot in scene.shown.snapshots]
    assert all(later - earlier == MINUTE for earlier, later in pairwise(ticks))


def _instants(scene: Scene, *, since: datetime) -> list[datetime]:
    now = scene.clock.now()
    history = scene.store.memory.history({CPU.name: now - since}, now=now)
    return [reading.taken_at for reading in history.of(CPU.name, WEB).readings]


def test_a_decision_that_ends_is_told_in_one_line_and_ends_in_the_store() -> None:
    scene = Scene()
    deferred = Decision(
        evolution="step",
        answer=Answer.DEFERRED,
        who="board",
        why="not in December",
        at=NOON - 2 * MINUTE,
        until=NOON,
        grounds=(),
    )
    scene.store.memory.decide(deferred)
    scene.watch(_busy_source()).tick()
    (told,) = scene.logged("decision_ended")
    assert (told["evolution"], told["answer"]) == ("step", "deferred")
    assert told["because"] == "it was deferred until 2026-03-04 12:00 UTC"
    assert scene.store.memory.standing() == {}


def test_what_follows_from_what_was_read_is_recorded_and_judged_in_the_same_tick() -> None:
    """The stage of so many users: the rulebook's table says which."""
    users = Reading(
        signal="openwebui.users_active_24h", subject=STACK.name, value=20, taken_at=NOON
    )
    stages = {"bc1-prod": replace(STAGE, id="bc1-prod", users="<50")}
    scene = Scene(rules=replace(rulebook(BUSY), stages=stages))
    snapshot = scene.watch(FakeSource([users], signals=(users.signal,))).tick()
    assert scene.calls == ["now", "record", "history", "record", *BEFORE_THE_CHANGE[1:], "publish"]
    shown = {view.signal.name: view.newest.value for view in snapshot.signals if view.newest}
    assert shown == {users.signal: 20, "stage.by_users": 0}
