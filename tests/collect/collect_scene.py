"""A collector over fake sources, with all that it says kept."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from structlog.testing import LogCapture

from tests.fakes import FakeClock, RecordingTelemetry
from xops_watch.collect import Collector
from xops_watch.core.reading import Gap, Observation, Reading
from xops_watch.core.snapshot import SourceReport
from xops_watch.errors import GapReason, SourceError
from xops_watch.ports import Collection, Source

NOW = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)
SHORT = timedelta(seconds=0.05)  # a deadline for who is not going to answer
LONG = timedelta(seconds=30)  # a deadline that only a broken collector reaches


class Scene:
    """Rounds of a collector over `sources`, on a clock that stands still between them."""

    def __init__(self, *sources: Source, deadline: timedelta = LONG) -> None:
        self.clock = FakeClock(NOW)
        self.telemetry = RecordingTelemetry()
        self._captured = LogCapture()
        self.collector = Collector(
            sources,
            deadline=deadline,
            telemetry=self.telemetry,
            log=structlog.wrap_logger(None, processors=[self._captured]),
        )

    def round(self, *, after: timedelta = timedelta()) -> Collection:
        """Let `after` pass and collect."""
        return self.collector.collect(now=self.clock.advance(after))

    def logged(self) -> list[dict[str, Any]]:
        """Return what was logged since the last time."""
        entries = [dict(entry) for entry in self._captured.entries]
        self._captured.entries.clear()
        return entries

    def events(self) -> list[str]:
        """Return the events that were logged since the last time."""
        return [entry["event"] for entry in self.logged()]


def reading(
    value: float = 1.0, *, signal: str = "ecs.tasks_pending", at: datetime = NOW
) -> Reading:
    return Reading(signal=signal, subject="main/web", value=value, taken_at=at)


def gap(reason: GapReason, detail: str = "why", *, subject: str = "main/web") -> Gap:
    return Gap(
        signal="ecs.tasks_pending", subject=subject, reason=reason, detail=detail, noticed_at=NOW
    )


def failure(reason: GapReason = GapReason.UNREACHABLE, what: str = "it is down") -> SourceError:
    return SourceError(what, reason=reason, hint="put it up")


def report_of(collection: Collection, name: str = "fake") -> SourceReport:
    (report,) = [report for report in collection.reports if report.source == name]
    return report


def reasons(observations: Sequence[Observation]) -> list[GapReason]:
    return [o.reason for o in observations if isinstance(o, Gap)]
