"""Signals that only the AI Portal has: machines, Bedrock, Keycloak, Langfuse, pipelines."""

from xops_watch.core.signal import DAY, HOUR, MINUTE, Unit, signals_of

_aws = signals_of("cloudwatch", period=5 * MINUTE, grace=30 * MINUTE, delay=5 * MINUTE)
_daily = signals_of("cloudwatch", period=DAY, grace=3 * DAY, delay=DAY)
_groups = signals_of("auto_scaling", period=5 * MINUTE, grace=30 * MINUTE)
_targets = signals_of("target_health", period=5 * MINUTE, grace=30 * MINUTE)
_rds = signals_of("rds", period=15 * MINUTE, grace=HOUR)
_prometheus = signals_of("prometheus", period=MINUTE, grace=10 * MINUTE)
PORTAL_MACHINES = (
    _aws("ec2.cpu_utilization", Unit.RATIO, "instance", "CPU of the instance (AWS/EC2, Average)"),
    _aws("ec2.memory_utilization", Unit.RATIO, "instance", "Memory in use (CloudWatch agent)"),
    _aws("ec2.disk_used", Unit.RATIO, "instance", "Fullest file system (CloudWatch agent)"),
    _aws("ec2.network_5m", Unit.BYTES, "instance", "Bytes in and out in five minutes"),
    _aws("efs.throughput_5m", Unit.BYTES, "file system", "Bytes read and written, five minutes"),
    _aws("asg.cpu_utilization", Unit.RATIO, "group", "CPU of the group (Average)"),
    _groups("asg.instances", Unit.COUNT, "group", "Instances in service"),
    _groups("asg.headroom", Unit.COUNT, "group", "Instances that the group may still add"),
    _aws("bedrock.throttles_5m", Unit.COUNT, "model", "Invocations throttled, in five minutes"),
    _aws("bedrock.tokens_5m", Unit.COUNT, "model", "Tokens in and out, in five minutes"),
    _daily(
        "ec2.instance_time_1d", Unit.SECONDS, "instance type", "Running time of instances, in a day"
    ),
    _targets("keycloak.healthy_hosts", Unit.COUNT, "target group", "Targets that answer"),
    _rds("rds.multi_az", Unit.STATE, "database", "Whether RDS is Multi-AZ", "no", "yes"),
)
PORTAL_SERVICES = (
    _prometheus("portal.users_concurrent", Unit.COUNT, "stack", "Users at the same time"),
    _prometheus("portal.users_active_24h", Unit.COUNT, "stack", "Users of the last 24 hours"),
    _prometheus("keycloak.users_active", Unit.COUNT, "stack", "Users with a Keycloak session"),
    _prometheus("keycloak.login_latency", Unit.SECONDS, "stack", "Time of a login, 95 of 100"),
    _prometheus("langfuse.traces_per_minute", Unit.COUNT, "stack", "Traces taken in"),
    _prometheus("langfuse.queue_lag", Unit.SECONDS, "stack", "Age of the oldest trace not stored"),
    _prometheus("pipelines.filter_latency", Unit.SECONDS, "stack", "Time in filters, 95 of 100"),
    _prometheus("pipelines.cold_start", Unit.SECONDS, "stack", "Time until models are loaded"),
)
