"""Databases of SQLite: how busy their locks are, what is written, and what holds it up."""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from xops_watch.clock import monotonic
from xops_watch.core.reading import Gap, Observation, Reading, SeriesKey
from xops_watch.errors import GapReason, SourceError
from xops_watch.sources.sqlite_wal.sampler import Pace, Sampler
from xops_watch.sources.sqlite_wal.sensor import Sensor, System
from xops_watch.sources.sqlite_wal.values import (
    COMMIT_LATENCY,
    NO_PROBE,
    SIGNALS,
    Absent,
    Context,
    Value,
    values_of,
)

# How long the first question waits for looks: `once` asks no second time.
FIRST_LOOKS_SECONDS = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """A database file, and the subject it is in signals."""

    subject: str
    path: Path


class SqliteWalSource:
    """Reports what a sampler for each database found since the last report.

    `rate` is looks a second (None: by the filesystem). `commit_seconds` returns what the probe
    measured, None when it has nothing; without a probe it is None itself. `seen` is what was
    observed before the process started.
    """

    name = "sqlite_wal"

    def __init__(  # noqa: PLR0913 - what the settings say, all by keyword
        self,
        databases: Sequence[Watched],
        *,
        interval: timedelta,
        rate: float | None = None,
        context: Context | None = None,
        system: System | None = None,
        pace: Pace | None = None,
        commit_seconds: Callable[[], float | None] | None = None,
        seen: Collection[SeriesKey] = (),
    ) -> None:
        self.interval = interval
        self._context = context or Context()
        self._commit_seconds = commit_seconds
        # Who times no commits says so here: there is no probe that could.
        without_probe = (COMMIT_LATENCY,) if commit_seconds is None else ()
        self.signals = (*SIGNALS, *without_probe)
        system = system or System(sees_all_processes=self._context.sees_all_processes)
        self._samplers = {
            one.subject: Sampler(Sensor(one.path, system), rate=rate, pace=pace)
            for one in databases
        }
        self._forgotten = {
            (signal, subject)
            for signal, subject in seen
            if signal in self.signals and subject not in self._samplers
        }

    def observe(self, *, now: datetime) -> Sequence[Observation]:
        """Return the values of each database; one that does not answer makes gaps of its own."""
        for sampler in self._samplers.values():
            sampler.start()
        until = monotonic() + FIRST_LOOKS_SECONDS
        told = [
            observation
            for subject, sampler in self._samplers.items()
            for observation in self._of_database(subject, sampler, until, now)
        ]
        if self._commit_seconds is None:
            told.extend(_observation(COMMIT_LATENCY, s, NO_PROBE, now) for s in self._samplers)
        told.extend(_gone(self._forgotten, now))
        self._forgotten = set()
        return told

    def stop(self) -> None:
        """Stop looking, and let go of the files."""
        for sampler in self._samplers.values():
            sampler.stop()

    def _of_database(
        self, subject: str, sampler: Sampler, until: float, now: datetime
    ) -> Iterator[Observation]:
        try:
            report = sampler.report(until=until)
        except SourceError as error:
            absent = Absent(reason=error.reason, why=error.what)
            for signal in SIGNALS:
                yield _observation(signal, subject, absent, now)
            return
        context = self._context
        if self._commit_seconds is not None:
            context = replace(context, has_probe=True, commit_seconds=self._commit_seconds())
        for signal, value in values_of(report, context).items():
            yield _observation(signal, subject, value, now)


def _observation(signal: str, subject: str, value: Value, at: datetime) -> Observation:
    if isinstance(value, Absent):
        return Gap(
            signal=signal, subject=subject, reason=value.reason, detail=value.why, noticed_at=at
        )
    return Reading(signal=signal, subject=subject, value=value, taken_at=at)


def _gone(forgotten: Collection[SeriesKey], now: datetime) -> Iterator[Gap]:
    for signal, subject in sorted(forgotten):
        yield Gap(
            signal=signal,
            subject=subject,
            reason=GapReason.GONE,
            detail="it is no longer among the databases of sqlite.path",
            noticed_at=now,
        )
