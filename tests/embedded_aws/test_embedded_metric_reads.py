from datetime import UTC, timedelta
from typing import Any

import pytest
from mypy_boto3_cloudwatch import CloudWatchClient

from tests.embedded_aws.asking import MINUTE, WEB, hour, minutes, pairs, put, refusal
from xops_watch.clock import SystemClock
from xops_watch.embedded_aws.control import EmbeddedAws
from xops_watch.embedded_aws.control_specs import SeriesSpec


def listed(client: CloudWatchClient, **filters: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - any parameters of any call
    return [dict(row) for row in client.list_metrics(**filters)["Metrics"]]


def test_one_row_for_each_series(aws: EmbeddedAws, cloudwatch: CloudWatchClient) -> None:
    put(aws, minutes(hour(), [1.0] * 60))
    put(aws, minutes(hour(), [1.0] * 60), dimensions={"ClusterName": "main"})
    assert listed(cloudwatch) == [
        {"Namespace": "AWS/ECS", "MetricName": "CPUUtilization", "Dimensions": pairs(dimensions)}
        for dimensions in ({"ClusterName": "main"}, WEB)
    ]


@pytest.mark.parametrize(
    ("filters", "count"),
    [
        ({}, 3),
        ({"Namespace": "AWS/ECS"}, 2),
        ({"Namespace": "AWS"}, 0),
        ({"MetricName": "Depth"}, 1),
        ({"Dimensions": [{"Name": "ClusterName"}]}, 2),
        ({"Dimensions": [{"Name": "ClusterName", "Value": "main"}]}, 2),
        ({"Dimensions": [{"Name": "ClusterName", "Value": "other"}]}, 0),
        ({"Dimensions": [{"Name": "ClusterName"}, {"Name": "ServiceName", "Value": "web"}]}, 1),
    ],
)
def test_filters(
    aws: EmbeddedAws, cloudwatch: CloudWatchClient, filters: dict[str, Any], count: int
) -> None:
    put(aws, {hour(): 1.0})
    put(aws, {hour(): 1.0}, dimensions={"ClusterName": "main"})
    put(aws, {hour(): 1.0}, namespace="xOps", metric="Depth", dimensions={})
    assert len(listed(cloudwatch, **filters)) == count


def test_idle_series_are_forgotten(aws: EmbeddedAws, cloudwatch: CloudWatchClient) -> None:
    now = SystemClock().now()
    for hours, name in ((1, "Fresh"), (4, "Idle"), (24 * 15, "Gone")):
        put(aws, {now - timedelta(hours=hours): 1.0}, metric=name)
    assert [row["MetricName"] for row in listed(cloudwatch)] == ["Fresh", "Idle"]
    assert [row["MetricName"] for row in listed(cloudwatch, RecentlyActive="PT3H")] == ["Fresh"]


def series(metric: str) -> SeriesSpec:
    return {"namespace": "xOps", "metric": metric, "points": [(hour(), 1.0)]}


def test_500_rows_a_page(aws: EmbeddedAws, cloudwatch: CloudWatchClient) -> None:
    aws.put_points(*(series(f"M{index:04}") for index in range(1001)))
    pages = list(cloudwatch.get_paginator("list_metrics").paginate())
    assert [len(page["Metrics"]) for page in pages] == [500, 500, 1]
    names = [row["MetricName"] for page in pages for row in page["Metrics"]]
    assert names == [f"M{index:04}" for index in range(1001)]


def test_a_foreign_token_is_refused(cloudwatch: CloudWatchClient) -> None:
    code, _ = refusal(lambda: cloudwatch.list_metrics(NextToken="eyJyZXF1ZXN0IjogMX0="))
    assert code == "InvalidParameterValue"
    assert refusal(lambda: listed(cloudwatch, RecentlyActive="PT4H"))[0] == "InvalidParameterValue"
    assert refusal(lambda: listed(cloudwatch, IncludeLinkedAccounts=True))[0]


def statistics(client: CloudWatchClient, **changes: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - any parameters of any call
    arguments: dict[str, Any] = {
        "Namespace": "AWS/ECS",
        "MetricName": "CPUUtilization",
        "Dimensions": pairs(WEB),
        "StartTime": hour(),
        "EndTime": hour() + timedelta(hours=1),
        "Period": 60,
        "Statistics": ["Average"],
        **changes,
    }
    given = {key: value for key, value in arguments.items() if value is not None}
    return [dict(point) for point in client.get_metric_statistics(**given)["Datapoints"]]


def test_statistics_come_in_no_order(aws: EmbeddedAws, cloudwatch: CloudWatchClient) -> None:
    put(aws, minutes(hour(), [float(index) for index in range(10)]))
    points = statistics(cloudwatch)
    shown = [point["Average"] for point in points]
    assert shown != sorted(shown)
    assert shown != sorted(shown, reverse=True)
    assert sorted(shown) == list(range(10))
    assert shown == [point["Average"] for point in statistics(cloudwatch)]


def test_statistics_and_units(aws: EmbeddedAws, cloudwatch: CloudWatchClient) -> None:
    put(aws, minutes(hour(), [1.0, 3.0]))
    put(aws, {hour(): 8.0}, unit="Count")
    every = ["SampleCount", "Average", "Sum", "Minimum", "Maximum"]
    points = statistics(cloudwatch, Period=300, Statistics=every)
    by_unit = {point.pop("Unit"): point for point in points}
    assert by_unit["Count"]["Sum"] == 8.0
    at = by_unit["Percent"].pop("Timestamp")
    assert at.astimezone(UTC) == hour()
    assert by_unit["Percent"] == {
        "SampleCount": 2, "Average": 2, "Sum": 4, "Minimum": 1, "Maximum": 3
    }  # fmt: skip
    assert statistics(cloudwatch, Unit="Bytes") == []


def test_extended_statistics(aws: EmbeddedAws, cloudwatch: CloudWatchClient) -> None:
    put(aws, minutes(hour(), [1.0, 2.0, 3.0]))
    [point] = statistics(
        cloudwatch, Period=300, Statistics=None, ExtendedStatistics=["p50", "p100"]
    )
    assert point["ExtendedStatistics"] == {"p50": 2.0, "p100": 3.0}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"Period": 61}, "InvalidParameterValue"),
        ({"EndTime": hour()}, "InvalidParameterValue"),
        ({"EndTime": hour() + 1441 * MINUTE}, "InvalidParameterCombination"),
        ({"Statistics": None}, "MissingParameter"),
        ({"ExtendedStatistics": ["p50"]}, "InvalidParameterCombination"),
        ({"Statistics": None, "ExtendedStatistics": ["tm90"]}, "InvalidParameterValue"),
        ({"Statistics": ["Median"]}, "InvalidParameterValue"),
    ],
)
def test_refused_statistics(
    cloudwatch: CloudWatchClient, changes: dict[str, Any], code: str
) -> None:
    assert refusal(lambda: statistics(cloudwatch, **changes))[0] == code


def test_1440_points_are_taken(aws: EmbeddedAws, cloudwatch: CloudWatchClient) -> None:
    start = hour() - timedelta(days=1)
    put(aws, minutes(start, [1.0] * 1440))
    points = statistics(cloudwatch, StartTime=start, EndTime=start + 1440 * MINUTE)
    assert len(points) == 1440
