from datetime import timedelta
from typing import Any

import pytest
from mypy_boto3_cloudwatch import CloudWatchClient

from tests.embedded_aws.asking import hour, put, refusal, stat, values
from xops_watch.clock import SystemClock
from xops_watch.embedded_aws.control import EmbeddedAws

NOW = SystemClock().now()
DATUM = {"MetricName": "Depth", "Timestamp": hour(), "Value": 3.0}
QUERY: dict[str, Any] = {"namespace": "xOps", "metric": "Depth", "dimensions": {}}


def publish(client: CloudWatchClient, *data: dict[str, Any], namespace: str = "xOps") -> None:
    client.put_metric_data(Namespace=namespace, MetricData=list(data))  # type: ignore[arg-type]  # plain values, where the stubs want their own types


def test_what_is_published_is_read(cloudwatch: CloudWatchClient) -> None:
    publish(cloudwatch, DATUM, {**DATUM, "Value": 5.0})
    assert values(cloudwatch, stat(**QUERY)) == [4.0]


def test_values_with_counts(cloudwatch: CloudWatchClient) -> None:
    datum = {
        "MetricName": "Depth",
        "Timestamp": hour(),
        "Values": [1.0, 10.0],
        "Counts": [3.0, 1.0],
    }
    publish(cloudwatch, datum)
    assert values(cloudwatch, stat(**QUERY)) == [3.25]
    assert values(cloudwatch, stat(**QUERY, stat="SampleCount")) == [4.0]
    assert values(cloudwatch, stat(**QUERY, stat="p50")) == [1.0]


def test_statistic_sets_hide_percentiles_unless_all_values_are_one(
    cloudwatch: CloudWatchClient,
) -> None:
    numbers = {"SampleCount": 4.0, "Sum": 10.0, "Minimum": 1.0, "Maximum": 4.0}
    publish(cloudwatch, {"MetricName": "Depth", "Timestamp": hour(), "StatisticValues": numbers})
    assert values(cloudwatch, stat(**QUERY)) == [2.5]
    assert values(cloudwatch, stat(**QUERY, stat="Maximum")) == [4.0]
    assert values(cloudwatch, stat(**QUERY, stat="p90")) == []
    same = {"SampleCount": 4.0, "Sum": 8.0, "Minimum": 2.0, "Maximum": 2.0}
    later = hour() + timedelta(minutes=1)
    publish(cloudwatch, {"MetricName": "Depth", "Timestamp": later, "StatisticValues": same})
    assert values(cloudwatch, stat(**QUERY, stat="p90")) == [2.0]


def test_a_large_request_is_compressed_and_still_read(cloudwatch: CloudWatchClient) -> None:
    publish(cloudwatch, *({**DATUM, "Value": float(index)} for index in range(1000)))
    assert values(cloudwatch, stat(**QUERY, stat="SampleCount")) == [1000.0]


@pytest.mark.parametrize(
    ("changes", "code", "words"),
    [
        ({"Value": float("nan")}, "InvalidParameterValue", "invalid"),
        ({"Value": float("inf")}, "InvalidParameterValue", "invalid"),
        ({"Value": 2.0**361}, "InvalidParameterValue", "invalid"),
        ({"Timestamp": NOW - timedelta(days=14, minutes=1)}, "InvalidParameterValue", "two weeks"),
        ({"Timestamp": NOW + timedelta(hours=3)}, "InvalidParameterValue", "two hours"),
        ({"StorageResolution": 30}, "InvalidParameterValue", "1 or 60"),
        ({"Values": [1.0]}, "InvalidParameterCombination", "exclude each other"),
        ({"Unit": "Apples"}, "InvalidParameterValue", "Apples"),
        ({"MetricName": "x" * 256}, "InvalidParameterValue", "256"),
    ],
)
def test_refused_data(
    cloudwatch: CloudWatchClient, changes: dict[str, Any], code: str, words: str
) -> None:
    found, message = refusal(lambda: publish(cloudwatch, DATUM, {**DATUM, **changes}))
    assert found == code
    assert words in message
    assert values(cloudwatch, stat(**QUERY)) == []


@pytest.mark.parametrize(
    ("extra", "code"),
    [
        ({"Values": [1.0] * 151}, "InvalidParameterValue"),
        ({"Values": [1.0], "Counts": [1.0, 2.0]}, "InvalidParameterValue"),
        ({"Values": [1.0], "Counts": [0.0]}, "InvalidParameterValue"),
        ({}, "MissingParameter"),
    ],
)
def test_refused_arrays(cloudwatch: CloudWatchClient, extra: dict[str, Any], code: str) -> None:
    assert refusal(lambda: publish(cloudwatch, {"MetricName": "Depth", **extra}))[0] == code


def test_the_namespaces_of_aws_are_its_own(cloudwatch: CloudWatchClient) -> None:
    code, message = refusal(lambda: publish(cloudwatch, DATUM, namespace="AWS/ECS"))
    assert code == "InvalidParameterValue"
    assert message == "The value AWS/ for parameter Namespace is invalid."


def test_at_most_1000_data(cloudwatch: CloudWatchClient) -> None:
    code, message = refusal(lambda: publish(cloudwatch, *([DATUM] * 1001)))
    assert code == "InvalidParameterValue"
    assert message == "The collection MetricData must not have a size greater than 1000."


def test_published_points_stay_in_their_region(
    aws: EmbeddedAws, cloudwatch: CloudWatchClient
) -> None:
    publish(cloudwatch, DATUM)
    put(aws, {hour(): 9.0}, namespace="xOps", metric="Depth", dimensions={})
    assert values(cloudwatch, stat(**QUERY, stat="Sum")) == [12.0]
