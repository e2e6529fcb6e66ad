"""How often each signal is read, in how many calls, and what one pass shares."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from mypy_boto3_cloudwatch import CloudWatchClient

from tests.aws.bench import MINUTE, NOW
from tests.sources.cloudwatch_scene import NEWEST
from tests.sources.metrics_scene import BALANCER, HOUR, put, source_of, told
from xops_watch.core.reading import Gap
from xops_watch.embedded_aws.control import EmbeddedAws
from xops_watch.errors import GapReason, SourceError
from xops_watch.sources.cloudwatch.answers import Metric, Query, batches
from xops_watch.sources.cloudwatch.kinds import Kind
from xops_watch.sources.cloudwatch.needs import NEEDS

ALB = (
    "alb.requests_in_flight",
    "alb.requests_1m",
    "alb.latency_p50",
    "alb.latency",
    "alb.latency_p99",
    "alb.client_error_ratio",
    "alb.error_ratio",
    "alb.rejected_connections_1m",
)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def asked(aws: EmbeddedAws) -> list[Mapping[str, Any]]:
    calls = [c.params for c in aws.requests().last if c.operation == "GetMetricData"]
    aws.clear_requests()
    return calls


def metrics(call: Mapping[str, Any]) -> list[tuple[str, str]]:
    stats = [query["MetricStat"] for query in call["MetricDataQueries"]]
    return [(stat["Metric"]["MetricName"], stat["Stat"]) for stat in stats]


def instant(value: Any) -> datetime:  # noqa: ANN401 - seconds in one protocol, text in another
    if isinstance(value, int | float):
        return datetime.fromtimestamp(value, UTC)
    return datetime.fromisoformat(value)


def test_what_several_signals_share_is_asked_once_and_statistics_go_together(
    aws: EmbeddedAws, cloudwatch: CloudWatchClient
) -> None:
    put(aws, "AWS/ApplicationELB RequestCount", BALANCER, {NEWEST: 5.0})
    source_of(cloudwatch, *ALB).observe(now=NOW)
    (call,) = asked(aws)
    assert metrics(call) == [
        ("RequestCount", "Sum"),
        ("TargetResponseTime", "Average"),
        ("TargetResponseTime", "p50"),
        ("TargetResponseTime", "p95"),
        ("TargetResponseTime", "p99"),
        ("HTTPCode_Target_4XX_Count", "Sum"),
        ("HTTPCode_ELB_4XX_Count", "Sum"),
        ("HTTPCode_Target_5XX_Count", "Sum"),
        ("HTTPCode_ELB_5XX_Count", "Sum"),
        ("RejectedConnectionCount", "Sum"),
    ]


def test_each_period_has_a_pass_with_whole_periods(
    aws: EmbeddedAws, cloudwatch: CloudWatchClient
) -> None:
    put(aws, "AWS/ApplicationELB RequestCount", BALANCER, {NEWEST: 5.0})
    put(aws, "AWS/EC2 CPUUtilization", {"InstanceId": "i-1"}, {NEWEST: 5.0})
    bucket = {"BucketName": "b", "StorageType": "StandardStorage"}
    put(aws, "AWS/S3 BucketSizeBytes", bucket, {NEWEST: 5.0})
    signals = ("alb.requests_1m", "ec2.cpu_utilization", "finops.stored")
    source_of(cloudwatch, *signals).observe(now=NOW)
    calls = asked(aws)
    periods = [call["MetricDataQueries"][0]["MetricStat"]["Period"] for call in calls]
    assert periods == [60, 300, 86400]
    for call, period in zip(calls, periods, strict=True):
        for end in ("StartTime", "EndTime"):
            assert (instant(call[end]) - EPOCH) % timedelta(seconds=period) == timedelta()


def test_a_slow_signal_is_read_seldom_and_the_others_as_ever(
    aws: EmbeddedAws, cloudwatch: CloudWatchClient
) -> None:
    put(aws, "AWS/EC2 CPUUtilization", {"InstanceId": "i-1"}, {NEWEST: 5.0})
    source = source_of(cloudwatch, "ec2.cpu_utilization", every=5 * MINUTE)
    read = [late for late in range(12) if told(source.observe(now=NOW + late * MINUTE))]
    assert read == [0, 5, 10]
    assert len(asked(aws)) == 3


def test_a_tick_that_comes_a_little_early_does_not_put_a_read_off(
    aws: EmbeddedAws, cloudwatch: CloudWatchClient
) -> None:
    put(aws, "AWS/EC2 CPUUtilization", {"InstanceId": "i-1"}, {NEWEST: 5.0})
    source = source_of(cloudwatch, "ec2.cpu_utilization", every=5 * MINUTE)
    source.observe(now=NOW)
    assert source.observe(now=NOW + 5 * MINUTE - timedelta(seconds=1))


def test_a_slow_signal_that_failed_is_tried_again_after_five_minutes(
    aws: EmbeddedAws, cloudwatch: CloudWatchClient
) -> None:
    bucket = {"BucketName": "b", "StorageType": "StandardStorage"}
    put(aws, "AWS/S3 BucketSizeBytes", bucket, {NOW - 12 * HOUR: 5.0})
    source = source_of(cloudwatch, "finops.stored", every=6 * HOUR)
    aws.add_fault("throttle", service="cloudwatch", operation="GetMetricData", times=1)
    with pytest.raises(SourceError):
        source.observe(now=NOW)
    assert not source.observe(now=NOW + 4 * MINUTE)
    assert told(source.observe(now=NOW + 5 * MINUTE)) != {}
    assert not source.observe(now=NOW + 11 * MINUTE)


def test_what_is_not_due_is_not_blinded_by_a_failure(
    aws: EmbeddedAws, cloudwatch: CloudWatchClient
) -> None:
    put(aws, "AWS/ApplicationELB RequestCount", BALANCER, {NEWEST: 5.0})
    bucket = {"BucketName": "b", "StorageType": "StandardStorage"}
    put(aws, "AWS/S3 BucketSizeBytes", bucket, {NOW - 12 * HOUR: 5.0})
    both = source_of(cloudwatch, "alb.requests_1m", "finops.stored")
    fast, slow = both._plan()
    wanted = [fast, replace(slow, every=6 * HOUR)]
    both._plan = lambda: wanted
    both.observe(now=NOW)
    aws.add_fault("throttle", service="cloudwatch", operation="GetMetricData")
    observations = both.observe(now=NOW + MINUTE)
    assert {(o.signal, o.reason) for o in observations if isinstance(o, Gap)} == {
        ("alb.requests_1m", GapReason.THROTTLED)
    }
    assert len(observations) == 1


def queries(count: int, *stats: str) -> Sequence[Query]:
    return [
        Query(
            metric=Metric(namespace="n", name=f"m{index}", dimensions=()),
            stat=stat,
            unit="",
            noun="a number",
        )
        for stat in stats
        for index in range(count)
    ]


@pytest.mark.parametrize(
    ("made", "sizes"),
    [
        (queries(0, "Sum"), []),
        (queries(500, "Sum"), [500]),
        (queries(501, "Sum"), [500, 1]),
        (queries(250, "Sum", "p95"), [500]),
        # Two statistics of one metric in two calls would be billed twice.
        (queries(167, "Sum", "Average", "p95"), [498, 3]),
        ([*queries(3, "Sum"), *queries(3, "Sum")], [3]),
    ],
)
def test_calls_are_as_full_as_they_can_be(made: Sequence[Query], sizes: Sequence[int]) -> None:
    calls = list(batches(made, size=500))
    assert [len(call) for call in calls] == sizes
    of_calls = [{query.metric for query in call} for call in calls]
    assert sum(map(len, of_calls)) == len(set().union(*of_calls))


@pytest.mark.parametrize("need", NEEDS, ids=lambda need: need.signal)
def test_the_first_input_is_never_zero_by_itself(need: Any) -> None:  # noqa: ANN401 - a Need
    assert not need.inputs[0].zero_if_parent_ok
    assert isinstance(need.kind, Kind)
    assert need.value(*(None for _ in need.inputs)) is None
