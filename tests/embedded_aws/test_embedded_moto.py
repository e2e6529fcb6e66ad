"""Where moto is right, our overlay says the same; the rest of moto works behind it."""

from datetime import UTC, timedelta
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws
from mypy_boto3_cloudwatch import CloudWatchClient
from mypy_boto3_ecs import ECSClient
from mypy_boto3_s3 import S3Client
from mypy_boto3_s3.type_defs import CreateBucketConfigurationTypeDef
from mypy_boto3_sns import SNSClient
from mypy_boto3_sqs import SQSClient

from tests.embedded_aws.asking import MINUTE, ask, hour, pairs, refusal, stat
from tests.embedded_aws.clients import REGION, make_client
from xops_watch.embedded_aws.control import EmbeddedAws

BASIC = ["Average", "Sum", "Minimum", "Maximum", "SampleCount"]
DIMENSIONS = {"ClusterName": "main", "ServiceName": "web"}
DATA: list[dict[str, Any]] = [
    {"Value": 4.0},
    {"Value": 1.5},
    {"Values": [2.0, 8.0], "Counts": [3.0, 1.0]},
    {
        "StatisticValues": {"SampleCount": 4.0, "Sum": 10.0, "Minimum": 0.5, "Maximum": 5.0},
    },
]


def publish(client: CloudWatchClient) -> None:
    data: list[Any] = [
        {
            "MetricName": "Depth",
            "Dimensions": pairs(DIMENSIONS),
            "Timestamp": hour() + index * MINUTE,
            "Unit": "Count",
            **form,
        }
        for index, form in enumerate(DATA)
    ]
    client.put_metric_data(Namespace="xOps", MetricData=data)


def read(client: CloudWatchClient, statistic: str, period: int, order: str) -> dict[str, Any]:
    metric: dict[str, Any] = {"namespace": "xOps", "metric": "Depth", "dimensions": DIMENSIONS}
    answer = ask(
        client,
        stat(**metric, stat=statistic, period=period),
        end=hour() + timedelta(minutes=10),
        ScanBy=order,
    )
    [result] = answer["MetricDataResults"]
    # Not the label: moto appends the statistic, AWS does not.
    return {
        "Id": result["Id"],
        "StatusCode": result["StatusCode"],
        "Values": result["Values"],
        "Timestamps": [at.astimezone(UTC) for at in result["Timestamps"]],
    }


@pytest.mark.parametrize("order", ["TimestampAscending", "TimestampDescending"])
@pytest.mark.parametrize("period", [60, 300])
def test_basic_statistics(cloudwatch: CloudWatchClient, period: int, order: str) -> None:
    publish(cloudwatch)
    ours = [read(cloudwatch, name, period, order) for name in BASIC]
    with mock_aws():
        theirs_client = boto3.client("cloudwatch", region_name=REGION)
        publish(theirs_client)
        theirs = [read(theirs_client, name, period, order) for name in BASIC]
    assert ours == theirs


def test_statistics_of_one_metric(cloudwatch: CloudWatchClient) -> None:
    def asked(client: CloudWatchClient) -> list[Any]:
        publish(client)
        points = client.get_metric_statistics(
            Namespace="xOps",
            MetricName="Depth",
            Dimensions=pairs(DIMENSIONS),  # type: ignore[arg-type]  # plain values, where the stubs want their own types
            StartTime=hour(),
            EndTime=hour() + timedelta(minutes=10),
            Period=60,
            Statistics=BASIC,  # type: ignore[arg-type]  # plain values, where the stubs want their own types
        )["Datapoints"]
        return sorted((point["Timestamp"].astimezone(UTC), point["Sum"], point["Unit"],
                       point["Average"], point["Minimum"], point["Maximum"],
                       point["SampleCount"]) for point in points)  # fmt: skip

    ours = asked(cloudwatch)
    with mock_aws():
        assert ours == asked(boto3.client("cloudwatch", region_name=REGION))


def test_shapes_of_ecs(aws: EmbeddedAws, ecs: ECSClient) -> None:
    aws.put_cluster("main", services=[{"name": "web", "running": 0, "desired": 0}])

    def asked(client: ECSClient) -> list[Any]:
        clusters = client.describe_clusters(clusters=["main", "nope"])
        services = client.describe_services(cluster="main", services=["web", "nope"])
        cluster, service = clusters["clusters"][0], services["services"][0]
        return [
            client.list_clusters()["clusterArns"],
            client.list_services(cluster="main")["serviceArns"],
            {key: cluster[key] for key in ("clusterArn", "clusterName", "status")},
            {key: service[key] for key in ("serviceArn", "serviceName", "status", "desiredCount")},
            [each["reason"] for each in clusters["failures"] + services["failures"]],
            refusal(lambda: client.list_services(cluster="nope")),
        ]

    ours = asked(ecs)
    with mock_aws():
        theirs = boto3.client("ecs", region_name=REGION)
        theirs.create_cluster(clusterName="main")
        theirs.register_task_definition(family="web", containerDefinitions=[])
        theirs.create_service(
            cluster="main", serviceName="web", taskDefinition="web", desiredCount=0
        )
        assert ours == asked(theirs)


def test_moto_serves_topics_queues_and_buckets(
    aws: EmbeddedAws, sns: SNSClient, sqs: SQSClient, s3: S3Client
) -> None:
    topic = sns.create_topic(Name="moto")["TopicArn"]
    queue = sqs.create_queue(QueueName="moto")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn["QueueArn"])
    sns.publish(TopicArn=topic, Message="hello")
    [message] = sqs.receive_message(QueueUrl=queue)["Messages"]
    assert "hello" in message["Body"]
    place: CreateBucketConfigurationTypeDef = {"LocationConstraint": "ap-southeast-2"}
    s3.create_bucket(Bucket="moto", CreateBucketConfiguration=place)
    s3.put_object(Bucket="moto", Key="a/b", Body=b"x", Metadata={"under_score": "1"})
    assert s3.get_object(Bucket="moto", Key="a/b")["Body"].read() == b"x"
    assert s3.head_object(Bucket="moto", Key="a/b")["Metadata"] == {"under_score": "1"}
    counts = aws.requests().counts
    assert counts["sns", "Publish"] == 1
    assert counts["sqs", "ReceiveMessage"] == 1
    assert counts["s3", "PutObject"] == 1
    assert counts["s3", "HeadObject"] == 1
    aws.reset()
    assert sns.list_topics()["Topics"] == []


def test_other_operations_of_cloudwatch_are_motos(aws: EmbeddedAws) -> None:
    # In JSON, which boto3 prefers; moto's own operations do not speak CBOR.
    assert make_client(aws.endpoint, "cloudwatch").describe_alarms()["MetricAlarms"] == []


def test_identity_is_motos(aws: EmbeddedAws) -> None:
    assert make_client(aws.endpoint, "sts").get_caller_identity()["Account"] == "123456789012"


def test_what_moto_does_not_know_is_an_error_of_aws_and_is_recorded(aws: EmbeddedAws) -> None:
    config = make_client(aws.endpoint, "config")
    with pytest.raises(ClientError, match="moto does not answer config List") as caught:
        config.list_conformance_pack_compliance_scores()
    assert caught.value.response["Error"]["Code"] == "InternalFailure"
    assert aws.requests().counts == {("config", "ListConformancePackComplianceScores"): 1}
