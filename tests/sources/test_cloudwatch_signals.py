"""What each namespace's metrics become: values in base units, and honest gaps."""

from datetime import UTC, datetime, timedelta

import pytest
from mypy_boto3_cloudwatch import CloudWatchClient

from tests.aws.bench import MINUTE, NOW
from tests.sources.cloudwatch_scene import NEWEST
from tests.sources.metrics_scene import DISTRIBUTION, HOUR, details, put, source_of, told
from xops_watch.embedded_aws.control import EmbeddedAws

DAY = timedelta(days=1)


def test_application_signals_are_read_of_each_environment_alone(
    aws: EmbeddedAws, cloudwatch: CloudWatchClient
) -> None:
    blue, green = ({"Environment": f"ecs:{name}", "Service": "api"} for name in ("blue", "green"))
    at = NEWEST - 3 * MINUTE
    put(aws, "ApplicationSignals Latency", blue, {at: 250.0})
    put(aws, "ApplicationSignals Fault", blue, {at: 1.0})
    put(aws, "ApplicationSignals Latency", green, {at: 100.0})
    put(aws, "ApplicationSignals Latency", {**green, "Operation": "GET /"}, {at: 1.0})
    source = source_of(
        cloudwatch, "appsignals.latency", "appsignals.error_ratio", "appsignals.client_error_ratio"
    )
    assert told(source.observe(now=NOW)) == {
        ("appsignals.latency", "ecs:blue/api"): pytest.approx({at: 0.25}),
        ("appsignals.latency", "ecs:green/api"): pytest.approx({at: 0.1}),
        ("appsignals.error_ratio", "ecs:blue/api"): {at: 1.0},
        ("appsignals.error_ratio", "ecs:green/api"): {at: 0.0},
        ("appsignals.client_error_ratio", "ecs:blue/api"): {at: 0.0},
        ("appsignals.client_error_ratio", "ecs:green/api"): {at: 0.0},
    }


@pytest.mark.parametrize(
    ("signal", "reason", "words"),
    [
        ("alb.requests_1m", "not_applicable", "CloudWatch lists no load balancer in this region"),
        ("edge.requests_5m", "not_applicable", "CloudWatch lists no distribution in us-east-1"),
        ("efs.io_limit", "not_applicable", "CloudWatch lists no file system in this region"),
        ("finops.stored", "stale", "no empty bucket"),
        ("finops.scanned", "not_enabled", "PublishCloudWatchMetricsEnabled=true"),
        ("bedrock.throttles_5m", "not_applicable", "lists no Bedrock model"),
        ("ec2.cpu_utilization", "not_applicable", "lists no instance"),
        ("asg.cpu_utilization", "not_applicable", "lists no Auto Scaling group"),
    ],
)
def test_where_nothing_is_listed_it_is_said(
    cloudwatch: CloudWatchClient, signal: str, reason: str, words: str
) -> None:
    observations = source_of(cloudwatch, signal).observe(now=NOW)
    assert told(observations) == {(signal, None): reason}
    assert words in details(observations)[signal]


# CloudFront settles for five minutes: at 12:00:30 the newest whole five minutes began at 11:50.
EDGE = NOW.replace(hour=11, minute=50, second=0)


def test_cloudfront_is_read_of_all_places_together(
    aws: EmbeddedAws, cloudwatch: CloudWatchClient
) -> None:
    put(aws, "AWS/CloudFront Requests", DISTRIBUTION, {EDGE: 40.0, EDGE + MINUTE: 60.0})
    put(aws, "AWS/CloudFront Requests", {**DISTRIBUTION, "Region": "EU"}, {EDGE: 7.0})
    put(aws, "AWS/CloudFront 5xxErrorRate", DISTRIBUTION, {EDGE: 2.5})
    put(aws, "AWS/CloudFront 4xxErrorRate", DISTRIBUTION, {EDGE: 7.5})
    put(aws, "AWS/CloudFront OriginLatency", DISTRIBUTION, {EDGE: 250.0})
    source = source_of(
        cloudwatch,
        "edge.requests_5m",
        "edge.error_ratio",
        "edge.client_error_ratio",
        "edge.origin_latency",
    )
    assert told(source.observe(now=NOW)) == {
        ("edge.requests_5m", "E1ABC"): {EDGE: 100.0},
        ("edge.error_ratio", "E1ABC"): {EDGE: 0.025},
        ("edge.client_error_ratio", "E1ABC"): {EDGE: 0.075},
        ("edge.origin_latency", "E1ABC"): pytest.approx({EDGE: 0.25}),
    }


