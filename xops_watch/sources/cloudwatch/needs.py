"""Which metrics each signal is made of, and how: the table that the planner reads.

A metric that is published above 0 only is 0 where the metric it depends on has a point
(`zero_if_parent_ok`); without that proof, absence is never zero.
"""

from collections.abc import Callable
from dataclasses import dataclass

from xops_watch.errors import GapReason
from xops_watch.sources.cloudwatch import kinds
from xops_watch.sources.cloudwatch.kinds import (
    DAILY,
    FIVE_MINUTELY,
    MINUTELY,
    Cadence,
    Kind,
    Place,
)

__all__ = ["NAMESPACES", "NEEDS", "NO_SUCH_METRIC", "SIGNALS", "Input", "Need", "Place"]

Value = float | None
MEGABYTE = 1e6
NO_SUCH_METRIC = (GapReason.NOT_APPLICABLE, "the subject has no such metric")


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """One metric in one statistic; `unit` asks only for points published in that unit."""

    metric: str
    stat: str
    unit: str = ""
    zero_if_parent_ok: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """What a signal is made of.

    `value` takes a point of every input of one instant, None where there is none; the first
    input is the parent of those that are zero beside it. `absent` is the gap of a subject that
    CloudWatch lists without any of the inputs.
    """

    signal: str
    kind: Kind
    cadence: Cadence
    inputs: tuple[Input, ...]
    value: Callable[..., Value]
    noun: str = "a number from 0 on"
    absent: tuple[GapReason, str] = NO_SUCH_METRIC


def _same(value: Value) -> Value:
    return value


def _hundredth(value: Value) -> Value:
    return None if value is None else value / 100


def _thousandth(value: Value) -> Value:
    return None if value is None else value / 1000


def _last(_parent: Value, value: Value) -> Value:
    return value


def _in_flight(requests: Value, seconds: Value) -> Value:
    """Little's law: how many are there at once is how many come in a second times how long."""
    if requests == 0:
        return 0.0
    return None if requests is None or seconds is None else requests / 60 * seconds


def _error_share(requests: Value, by_target: Value, by_balancer: Value) -> Value:
    """What the balancer answers itself may not count as a request: the share stays below 1."""
    errors = (by_target or 0.0) + (by_balancer or 0.0)
    answers = max(requests or 0.0, errors)
    if not answers:
        return None if requests is None else 0.0
    return errors / answers


def _scanned(processed: Value, scanned: Value, megabytes: Value) -> Value:
    """Older documentation names another metric, in megabytes: the unit is asked, not guessed."""
    if processed is not None or (scanned is None and megabytes is None):
        return processed
    return (scanned or 0.0) + (megabytes or 0.0) * MEGABYTE


def _one(  # noqa: PLR0913, PLR0917 - a row of the table
    signal: str,
    kind: Kind,
    cadence: Cadence,
    metric: str,
    stat: str,
    value: Callable[[Value], Value] = _same,
    absent: tuple[GapReason, str] = NO_SUCH_METRIC,
) -> Need:
    inputs = (Input(metric=metric, stat=stat),)
    noun = "a percentage" if value is _hundredth else "a number from 0 on"
    return Need(
        signal=signal,
        kind=kind,
        cadence=cadence,
        inputs=inputs,
        value=value,
        noun=noun,
        absent=absent,
    )


_ADDITIONAL_METRICS = (
    "turn on the additional metrics of the distribution (paid): aws cloudfront"
    " create-monitoring-subscription --distribution-id ID --monitoring-subscription"
    " RealtimeMetricsSubscriptionConfig={RealtimeMetricsSubscriptionStatus=Enabled}"
)
_REQUESTS = Input(metric="RequestCount", stat="Sum")


def _beside_requests(metric: str) -> Input:
    return Input(metric=metric, stat="Sum", zero_if_parent_ok=True)


def _of_requests(signal: str, value: Callable[..., Value], *inputs: Input) -> Need:
    return Need(
        signal=signal,
        kind=kinds.LOAD_BALANCER,
        cadence=MINUTELY,
        inputs=(_REQUESTS, *inputs),
        value=value,
    )


