"""What moto's CloudFront does not know: the additional metrics of a distribution."""

from typing import Any

from xops_watch.embedded_aws.errors import AwsError
from xops_watch.embedded_aws.metrics import IDLE_AFTER, MetricStore
from xops_watch.embedded_aws.requests import Request

METRICS_REGION = "us-east-1"
_ADDITIONAL = frozenset({"401ErrorRate", "CacheHitRate", "OriginLatency"})


def get_monitoring_subscription(request: Request, store: MetricStore) -> dict[str, Any]:
    """Answer GetMonitoringSubscription: it is on where one of the additional metrics is."""
    wanted = ("DistributionId", request.params["DistributionId"])
    listed = store.listed(METRICS_REGION, since=request.now - IDLE_AFTER)
    if any(series.metric in _ADDITIONAL and wanted in series.dimensions for series in listed):
        realtime = {"RealtimeMetricsSubscriptionStatus": "Enabled"}
        return {"RealtimeMetricsSubscriptionConfig": realtime}
    message = "A monitoring subscription does not exist for the specified distribution."
    raise AwsError("NoSuchMonitoringSubscription", message, status=404)
