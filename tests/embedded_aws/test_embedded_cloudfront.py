"""The one operation of CloudFront that is ours: moto knows no monitoring subscription."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.embedded_aws.clients import make_client
from xops_watch.embedded_aws.control import EmbeddedAws


@pytest.fixture
def cloudfront(aws: EmbeddedAws) -> Any:  # noqa: ANN401 - there are no stubs of this client
    return make_client(aws.endpoint, "cloudfront")


def put_metric(aws: EmbeddedAws, metric: str, distribution: str) -> None:
    aws.put_points(
        {
            "region": "us-east-1",
            "namespace": "AWS/CloudFront",
            "metric": metric,
            "dimensions": {"DistributionId": distribution, "Region": "Global"},
            "points": [(aws.now(), 120.0)],
        }
    )


def test_additional_metrics_are_on_where_there_are_some(aws: EmbeddedAws, cloudfront: Any) -> None:  # noqa: ANN401 - as above
    put_metric(aws, "OriginLatency", "EOURS")
    answer = cloudfront.get_monitoring_subscription(DistributionId="EOURS")
    realtime = answer["MonitoringSubscription"]["RealtimeMetricsSubscriptionConfig"]
    assert realtime == {"RealtimeMetricsSubscriptionStatus": "Enabled"}


def test_other_metrics_do_not_tell_that_they_are_on(aws: EmbeddedAws, cloudfront: Any) -> None:  # noqa: ANN401 - as above
    put_metric(aws, "Requests", "EOURS")
    put_metric(aws, "OriginLatency", "EOTHER")
    with pytest.raises(ClientError) as caught:
        cloudfront.get_monitoring_subscription(DistributionId="EOURS")
    response = caught.value.response
    assert response["Error"]["Code"] == "NoSuchMonitoringSubscription"
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 404


def test_faults_strike_it(aws: EmbeddedAws, cloudfront: Any) -> None:  # noqa: ANN401 - as above
    aws.add_fault("access_denied", service="cloudfront", operation="GetMonitoringSubscription")
    with pytest.raises(ClientError, match="AccessDenied"):
        cloudfront.get_monitoring_subscription(DistributionId="EOURS")
