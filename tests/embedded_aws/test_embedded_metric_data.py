from datetime import timedelta
from typing import Any

import pytest
from mypy_boto3_cloudwatch import CloudWatchClient

from tests.embedded_aws.asking import (
    MINUTE,
    WEB,
    ask,
    hour,
    minutes,
    pairs,
    put,
    stamps,
    stat,
    values,
)
from xops_watch.clock import SystemClock
from xops_watch.embedded_aws.control import EmbeddedAws


def test_dimensions_match_in_any_order(aws: EmbeddedAws, cloudwatch: CloudWatchClient) -> None:
    put(aws, {hour(): 5.0})
    query = stat()
    query["MetricStat"]["Metric"]["Dimensions"].reverse()
    assert values(cloudwatch, query) == [5.0]


@pytest.mark.parametrize(
    "changes",
    [
        {"namespace": "AWS/EC2"},
        {"metric": "MemoryUtilization"},
        {"dimensions": {"ClusterName": "main"}},
        {"dimensions": {}},
        {"dimensions": {**WEB, "More": "x"}},
        {"dimensions": {**WEB, "ServiceName": "Web"}},
        {"unit": "Count"},
    ],
)
def test_another_series_has_no_values(
    aws: EmbeddedAws, cloudwatch: CloudWatchClient, changes: dict[str, str]
) -> None:
    put(aws, {hour(): 5.0})
    assert values(cloudwatch, stat(**changes)) == []


def test_a_query_without_dimensions_reads_the_series_without_any(
    aws: EmbeddedAws, cloudwatch: CloudWatchClient
) -> None:
    put(aws, {hour(): 5.0})
    put(aws, {hour(): 7.0}, dimensions={})
    assert values(cloudwatch, stat(dimensions={})) == [7.0]


def test_the_unit_that_was_published_finds_the_values(
    aws: EmbeddedAws, cloudwatch: CloudWatchClient
) -> None:
    put(aws, {hour(): 5.0})
    put(aws, {hour(): 9.0}, unit="Count")
    assert values(cloudwatch, stat(unit="Percent")) == [5.0]
    assert values(cloudwatch, stat(stat="Sum")) == [14.0]


def test_the_start_is_inclusive_and_the_end_exclusive(
    aws: EmbeddedAws, cloudwatch: CloudWatchClient
) -> None:
    put(aws, minutes(hour(), [1.0, 2.0, 3.0]))
    answer = ask(cloudwatch, stat(), end=hour() + 2 * MINUTE)
    assert stamps(answer) == [hour(), hour() + MINUTE]
    assert answer["MetricDataResults"][0]["Values"] == [1.0, 2.0]


def test_periods_begin_at_the_rounded_start(aws: EmbeddedAws, cloudwatch: CloudWatchClient) -> None:
    put(aws, minutes(hour(), [float(each) for each in range(20)]))
    start = hour() + timedelta(minutes=2, seconds=41)
    answer = ask(
        cloudwatch, stat(period=300, stat="Minimum"), start=start, end=hour() + 13 * MINUTE
    )
    assert stamps(answer) == [hour() + 2 * MINUTE, hour() + 7 * MINUTE, hour() + 12 * MINUTE]
    assert answer["MetricDataResults"][0]["Values"] == [2.0, 7.0, 12.0]


@pytest.mark.parametrize(("days", "period", "minute"), [(16, 300, 15), (70, 3600, 0)])
def test_an_old_start_is_rounded_down_further(
    aws: EmbeddedAws, cloudwatch: CloudWatchClient, days: int, period: int, minute: int
) -> None:
    start = hour() - timedelta(days=days)
    put(aws, {start + timedelta(minutes=minute): 4.0})
    answer = ask(cloudwatch, stat(period=period), start=start + timedelta(minutes=19, seconds=7))
    assert stamps(answer) == [start + timedelta(minutes=minute)]


@pytest.mark.parametrize(
    ("days", "period", "seen"),
    [
        (14, 60, True),
        (16, 60, False),
        (16, 360, False),
        (16, 300, True),
        (64, 300, False),
        (64, 3600, True),
        (456, 3600, False),
    ],
)
def test_periods_finer_than_what_is_kept_show_nothing(
    aws: EmbeddedAws, cloudwatch: CloudWatchClient, days: int, period: int, *, seen: bool
) -> None:
    at = hour() - timedelta(days=days)
    put(aws, {at: 4.0})
    assert values(cloudwatch, stat(period=period), start=at) == ([4.0] if seen else [])


