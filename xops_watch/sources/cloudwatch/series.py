"""One signal of one subject: what it asks, which window of it, and what it makes of the answer."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from xops_watch.core.reading import SeriesKey
from xops_watch.errors import GapReason
from xops_watch.sources.cloudwatch.answers import Answer, Metric, Query, Window
from xops_watch.sources.cloudwatch.need import Input, Need
from xops_watch.sources.cloudwatch.plan import Wanted
from xops_watch.sources.cloudwatch.subjects import Found, Subject

PERIODS_MAX = 180  # 500 metrics of so many points stay below one call's 100,800 points
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One signal of one subject; `asked` are the queries of each input, joined."""

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

    def told(self, answers: Mapping[Query, Answer], window: Window) -> "Told":
        """Return the value of each instant of the window, oldest first."""
        inputs = [_joined(queries, answers, self.need.join) for queries in self.asked]
        instants = sorted({at for points in inputs for at in points})
        points: dict[datetime, float] = {}
        idle_at = None
        for at in (at for at in instants if window.start <= at < window.end):
            values = self._values([points_of.get(at) for points_of in inputs])
            value = self.need.value(*values)
            if value is not None:
                points[at] = value / self.subject.per
            if self.need.is_idle is not None and self.need.is_idle(*values):
                idle_at = at
        return Told(points=points, idle_at=idle_at)

    def _values(self, values: list[float | None]) -> list[float | None]:
        """Return the values, 0 where a value before proves that AWS just published none."""
        proven = False
        told = []
        for value, part in zip(values, self.need.inputs, strict=True):
            told.append(0.0 if value is None and part.zero_if_parent_ok and proven else value)
            proven = proven or value is not None
        return told


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What is known of a series now; at `idle_at` it was last proven to have nothing to measure."""

    points: Mapping[datetime, float]
    idle_at: datetime | None


def series_of(wanted: Wanted, found: Found) -> Iterator[Series]:
    """Yield the series of a need, one for each subject."""
    need = wanted.need
    for subject in found.subjects:
        asked = tuple(tuple(_queries(need, subject, part)) for part in need.inputs)
        yield Series(need=need, subject=subject, lookback=wanted.lookback, asked=asked)


def _queries(need: Need, subject: Subject, part: Input) -> Iterator[Query]:
    """What CloudWatch does not list of the subject is not asked for: it would be billed."""
    if subject.metric is not None:
        namespace, name = subject.metric
        metric = Metric(namespace=namespace, name=name, dimensions=subject.dimensions)
        yield Query(metric=metric, stat=part.stat, unit=part.unit, noun=need.noun)
        return
    listed = part.metric in need.kind.listed
    dimensions = subject.series.get(part.metric, ()) if listed else (subject.dimensions,)
    for one in dimensions:
        metric = Metric(namespace=need.kind.namespace, name=part.metric, dimensions=one)
        yield Query(metric=metric, stat=part.stat, unit=part.unit, noun=need.noun)


def _joined(
    queries: tuple[Query, ...],
    answers: Mapping[Query, Answer],
    join: Callable[[Iterable[float]], float],
) -> dict[datetime, float]:
    values: dict[datetime, list[float]] = {}
    for query in queries:
        for at, value in answers[query].points.items():
            values.setdefault(at, []).append(value)
    return {at: join(of_instant) for at, of_instant in values.items()}


def _floor(instant: datetime, period: timedelta) -> datetime:
    return instant - (instant - _EPOCH) % period
