"""The crews that an application counts itself, as metrics of its own in CloudWatch.

The contract: namespace `xOps/Crews`, metrics `CrewStarted` and `CrewQueued`, dimensions
`ClusterName` and `ServiceName` of ECS, one point each minute, 0 included. GetMetricStatistics reads
them: one call a metric and subject, of the account's million free ones a month.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from threading import Lock
from typing import TYPE_CHECKING, Literal

from pydantic import AwareDatetime, Field

from xops_watch.aws.answers import Answer, MetricListing, parse_answer, read_pages
from xops_watch.aws.failures import invalid_answer, translated
from xops_watch.errors import GapReason, SourceError

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient

NAMESPACE = "xOps/Crews"
STARTED = "CrewStarted"
QUEUED = "CrewQueued"
LISTED_EVERY = timedelta(hours=1)
LISTED_AGAIN = timedelta(minutes=5)  # after a failure
SUBJECTS_MAX = 20  # services that start crews; each costs a call at each look
PAGES_MAX = 10
SETTLE = timedelta(minutes=2)  # a younger minute may still lack what a replica has sent
FRESH = timedelta(minutes=5)  # an older number is no backlog of now

_LIST = "cloudwatch:ListMetrics"
_READ = "cloudwatch:GetMetricStatistics"
CREW_COUNTER_ACTIONS = (_READ, _LIST)
_HOUR = timedelta(hours=1)
_MINUTE = timedelta(minutes=1)
_NAMES = frozenset({"ClusterName", "ServiceName"})


class _Sum(Answer):
    at: AwareDatetime = Field(alias="Timestamp")
    value: float = Field(alias="Sum", ge=0, le=1e9)


class _Maximum(Answer):
    at: AwareDatetime = Field(alias="Timestamp")
    value: float = Field(alias="Maximum", ge=0, le=1e9)


class _Sums(Answer):
    points: list[_Sum] = Field(alias="Datapoints")


class _Maxima(Answer):
    points: list[_Maximum] = Field(alias="Datapoints")


class CloudWatchCrews:
    """Reads what applications publish of their crews; threads may share it, and its listing."""

    basis = "cloudwatch"

    def __init__(self, client: "CloudWatchClient") -> None:
        self._client = client
        self._listed_at: datetime | None = None
        self._again = LISTED_EVERY
        self._subjects: Mapping[str, tuple[str, ...]] = {}
        self._lock = Lock()

    def started(self, *, now: datetime) -> Mapping[str, float | SourceError]:
        """Return the crews of the last hour by `cluster/service`, or why they are not known.

        Empty when no application publishes the metric, or nobody may list it.
        """
        return self._told(STARTED, self._count, now)

    def queued(self, *, now: datetime) -> Mapping[str, float | SourceError]:
        """Return the crews that wait by `cluster/service`, or why they are not known.

        Empty when no application publishes the metric, or nobody may list it.
        """
        return self._told(QUEUED, self._depth, now)

    def _told(
        self, metric: str, read: Callable[[str, datetime], float], now: datetime
    ) -> Mapping[str, float | SourceError]:
        told: dict[str, float | SourceError] = {}
        with self._lock:
            self._list(now)
            subjects = self._subjects.get(metric, ())
        for subject in subjects:
            try:
                told[subject] = read(subject, now)
            except SourceError as error:
                told[subject] = error
        return told

    def _list(self, now: datetime) -> None:
        listed_at = self._listed_at
        if listed_at is not None and timedelta() <= now - listed_at < self._again:
            return
        self._listed_at = now
        try:
            found = set(self._found())
        except SourceError:
            # Who was found before is read on; nobody else ever offered the counter.
            self._again = LISTED_AGAIN
        else:
            self._again = LISTED_EVERY
            self._subjects = {
                metric: tuple(sorted(s for name, s in found if name == metric))[:SUBJECTS_MAX]
                for metric in (STARTED, QUEUED)
            }

    def _found(self) -> Iterator[tuple[str, str]]:
        """Yield metric and subject; one listing serves both metrics."""
        pages = self._client.get_paginator("list_metrics").paginate(Namespace=NAMESPACE)
        for page in read_pages(pages, MetricListing, action=_LIST, pages_max=PAGES_MAX):
            for row in page.metrics:
                named = {dimension.name: dimension.value for dimension in row.dimensions}
                if named.keys() == _NAMES:
                    yield row.name, f"{named['ClusterName']}/{named['ServiceName']}"

    def _count(self, subject: str, now: datetime) -> float:
        """Late points are in the next look: each reads the whole hour."""
        end = now.replace(second=0, microsecond=0)
        answer = self._read(STARTED, subject, "Sum", end - _HOUR, end)
        points = parse_answer(_Sums, answer, action=_READ).points
        counts = _within({p.at: p.value for p in points}, len(points), end - _HOUR, end)
        if not counts:
            raise _silent(f"{STARTED} has no point of the last hour: publish 0 when none starts")
        return sum(counts.values())

    def _depth(self, subject: str, now: datetime) -> float:
        """Return the newest minute that is settled: a backlog is of one instant."""
        end = (now - SETTLE).replace(second=0, microsecond=0)
        answer = self._read(QUEUED, subject, "Maximum", end - FRESH, end)
        points = parse_answer(_Maxima, answer, action=_READ).points
        depths = _within({p.at: p.value for p in points}, len(points), end - FRESH, end)
        if not depths:
            raise _silent(f"{QUEUED} has no point of the last minutes: publish 0 when none waits")
        return depths[max(depths)]

    def _read(
        self,
        metric: str,
        subject: str,
        statistic: Literal["Sum", "Maximum"],
        start: datetime,
        end: datetime,
    ) -> object:
        cluster, _, service = subject.partition("/")
        with translated(_READ):
            return self._client.get_metric_statistics(
                Namespace=NAMESPACE,
                MetricName=metric,
                Dimensions=[
                    {"Name": "ClusterName", "Value": cluster},
                    {"Name": "ServiceName", "Value": service},
                ],
                StartTime=start,
                EndTime=end,
                Period=int(_MINUTE.total_seconds()),
                Statistics=[statistic],
            )


def _within(
    points: Mapping[datetime, float], told: int, start: datetime, end: datetime
) -> Mapping[datetime, float]:
    if len(points) != told or not all(start <= at < end for at in points):
        raise invalid_answer(_READ, "points of another time than was asked for")
    return points


def _silent(what: str) -> SourceError:
    return SourceError(
        f"{NAMESPACE} {what}",
        reason=GapReason.STALE,
        hint="the application publishes one point each minute",
    )
