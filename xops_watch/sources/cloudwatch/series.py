"""One signal of one subject: what it asks, which window of it, and what it makes of the answer."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from xops_watch.core.reading import SeriesKey
from xops_watch.errors import GapReason
from xops_watch.sources.cloudwatch.answers import Answer, Metric, Query, Window
from xops_watch.sources.cloudwatch.needs import Input, Need
from xops_watch.sources.cloudwatch.plan import Wanted
from xops_watch.sources.cloudwatch.subjects import Found, Subject

PERIODS_MAX = 180  # 500 metrics of so many points stay below one call's 100,800 points
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One signal of one subject; `asked` are the queries of each input, added up."""

    need: Need
    subject: Subject
    lookback: timedelta
    asked: tuple[tuple[Query, ...], ...]

    @property
    def key(self) -> SeriesKey:
        """Return the signal and the subject."""
        return self.need.signal, self.subject.name

    @property
    def queries(self) -> tuple[Query, ...]:
        """Return the queries of every input."""
        return tuple(query for queries in self.asked for query in queries)

    @property
    def silence(self) -> tuple[GapReason, str]:
        """Return why there is no new point."""
        if self.subject.idle:
            return GapReason.NOT_APPLICABLE, self.subject.idle
        return GapReason.STALE, f"CloudWatch has no new point: {self.need.kind.silence}"

    def window(self, newest: datetime | None, settle: timedelta, now: datetime) -> Window:
        """Read from where the last read stopped, and the newest points again."""
        cadence = self.need.cadence
        end = _floor(now - max(settle, self.need.kind.settle), cadence.period)
        oldest = end - min(max(self.lookback, cadence.reread), PERIODS_MAX * cadence.period)
        # A clock that jumped back must not ask for a window that ends before it starts.
        start = min(max(oldest, (newest or oldest) - cadence.reread), end - cadence.reread)
        return Window(start=_floor(start, cadence.period), end=end)

    def failure(self, answers: Mapping[Query, Answer]) -> tuple[GapReason, str] | None:
        """Return why the answers cannot be used; one query that failed spoils the signal."""
        for query in self.queries:
            failure = answers.get(query, Answer()).failure(self.need.kind.namespace)
            if failure is not None:
                return failure
        return None

    def points(self, answers: Mapping[Query, Answer], window: Window) -> dict[datetime, float]:
        """Return the value of each instant of the window, oldest first."""
        inputs = [_added_up(queries, answers) for queries in self.asked]
        instants = sorted({at for points in inputs for at in points})
        values = {
            at: self._value([points.get(at) for points in inputs])
            for at in instants
            if window.start <= at < window.end
        }
        return {at: value for at, value in values.items() if value is not None}

    def _value(self, values: list[float | None]) -> float | None:
        parent = values[0]
        told = [
            0.0 if value is None and part.zero_if_parent_ok and parent is not None else value
            for value, part in zip(values, self.need.inputs, strict=True)
        ]
        return self.need.value(*told)


def series_of(wanted: Wanted, found: Found) -> Iterator[Series]:
    """Yield the series of a need, one for each subject."""
    need = wanted.need
    for subject in found.subjects:
        asked = tuple(tuple(_queries(need, subject, part)) for part in need.inputs)
        yield Series(need=need, subject=subject, lookback=wanted.lookback, asked=asked)


def _queries(need: Need, subject: Subject, part: Input) -> Iterator[Query]:
    """What CloudWatch does not list of the subject is not asked for: it would be billed."""
    listed = part.metric in need.kind.listed
    dimensions = subject.series.get(part.metric, ()) if listed else (subject.dimensions,)
    for one in dimensions:
        metric = Metric(namespace=need.kind.namespace, name=part.metric, dimensions=one)
        yield Query(metric=metric, stat=part.stat, unit=part.unit, noun=need.noun)


def _added_up(queries: tuple[Query, ...], answers: Mapping[Query, Answer]) -> dict[datetime, float]:
    total: dict[datetime, float] = {}
    for query in queries:
        for at, value in answers[query].points.items():
            total[at] = total.get(at, 0.0) + value
    return total


def _floor(instant: datetime, period: timedelta) -> datetime:
    return instant - (instant - _EPOCH) % period
