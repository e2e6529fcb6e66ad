"""CloudWatch: ECS CPU per service, read in batches of GetMetricData.

GetMetricData is billed by metric asked for, not by point returned ($0.01 per 1,000), so one query
per service and poll reads a whole window; the newest points are read again until they settle.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from xops_watch.aws.answers import MetricAnswer, MetricPage, read_pages
from xops_watch.aws.failures import invalid_answer
from xops_watch.aws.inventory import EcsInventory, Known, Service
from xops_watch.core.reading import Gap, Observation, Reading, SeriesKey
from xops_watch.errors import GapReason, SourceError

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_cloudwatch.type_defs import MetricDataQueryTypeDef

QUERIES_MAX = 500  # AWS refuses more in one call
PAGES_MAX = 100  # 10 million points: past that a token repeats for ever
LOOKBACK_MAX = timedelta(hours=3)  # 500 metrics x 180 points stay below one call's 100,800 points
PERIOD = timedelta(minutes=1)
REREAD = timedelta(minutes=10)  # for so long points are revised, or come late
SILENT_AFTER = timedelta(minutes=5)  # one late minute is no silence

_CPU = "ecs.cpu_utilization"
_ACTION = "cloudwatch:GetMetricData"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class CloudWatchSource:
    """Reads ECS CPU of every known service.

    `settle` is how long CloudWatch takes to publish a point that can be trusted; `lookback` how
    much history the rules want at the first read; `seen` what was observed before the process
    started: what is gone since must be said to be.
    """

    name = "cloudwatch"
    signals = (_CPU,)

    def __init__(
        self,
        client: "CloudWatchClient",
        inventory: EcsInventory,
        *,
        interval: timedelta,
        settle: timedelta,
        lookback: timedelta,
        seen: Collection[SeriesKey] = (),
    ) -> None:
        self.interval = interval
        self._client = client
        self._inventory = inventory
        self._settle = settle
        self._lookback = min(lookback, LOOKBACK_MAX)
        # The newest point of each known subject.
        self._newest: dict[str, datetime | None] = {s: None for name, s in seen if name == _CPU}

    def observe(self, *, now: datetime) -> Sequence[Observation]:
        """Return the new points of every service, and why there are none where there are none."""
        known = self._inventory.known(now=now)
        services = [s for s in known.services if s.active]
        for service in services:
            self._newest.setdefault(service.subject, None)
        starts = range(0, len(services), QUERIES_MAX)
        batches = [services[start : start + QUERIES_MAX] for start in starts]
        observations: list[Observation] = []
        failures: list[SourceError] = []
        for batch in batches:
            try:
                observations.extend(self._of_batch(batch, now))
            except SourceError as error:
                failures.append(error)
                observations.extend(_gap(s.subject, error.reason, error.what, now) for s in batch)
        if failures and len(failures) == len(batches):
            raise failures[0]
        observations.extend(self._gone(known, now))
        return observations

    def _of_batch(self, services: Sequence[Service], now: datetime) -> list[Observation]:
        window = self._window(services, now)
        answers = self._read(services, window)
        observations: list[Observation] = []
        for service in services:
            answer = answers.get(service.subject, _Answer())
            observations.extend(self._of_service(service, answer, window, now))
        return observations

    def _window(self, services: Sequence[Service], now: datetime) -> "_Window":
        """Read from where the service that is furthest behind stopped, and the newest again."""
        end = _floor(now - self._settle)
        oldest = end - self._lookback
        behind = min(self._newest.get(s.subject) or oldest for s in services)
        # A clock that jumped back must not ask for a window that ends before it starts.
        start = min(max(oldest, behind - REREAD), end - REREAD)
        return _Window(start=_floor(start), end=end)

    def _read(self, services: Sequence[Service], window: "_Window") -> Mapping[str, "_Answer"]:
        subjects = {f"m{index}": service.subject for index, service in enumerate(services)}
        answers: dict[str, _Answer] = {}
        for result in self._results(services, window):
            subject = subjects.get(result.id)
            if subject is None:
                raise invalid_answer(_ACTION, f"nobody asked for Id {result.id!r}")
            answers.setdefault(subject, _Answer()).add(result, window)
        return answers

    def _results(self, services: Sequence[Service], window: "_Window") -> Iterator[MetricAnswer]:
        queries = [_query(f"m{index}", service) for index, service in enumerate(services)]
        pages = self._client.get_paginator("get_metric_data").paginate(
            MetricDataQueries=queries, StartTime=window.start, EndTime=window.end
        )
        for page in read_pages(pages, MetricPage, action=_ACTION, pages_max=PAGES_MAX):
            yield from page.results

    def _of_service(
        self, service: Service, answer: "_Answer", window: "_Window", now: datetime
    ) -> Iterator[Observation]:
        subject = service.subject
        before = self._newest[subject]
        failure = answer.failure()
        if failure is not None:
            yield _gap(subject, *failure, now)
            return
        # Another service of the batch may be further behind: what this one gave is not given again.
        since = window.start if before is None else min(before, window.end) - REREAD
        newest = max(answer.points, default=before)
        silent = newest is None or newest < window.end - SILENT_AFTER
        for taken_at, value in sorted(answer.points.items()):
            if taken_at >= since:
                yield Reading(
                    signal=_CPU,
                    subject=subject,
                    value=value / 100,
                    taken_at=taken_at,
                    seen_at=None if silent else now,
                )
        self._newest[subject] = newest
        if silent:
            yield _silence(service, now)

    def _gone(self, known: Known, now: datetime) -> list[Gap]:
        """What is gone leaves nobody to be blind on; a cluster never read proves nothing."""
        alive = {service.subject for service in known.services if service.active}
        alive |= {s for s in self._newest if s.partition("/")[0] in known.unread}
        gone = sorted(self._newest.keys() - alive)
        self._newest = {s: newest for s, newest in self._newest.items() if s in alive}
        return [_gap(s, GapReason.GONE, "it is no longer active", now) for s in gone]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Window:
    """Which points are asked for: from `start` (included) to `end` (not), on whole minutes."""

    start: datetime
    end: datetime


@dataclass(slots=True)
class _Answer:
    """What the pages said of one query, put together; values in percent."""

    points: dict[datetime, float] = field(default_factory=dict)
    status: str = ""
    problem: str = ""

    def add(self, result: MetricAnswer, window: _Window) -> None:
        """Add one page; a problem of one metric is not one of the others."""
        if len(result.timestamps) != len(result.values):
            counts = f"{len(result.timestamps)} timestamps for {len(result.values)} values"
            self.problem = self.problem or counts
            return
        for taken_at, value in zip(result.timestamps, result.values, strict=True):
            if not 0 <= value < float("inf"):
                self.problem = self.problem or f"{value!r} is not a percentage"
            elif window.start <= taken_at < window.end:
                self.points[taken_at.astimezone(UTC)] = value
        if self.status in ("", "Complete", "PartialData"):
            self.status = result.status

    def failure(self) -> tuple[GapReason, str] | None:
        """Points of an unfinished answer are not used: what is missing would look like silence."""
        if self.problem:
            return GapReason.INVALID, f"{_ACTION}: {self.problem}"
        match self.status:
            case "Complete":
                return None
            case "Forbidden":
                return GapReason.DENIED, f"missing IAM permission {_ACTION} for AWS/ECS"
            case "PartialData" | "InternalError":
                return GapReason.UNREACHABLE, f"{_ACTION} answered {self.status}; read again later"
            case "":
                return GapReason.INVALID, f"{_ACTION} did not answer for this service"
            case unknown:
                return GapReason.INVALID, f"{_ACTION} answered {unknown!r:.50}"


def _query(query_id: str, service: Service) -> "MetricDataQueryTypeDef":
    return {
        "Id": query_id,
        "MetricStat": {
            "Metric": {
                "Namespace": "AWS/ECS",
                "MetricName": "CPUUtilization",
                "Dimensions": [
                    {"Name": "ClusterName", "Value": service.cluster},
                    {"Name": "ServiceName", "Value": service.name},
                ],
            },
            "Period": int(PERIOD.total_seconds()),
            "Stat": "Average",
        },
    }


def _silence(service: Service, now: datetime) -> Gap:
    if service.desired == 0:
        detail = "the service is scaled to zero: no task, no CPU"
        return _gap(service.subject, GapReason.NOT_APPLICABLE, detail, now)
    detail = "CloudWatch has no new point: AWS/ECS publishes none while no task runs"
    return _gap(service.subject, GapReason.STALE, detail, now)


def _gap(subject: str, reason: GapReason, detail: str, now: datetime) -> Gap:
    return Gap(signal=_CPU, subject=subject, reason=reason, detail=detail, noticed_at=now)


def _floor(instant: datetime) -> datetime:
    return instant - (instant - _EPOCH) % PERIOD