NEEDS: tuple[Need, ...] = (
    _one(
        "ecs.cpu_utilization",
        kinds.ECS_SERVICE,
        MINUTELY,
        "CPUUtilization",
        "Average",
        _hundredth,
    ),
    _one(
        "ecs.memory_utilization",
        kinds.ECS_SERVICE,
        MINUTELY,
        "MemoryUtilization",
        "Average",
        _hundredth,
    ),
    _of_requests(
        "alb.requests_in_flight", _in_flight, Input(metric="TargetResponseTime", stat="Average")
    ),
    _of_requests("alb.requests_1m", _same),
    _one("alb.latency", kinds.LOAD_BALANCER, MINUTELY, "TargetResponseTime", "p95"),
    _of_requests(
        "alb.client_error_ratio",
        _error_share,
        _beside_requests("HTTPCode_Target_4XX_Count"),
        _beside_requests("HTTPCode_ELB_4XX_Count"),
    ),
    _of_requests(
        "alb.error_ratio",
        _error_share,
        _beside_requests("HTTPCode_Target_5XX_Count"),
        _beside_requests("HTTPCode_ELB_5XX_Count"),
    ),
    _of_requests("alb.rejected_connections_1m", _last, _beside_requests("RejectedConnectionCount")),
    _one("edge.requests_5m", kinds.DISTRIBUTION, FIVE_MINUTELY, "Requests", "Sum"),
    _one(
        "edge.error_ratio",
        kinds.DISTRIBUTION,
        FIVE_MINUTELY,
        "5xxErrorRate",
        "Average",
        _hundredth,
    ),
    _one(
        "edge.origin_latency",
        kinds.DISTRIBUTION,
        FIVE_MINUTELY,
        "OriginLatency",
        "p90",
        _thousandth,
        (GapReason.NOT_ENABLED, _ADDITIONAL_METRICS),
    ),
    _one(
        "efs.io_limit",
        kinds.FILE_SYSTEM,
        MINUTELY,
        "PercentIOLimit",
        "Maximum",
        _hundredth,
        (GapReason.NOT_APPLICABLE, "only General Purpose file systems have an I/O limit"),
    ),
    _one(
        "efs.burst_credits",
        kinds.FILE_SYSTEM,
        MINUTELY,
        "BurstCreditBalance",
        "Minimum",
        _same,
        (GapReason.NOT_APPLICABLE, "a file system of Elastic throughput has no burst credits"),
    ),
    _one("efs.stored", kinds.STORED_FILES, DAILY, "StorageBytes", "Average"),
    _one("finops.stored", kinds.BUCKET, DAILY, "BucketSizeBytes", "Average"),
    Need(
        signal="finops.scanned",
        kind=kinds.WORKGROUP,
        cadence=DAILY,
        inputs=(
            Input(metric="ProcessedBytes", stat="Sum"),
            Input(metric="DataScannedInBytes", stat="Sum", unit="Bytes"),
            Input(metric="DataScannedInBytes", stat="Sum", unit="Megabytes"),
        ),
        value=_scanned,
    ),
    _one(
        "ec2.cpu_utilization",
        kinds.INSTANCE,
        FIVE_MINUTELY,
        "CPUUtilization",
        "Average",
        _hundredth,
    ),
    _one(
        "asg.cpu_utilization", kinds.GROUP, FIVE_MINUTELY, "CPUUtilization", "Average", _hundredth
    ),
    Need(
        signal="bedrock.throttles_5m",
        kind=kinds.MODEL,
        cadence=FIVE_MINUTELY,
        inputs=(
            Input(metric="Invocations", stat="Sum"),
            Input(metric="InvocationThrottles", stat="Sum", zero_if_parent_ok=True),
        ),
        value=_last,
    ),
)

SIGNALS = tuple(need.signal for need in NEEDS)
NAMESPACES = tuple(dict.fromkeys(need.kind.namespace for need in NEEDS))
