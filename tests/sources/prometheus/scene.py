"""A Prometheus API that answers as a test tells it, and a source that asks it."""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from xops_watch.core.catalogue import SIGNAL_BY_NAME
from xops_watch.core.query import Query
from xops_watch.core.reading import Gap, Observation, SeriesKey
from xops_watch.core.signal import Signal, Unit
from xops_watch.errors import GapReason, SourceError
from xops_watch.sources.prometheus import PrometheusSource
from xops_watch.web.prometheus import Sample

NOW = datetime(2026, 3, 2, 3, 4, 20, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
UNREACHABLE = SourceError("no connection", reason=GapReason.UNREACHABLE, hint="see the URL")
THROTTLED = SourceError("too many", reason=GapReason.THROTTLED, hint="ask less")
BAD = SourceError("parse error", reason=GapReason.INVALID, hint="correct the query")


class FakeApi:
    """Answers queries from a table; `asked` are those that came."""

    def __init__(self, answers: Mapping[str, Sequence[Sample] | SourceError]) -> None:
        self.answers = dict(answers)
        self.asked: list[str] = []

    def query(self, promql: str) -> Sequence[Sample]:
        self.asked.append(promql)
        answer = self.answers[promql]
        if isinstance(answer, SourceError):
            raise answer
        return answer

    def heard(self) -> list[str]:
        """Return what was asked since the last time."""
        asked, self.asked = self.asked, []
        return asked


def sample(value: float, at: datetime = NOW, **labels: str) -> Sample:
    return Sample(labels=labels, value=value, at=at)


def known(name: str, promql: str, label: str | None = None) -> Query:
    """Return a query of a signal of the catalogue."""
    return Query(signal=SIGNAL_BY_NAME[name], promql=promql, subject_label=label, own=False)


def own(name: str, promql: str, label: str | None = None, *, every: timedelta = MINUTE) -> Query:
    """Return a query of a signal of the rule file's own."""
    signal = Signal(
        name=name,
        unit=Unit.COUNT,
        subject_kind=label or "stack",
        source="prometheus",
        period=every,
        grace=10 * every,
        help="A number",
    )
    return Query(signal=signal, promql=promql, subject_label=label, own=True)


def source(api: FakeApi, *queries: Query, seen: Collection[SeriesKey] = ()) -> PrometheusSource:
    return PrometheusSource(api, queries=lambda: queries, stack="xops", interval=MINUTE, seen=seen)


def told(observations: Sequence[Observation]) -> dict[tuple[str, str | None], float | str]:
    """Return values and reasons of gaps by signal and subject."""
    return {
        (o.signal, o.subject): str(o.reason) if isinstance(o, Gap) else o.value
        for o in observations
    }
