"""The queries of one GetMetricData call: read, checked, and turned into series."""

import graphlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from xops_watch.embedded_aws import math_syntax
from xops_watch.embedded_aws.aggregates import aggregate, by_slot
from xops_watch.embedded_aws.errors import validation_error
from xops_watch.embedded_aws.metric_math import Scope, Series, evaluate
from xops_watch.embedded_aws.metrics import MetricStore, SeriesKey
from xops_watch.embedded_aws.requests import ACCOUNT, Request
from xops_watch.embedded_aws.windows import valid_period, window

QUERIES_MAX = 500
_ID = re.compile(r"[a-z][A-Za-z0-9_]*")
_KEYWORDS = frozenset({"REPEAT", "LINEAR"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """One query: a metric with its statistic, or an expression (then `tree` is set)."""

    id: str
    label: str
    returned: bool
    period: int | None
    key: SeriesKey | None = None
    statistic: str = ""
    unit: str | None = None
    tree: math_syntax.Node | None = None


def read_queries(request: Request) -> list[Query]:
    """Return the queries of a GetMetricData request; raises AwsError(ValidationError)."""
    raw = request.params["MetricDataQueries"]
    if not raw:
        raise validation_error("The parameter MetricDataQueries is required.")
    if len(raw) > QUERIES_MAX:
        message = (
            f"The collection MetricDataQueries must not have a size greater than {QUERIES_MAX}."
        )
        raise validation_error(message)
    queries = [_query(item, index, request) for index, item in enumerate(raw, 1)]
    ids = [query.id for query in queries]
    if len(set(ids)) < len(ids):
        raise validation_error("The values for parameter id in MetricDataQueries are not unique.")
    _check_references(queries)
    return queries


def compute(queries: Sequence[Query], request: Request, store: MetricStore) -> dict[str, Series]:
    """Return the series of every query by id, expressions after what they refer to."""
    series = {
        query.id: _metric_series(query, query.key, request, store)
        for query in queries
        if query.key is not None
    }
    by_id = {query.id: query for query in queries}
    metric_ids = tuple(series)
    for name in _in_order(queries):
        query = by_id[name]
        if query.tree is None:
            continue
        result = evaluate(query.tree, Scope(series=series, metric_ids=metric_ids))
        if query.period not in {None, result.window.period}:
            message = f"the Period of expression {name} differs from that of its metrics"
            raise validation_error(message)
        series[name] = result
    return series


def _query(item: Mapping[str, Any], index: int, request: Request) -> Query:
    """Return one query, or refuse it."""
    where = f"MetricDataQueries.member.{index}"
    if not _ID.fullmatch(item["Id"]):
        message = f"The value {item['Id']} for parameter {where}.Id is not matching {_ID.pattern}"
        raise validation_error(message)
    if ("MetricStat" in item) == ("Expression" in item):
        message = f"{where} must have exactly one of MetricStat and Expression."
        raise validation_error(message)
    if item.get("AccountId", ACCOUNT) != ACCOUNT:
        raise validation_error(f"{where}.AccountId: the embedded AWS has one account, {ACCOUNT}")
    if "${" in item.get("Label", ""):
        raise validation_error(f"{where}.Label: dynamic labels are not supported here")
    period = item.get("Period")
    if period is not None:
        _check_period(period, where)
    if "Expression" in item:
        return Query(
            id=item["Id"],
            label=item.get("Label", item["Id"]),
            returned=item.get("ReturnData", True),
            period=period,
            tree=_tree(item["Expression"]),
        )
    return _metric_query(item, where, request.region)


def _metric_query(item: Mapping[str, Any], where: str, region: str) -> Query:
    """Return a query for a statistic of one metric, or refuse it."""
    stat = item["MetricStat"]
    metric = stat["Metric"]
    if "Namespace" not in metric or "MetricName" not in metric:
        message = f"{where}.MetricStat.Metric must have a Namespace and a MetricName."
        raise validation_error(message)
    if "Period" in item:
        message = f"{where} must not have a Period beside its MetricStat."
        raise validation_error(message)
    _check_period(stat["Period"], f"{where}.MetricStat")
    if aggregate(stat["Stat"]) is None:
        message = (
            f"The value {stat['Stat']} for parameter {where}.MetricStat.Stat is not supported."
        )
        raise validation_error(message)
    return Query(
        id=item["Id"],
        label=item.get("Label", metric["MetricName"]),
        returned=item.get("ReturnData", True),
        period=stat["Period"],
        key=series_key(metric, region),
        statistic=stat["Stat"],
        unit=stat.get("Unit"),
    )


def series_key(metric: Mapping[str, Any], region: str) -> SeriesKey:
    """Return the series that a Metric structure (or a whole request) names."""
    pairs = [(item["Name"], item["Value"]) for item in metric.get("Dimensions", [])]
    return SeriesKey(
        region=region,
        namespace=metric["Namespace"],
        metric=metric["MetricName"],
        dimensions=frozenset(pairs),
    )


def _tree(expression: str) -> math_syntax.Node:
    """Return the parsed expression; Metrics Insights (SELECT ...) is refused by name."""
    if expression.lstrip().upper().startswith("SELECT"):
        raise validation_error("Metrics Insights queries are not supported by the embedded AWS")
    return math_syntax.parse(expression)


def _check_period(period: int, where: str) -> None:
    """Refuse a period that is neither 1, 5, 10, 20, 30 nor a multiple of 60 seconds."""
    if not valid_period(period):
        message = (
            f"The value {period} for parameter {where}.Period must be 1, 5, 10, 20, 30 "
            "or a multiple of 60."
        )
        raise validation_error(message)


def _references(query: Query, metric_ids: frozenset[str]) -> frozenset[str]:
    """Return the ids that an expression needs."""
    if query.tree is None:
        return frozenset()
    named = math_syntax.words(query.tree) - _KEYWORDS
    return named | metric_ids if "METRICS" in math_syntax.functions(query.tree) else named


def _check_references(queries: Sequence[Query]) -> None:
    """Refuse expressions that refer to nothing, or to themselves in a circle."""
    known = {query.id for query in queries}
    for query in queries:
        missing = _references(query, frozenset()) - known
        if missing:
            message = f"Error in expression '{query.id}': {min(missing)} is not an id of this call"
            raise validation_error(message)
    _in_order(queries)


def _in_order(queries: Sequence[Query]) -> list[str]:
    """Return the ids such that every one comes after those it refers to."""
    metric_ids = frozenset(query.id for query in queries if query.key is not None)
    graph = {query.id: _references(query, metric_ids) for query in queries}
    try:
        return list(graphlib.TopologicalSorter(graph).static_order())
    except graphlib.CycleError as error:
        message = f"Error in expression '{error.args[1][0]}': it refers to itself"
        raise validation_error(message) from None


def _metric_series(query: Query, key: SeriesKey, request: Request, store: MetricStore) -> Series:
    """Return the datapoints of one metric query."""
    statistic = aggregate(query.statistic)
    start, end = request.params["StartTime"], request.params["EndTime"]
    span = window(start=start, end=end, period=query.period or 0, now=request.now)
    samples = store.read(key, start=span.start, end=end)
    if query.unit is not None:
        samples = [sample for sample in samples if sample.unit == query.unit]
    points = {}
    for at, group in by_slot(samples, span).items():
        value = None if statistic is None else statistic(group)
        if value is not None:
            points[at] = value
    return Series(points, span)