def test_seconds_are_shown_only_of_high_resolution_metrics(
    aws: EmbeddedAws, cloudwatch: CloudWatchClient
) -> None:
    start = SystemClock().now().replace(second=0, microsecond=0) - timedelta(minutes=10)
    points = [(start + timedelta(seconds=10 * index), float(index)) for index in range(6)]
    fine: dict[str, Any] = {"namespace": "xOps", "dimensions": {}}
    aws.put_points({"namespace": "xOps", "metric": "F", "points": points, "storage_resolution": 1})
    aws.put_points({"namespace": "xOps", "metric": "C", "points": points})
    end = start + MINUTE
    assert values(cloudwatch, stat(**fine, metric="F", period=30), start=start, end=end) == [1, 4]
    assert values(cloudwatch, stat(**fine, metric="C", period=30), start=start, end=end) == []
    assert values(cloudwatch, stat(**fine, metric="C"), start=start, end=end) == [2.5]


def test_the_newest_come_first_unless_asked_otherwise(
    aws: EmbeddedAws, cloudwatch: CloudWatchClient
) -> None:
    put(aws, minutes(hour(), [1.0, 2.0]))
    answer = cloudwatch.get_metric_data(
        MetricDataQueries=[stat()],  # type: ignore[list-item]  # built, not written out
        StartTime=hour(),
        EndTime=hour() + timedelta(hours=1),
    )
    assert answer["MetricDataResults"][0]["Values"] == [2.0, 1.0]
    assert values(cloudwatch, stat()) == [1.0, 2.0]


@pytest.mark.parametrize(
    ("statistic", "value"),
    [
        ("Average", 2.5),
        ("Sum", 10.0),
        ("Minimum", 1.0),
        ("Maximum", 4.0),
        ("SampleCount", 4.0),
        ("p0", 1.0),
        ("p50", 2.5),
        ("p99.9", 3.997),
        ("p100", 4.0),
    ],
)
def test_statistics(
    aws: EmbeddedAws, cloudwatch: CloudWatchClient, statistic: str, value: float
) -> None:
    put(aws, minutes(hour(), [4.0, 1.0, 3.0, 2.0]))
    assert values(cloudwatch, stat(period=300, stat=statistic)) == [pytest.approx(value)]


def test_labels_default_to_the_metric_and_to_the_id_of_an_expression(
    cloudwatch: CloudWatchClient,
) -> None:
    answer = ask(
        cloudwatch, stat("m1"), stat("m2", Label="mine"), {"Id": "e1", "Expression": "m1 + m2"}
    )
    labels = [result["Label"] for result in answer["MetricDataResults"]]
    assert labels == ["CPUUtilization", "mine", "e1"]


def test_what_should_not_be_returned_is_not(aws: EmbeddedAws, cloudwatch: CloudWatchClient) -> None:
    put(aws, {hour(): 5.0})
    answer = ask(cloudwatch, stat("m1", ReturnData=False), {"Id": "e1", "Expression": "m1 * 2"})
    assert [(each["Id"], each["Values"]) for each in answer["MetricDataResults"]] == [("e1", [10])]


def test_points_of_a_region_are_seen_only_there(
    aws: EmbeddedAws, cloudwatch: CloudWatchClient
) -> None:
    series = {"namespace": "AWS/CloudFront", "metric": "Requests", "points": [(hour(), 1.0)]}
    query = stat(namespace="AWS/CloudFront", metric="Requests", dimensions={})
    aws.put_points({**series, "region": "us-east-1"})  # type: ignore[typeddict-item]  # wrong on purpose
    assert values(cloudwatch, query) == []
    aws.put_points({**series, "region": "ap-southeast-2"})  # type: ignore[typeddict-item]  # wrong on purpose
    assert values(cloudwatch, query) == [1.0]


def test_dimensions_are_a_set(aws: EmbeddedAws, cloudwatch: CloudWatchClient) -> None:
    put(aws, {hour(): 5.0})
    query = stat()
    query["MetricStat"]["Metric"]["Dimensions"] += pairs({"ClusterName": "main"})
    assert values(cloudwatch, query) == [5.0]
