"""A CloudFront of a few distributions, and short ways to say what it answers."""

from collections.abc import Iterator, Mapping
from typing import Any

from botocore.exceptions import ClientError


def refused(code: str, status: int = 400) -> ClientError:
    answer: Any = {
        "Error": {"Code": code, "Message": "said AWS"},
        "ResponseMetadata": {"HTTPStatusCode": status},
    }
    return ClientError(answer, "Get")


class TinyCloudFront:
    """A CloudFront that answers in boto3's words; an exception in place of an answer is raised."""

    def __init__(self, **configs: object) -> None:
        self.configs: dict[str, Any] = configs
        self.metrics: dict[str, Any] = {}
        self.pages: Any = None
        self.calls: list[str] = []

    def get_paginator(self, _name: str, /) -> "TinyCloudFront":
        return self

    def paginate(self) -> Iterator[Mapping[str, object]]:
        self.calls.append("list")
        if isinstance(self.pages, Exception):
            raise self.pages
        items = [{"Id": name, **config} for name, config in self.configs.items()]
        yield from self.pages or [listed(*items)]

    def get_distribution_config(self, *, Id: str) -> Mapping[str, object]:  # noqa: N803 - boto3's
        self.calls.append(Id)
        config = self.configs.get(Id, refused("NoSuchDistribution", 404))
        if isinstance(config, Exception):
            raise config
        return {"DistributionConfig": config}

    def get_monitoring_subscription(
        self,
        *,
        DistributionId: str,  # noqa: N803 - boto3's
    ) -> Mapping[str, object]:
        told = self.metrics.get(DistributionId, refused("NoSuchMonitoringSubscription", 404))
        if isinstance(told, Exception):
            raise told
        status = {"RealtimeMetricsSubscriptionStatus": told}
        return {"MonitoringSubscription": {"RealtimeMetricsSubscriptionConfig": status}}


def listed(*items: Mapping[str, object]) -> dict[str, object]:
    page = {"Quantity": len(items), "IsTruncated": False, "MaxItems": 100, "Marker": ""}
    return {"DistributionList": {**page, "Items": list(items)} if items else page}


def config(price_class: str = "PriceClass_100", **changes: object) -> dict[str, object]:
    return {"PriceClass": price_class, "Enabled": True, "ConnectionMode": "direct", **changes}