def test_without_additional_metrics_origin_latency_is_not_enabled_and_costs_nothing(
    aws: EmbeddedAws, cloudwatch: CloudWatchClient
) -> None:
    put(aws, "AWS/CloudFront Requests", DISTRIBUTION, {EDGE: 40.0})
    observations = source_of(cloudwatch, "edge.origin_latency").observe(now=NOW)
    assert told(observations) == {("edge.origin_latency", "E1ABC"): "not_enabled"}
    assert (
        "aws cloudfront create-monitoring-subscription"
        in (details(observations)["edge.origin_latency"])
    )
    assert ("cloudwatch", "GetMetricData") not in aws.requests().counts


def test_a_file_system_tells_its_limit_and_its_credits(
    aws: EmbeddedAws, cloudwatch: CloudWatchClient
) -> None:
    files = {"FileSystemId": "fs-1"}
    put(aws, "AWS/EFS PercentIOLimit", files, {NEWEST: 29.0})
    put(aws, "AWS/EFS BurstCreditBalance", files, {NEWEST: 2.3e12})
    source = source_of(cloudwatch, "efs.io_limit", "efs.burst_credits")
    assert told(source.observe(now=NOW)) == {
        ("efs.io_limit", "fs-1"): {NEWEST: 0.29},
        ("efs.burst_credits", "fs-1"): {NEWEST: 2.3e12},
    }


def test_a_file_system_of_elastic_throughput_has_no_credits(
    aws: EmbeddedAws, cloudwatch: CloudWatchClient
) -> None:
    put(aws, "AWS/EFS ClientConnections", {"FileSystemId": "fs-1"}, {NEWEST: 2.0})
    observations = source_of(cloudwatch, "efs.io_limit", "efs.burst_credits").observe(now=NOW)
    assert set(told(observations).values()) == {"not_applicable"}
    assert "Elastic" in details(observations)["efs.burst_credits"]


MIDNIGHT = datetime(2026, 1, 5, tzinfo=UTC)


def test_a_bucket_holds_the_sum_of_its_storage_classes(
    aws: EmbeddedAws, cloudwatch: CloudWatchClient
) -> None:
    for kind, size in (("StandardStorage", 3e12), ("GlacierStorage", 1e12)):
        bucket = {"BucketName": "finops", "StorageType": kind}
        put(aws, "AWS/S3 BucketSizeBytes", bucket, {MIDNIGHT - DAY: size, MIDNIGHT - 2 * DAY: 1.0})
    observations = source_of(cloudwatch, "finops.stored", lookback=3 * DAY).observe(now=NOW)
    assert told(observations) == {
        ("finops.stored", "finops"): {MIDNIGHT - 2 * DAY: 2.0, MIDNIGHT - DAY: 4e12}
    }


@pytest.mark.parametrize(("days", "gap"), [(1, False), (2, False), (3, False), (4, True)])
def test_a_bucket_that_was_not_measured_for_three_days_is_stale(
    aws: EmbeddedAws,
    cloudwatch: CloudWatchClient,
    days: int,
    gap: bool,  # noqa: FBT001 - a case
) -> None:
    bucket = {"BucketName": "finops", "StorageType": "StandardStorage"}
    put(aws, "AWS/S3 BucketSizeBytes", bucket, {MIDNIGHT - days * DAY: 1.0})
    observations = source_of(cloudwatch, "finops.stored", lookback=9 * DAY).observe(now=NOW)
    assert bool(details(observations)) is gap


