"""CloudWatch: ECS CPU per service, read in batches of GetMetricData.

GetMetricData is billed by metric asked for, not by point returned ($0.01 per 1,000), so one query
per service and poll reads a whole window; the newest points are read again until they settle.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from xops_watch.aws.failures import invalid_answer, source_error
from xops_watch.aws.inventory import EcsInventory, Service
from xops_watch.core.reading import Gap, Observation, Reading
from xops_watch.errors import GapReason

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_cloudwatch.type_defs import MetricDataQueryTypeDef, MetricDataResultTypeDef

QUERIES_MAX = 500  # AWS refuses more in one call
PAGES_MAX = 100  # 10 million points: past that a token repeats for ever
LOOKBACK_MAX = timedelta(hours=3)  # 500 metrics x 180 points stay below one call's 100,800 points
PERIOD = timedelta(minutes=1)
REREAD = timedelta(minutes=5)  # points are revised for some minutes after they appear

_CPU = "ecs.cpu_utilization"
_ACTION = "cloudwatch:GetMetricData"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class CloudWatchSource:
    """Reads ECS CPU of every known service.

    `settle` is how long CloudWatch takes to publish a point that can be trusted; `lookback` how
    much history the rules want at the first read.
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
    ) -> None:
        self.interval = interval
        self._client = client
        self._inventory = inventory
        self._settle = settle
        self._lookback = min(lookback, LOOKBACK_MAX)
        self._read_until: dict[str, datetime] = {}

    def observe(self, *, now: datetime) -> Sequence[Observation]:
        """Return the new points of every service, and why there are none where there are none."""
        services = [s for s in self._inventory.known_services(now=now) if s.active]
        end = _floor(now - self._settle)
        observations: list[Observation] = []
        for begin in range(0, len(services), QUERIES_MAX):
            batch = services[begin : begin + QUERIES_MAX]
            answers = self._read(batch, start=self._start(batch, end), end=end)
            for service in batch:
                observations.extend(self._of_service(service, answers.get(service.subject), now))
        self._forget(services)
        return observations

    def _start(self, services: Sequence[Service], end: datetime) -> datetime:
        """Read from where the service that is furthest behind stopped, and the newest again."""
        oldest = end - self._lookback
        behind = min(self._read_until.get(s.subject, oldest) for s in services)
        return max(oldest, behind - REREAD)

    def _read(
        self, services: Sequence[Service], *, start: datetime, end: datetime
    ) -> dict[str, "_Answer"]:
        subjects = {f"m{index}": service.subject for index, service in enumerate(services)}
        answers: dict[str, _Answer] = {}
        for result in self._results(services, start=start, end=end):
            subject = subjects.get(result.get("Id", ""))
            if subject is None:
                raise invalid_answer(_ACTION, f"nobody asked for Id {result.get('Id')!r}")
            answers.setdefault(subject, _Answer()).add(result)
        return answers

    def _results(
        self, services: Sequence[Service], *, start: datetime, end: datetime
    ) -> Iterator["MetricDataResultTypeDef"]:
        queries = [_query(f"m{index}", service) for index, service in enumerate(services)]
        pages = self._client.get_paginator("get_metric_data").paginate(
            MetricDataQueries=queries, StartTime=start, EndTime=end
        )
        try:
            for number, page in enumerate(pages):
                if number >= PAGES_MAX:
                    raise invalid_answer(_ACTION, f"more than {PAGES_MAX} pages")
                yield from page.get("MetricDataResults", [])
        except (BotoCoreError, ClientError) as error:
            raise source_error(error, action=_ACTION) from error

    def _of_service(
        self, service: Service, answer: "_Answer | None", now: datetime
    ) -> list[Observation]:
        answer = answer or _Answer()
        failure = answer.failure(service)
        if failure is not None:
            reason, detail = failure
            return [_gap(service, reason, detail, now)]
        readings = [
            Reading(signal=_CPU, subject=service.subject, value=value / 100, taken_at=taken_at)
            for taken_at, value in sorted(answer.points.items())
        ]
        if readings:
            self._read_until[service.subject] = readings[-1].taken_at
            return list(readings)
        if service.desired == 0:
            detail = "the service is scaled to zero: no task, no CPU"
            return [_gap(service, GapReason.NOT_APPLICABLE, detail, now)]
        detail = "CloudWatch has no point: AWS/ECS publishes none while no task runs"
        return [_gap(service, GapReason.STALE, detail, now)]

    def _forget(self, services: Sequence[Service]) -> None:
        alive = {service.subject for service in services}
        self._read_until = {s: t for s, t in self._read_until.items() if s in alive}


@dataclass(slots=True)
class _Answer:
    """What the pages said of one query, put together; values in percent."""

    points: dict[datetime, float] = field(default_factory=dict)
    status: str = ""

    def add(self, result: "MetricDataResultTypeDef") -> None:
        timestamps, values = result.get("Timestamps", []), result.get("Values", [])
        if len(timestamps) != len(values):
            why = f"{len(timestamps)} timestamps for {len(values)} values"
            raise invalid_answer(_ACTION, why)
        for taken_at, value in zip(timestamps, values, strict=True):
            self.points[_aware(taken_at)] = _percent(value)
        self.status = result.get("StatusCode", "")

    def failure(self, service: Service) -> tuple[GapReason, str] | None:
        """Points of an unfinished answer are not used: what is missing would look like silence."""
        match self.status:
            case "Complete":
                return None
            case "Forbidden":
                return GapReason.DENIED, f"missing IAM permission {_ACTION} for AWS/ECS"
            case "":
                return GapReason.INVALID, f"{_ACTION} did not answer for {service.subject}"
            case status:
                return GapReason.UNREACHABLE, f"{_ACTION} answered {status}; read again later"


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


def _gap(service: Service, reason: GapReason, detail: str, now: datetime) -> Gap:
    return Gap(signal=_CPU, subject=service.subject, reason=reason, detail=detail, noticed_at=now)


def _aware(taken_at: object) -> datetime:
    if not isinstance(taken_at, datetime) or taken_at.utcoffset() is None:
        raise invalid_answer(_ACTION, f"{taken_at!r} is not an instant")
    return taken_at.astimezone(UTC)


def _percent(value: object) -> float:
    number = float(value) if isinstance(value, int | float) else float("nan")
    if not 0 <= number < float("inf"):
        raise invalid_answer(_ACTION, f"{value!r} is not a percentage")
    return number


def _floor(instant: datetime) -> datetime:
    return instant - (instant - _EPOCH) % PERIOD
