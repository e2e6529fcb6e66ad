"""A watch whose every effect is written down, and a store that fails when it is told to."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from structlog.typing import FilteringBoundLogger

from tests.core.samples import above, below, rule, rulebook
from tests.fakes import FakeClock, FixedRules, MemoryStore, RecordingTelemetry
from xops_watch.collect import Collector
from xops_watch.core.catalogue import SIGNAL_BY_NAME
from xops_watch.core.decision import Decision
from xops_watch.core.evaluate import Evaluation, TriggerKey
from xops_watch.core.notice import Stack
from xops_watch.core.reading import Gap, History, Observation, Reading
from xops_watch.core.rule import Rulebook
from xops_watch.core.snapshot import Snapshot
from xops_watch.core.trigger import Transition, Trigger
from xops_watch.errors import SourceError
from xops_watch.ports import NOTHING_NEEDED, Collection, Collects, OutboxDepth, Owed, Source
from xops_watch.watch import Watch

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
CPU = SIGNAL_BY_NAME["ecs.cpu_utilization"]
QUEUE = SIGNAL_BY_NAME["crew.queue_depth"]
WEB = "xops/open-webui"
STACK = Stack(name="xops", runbooks_url="https://runbooks.example/")
BUSY = rule(above(0.8, CPU, "3/5"), clear=(below(0.6, CPU), 5), name="busy")


class Killed(BaseException):
    """The process is gone, at this very line."""


@dataclass(slots=True)
class WatchedStore:
    """A MemoryStore that writes its calls down and can fail at any of them.

    `recorded` and `committed` are what it was given and took, until somebody empties them.
    """

    memory: MemoryStore = field(default_factory=MemoryStore)
    calls: list[str] = field(default_factory=list)
    recorded: list[Observation] = field(default_factory=list)
    committed: list[Transition] = field(default_factory=list)
    _left: int = -1
    _error: BaseException | None = None
    _after: bool = False

    def fail_at(self, call: int, error: BaseException, *, after: bool = False) -> None:
        """Raise `error` at a coming call, 0 is the next, before or `after` it had its effect."""
        self._left, self._error, self._after = call, error, after

    @contextmanager
    def _call(self, name: str) -> Iterator[None]:
        self.calls.append(name)
        error = self._error if self._left == 0 else None
        self._left -= 1
        if error is not None and not self._after:
            raise error
        yield
        if error is not None:
            raise error

    def record(self, observations: Sequence[Observation]) -> None:
        with self._call("record"):
            self.memory.record(observations)
            self.recorded.extend(observations)

    def history(self, needs: Mapping[str, timedelta], *, now: datetime) -> History:
        with self._call("history"):
            return self.memory.history(needs, now=now)

    def triggers(self) -> Mapping[TriggerKey, Trigger]:
        with self._call("triggers"):
            return self.memory.triggers()

    def commit(self, evaluation: Evaluation) -> None:
        with self._call("commit"):
            self.memory.commit(evaluation)
            self.committed.extend(evaluation.transitions)

    def transitions(self, *, limit: int) -> Sequence[Transition]:
        with self._call("transitions"):
            return self.memory.transitions(limit=limit)

    def standing(self) -> Mapping[str, Decision]:
        with self._call("standing"):
            return self.memory.standing()

    def prune(self, *, before: datetime, needed: Mapping[str, datetime] = NOTHING_NEEDED) -> int:
        with self._call("prune"):
            return self.memory.prune(before=before, needed=needed)

    def owed(self, *, now: datetime, limit: int) -> Sequence[Owed]:
        with self._call("owed"):
            return self.memory.owed(now=now, limit=limit)

    def mark_delivered(self, key: str, *, at: datetime) -> None:
        with self._call("mark_delivered"):
            self.memory.mark_delivered(key, at=at)

    def mark_failed(self, key: str, *, error: str, retry_at: datetime) -> None:
        with self._call("mark_failed"):
            self.memory.mark_failed(key, error=error, retry_at=retry_at)

    def depth(self) -> OutboxDepth:
        with self._call("depth"):
            return self.memory.depth()


@dataclass(slots=True)
class Shown:
    """A publisher that keeps every snapshot."""

    calls: list[str] = field(default_factory=list)
    snapshots: list[Snapshot] = field(default_factory=list)

    def publish(self, snapshot: Snapshot) -> None:
        self.calls.append("publish")
        self.snapshots.append(snapshot)


@dataclass(slots=True)
class CountingClock:
    """A clock that tells how often it was read."""

    clock: FakeClock
    calls: list[str] = field(default_factory=list)

    def now(self) -> datetime:
        self.calls.append("now")
        return self.clock.now()

    def real_seconds(self, duration: timedelta) -> float:
        return self.clock.real_seconds(duration)


@dataclass(slots=True)
class AtOnce:
    """A collector without threads and deadlines, for thousands of ticks."""

    sources: Sequence[Source]

    def collect(self, *, now: datetime) -> Collection:
        observations: list[Observation] = []
        for source in self.sources:
            try:
                observations.extend(source.observe(now=now))
            except SourceError as error:
                observations.extend(
                    Gap(
                        signal=name,
                        subject=None,
                        reason=error.reason,
                        detail=error.what,
                        noticed_at=now,
                    )
                    for name in source.signals
                )
        return Collection(observations=tuple(observations), reports=())


@dataclass(slots=True)
class Scene:
    """What surrounds the watch and survives it."""

    rules: Rulebook = field(default_factory=lambda: rulebook(BUSY))
    clock: FakeClock = field(default_factory=lambda: FakeClock(NOON))
    calls: list[str] = field(default_factory=list)
    store: WatchedStore = field(init=False)
    shown: Shown = field(init=False)
    log: structlog.testing.LogCapture = field(default_factory=structlog.testing.LogCapture)

    def __post_init__(self) -> None:
        self.store = WatchedStore(calls=self.calls)
        self.shown = Shown(calls=self.calls)

    def watch(self, *sources: Source) -> Watch:
        """Return a new watch, as a process that starts would have it."""
        deadline, log = timedelta(seconds=10), self.logger()
        collector = Collector(sources, deadline=deadline, telemetry=RecordingTelemetry(), log=log)
        return self.watch_by(collector)

    def watch_by(self, collector: Collects) -> Watch:
        """Return a new watch with this collector."""
        return Watch(
            stack=STACK,
            rulebooks=FixedRules(rulebook=self.rules),
            clock=CountingClock(clock=self.clock, calls=self.calls),
            collector=collector,
            store=self.store,
            publisher=self.shown,
            log=self.logger(),
        )

    def logger(self) -> FilteringBoundLogger:
        """Return a logger whose lines are kept in `log`."""
        logger: FilteringBoundLogger = structlog.wrap_logger(None, processors=[self.log])
        return logger

    def logged(self, event: str) -> list[dict[str, Any]]:
        """Return the log lines of one event."""
        return [dict(entry) for entry in self.log.entries if entry["event"] == event]


def cpu(value: float, at: datetime, subject: str = WEB) -> Reading:
    """Return a reading of CPU."""
    return Reading(signal=CPU.name, subject=subject, value=value, taken_at=at)
