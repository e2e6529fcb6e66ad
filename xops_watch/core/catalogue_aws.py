"""Signals of the stack that CloudWatch measures: ECS, load balancers, EFS, CloudFront, S3."""

from xops_watch.core.signal import DAY, MINUTE, Unit, signals_of

# AWS/ECS, AWS/ApplicationELB and AWS/EFS publish one to three minutes after the minute.
_minutely = signals_of("cloudwatch", period=MINUTE, grace=10 * MINUTE, delay=2 * MINUTE)
# A canary runs every 15 minutes or so, and its point is read up to 15 minutes later.
_probed = signals_of("cloudwatch", period=5 * MINUTE, grace=45 * MINUTE, delay=5 * MINUTE)
_edge = signals_of("cloudwatch", period=5 * MINUTE, grace=30 * MINUTE, delay=5 * MINUTE)
_daily = signals_of("cloudwatch", period=DAY, grace=3 * DAY, delay=DAY)
MEASURED_BY_AWS = (
    _minutely(
        "ecs.cpu_utilization",
        Unit.RATIO,
        "service",
        "CPU used by all tasks of the service over the CPU they reserve (AWS/ECS, Average)",
    ),
    _minutely(
        "ecs.memory_utilization",
        Unit.RATIO,
        "service",
        "Memory used by all tasks of the service over the memory they reserve (AWS/ECS, Average)",
    ),
    _minutely(
        "ecs.cpu_utilization_max",
        Unit.RATIO,
        "service",
        "CPU of the busiest task of the service over what it reserves (AWS/ECS, Maximum)",
    ),
    _minutely(
        "ecs.memory_utilization_max",
        Unit.RATIO,
        "service",
        "Memory of the fullest task of the service over what it reserves (AWS/ECS, Maximum)",
    ),
    _minutely(
        "alb.requests_in_flight",
        Unit.COUNT,
        "load balancer",
        "Requests in flight: request rate times response time (an estimate, Little's law)",
    ),
    _minutely(
        "alb.requests_1m", Unit.COUNT, "load balancer", "Requests that targets answered in a minute"
    ),
    _minutely(
        "alb.latency_p50", Unit.SECONDS, "load balancer", "Response time of targets, 50 of 100"
    ),
    _minutely("alb.latency", Unit.SECONDS, "load balancer", "Response time of targets, 95 of 100"),
    _minutely(
        "alb.latency_p99", Unit.SECONDS, "load balancer", "Response time of targets, 99 of 100"
    ),
    _minutely(
        "alb.client_error_ratio", Unit.RATIO, "load balancer", "Share of answers that are 4xx"
    ),
    _minutely("alb.error_ratio", Unit.RATIO, "load balancer", "Share of answers that are 5xx"),
    _minutely(
        "alb.rejected_connections_1m",
        Unit.COUNT,
        "load balancer",
        "Connections refused in a minute because the load balancer was full",
    ),
    _minutely("efs.io_limit", Unit.RATIO, "file system", "Share of the I/O limit in use (Maximum)"),
    _minutely("efs.burst_credits", Unit.BYTES, "file system", "Burst credits that are left"),
    _probed(
        "edge.latency",
        Unit.SECONDS,
        "vantage",
        "Time to first byte through CloudFront as seen from a place: `nz` or `syd`",
    ),
    _edge("edge.requests_5m", Unit.COUNT, "distribution", "Requests to CloudFront in five minutes"),
    _edge("edge.error_ratio", Unit.RATIO, "distribution", "Share of CloudFront's answers 5xx"),
    _edge(
        "edge.client_error_ratio", Unit.RATIO, "distribution", "Share of CloudFront's answers 4xx"
    ),
    _edge(
        "edge.origin_latency",
        Unit.SECONDS,
        "distribution",
        "Time that CloudFront waits for the origin; of every place together: for diagnosis only",
    ),
    _minutely(
        "appsignals.latency",
        Unit.SECONDS,
        "service",
        "Response time as Application Signals measures it, 95 of 100",
    ),
    _minutely(
        "appsignals.error_ratio",
        Unit.RATIO,
        "service",
        "Share of requests that ended in a fault (5xx), of Application Signals",
    ),
    _minutely(
        "appsignals.client_error_ratio",
        Unit.RATIO,
        "service",
        "Share of requests that ended in an error (4xx), of Application Signals",
    ),
    _daily("finops.scanned", Unit.BYTES, "workgroup", "Bytes that Athena scanned in a day"),
    signals_of("cloudwatch", period=DAY, grace=3 * DAY, delay=2 * DAY)(
        "finops.stored", Unit.BYTES, "bucket", "Bytes stored, all storage classes (BucketSizeBytes)"
    ),
    signals_of("derived", period=DAY, grace=3 * DAY, delay=2 * DAY)(
        "finops.growth",
        Unit.BYTES,
        "bucket",
        "Bytes by which the bucket grows in a day: the median slope of 14 to 30 days",
    ),
    _daily("efs.stored", Unit.BYTES, "file system", "Bytes stored"),
)