def test_what_a_file_system_stores_is_the_total_of_its_classes(
    aws: EmbeddedAws, cloudwatch: CloudWatchClient
) -> None:
    for kind, size in (("Total", 17e9), ("Standard", 12e9), ("IA", 5e9)):
        files = {"FileSystemId": "fs-1", "StorageClass": kind}
        put(aws, "AWS/EFS StorageBytes", files, {MIDNIGHT - DAY + HOUR: size})
    observations = source_of(cloudwatch, "efs.stored", lookback=3 * DAY).observe(now=NOW)
    assert told(observations) == {("efs.stored", "fs-1"): {MIDNIGHT - DAY: 17e9}}


def test_scanned_bytes_are_added_up_over_kinds_of_queries(
    aws: EmbeddedAws, cloudwatch: CloudWatchClient
) -> None:
    for state, size in (("SUCCEEDED", 4e11), ("CANCELED", 1e11)):
        query = {"WorkGroup": "primary", "QueryState": state, "QueryType": "DML"}
        put(aws, "AWS/Athena ProcessedBytes", query, {MIDNIGHT - DAY + HOUR: size})
    observations = source_of(cloudwatch, "finops.scanned", lookback=30 * DAY).observe(now=NOW)
    assert told(observations) == {("finops.scanned", "primary"): {MIDNIGHT - DAY: 5e11}}


@pytest.mark.parametrize(("unit", "value"), [("Bytes", 5e11), ("Megabytes", 5e5)])
def test_scanned_bytes_by_their_older_name_are_read_in_the_unit_they_come_in(
    aws: EmbeddedAws, cloudwatch: CloudWatchClient, unit: str, value: float
) -> None:
    group, day = {"WorkGroup": "primary"}, {MIDNIGHT - DAY + HOUR: value}
    put(aws, "AWS/Athena DataScannedInBytes", group, day, unit=unit)
    observations = source_of(cloudwatch, "finops.scanned", lookback=30 * DAY).observe(now=NOW)
    assert told(observations) == {("finops.scanned", "primary"): {MIDNIGHT - DAY: 5e11}}


def test_instances_and_groups_are_read_apart(
    aws: EmbeddedAws, cloudwatch: CloudWatchClient
) -> None:
    put(aws, "AWS/EC2 CPUUtilization", {"InstanceId": "i-1"}, {EDGE: 81.0})
    put(aws, "AWS/EC2 CPUUtilization", {"AutoScalingGroupName": "gate way"}, {EDGE: 70.0})
    put(aws, "AWS/EC2 CPUUtilization", {}, {EDGE: 1.0})
    source = source_of(cloudwatch, "ec2.cpu_utilization", "asg.cpu_utilization")
    assert told(source.observe(now=NOW)) == {
        ("ec2.cpu_utilization", "i-1"): {EDGE: 0.81},
        ("asg.cpu_utilization", "gate way"): {EDGE: 0.7},
    }


def test_a_terminated_instance_is_gone_when_it_is_listed_no_more(
    aws: EmbeddedAws, cloudwatch: CloudWatchClient
) -> None:
    put(aws, "AWS/EC2 CPUUtilization", {"InstanceId": "i-1"}, {NOW - 5 * HOUR: 81.0})
    source = source_of(cloudwatch, "ec2.cpu_utilization", seen=[("ec2.cpu_utilization", "i-1")])
    assert told(source.observe(now=NOW))["ec2.cpu_utilization", "i-1"] == "gone"


def test_a_model_that_is_invoked_and_never_throttled_has_zero_throttles(
    aws: EmbeddedAws, cloudwatch: CloudWatchClient
) -> None:
    put(aws, "AWS/Bedrock Invocations", {"ModelId": "claude"}, {EDGE: 12.0})
    put(aws, "AWS/Bedrock InvocationThrottles", {"ModelId": "other"}, {EDGE: 3.0})
    put(aws, "AWS/Bedrock Invocations", {"ModelId": "idle"}, {EDGE - 9 * HOUR: 12.0})
    assert told(source_of(cloudwatch, "bedrock.throttles_5m").observe(now=NOW)) == {
        ("bedrock.throttles_5m", "claude"): {EDGE: 0.0},
        ("bedrock.throttles_5m", "other"): {EDGE: 3.0},
        ("bedrock.throttles_5m", "idle"): "stale",
    }
