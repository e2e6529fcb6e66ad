"""What boto3 makes of every fault; the daemon has to live with exactly this."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    ReadTimeoutError,
)
from botocore.parsers import ResponseParserError
from mypy_boto3_cloudwatch import CloudWatchClient
from mypy_boto3_ecs import ECSClient
from mypy_boto3_s3 import S3Client
from mypy_boto3_sns import SNSClient
from mypy_boto3_sqs import SQSClient

from tests.embedded_aws.asking import ask, hour, minutes, put, stat
from tests.embedded_aws.clients import make_client
from xops_watch.clock import monotonic
from xops_watch.embedded_aws.control import ControlRefusedError, EmbeddedAws


def failure(call: Callable[[], object]) -> tuple[str, int, str]:
    with pytest.raises(ClientError) as caught:
        call()
    response = caught.value.response
    status = response["ResponseMetadata"]["HTTPStatusCode"]
    return response["Error"]["Code"], status, response["Error"]["Message"]


@pytest.mark.parametrize(
    ("kind", "code", "status"),
    [
        ("throttle", "Throttling", 400),
        ("access_denied", "AccessDenied", 403),
        ("expired_token", "ExpiredToken", 403),
        ("region_disabled", "InvalidClientTokenId", 403),
        ("internal_error", "InternalServiceError", 500),
    ],
)
def test_errors_of_cloudwatch(
    aws: EmbeddedAws, cloudwatch: CloudWatchClient, kind: str, code: str, status: int
) -> None:
    aws.add_fault(kind, service="cloudwatch", operation="GetMetricData")
    assert failure(lambda: ask(cloudwatch, stat()))[:2] == (code, status)
    assert cloudwatch.list_metrics()["Metrics"] == []


@pytest.mark.parametrize(
    ("kind", "code", "status"),
    [
        ("throttle", "ThrottlingException", 400),
        ("access_denied", "AccessDeniedException", 400),
        ("expired_token", "ExpiredTokenException", 400),
        ("region_disabled", "UnrecognizedClientException", 400),
        ("internal_error", "ServerException", 500),
    ],
)
def test_errors_of_ecs(aws: EmbeddedAws, ecs: ECSClient, kind: str, code: str, status: int) -> None:
    aws.add_fault(kind, service="ecs")
    assert failure(ecs.list_clusters)[:2] == (code, status)


@pytest.mark.parametrize(
    ("kind", "code", "status"),
    [
        ("throttle", "Throttling", 400),
        ("access_denied", "AuthorizationError", 403),
        ("expired_token", "ExpiredToken", 403),
        ("internal_error", "InternalFailure", 500),
    ],
)
def test_errors_of_sns(aws: EmbeddedAws, sns: SNSClient, kind: str, code: str, status: int) -> None:
    topic = sns.create_topic(Name="faults")["TopicArn"]
    aws.add_fault(kind, service="sns", operation="Publish")
    found = failure(lambda: sns.publish(TopicArn=topic, Message="x"))
    assert found[:2] == (code, status)
    if kind == "access_denied":
        assert f"SNS:Publish on resource: {topic} because" in found[2]
    aws.clear_faults()
    assert sns.publish(TopicArn=topic, Message="x")["MessageId"]


@pytest.mark.parametrize(
    ("kind", "code", "status"),
    [
        ("throttle", "SlowDown", 503),
        ("access_denied", "AccessDenied", 403),
        ("expired_token", "ExpiredToken", 400),
        ("internal_error", "InternalError", 500),
    ],
)
def test_errors_of_s3(aws: EmbeddedAws, s3: S3Client, kind: str, code: str, status: int) -> None:
    aws.add_fault(kind, service="s3", operation="GetObject")
    found = failure(lambda: s3.get_object(Bucket="bucket", Key="a/b"))
    assert found[:2] == (code, status)
    if kind == "access_denied":
        assert "s3:GetObject on resource: arn:aws:s3:::bucket/a/b because" in found[2]


def test_errors_of_sqs(aws: EmbeddedAws, sqs: SQSClient) -> None:
    aws.add_fault("throttle", service="sqs")
    assert failure(sqs.list_queues)[0] == "ThrottlingException"


def test_denied_access_names_principal_action_and_resource(
    aws: EmbeddedAws, ecs: ECSClient
) -> None:
    aws.add_fault("access_denied", service="ecs", operation="DescribeServices")
    _, _, message = failure(lambda: ecs.describe_services(cluster="main", services=["web"]))
    assert message == (
        "User: arn:aws:sts::123456789012:assumed-role/xops-watch/task is not authorized to "
        "perform: ecs:DescribeServices on resource: "
        "arn:aws:ecs:ap-southeast-2:123456789012:service/main/web because no identity-based "
        "policy allows the ecs:DescribeServices action"
    )


def test_status_and_message_can_be_given(aws: EmbeddedAws, ecs: ECSClient) -> None:
    aws.add_fault("throttle", service="*", http_status=429, message="slower!")
    assert failure(ecs.list_clusters) == ("ThrottlingException", 429, "slower!")


def test_a_fault_ends_after_its_times(aws: EmbeddedAws, ecs: ECSClient) -> None:
    aws.add_fault("throttle", service="ecs", times=2)
    for _ in range(2):
        failure(ecs.list_clusters)
    assert ecs.list_clusters()["clusterArns"] == []
    assert aws.faults()[0]["applied"] == 2


def test_chance_is_repeatable(aws: EmbeddedAws, ecs: ECSClient) -> None:
    def run() -> list[bool]:
        fault = aws.add_fault("throttle", service="ecs", probability=0.5, seed=7)
        outcomes = []
        for _ in range(20):
            try:
                ecs.list_clusters()
                outcomes.append(True)
            except ClientError:
                outcomes.append(False)
        aws.end_fault(fault)
        return outcomes

    first = run()
    assert first == run()
    assert 4 < sum(first) < 16


def test_slow_answers_are_still_right(aws: EmbeddedAws, ecs: ECSClient) -> None:
    aws.put_cluster("main")
    aws.add_fault("slow", service="ecs", seconds=0.2)
    began = monotonic()
    assert len(ecs.list_clusters()["clusterArns"]) == 1
    assert monotonic() - began >= 0.2


def test_a_call_that_hangs_times_out(aws: EmbeddedAws) -> None:
    aws.add_fault("hang", service="ecs")
    impatient = make_client(aws.endpoint, "ecs", read_timeout=0.3)
    with pytest.raises(ReadTimeoutError):
        impatient.list_clusters()


def test_a_call_that_hangs_is_cut_when_the_fault_ends(aws: EmbeddedAws, ecs: ECSClient) -> None:
    aws.add_fault("hang", service="ecs")
    timer = threading.Timer(0.2, aws.clear_faults)
    timer.start()
    with pytest.raises(ConnectionClosedError):
        ecs.list_clusters()
    timer.join()


def test_a_call_that_hangs_is_cut_after_its_seconds(aws: EmbeddedAws, sns: SNSClient) -> None:
    aws.add_fault("hang", service="sns", seconds=0.1)
    with pytest.raises(ConnectionClosedError):
        sns.list_topics()


def test_boto3_takes_a_cut_json_answer_for_an_empty_one(aws: EmbeddedAws, ecs: ECSClient) -> None:
    # Not a wish but a fact: nothing is raised, and what was asked for is just not there.
    for kind in ("disconnect", "malformed"):
        aws.add_fault(kind, service="ecs")
        assert set(ecs.list_clusters()) == {"ResponseMetadata"}
        aws.clear_faults()


def test_a_cut_xml_answer_is_an_error(aws: EmbeddedAws, sns: SNSClient, s3: S3Client) -> None:
    for kind in ("disconnect", "malformed"):
        aws.add_fault(kind, service="*")
        with pytest.raises(ResponseParserError):
            sns.list_topics()
        # botocore itself turns a 200 from S3 that is no XML into a 500.
        assert failure(s3.list_buckets)[:2] == ("500", 500)
        aws.clear_faults()


@pytest.mark.parametrize("kind", ["disconnect", "malformed"])
def test_a_cut_answer_of_cloudwatch(
    aws: EmbeddedAws, cloudwatch: CloudWatchClient, kind: str
) -> None:
    aws.add_fault(kind, service="cloudwatch")
    if cloudwatch.meta.service_model.resolved_protocol == "json":
        assert set(ask(cloudwatch, stat())) == {"ResponseMetadata"}
    else:
        with pytest.raises(ResponseParserError):
            ask(cloudwatch, stat())


def test_partial_data_takes_two_pages(aws: EmbeddedAws, cloudwatch: CloudWatchClient) -> None:
    put(aws, minutes(hour(), [1.0, 2.0, 3.0]))
    aws.add_fault("partial_data", service="cloudwatch")
    first = ask(cloudwatch, stat())
    [result] = first["MetricDataResults"]
    assert (result["StatusCode"], result["Values"]) == ("PartialData", [1.0])
    second = ask(cloudwatch, stat(), NextToken=first["NextToken"])
    [result] = second["MetricDataResults"]
    assert (result["StatusCode"], result["Values"]) == ("Complete", [2.0, 3.0])
    assert "NextToken" not in second


def test_partial_data_of_one_point_begins_with_none(
    aws: EmbeddedAws, cloudwatch: CloudWatchClient
) -> None:
    put(aws, {hour(): 1.0})
    aws.add_fault("partial_data", service="cloudwatch")
    first = ask(cloudwatch, stat())
    [result] = first["MetricDataResults"]
    assert (result["StatusCode"], result["Values"]) == ("PartialData", [])
    [result] = ask(cloudwatch, stat(), NextToken=first["NextToken"])["MetricDataResults"]
    assert (result["StatusCode"], result["Values"]) == ("Complete", [1.0])


def test_a_forbidden_metric_among_allowed_ones(
    aws: EmbeddedAws, cloudwatch: CloudWatchClient
) -> None:
    put(aws, {hour(): 1.0})
    aws.add_fault("forbidden_query", service="cloudwatch", metric="MemoryUtilization")
    answer = ask(cloudwatch, stat("m1"), stat("m2", metric="MemoryUtilization"))
    shown = [(each["StatusCode"], each["Values"]) for each in answer["MetricDataResults"]]
    assert shown == [("Complete", [1.0]), ("Forbidden", [])]
    assert answer["MetricDataResults"][1]["Messages"][0]["Code"] == "Forbidden"
    [result] = ask(cloudwatch, stat())["MetricDataResults"]
    assert result["StatusCode"] == "Complete"


def test_empty_pages_come_before_the_full_one(
    aws: EmbeddedAws, cloudwatch: CloudWatchClient, ecs: ECSClient
) -> None:
    put(aws, {hour(): 1.0})
    aws.put_cluster("main", services=[{"name": "web", "running": 1}])
    aws.add_fault("empty_pages", service="cloudwatch", operation="GetMetricData", times=2)
    aws.add_fault("empty_pages", service="cloudwatch", operation="ListMetrics", times=2)
    aws.add_fault("empty_pages", service="ecs", operation="ListServices", times=2)
    answer = ask(cloudwatch, stat())
    for _ in range(2):
        assert answer["MetricDataResults"] == []
        answer = ask(cloudwatch, stat(), NextToken=answer["NextToken"])
    assert answer["MetricDataResults"][0]["Values"] == [1.0]
    rows = [len(page["Metrics"]) for page in cloudwatch.get_paginator("list_metrics").paginate()]
    assert rows == [0, 0, 1]
    pages = ecs.get_paginator("list_services").paginate(cluster="main")
    assert [len(page["serviceArns"]) for page in pages] == [0, 0, 1]


@pytest.mark.parametrize(
    ("kind", "arguments"),
    [
        ("explode", {"service": "ecs"}),
        ("throttle", {"service": "monitoring"}),
        ("slow", {"service": "ecs"}),
        ("throttle", {"service": "ecs", "seconds": 1.0}),
        ("slow", {"service": "ecs", "seconds": -1.0}),
        ("throttle", {"service": "ecs", "times": 0}),
        ("throttle", {"service": "ecs", "probability": 1.5}),
        ("throttle", {"service": "ecs", "http_status": 200}),
        ("malformed", {"service": "ecs", "message": "x"}),
        ("throttle", {"service": "ecs", "metric": "x"}),
        ("partial_data", {"service": "sns"}),
        ("partial_data", {"service": "cloudwatch", "operation": "ListMetrics"}),
        ("empty_pages", {"service": "s3"}),
    ],
)
def test_faults_that_make_no_sense(aws: EmbeddedAws, kind: str, arguments: dict[str, Any]) -> None:
    with pytest.raises(ControlRefusedError):
        aws.add_fault(kind, **arguments)
    assert aws.faults() == []
