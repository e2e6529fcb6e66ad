"""Which metrics each signal is made of, and how: the table that the planner reads.

A metric that is published above 0 only is 0 where a metric before it in its row has a point
(`zero_if_parent_ok`); without that proof, absence is never zero.
"""

from collections.abc import Callable

from xops_watch.errors import GapReason
from xops_watch.sources.cloudwatch import kinds
from xops_watch.sources.cloudwatch.kinds import (
    DAILY,
    FIVE_MINUTELY,
    MINUTELY,
    PROBED,
    Place,
)
from xops_watch.sources.cloudwatch.need import Input, Need, one_metric, or_zero
from xops_watch.sources.cloudwatch.portal_needs import PORTAL_NEEDS
from xops_watch.sources.cloudwatch.values import (
    Value,
    error_share,
    hundredth,
    in_flight,
    last,
    last_thousandth,
    no_requests,
    same,
    scanned,
    share,
    thousandth,
)

__all__ = [
    "NAMESPACES",
    "NEEDS",
    "SEEN_FROM_A_VANTAGE",
    "SIGNALS",
    "Place",
]

_ADDITIONAL_METRICS = (
    "turn on the additional metrics of the distribution (paid): aws cloudfront"
    " create-monitoring-subscription --distribution-id ID --monitoring-subscription"
    " RealtimeMetricsSubscriptionConfig={RealtimeMetricsSubscriptionStatus=Enabled}"
)
# Targets are counted whether or not there are requests: it proves that there were none.
_TARGETS = Input(metric="HealthyHostCount", stat="Maximum")


def _of_requests(signal: str, value: Callable[..., Value], *inputs: Input) -> Need:
    return Need(
        signal=signal,
        kind=kinds.LOAD_BALANCER,
        cadence=MINUTELY,
        inputs=(_TARGETS, or_zero("RequestCount"), *inputs),
        value=value,
        is_idle=no_requests,
    )


def _response_time(signal: str, stat: str) -> Need:
    return _of_requests(signal, last, Input(metric="TargetResponseTime", stat=stat))


def _of_application(signal: str, value: Callable[..., Value], *inputs: Input) -> Need:
    return Need(
        signal=signal,
        kind=kinds.APPLICATION,
        cadence=MINUTELY,
        inputs=(Input(metric="Latency", stat="SampleCount"), *inputs),
        value=value,
    )


NEEDS: tuple[Need, ...] = (
    one_metric(
        "ecs.cpu_utilization",
        kinds.ECS_SERVICE,
        MINUTELY,
        "CPUUtilization",
        "Average",
        hundredth,
    ),
    one_metric(
        "ecs.memory_utilization",
        kinds.ECS_SERVICE,
        MINUTELY,
        "MemoryUtilization",
        "Average",
        hundredth,
    ),
    one_metric(
        "ecs.cpu_utilization_max",
        kinds.ECS_SERVICE,
        MINUTELY,
        "CPUUtilization",
        "Maximum",
        hundredth,
    ),
    one_metric(
        "ecs.memory_utilization_max",
        kinds.ECS_SERVICE,
        MINUTELY,
        "MemoryUtilization",
        "Maximum",
        hundredth,
    ),
    _of_requests(
        "alb.requests_in_flight", in_flight, Input(metric="TargetResponseTime", stat="Average")
    ),
    _of_requests("alb.requests_1m", last),
    _response_time("alb.latency_p50", "p50"),
    _response_time("alb.latency", "p95"),
    _response_time("alb.latency_p99", "p99"),
    _of_requests(
        "alb.client_error_ratio",
        error_share,
        or_zero("HTTPCode_Target_4XX_Count"),
        or_zero("HTTPCode_ELB_4XX_Count"),
    ),
    _of_requests(
        "alb.error_ratio",
        error_share,
        or_zero("HTTPCode_Target_5XX_Count"),
        or_zero("HTTPCode_ELB_5XX_Count"),
    ),
    _of_requests("alb.rejected_connections_1m", last, or_zero("RejectedConnectionCount")),
    one_metric("edge.requests_5m", kinds.DISTRIBUTION, FIVE_MINUTELY, "Requests", "Sum"),
    one_metric(
        "edge.error_ratio",
        kinds.DISTRIBUTION,
        FIVE_MINUTELY,
        "5xxErrorRate",
        "Average",
        hundredth,
    ),
    one_metric(
        "edge.client_error_ratio",
        kinds.DISTRIBUTION,
        FIVE_MINUTELY,
        "4xxErrorRate",
        "Average",
        hundredth,
    ),
    one_metric(
        "edge.origin_latency",
        kinds.DISTRIBUTION,
        FIVE_MINUTELY,
        "OriginLatency",
        "p90",
        thousandth,
        (GapReason.NOT_ENABLED, _ADDITIONAL_METRICS),
    ),
    one_metric(
        "efs.io_limit",
        kinds.FILE_SYSTEM,
        MINUTELY,
        "PercentIOLimit",
        "Maximum",
        hundredth,
        (GapReason.NOT_APPLICABLE, "only General Purpose file systems have an I/O limit"),
    ),
    one_metric(
        "efs.burst_credits",
        kinds.FILE_SYSTEM,
        MINUTELY,
        "BurstCreditBalance",
        "Minimum",
        same,
        (GapReason.NOT_APPLICABLE, "a file system of Elastic throughput has no burst credits"),
    ),
    one_metric("efs.stored", kinds.STORED_FILES, DAILY, "StorageBytes", "Average"),
    one_metric("finops.stored", kinds.BUCKET, DAILY, "BucketSizeBytes", "Average"),
    Need(
        signal="finops.scanned",
        kind=kinds.WORKGROUP,
        cadence=DAILY,
        inputs=(
            Input(metric="ProcessedBytes", stat="Sum"),
            Input(metric="DataScannedInBytes", stat="Sum", unit="Bytes"),
            Input(metric="DataScannedInBytes", stat="Sum", unit="Megabytes"),
        ),
        value=scanned,
    ),
    *PORTAL_NEEDS,
    _of_application("appsignals.latency", last_thousandth, Input(metric="Latency", stat="p95")),
    _of_application("appsignals.error_ratio", share, or_zero("Fault")),
    _of_application("appsignals.client_error_ratio", share, or_zero("Error")),
)

# Which metric that is, and where, the settings say of each vantage.
SEEN_FROM_A_VANTAGE = Need(
    signal="edge.latency",
    kind=kinds.VANTAGE,
    cadence=PROBED,
    inputs=(Input(metric="", stat="p90"),),
    value=same,
)

SIGNALS = (*(need.signal for need in NEEDS), SEEN_FROM_A_VANTAGE.signal)
NAMESPACES = tuple(dict.fromkeys(need.kind.namespace for need in NEEDS))
