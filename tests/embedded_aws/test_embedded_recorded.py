"""What the real AWS once answered has the shape of what our server answers."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from mypy_boto3_cloudwatch import CloudWatchClient
from mypy_boto3_ecs import ECSClient
from mypy_boto3_sns import SNSClient

from tests.embedded_aws.asking import hour, minutes, pairs, put
from xops_watch.embedded_aws.control import EmbeddedAws

DATA = Path(__file__).parent / "data"
# There only if the account configured it: networks, load balancers, Service Connect, roles.
CONFIGURED = {"networkConfiguration", "registryArn", "roleArn", "serviceConnectDefaults"}


def recorded(name: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((DATA / f"{name}.json").read_text())["data"]
    return content


def shape(value: object, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield the path and kind of every part of an answer; lists are judged by their items."""
    if isinstance(value, dict) and value.get("__class__") != "datetime":
        for key, item in value.items():
            if key not in CONFIGURED | {"ResponseMetadata"}:
                yield from shape(item, f"{path}.{key}")
    elif isinstance(value, list):
        yield path, "list"
        for item in value:
            yield from shape(item, f"{path}[]")
    elif isinstance(value, dict | datetime):
        yield path, "instant"
    else:
        yield path, type(value).__name__


def check(name: str, ours: object) -> None:
    missing = set(shape(recorded(name))) - set(shape(ours))
    assert missing == set()


@pytest.fixture
def filled(aws: EmbeddedAws) -> EmbeddedAws:
    aws.put_cluster(
        "main",
        services=[
            {"name": "web", "running": 1, "events": ["steady", "started"], "tags": {"Name": "x"}}
        ],
        tasks=[
            {
                "last_status": "PROVISIONING",
                "capacity_provider": "FARGATE_SPOT",
                "tags": {"a": "b"},
            }
        ],
        settings={"containerInsights": "enabled"},
        capacity_providers=["FARGATE"],
        tags={"a": "b"},
    )
    return aws


def test_clusters(filled: EmbeddedAws, ecs: ECSClient) -> None:
    assert filled.endpoint
    check(
        "ecs.DescribeClusters",
        ecs.describe_clusters(clusters=["main"], include=["TAGS", "SETTINGS"]),
    )


def test_services(filled: EmbeddedAws, ecs: ECSClient) -> None:
    assert filled.endpoint
    check("ecs.ListServices", ecs.list_services(cluster="main"))
    check(
        "ecs.DescribeServices",
        ecs.describe_services(cluster="main", services=["web"], include=["TAGS"]),
    )


def test_tasks(filled: EmbeddedAws, ecs: ECSClient) -> None:
    assert filled.endpoint
    arns = ecs.list_tasks(cluster="main", family="task")["taskArns"]
    ours = ecs.describe_tasks(cluster="main", tasks=arns, include=["TAGS"])
    # The recorded task has a network interface and the overrides of its container; ours has none.
    missing = set(shape(recorded("ecs.DescribeTasks"))) - set(shape(ours))
    assert {
        path
        for path, _ in missing
        if "attachments" not in path
        and "networkInterfaces" not in path
        and "containerOverrides" not in path
    } == set()


def test_statistics(aws: EmbeddedAws, cloudwatch: CloudWatchClient) -> None:
    put(aws, minutes(hour(), [1.0, 2.0]), namespace="AWS/EC2", dimensions={"InstanceId": "i"})
    for name, dimensions in (("", {"InstanceId": "i"}), (".empty", {})):
        ours = cloudwatch.get_metric_statistics(
            Namespace="AWS/EC2",
            MetricName="CPUUtilization",
            Dimensions=pairs(dimensions),  # type: ignore[arg-type]  # built, not written out
            StartTime=hour(),
            EndTime=hour() + timedelta(hours=1),
            Period=60,
            Statistics=["Average"],
        )
        check(f"monitoring.GetMetricStatistics{name}", ours)


def test_real_periods_begin_at_the_start_that_was_asked_for() -> None:
    points = recorded("monitoring.GetMetricStatistics")["Datapoints"]
    assert {(at["hour"], at["minute"]) for at in (each["Timestamp"] for each in points)} == {
        (20, 3)
    }


def test_denied_access_reads_like_the_real_one(aws: EmbeddedAws, ecs: ECSClient) -> None:
    real = recorded("efs.AccessDenied")["Error"]
    aws.add_fault("access_denied", service="ecs")
    with pytest.raises(ecs.exceptions.AccessDeniedException) as caught:
        ecs.list_clusters()
    ours = caught.value.response["Error"]
    assert ours["Code"] == real["Code"]
    for words in ("User: arn:aws:", " is not authorized to perform: "):
        assert words in ours["Message"]
        assert words in real["Message"]


def test_publishing_is_motos(sns: SNSClient) -> None:
    topic = sns.create_topic(Name="recorded")["TopicArn"]
    check("sns.Publish", sns.publish(TopicArn=topic, Message="x"))
