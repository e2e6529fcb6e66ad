"""What most tests of the watched database want: a source, its readings by name, and waiting."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

from xops_watch.clock import monotonic
from xops_watch.core.catalogue import SIGNAL_BY_NAME
from xops_watch.core.reading import Gap, Observation, Reading
from xops_watch.errors import GapReason
from xops_watch.sources.sqlite_wal.sampler import Pace, Report, Sampler
from xops_watch.sources.sqlite_wal.sensor import Sensor, System
from xops_watch.sources.sqlite_wal.source import SqliteWalSource, Watched
from xops_watch.sources.sqlite_wal.values import Context

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
SUBJECT = "xops/webui.db"
PATIENCE = 20.0
QUICK = Pace(survey=0.1)

Found = TypeVar("Found")


def until(look: Callable[[], Found | None]) -> Found:
    """Return what `look` finds as soon as it is something."""
    end = time.monotonic() + PATIENCE
    while True:
        found = look()
        if found:
            return found
        assert time.monotonic() < end, "it never came"
        time.sleep(0.01)


@contextmanager
def watching(
    path: Path, *, rate: float | None = 200, context: Context | None = None
) -> Iterator[SqliteWalSource]:
    """Watch one database, and stop in the end."""
    watched = Watched(subject=SUBJECT, path=path)
    source = SqliteWalSource([watched], interval=MINUTE, rate=rate, context=context, pace=QUICK)
    try:
        yield source
    finally:
        source.stop()


@contextmanager
def sampling(
    path: Path, *, rate: float | None = 500, system: System | None = None
) -> Iterator[Sampler]:
    """Look at one database without the words around it, and stop in the end."""
    sampler = Sampler(Sensor(path, system or System()), rate=rate, pace=QUICK)
    sampler.start()
    try:
        sampler.report(until=monotonic() + PATIENCE)
        yield sampler
    finally:
        sampler.stop()


def newest(sampler: Sampler) -> Report:
    """Return what is known at once."""
    return sampler.report(until=monotonic())


def commits_of(report: Report) -> int:
    return 0 if report.counts is None else report.counts.commits


def by_signal(observations: Sequence[Observation]) -> Mapping[str, Observation]:
    return {one.signal.removeprefix("sqlite."): one for one in observations}


def value(observation: Observation) -> float:
    assert isinstance(observation, Reading), observation
    return observation.value


def word(observation: Observation) -> str:
    """Return the state that a reading stands for."""
    return SIGNAL_BY_NAME[observation.signal].states[int(value(observation))]


def reason(observation: Observation) -> GapReason:
    assert isinstance(observation, Gap), observation
    return observation.reason


def look(source: SqliteWalSource) -> Mapping[str, Observation]:
    return by_signal(source.observe(now=NOW))


def comes_to(source: SqliteWalSource, signal: str, state: str) -> Mapping[str, Observation]:
    """Return what is observed once the signal is in that state."""

    def found() -> Mapping[str, Observation] | None:
        seen = look(source)
        one = seen[signal]
        return seen if isinstance(one, Reading) and word(one) == state else None

    return until(found)
