"""Signals of what ECS runs, counts and is configured to: services, tasks, layers, crews."""

from xops_watch.core.signal import MINUTE, Unit, signals_of

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
    _ecs(
        "ecs.service_connect_share",
        Unit.RATIO,
        "cluster",
        "Share of the active services that take part in Service Connect",
    ),
    _ecs(
        "ecs.service_connect_namespaces",
        Unit.COUNT,
        "cluster",
        "Namespaces of Service Connect that the services are in",
    ),
    _ecs(
        "ecs.services_without_service_connect",
        Unit.COUNT,
        "cluster",
        "Active services that take no part in Service Connect",
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
        "ecs.scaled_1h",
        Unit.COUNT,
        "service",
        "Scaling activities of the last hour that changed how many tasks the service should run",
    ),
    _ecs_config(
        "ecs.not_scaled_1h",
        Unit.COUNT,
        "service",
        "Times in the last hour that autoscaling wanted more or other than it could do",
    ),
    _ecs_config(
        "ecs.not_scaled_reason",
        Unit.STATE,
        "service",
        "Why autoscaling last left the service as it was, within an hour",
        "none",
        "at_max",
        "at_min",
        "at_desired",
        "flapping",
        "unscalable",
        "other",
    ),
    _ecs_config(
        "ecs.scaling_failed_1h",
        Unit.COUNT,
        "service",
        "Scaling activities of the last hour that failed",
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
        "Crews that wait: what the application tells, or else crew tasks without a place to run",
    ),
    _ecs(
        "crew.queue_basis",
        Unit.STATE,
        "service or cluster",
        "What told of the crews that wait: the application, or else tasks of crews (a proxy)",
        "task_proxy",
        "cloudwatch",
        "prometheus",
    ),
    _ecs_tasks(
        "crew.started_1h",
        Unit.COUNT,
        "service or cluster",
        "Crews started in the last hour: what the application counts, or else a proxy",
    ),
    _ecs_tasks(
        "crew.started_basis",
        Unit.STATE,
        "service or cluster",
        "What counted the crews: the application, or else tasks of crew families without a service",
        "task_proxy",
        "cloudwatch",
        "prometheus",
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
    _ecs_tasks(
        "crew.spot_interruptions_24h",
        Unit.COUNT,
        "service or cluster",
        "Crew tasks that Spot interrupted in the last 24 hours",
    ),
    _ecs_tasks(
        "crew.worker_time_24h",
        Unit.SECONDS,
        "service or cluster",
        "Time that crew tasks ran in the last 24 hours, all together",
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
