"""ListMetrics and GetMetricStatistics: the two older ways to read CloudWatch."""

import random
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from xops_watch.embedded_aws import paging
from xops_watch.embedded_aws.aggregates import BASIC, aggregate, by_slot, percent_of
from xops_watch.embedded_aws.errors import AwsError, invalid_value
from xops_watch.embedded_aws.metric_queries import series_key
from xops_watch.embedded_aws.metrics import IDLE_AFTER, RECENT, MetricStore, Sample, SeriesKey
from xops_watch.embedded_aws.requests import Request
from xops_watch.embedded_aws.windows import Window, valid_period, window

LIST_PAGE = 500
STATISTICS_POINTS_MAX = 1440


def list_metrics(request: Request, store: MetricStore) -> dict[str, Any]:
    """Answer a ListMetrics call: one row for each series that had data in the last two weeks."""
    params = request.params
    if params.get("IncludeLinkedAccounts") or "OwningAccount" in params:
        raise invalid_value("linked accounts are not supported by the embedded AWS")
    token = params.get("NextToken")
    if "empty_pages" in request.faults:
        return {"Metrics": [], "NextToken": paging.empty_page_token(token)}
    idle = RECENT if params.get("RecentlyActive") else IDLE_AFTER
    rows = [
        key
        for key in store.listed(request.region, since=request.now - idle)
        if _wanted(key, params)
    ]
    page = paging.page_of(
        rows,
        token=paging.without_empty_page(token),
        size=LIST_PAGE,
        fingerprint=paging.digest(params, ignoring=frozenset({"NextToken"})),
    )
    if page is None:
        raise invalid_value("The value for parameter NextToken is invalid.")
    answer: dict[str, Any] = {"Metrics": [_metric(key) for key in page.items]}
    if page.next_token is not None:
        answer["NextToken"] = page.next_token
    return answer


def _wanted(key: SeriesKey, params: Mapping[str, Any]) -> bool:
    """Tell whether a series passes the filters; other dimensions beside those named may be."""
    if params.get("Namespace", key.namespace) != key.namespace:
        return False
    if params.get("MetricName", key.metric) != key.metric:
        return False
    present = dict(key.dimensions)
    return all(
        item["Name"] in present
        and item.get("Value", present[item["Name"]]) == present[item["Name"]]
        for item in params.get("Dimensions", [])
    )


def _metric(key: SeriesKey) -> dict[str, Any]:
    """Return the row of a series."""
    dimensions = [{"Name": name, "Value": value} for name, value in sorted(key.dimensions)]
    return {"Namespace": key.namespace, "MetricName": key.metric, "Dimensions": dimensions}


def get_metric_statistics(request: Request, store: MetricStore) -> dict[str, Any]:
    """Answer a GetMetricStatistics call: unordered datapoints, one for each period and unit."""
    params = request.params
    statistics = _statistics(params)
    span = _span(params, request.now)
    samples = store.read(series_key(params, request.region), start=span.start, end=span.end)
    units = [params["Unit"]] if "Unit" in params else sorted({sample.unit for sample in samples})
    points = []
    for unit in units:
        of_unit = [sample for sample in samples if sample.unit == unit]
        for at, group in by_slot(of_unit, span).items():
            point = _datapoint(at, unit, group, statistics)
            if point is not None:
                points.append(point)
    # AWS promises no order and keeps that promise; a fixed seed makes the disorder repeatable.
    random.Random(len(points)).shuffle(points)  # noqa: S311  (not a secret)
    return {"Label": params["MetricName"], "Datapoints": points}


def _statistics(params: Mapping[str, Any]) -> Sequence[str]:
    """Return the statistics asked for, basic ones or percentiles but never both."""
    basic, extended = params.get("Statistics", []), params.get("ExtendedStatistics", [])
    if not basic and not extended:
        message = "Either Statistics or ExtendedStatistics must be specified."
        raise AwsError("MissingParameter", message)
    if basic and extended:
        message = "Statistics and ExtendedStatistics exclude each other."
        raise AwsError("InvalidParameterCombination", message)
    for name in extended:
        if percent_of(name) is None:
            raise invalid_value(
                f"The value {name} for parameter ExtendedStatistics is not supported."
            )
    return [*basic, *extended]


def _span(params: Mapping[str, Any], now: datetime) -> Window:
    """Return the periods of the request, or refuse its times."""
    if not valid_period(params["Period"]):
        message = "The parameter Period must be 1, 5, 10, 20, 30 or a multiple of 60."
        raise invalid_value(message)
    if params["StartTime"] >= params["EndTime"]:
        raise invalid_value("The parameter StartTime must be less than the parameter EndTime.")
    span = window(
        start=params["StartTime"], end=params["EndTime"], period=params["Period"], now=now
    )
    if span.size > STATISTICS_POINTS_MAX:
        message = (
            f"You have requested up to {span.size} datapoints, which exceeds the limit of "
            f"{STATISTICS_POINTS_MAX}. You may reduce the datapoints requested by increasing "
            "Period, or decreasing the time range."
        )
        raise AwsError("InvalidParameterCombination", message)
    return span


def _datapoint(
    at: datetime, unit: str, samples: Sequence[Sample], statistics: Sequence[str]
) -> dict[str, Any] | None:
    """Return one Datapoint, None if none of its statistics has a value."""
    values: dict[str, float] = {}
    for name in statistics:
        compute = aggregate(name)
        value = None if compute is None else compute(samples)
        if value is not None:
            values[name] = value
    if not values:
        return None
    point: dict[str, Any] = {"Timestamp": at, "Unit": unit}
    percentiles = {name: value for name, value in values.items() if name not in BASIC}
    point.update({name: value for name, value in values.items() if name in BASIC})
    if percentiles:
        point["ExtendedStatistics"] = percentiles
    return point
