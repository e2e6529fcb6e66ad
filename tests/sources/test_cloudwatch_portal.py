"""Machines and models of the AI Portal: what their metrics become."""

import pytest
from mypy_boto3_cloudwatch import CloudWatchClient

from tests.aws.bench import MINUTE, NOW
from tests.sources.cloudwatch_scene import NEWEST
from tests.sources.metrics_scene import details, put, source_of, told
from xops_watch.embedded_aws.control import EmbeddedAws
from xops_watch.sources.cloudwatch.values import total

EDGE = NOW.replace(hour=11, minute=50, second=0)
# What the agent's own wizard appends to each metric.
MACHINE = {"InstanceId": "i-1", "ImageId": "ami-1", "InstanceType": "m7g.large"}


def disk(path: str, fstype: str = "ext4") -> dict[str, str]:
    return {**MACHINE, "path": path, "device": f"nvme{len(path)}", "fstype": fstype}


def test_of_the_disks_of_an_instance_the_fullest_tells(
    aws: EmbeddedAws, cloudwatch: CloudWatchClient
) -> None:
    put(aws, "CWAgent disk_used_percent", disk("/"), {EDGE: 40.0, EDGE + MINUTE: 45.0})
    put(aws, "CWAgent disk_used_percent", disk("/data", "xfs"), {EDGE: 83.0, EDGE + MINUTE: 82.0})
    put(aws, "CWAgent mem_used_percent", MACHINE, {EDGE: 60.0, EDGE + MINUTE: 70.0})
    source = source_of(cloudwatch, "ec2.disk_used", "ec2.memory_utilization")
    assert told(source.observe(now=NOW)) == {
        ("ec2.disk_used", "i-1"): {EDGE: 0.83},
        ("ec2.memory_utilization", "i-1"): {EDGE: 0.65},
    }


def test_what_is_always_full_is_no_disk(aws: EmbeddedAws, cloudwatch: CloudWatchClient) -> None:
    put(aws, "CWAgent disk_used_percent", disk("/"), {EDGE: 40.0})
    put(aws, "CWAgent disk_used_percent", disk("/snap/core", "squashfs"), {EDGE: 100.0})
    # An aggregate that the agent is told to make has the one that is always full in it.
    put(aws, "CWAgent disk_used_percent", {"InstanceId": "i-1"}, {EDGE: 100.0})
    source = source_of(cloudwatch, "ec2.disk_used")
    assert told(source.observe(now=NOW)) == {("ec2.disk_used", "i-1"): {EDGE: 0.4}}


def test_an_agent_without_disks_says_what_to_add(
    aws: EmbeddedAws, cloudwatch: CloudWatchClient
) -> None:
    put(aws, "CWAgent mem_used_percent", MACHINE, {EDGE: 60.0})
    observations = source_of(cloudwatch, "ec2.disk_used").observe(now=NOW)
    assert told(observations) == {("ec2.disk_used", "i-1"): "not_enabled"}
    assert "add `disk` with the measurement" in details(observations)["ec2.disk_used"]


@pytest.mark.parametrize(
    ("signal", "words"),
    [
        ("ec2.disk_used", "install the CloudWatch agent"),
        ("ec2.memory_utilization", "install the CloudWatch agent"),
        ("ec2.instance_time_1d", "aws ec2 monitor-instances --instance-ids ID"),
    ],
)
def test_where_nothing_measures_it_is_said_how_to_turn_it_on(
    cloudwatch: CloudWatchClient, signal: str, words: str
) -> None:
    observations = source_of(cloudwatch, signal).observe(now=NOW)
    assert told(observations) == {(signal, None): "not_enabled"}
    assert words in details(observations)[signal]


def test_network_is_what_goes_in_and_out(aws: EmbeddedAws, cloudwatch: CloudWatchClient) -> None:
    for name, rest in {"i-1": {"NetworkOut": 2e6}, "i-half": {}}.items():
        for metric, value in {"CPUUtilization": 5.0, "NetworkIn": 1e6, **rest}.items():
            put(aws, f"AWS/EC2 {metric}", {"InstanceId": name}, {EDGE: value})
    assert told(source_of(cloudwatch, "ec2.network_5m").observe(now=NOW)) == {
        ("ec2.network_5m", "i-1"): {EDGE: 3e6},
        ("ec2.network_5m", "i-half"): "stale",
    }


def test_bytes_of_a_file_system_are_none_only_while_it_is_mounted(
    aws: EmbeddedAws, cloudwatch: CloudWatchClient
) -> None:
    at = NEWEST - 12 * MINUTE
    at -= (at - EDGE) % (5 * MINUTE)
    for name, points in {
        "busy": {"DataReadIOBytes": 4e6, "DataWriteIOBytes": 1e6},
        "idle": {},
    }.items():
        for metric, value in {"ClientConnections": 2.0, **points}.items():
            put(aws, f"AWS/EFS {metric}", {"FileSystemId": name}, {at: value})
    put(aws, "AWS/EFS ClientConnections", {"FileSystemId": "alone"}, {at - 100 * MINUTE: 1.0})
    found = told(source_of(cloudwatch, "efs.throughput_5m").observe(now=NOW))
    assert found == {
        ("efs.throughput_5m", "busy"): {at: 5e6},
        ("efs.throughput_5m", "idle"): {at: 0.0},
        ("efs.throughput_5m", "alone"): "stale",
    }


def test_tokens_are_those_of_both_ways(aws: EmbeddedAws, cloudwatch: CloudWatchClient) -> None:
    model = {"ModelId": "claude"}
    put(aws, "AWS/Bedrock Invocations", model, {EDGE: 3.0})
    put(aws, "AWS/Bedrock InputTokenCount", model, {EDGE: 900.0})
    put(aws, "AWS/Bedrock OutputTokenCount", model, {EDGE: 100.0})
    found = told(source_of(cloudwatch, "bedrock.tokens_5m").observe(now=NOW))
    assert found == {("bedrock.tokens_5m", "claude"): {EDGE: 1000.0}}


def test_of_instance_types_each_minute_measured_is_a_minute_run(
    aws: EmbeddedAws, cloudwatch: CloudWatchClient
) -> None:
    day = NOW.replace(hour=0, minute=0, second=0, day=NOW.day - 1)
    points = {day + number * MINUTE: 10.0 for number in range(90)}
    put(aws, "AWS/EC2 CPUUtilization", {"InstanceType": "m7g.large"}, points)
    source = source_of(cloudwatch, "ec2.instance_time_1d")
    assert told(source.observe(now=NOW)) == {
        ("ec2.instance_time_1d", "m7g.large"): {day: 90 * 60.0}
    }


def test_a_whole_of_which_a_part_is_missing_is_not_known() -> None:
    assert total(1.0, 2.0) == 3.0
    assert total(1.0, None) is None
