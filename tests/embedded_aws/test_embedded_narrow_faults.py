"""Faults for some callers only, skewed clocks, and answers of a later AWS."""

from collections.abc import Mapping
from datetime import timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from tests.embedded_aws.clients import make_client
from xops_watch.clock import machine_now
from xops_watch.embedded_aws.control import ControlRefusedError, EmbeddedAws
from xops_watch.embedded_aws.future import FIELD, WORD


def signed(aws: EmbeddedAws, service: str, *, key: str = "one", region: str = "eu-west-1") -> Any:  # noqa: ANN401 - any client
    return boto3.client(  # type: ignore[call-overload]  # wants a literal name
        service,
        endpoint_url=aws.endpoint,
        region_name=region,
        aws_access_key_id=key,
        aws_secret_access_key="x",  # noqa: S106 - made up
    )


def fails(client: Any) -> bool:  # noqa: ANN401 - any client
    try:
        client.list_clusters()
    except ClientError:
        return True
    return False


def test_a_fault_of_one_region_leaves_the_others(aws: EmbeddedAws) -> None:
    aws.add_fault("access_denied", service="ecs", region="eu-west-1")
    struck = {name: fails(signed(aws, "ecs", region=name)) for name in ("eu-west-1", "eu-west-2")}
    assert struck == {"eu-west-1": True, "eu-west-2": False}


def test_a_fault_of_one_key_leaves_who_has_another(aws: EmbeddedAws) -> None:
    aws.add_fault("expired_token", service="*", access_key="old")
    assert {key: fails(signed(aws, "ecs", key=key)) for key in ("old", "new")} == {
        "old": True,
        "new": False,
    }


def test_a_fault_spares_the_first_calls(aws: EmbeddedAws) -> None:
    aws.add_fault("access_denied", service="ecs", operation="ListClusters", after=2, times=1)
    ecs = signed(aws, "ecs")
    assert [fails(ecs) for _ in range(5)] == [False, False, True, False, False]


@pytest.mark.parametrize(
    ("service", "ask", "code"),
    [
        ("ecs", "list_clusters", "InvalidSignatureException"),
        ("cloudwatch", "list_metrics", "SignatureDoesNotMatch"),
        ("sns", "list_topics", "SignatureDoesNotMatch"),
        ("s3", "list_buckets", "RequestTimeTooSkewed"),
    ],
)
def test_a_skewed_clock_is_refused_with_the_time_of_aws(
    aws: EmbeddedAws, service: str, ask: str, code: str
) -> None:
    aws.add_fault("clock_skew", service=service, seconds=900)
    with pytest.raises(ClientError) as caught:
        getattr(make_client(aws.endpoint, service), ask)()
    response = caught.value.response
    assert response["Error"]["Code"] == code
    headers: Mapping[str, str] = response["ResponseMetadata"]["HTTPHeaders"]
    ahead = parsedate_to_datetime(headers["date"]) - machine_now()
    assert timedelta(minutes=14) < ahead < timedelta(minutes=16)


def test_a_skew_without_seconds_is_refused(aws: EmbeddedAws) -> None:
    with pytest.raises(ControlRefusedError, match=r"fault\.seconds: is required for clock_skew"):
        aws.add_fault("clock_skew", service="ecs")


def test_a_service_of_the_future_has_words_that_nobody_knows(aws: EmbeddedAws) -> None:
    aws.put_cluster("main", services=[{"name": "web", "desired": 1, "running": 1}])
    aws.add_fault("future", service="ecs")
    ecs = make_client(aws.endpoint, "ecs")
    (service,) = ecs.describe_services(cluster="main", services=["web"])["services"]
    assert (service["serviceName"], service["runningCount"]) == ("web", 1)
    assert service["launchType"] == WORD
    assert FIELD not in service  # botocore drops what its model does not know


def test_metrics_of_the_future_keep_their_values(aws: EmbeddedAws) -> None:
    aws.put_points(
        {"namespace": "N", "metric": "m", "points": [(aws.now() - timedelta(minutes=3), 5.0)]}
    )
    aws.add_fault("future", service="cloudwatch")
    metric = {"Namespace": "N", "MetricName": "m", "Dimensions": []}
    stat = {"Metric": metric, "Period": 60, "Stat": "Sum"}
    answer = make_client(aws.endpoint, "cloudwatch").get_metric_data(
        MetricDataQueries=[{"Id": "a", "MetricStat": stat}],
        StartTime=aws.now() - timedelta(minutes=10),
        EndTime=aws.now(),
    )
    (result,) = answer["MetricDataResults"]
    assert (result["Values"], result["StatusCode"]) == ([5.0], WORD)


def test_a_future_that_cannot_be_played_is_refused(aws: EmbeddedAws) -> None:
    with pytest.raises(ControlRefusedError, match="future happens only to"):
        aws.add_fault("future", service="sns")
