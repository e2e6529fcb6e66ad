"""GetMetricData: many metrics and expressions in one call, in pages of datapoints."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from xops_watch.embedded_aws import paging
from xops_watch.embedded_aws.errors import AwsError, validation_error
from xops_watch.embedded_aws.metric_queries import Query, compute, read_queries
from xops_watch.embedded_aws.metrics import MetricStore
from xops_watch.embedded_aws.requests import Request

DATAPOINTS_MAX = 100_800

_NOT_PART_OF_REQUEST = frozenset({"NextToken", "MaxDatapoints"})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Result:
    """The answer to one query, in the order that was asked for."""

    query: Query
    points: Sequence[tuple[datetime, float]]
    ascending: bool
    forbidden: bool

    def after(self, at: datetime | None) -> Sequence[tuple[datetime, float]]:
        """Return the points that come after the one at `at` (None: all) in their own order."""
        if at is None:
            return self.points
        return [item for item in self.points if (item[0] > at if self.ascending else item[0] < at)]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cursor:
    """Where a page begins: at result `index`, after the datapoint at `after` (None: its first).

    It names an instant and not a count, so that points that arrive between two pages neither
    repeat nor hide others. `whole` pages are not cut again by the partial_data fault.
    """

    index: int = 0
    after: datetime | None = None
    whole: bool = False


def get_metric_data(request: Request, store: MetricStore) -> dict[str, Any]:
    """Answer a GetMetricData call; raises AwsError for what AWS refuses."""
    params = request.params
    _check_range(params)
    size = params.get("MaxDatapoints", DATAPOINTS_MAX)
    if not 1 <= size <= DATAPOINTS_MAX:
        raise validation_error(f"MaxDatapoints must be from 1 to {DATAPOINTS_MAX}.")
    fingerprint = paging.digest(params, ignoring=_NOT_PART_OF_REQUEST)
    cursor = _cursor(params.get("NextToken"), fingerprint)
    if "empty_pages" in request.faults:
        token = paging.empty_page_token(params.get("NextToken"))
        return {"MetricDataResults": [], "NextToken": token, "Messages": []}
    queries = read_queries(request)
    results = _results(queries, request, store)
    if "partial_data" in request.faults and not cursor.whole:
        size = min(size, _left(results, cursor) // 2)
        page, following = _page(results, cursor, size)
        following = None if following is None else _whole(following)
    else:
        page, following = _page(results, cursor, size)
    answer: dict[str, Any] = {"MetricDataResults": page, "Messages": []}
    if following is not None:
        answer["NextToken"] = _token(following, fingerprint)
    return answer


def _check_range(params: Mapping[str, Any]) -> None:
    """Refuse a range without length, and options that would change what is shown."""
    if params["StartTime"] >= params["EndTime"]:
        raise validation_error("The parameter StartTime must be less than the parameter EndTime.")
    if params.get("LabelOptions", {}).get("Timezone", "+0000") != "+0000":
        raise validation_error("LabelOptions.Timezone: the embedded AWS knows only +0000")


def _results(queries: Sequence[Query], request: Request, store: MetricStore) -> list[_Result]:
    """Return the answers to the queries that want one, points newest first unless asked else."""
    series = compute(queries, request, store)
    ascending = request.params.get("ScanBy") == "TimestampAscending"
    return [
        _Result(
            query=query,
            points=sorted(series[query.id].points.items(), reverse=not ascending),
            ascending=ascending,
            forbidden=_is_forbidden(query, request),
        )
        for query in queries
        if query.returned
    ]


def _is_forbidden(query: Query, request: Request) -> bool:
    """Tell whether the forbidden_query fault is for this query."""
    if "forbidden_query" not in request.faults or query.key is None:
        return False
    return request.faults["forbidden_query"] in {None, query.key.metric}


def _page(
    results: Sequence[_Result], cursor: _Cursor, size: int
) -> tuple[list[dict[str, Any]], _Cursor | None]:
    """Return at most `size` datapoints from `cursor` on, and where the next page begins."""
    page: list[dict[str, Any]] = []
    for index, result in enumerate(results[cursor.index :], cursor.index):
        started = cursor.after if index == cursor.index else None
        left = result.after(started)
        if result.forbidden:
            page.append(_forbidden(result))
            continue
        taken = left[:size]
        size -= len(taken)
        if len(taken) == len(left):
            page.append(_shown(result, taken, "Complete"))
            continue
        if taken or not page:
            page.append(_shown(result, taken, "PartialData"))
        return page, _Cursor(index=index, after=taken[-1][0] if taken else started)
    return page, None


def _left(results: Sequence[_Result], cursor: _Cursor) -> int:
    """Return how many datapoints are not answered yet."""
    rest = results[cursor.index :]
    return sum(
        len(result.after(cursor.after if index == 0 else None)) for index, result in enumerate(rest)
    )


def _shown(
    result: _Result, points: Sequence[tuple[datetime, float]], status: str
) -> dict[str, Any]:
    """Return a MetricDataResult."""
    return {
        "Id": result.query.id,
        "Label": result.query.label,
        "Timestamps": [at for at, _ in points],
        "Values": [value for _, value in points],
        "StatusCode": status,
    }


def _forbidden(result: _Result) -> dict[str, Any]:
    """Return a MetricDataResult that says that the caller may not see the metric."""
    message = {"Code": "Forbidden", "Value": "The caller is not allowed to read this metric."}
    return {**_shown(result, [], "Forbidden"), "Messages": [message]}


def _whole(cursor: _Cursor) -> _Cursor:
    return _Cursor(index=cursor.index, after=cursor.after, whole=True)


def _token(cursor: _Cursor, fingerprint: str) -> str:
    """Return `cursor` as a token that only the same request can use."""
    return paging.encode(
        {
            "request": fingerprint,
            "index": cursor.index,
            "after": None if cursor.after is None else cursor.after.timestamp(),
            "whole": cursor.whole,
        }
    )


def _cursor(token: str | None, fingerprint: str) -> _Cursor:
    """Return where the page of `token` begins; raises AwsError(InvalidNextToken)."""
    token = paging.without_empty_page(token)
    if token is None:
        return _Cursor()
    content = paging.decode(token, fingerprint)
    if content is None:
        raise AwsError("InvalidNextToken", "The NextToken is not of this request.")
    after = content["after"]
    return _Cursor(
        index=content["index"],
        after=None if after is None else datetime.fromtimestamp(after, UTC),
        whole=content["whole"],
    )
