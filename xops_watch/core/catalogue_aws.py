"""Signals of the stack that AWS counts and measures: ECS, load balancers, EFS, CloudFront, S3."""

from xops_watch.core.signal import DAY, MINUTE, Unit, signals_of

_ecs = signals_of("ecs", period=MINUTE, grace=5 * MINUTE)
_ecs_tasks = signals_of("ecs_tasks", period=MINUTE, grace=5 * MINUTE)
_ecs_config = signals_of("ecs_config", period=MINUTE, grace=5 * MINUTE)
COUNTED = (
    _ecs("ecs.services_active", Unit.COUNT, "cluster", "Services of the cluster in status ACTIVE"),
    _ecs("ecs.tasks_desired", Unit.COUNT, "service", "Tasks that the service should run"),
    _ecs("ecs.tasks_running", Unit.COUNT, "service", "Tasks of the service in status RUNNING"),
    _ecs("ecs.tasks_pending", Unit.COUNT, "service", "Tasks of the service in status PENDING"),
    _ecs(
        "ecs.deployments_in_progress",
        Unit.COUNT,
        "service",
        "Deployments of the service still rolling",
    ),
    _ecs(
        "ecs.standalone_tasks_running",
        Unit.COUNT,
        "cluster",
        "Running tasks of the cluster that belong to no service",
    ),
    _ecs(
        "ecs.standalone_tasks_pending",
        Unit.COUNT,
        "cluster",
        "Pending tasks of the cluster that belong to no service",
    ),
    _ecs_tasks(
        "ecs.task_start_wait",
        Unit.SECONDS,
        "service or cluster",
        "For how long the oldest task waits that should run, or that ECS has not even created",
    ),
    _ecs(
        "ecs.placement_failures_1h",
        Unit.COUNT,
        "service",
        "Service events of the last hour that tell of a task without a place to run",
    ),
    _ecs_config(
        "ecs.scaling_headroom",
        Unit.COUNT,
        "service",
        "Tasks that autoscaling may still add: maximum capacity less running tasks",
    ),
    _ecs_config(
        "ecs.scaling_suspended",
        Unit.STATE,
        "service",
        "Whether scaling out, or scheduled scaling, of the service is suspended",
        "no",
        "yes",
    ),
    _ecs_config(
        "ecs.cpu_architecture",
        Unit.STATE,
        "service",
        "CPU architecture of the task definition (on Fargate x86_64 if it names none)",
        "arm64",
        "x86_64",
    ),
    _ecs_config(
        "ecs.launch_type",
        Unit.STATE,
        "service",
        "Where the tasks of the service run",
        "fargate",
        "ec2",
        "external",
    ),
    _ecs_config(
        "ecs.platform_version", Unit.VERSION, "service", "Fargate platform version of the tasks"
    ),
    _ecs(
        "crew.queue_depth",
        Unit.COUNT,
        "service or cluster",
        "Crew tasks that wait for a place to run: wanted, not running, not crashing, not rolling",
    ),
    _ecs_tasks(
        "crew.started_1h",
        Unit.COUNT,
        "service or cluster",
        "Crews started in the last hour (a proxy: tasks of crew families that no service started)",
    ),
    _ecs_config(
        "crew.spot_share",
        Unit.RATIO,
        "service",
        "Share of FARGATE_SPOT in the weights of the capacity provider strategy (0 without one)",
    ),
    _ecs_tasks(
        "crew.spot_interruption_rate",
        Unit.COUNT,
        "service or cluster",
        "Spot interruptions of crew tasks for each hour that one ran, over the last 24 hours",
    ),
    _ecs("l5.tasks_running", Unit.COUNT, "service", "Running tasks of FastAPI+CrewAI"),
    _ecs_config("l5.tasks_min", Unit.COUNT, "service", "Least tasks that autoscaling keeps (L5)"),
    _ecs_config("l5.tasks_max", Unit.COUNT, "service", "Most tasks that autoscaling starts (L5)"),
    _ecs_config("l5.cpu_target", Unit.RATIO, "service", "CPU that target tracking aims at (L5)"),
    _ecs_config(
        "l5.task_cpu", Unit.COUNT, "service", "CPU units of a task (L5; 1024 are one vCPU)"
    ),
    _ecs_config("l5.task_memory", Unit.BYTES, "service", "Memory of a task (L5)"),
    _ecs("l6.tasks_running", Unit.COUNT, "service", "Running tasks of Open WebUI"),
    _ecs_config("l6.tasks_min", Unit.COUNT, "service", "Least tasks that autoscaling keeps (L6)"),
    _ecs_config("l6.tasks_max", Unit.COUNT, "service", "Most tasks that autoscaling starts (L6)"),
    _ecs_config("l6.cpu_target", Unit.RATIO, "service", "CPU that target tracking aims at (L6)"),
    _ecs_config(
        "l6.task_cpu", Unit.COUNT, "service", "CPU units of a task (L6; 1024 are one vCPU)"
    ),
    _ecs_config("l6.task_memory", Unit.BYTES, "service", "Memory of a task (L6)"),
    _ecs_config(
        "l6.workers",
        Unit.COUNT,
        "service",
        "Web worker processes in each task of Open WebUI (UVICORN_WORKERS; 1 when it is not set)",
    ),
)

# AWS/ECS, AWS/ApplicationELB and AWS/EFS publish one to three minutes after the minute.
_minutely = signals_of("cloudwatch", period=MINUTE, grace=10 * MINUTE, delay=2 * MINUTE)
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
        "alb.requests_in_flight",
        Unit.COUNT,
        "load balancer",
        "Requests in flight: request rate times response time (an estimate, Little's law)",
    ),
    _minutely(
        "alb.requests_1m", Unit.COUNT, "load balancer", "Requests that targets answered in a minute"
    ),
    _minutely("alb.latency", Unit.SECONDS, "load balancer", "Response time of targets, 95 of 100"),
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
    _edge(
        "edge.latency",
        Unit.SECONDS,
        "vantage",
        "Time to first byte through CloudFront as seen from a place: `nz` or `syd`",
    ),
    _edge("edge.requests_5m", Unit.COUNT, "distribution", "Requests to CloudFront in five minutes"),
    _edge("edge.error_ratio", Unit.RATIO, "distribution", "Share of CloudFront's answers 5xx"),
    _edge(
        "edge.origin_latency",
        Unit.SECONDS,
        "distribution",
        "Time that CloudFront waits for the origin; of every place together: for diagnosis only",
    ),
    _edge(
        "sqlite.lock_errors_1h",
        Unit.COUNT,
        "database",
        "Lines of the last hour in Open WebUI's log that name a lock or a pool that ran out",
    ),
    _daily("finops.scanned", Unit.BYTES, "workgroup", "Bytes that Athena scanned in a day"),
    signals_of("cloudwatch", period=DAY, grace=3 * DAY, delay=2 * DAY)(
        "finops.stored", Unit.BYTES, "bucket", "Bytes stored, all storage classes (BucketSizeBytes)"
    ),
    _daily("efs.stored", Unit.BYTES, "file system", "Bytes stored"),
)
