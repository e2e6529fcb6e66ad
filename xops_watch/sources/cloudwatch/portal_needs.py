"""What the AI Portal has beside ECS: machines, their groups, and Bedrock."""

from xops_watch.errors import GapReason
from xops_watch.sources.cloudwatch import kinds
from xops_watch.sources.cloudwatch.kinds import DAILY, FIVE_MINUTELY
from xops_watch.sources.cloudwatch.need import Input, Need, one_metric, or_zero
from xops_watch.sources.cloudwatch.values import (
    hundredth,
    last,
    minutes,
    total,
    total_after_first,
)

_MEASURE = (
    "the CloudWatch agent of the instance does not measure it: add `{}` with the measurement"
    " used_percent to metrics_collected"
)

PORTAL_NEEDS: tuple[Need, ...] = (
    one_metric(
        "ec2.cpu_utilization",
        kinds.INSTANCE,
        FIVE_MINUTELY,
        "CPUUtilization",
        "Average",
        hundredth,
    ),
    one_metric(
        "asg.cpu_utilization", kinds.GROUP, FIVE_MINUTELY, "CPUUtilization", "Average", hundredth
    ),
    Need(
        signal="bedrock.throttles_5m",
        kind=kinds.MODEL,
        cadence=FIVE_MINUTELY,
        inputs=(
            Input(metric="Invocations", stat="Sum"),
            Input(metric="InvocationThrottles", stat="Sum", zero_if_parent_ok=True),
        ),
        value=last,
    ),
    one_metric(
        "ec2.memory_utilization",
        kinds.AGENT,
        FIVE_MINUTELY,
        "mem_used_percent",
        "Average",
        hundredth,
        (GapReason.NOT_ENABLED, _MEASURE.format("mem")),
    ),
    Need(
        signal="ec2.disk_used",
        kind=kinds.AGENT,
        cadence=FIVE_MINUTELY,
        inputs=(Input(metric="disk_used_percent", stat="Maximum"),),
        value=hundredth,
        noun="a percentage",
        absent=(GapReason.NOT_ENABLED, _MEASURE.format("disk")),
        join=max,
    ),
    Need(
        signal="ec2.network_5m",
        kind=kinds.INSTANCE,
        cadence=FIVE_MINUTELY,
        inputs=(Input(metric="NetworkIn", stat="Sum"), Input(metric="NetworkOut", stat="Sum")),
        value=total,
    ),
    one_metric(
        "ec2.instance_time_1d",
        kinds.INSTANCE_TYPE,
        DAILY,
        "CPUUtilization",
        "SampleCount",
        minutes,
    ),
    Need(
        signal="efs.throughput_5m",
        kind=kinds.FILE_SYSTEM,
        cadence=FIVE_MINUTELY,
        inputs=(
            Input(metric="ClientConnections", stat="Sum"),
            or_zero("DataReadIOBytes"),
            or_zero("DataWriteIOBytes"),
        ),
        value=total_after_first,
    ),
    Need(
        signal="bedrock.tokens_5m",
        kind=kinds.MODEL,
        cadence=FIVE_MINUTELY,
        inputs=(
            Input(metric="Invocations", stat="Sum"),
            or_zero("InputTokenCount"),
            or_zero("OutputTokenCount"),
        ),
        value=total_after_first,
    ),
)
