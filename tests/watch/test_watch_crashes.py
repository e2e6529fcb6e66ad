"""The process dies, or the store fails, at every call in turn: nothing is lost, nothing doubled."""

from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime

import pytest

from tests.fakes import RecordingNotifier, RecordingTelemetry
from tests.watch.scene import CPU, MINUTE, NOON, WEB, AtOnce, Killed, Scene, cpu
from xops_watch.core.notice import NoticeKind
from xops_watch.core.reading import Observation
from xops_watch.core.trigger import Status
from xops_watch.deliver import Deliver
from xops_watch.errors import StoreError
from xops_watch.watch import Watch

LOAD = [0.2] * 2 + [0.9] * 4 + [0.2] * 7 + [0.9] * 4 + [0.2] * 7
REREAD = 5  # a source that starts anew reads so many minutes back, as CloudWatch's does
FULL = StoreError("the disk is full", hint="make room")


class LoadSource:
    """Gives each point of the load once, and some again after a restart."""

    name = "cloudwatch"
    signals = (CPU.name,)
    interval = MINUTE

    def __init__(self, now: datetime) -> None:
        self._since = now - REREAD * MINUTE

    def observe(self, *, now: datetime) -> Sequence[Observation]:
        instants = [NOON + n * MINUTE for n in range(len(LOAD))]
        points = [cpu(value, at) for value, at in zip(LOAD, instants, strict=True)]
        fresh = [point for point in points if self._since < point.taken_at <= now]
        self._since = now
        return fresh


@dataclass(slots=True)
class Life:
    """One process after the other over the same store; `notifier` is the phone."""

    scene: Scene = field(default_factory=Scene)
    notifier: RecordingNotifier = field(default_factory=RecordingNotifier)

    def live(self) -> None:
        """Tick and deliver once a minute; whoever is killed is started again."""
        watch, deliver = self._start()
        for _ in range(len(LOAD) + 3):
            for job in (watch.tick, deliver.deliver):
                try:
                    with suppress(StoreError):
                        job()
                except Killed:
                    watch, deliver = self._start()
                    break
            self.scene.clock.advance(MINUTE)

    def _start(self) -> tuple[Watch, Deliver]:
        deliver = Deliver(
            outbox=self.scene.store,
            notifier=self.notifier,
            clock=self.scene.clock,
            telemetry=RecordingTelemetry(),
            log=self.scene.logger(),
        )
        source = LoadSource(self.scene.clock.now())
        return self.scene.watch_by(AtOnce([source])), deliver


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("error", [FULL, Killed()], ids=["store fails", "killed"])
def test_whenever_it_happens_each_change_is_told_once(error: BaseException, *, after: bool) -> None:
    calls = _calls_of_a_whole_life()
    for call in range(calls):
        life = Life()
        life.scene.store.fail_at(call, error, after=after)
        life.live()
        _check(life, f"{life.scene.calls[call]} (call {call})")


def _calls_of_a_whole_life() -> int:
    life = Life()
    life.live()
    _check(life, "nothing happens")
    store_calls = [call for call in life.scene.calls if call not in ("now", "publish")]
    assert len(set(store_calls)) == 8
    return len(store_calls)


def _check(life: Life, when: str) -> None:
    store = life.scene.store.memory
    told = [(notice.kind, notice.key) for notice in life.notifier.taken]
    kinds = [kind for kind, _ in dict.fromkeys(told)]
    assert kinds == [NoticeKind.FIRING, NoticeKind.RESOLVED] * 2, when
    doubles = [key for key, count in Counter(key for _, key in told).items() if count > 1]
    assert len(doubles) <= 1, when
    changes = [t for t in store.transitions(limit=99) if Status.FIRING in (t.before, t.after)]
    assert len(changes) == 4, when
    assert store.depth().notices == 0, when
    shown = life.scene.shown.snapshots[-1].triggers
    assert [view.trigger for view in shown] == list(store.triggers().values()), when
    now = life.scene.clock.now()
    readings = store.history({CPU.name: now - NOON}, now=now).of(CPU.name, WEB).readings
    assert [reading.value for reading in readings] == LOAD, when
