"""Short ways to put points and to ask CloudWatch for them."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import pytest
from botocore.exceptions import ClientError
from mypy_boto3_cloudwatch import CloudWatchClient

from xops_watch.clock import SystemClock
from xops_watch.embedded_aws.control import EmbeddedAws

WEB = {"ClusterName": "main", "ServiceName": "web"}
MINUTE = timedelta(minutes=1)


@cache
def hour() -> datetime:
    """Return the beginning of the hour before the last full one: old enough, aligned to all.

    The same hour all along, also in a run that goes past the full one.
    """
    now = SystemClock().now()
    return now.replace(minute=0, second=0, microsecond=0) - timedelta(hours=2)


def put(
    aws: EmbeddedAws,
    values: Mapping[datetime, float],
    *,
    metric: str = "CPUUtilization",
    namespace: str = "AWS/ECS",
    dimensions: Mapping[str, str] = WEB,
    unit: str = "Percent",
) -> None:
    aws.put_points(
        {
            "namespace": namespace,
            "metric": metric,
            "dimensions": dimensions,
            "unit": unit,
            "points": [(at, value) for at, value in values.items()],
        }
    )


def minutes(start: datetime, values: Sequence[float]) -> dict[datetime, float]:
    return {start + index * MINUTE: value for index, value in enumerate(values)}


def pairs(dimensions: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"Name": name, "Value": value} for name, value in dimensions.items()]


def stat(name: str = "m1", **changes: Any) -> dict[str, Any]:  # noqa: ANN401  (parts of a query)
    """Return a query of the CPU of the web service; `changes` replace its parts."""
    metric = {
        "Namespace": changes.pop("namespace", "AWS/ECS"),
        "MetricName": changes.pop("metric", "CPUUtilization"),
        "Dimensions": pairs(changes.pop("dimensions", WEB)),
    }
    inner = {
        "Metric": metric,
        "Period": changes.pop("period", 60),
        "Stat": changes.pop("stat", "Average"),
    }
    if "unit" in changes:
        inner["Unit"] = changes.pop("unit")
    return {"Id": name, "MetricStat": inner, **changes}


def ask(
    client: CloudWatchClient,
    *queries: dict[str, Any],
    start: datetime | None = None,
    end: datetime | None = None,
    **changes: Any,  # noqa: ANN401  (parts of a request)
) -> dict[str, Any]:
    begin = start or hour()
    arguments: dict[str, Any] = {
        "MetricDataQueries": list(queries),
        "StartTime": begin,
        "EndTime": end or begin + timedelta(hours=1),
        "ScanBy": "TimestampAscending",
        **changes,
    }
    return dict(client.get_metric_data(**arguments))


def values(client: CloudWatchClient, *queries: dict[str, Any], **changes: Any) -> list[float]:  # noqa: ANN401 - any parameters of any call
    """Return the values of the last query, which must be complete, oldest first."""
    result = ask(client, *queries, **changes)["MetricDataResults"][-1]
    assert result["StatusCode"] == "Complete"
    return list(result["Values"])


def stamps(answer: Mapping[str, Any], index: int = 0) -> list[datetime]:
    return [at.astimezone(UTC) for at in answer["MetricDataResults"][index]["Timestamps"]]


def refusal(call: Callable[[], object]) -> tuple[str, str]:
    """Return the code and the message with which a call is refused; it must be."""
    with pytest.raises(ClientError) as caught:
        call()
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]
