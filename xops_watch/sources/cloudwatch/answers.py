"""What CloudWatch says of one query, put together from pages."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from xops_watch.aws.answers import MetricAnswer, MetricPage, read_pages
from xops_watch.aws.failures import invalid_answer
from xops_watch.errors import GapReason
from xops_watch.sources.cloudwatch.subjects import Dimensions

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_cloudwatch.type_defs import MetricDataQueryTypeDef

PAGES_MAX = 100  # 10 million points: past that a token repeats for ever
READ_ACTION = "cloudwatch:GetMetricData"


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One metric, which is what AWS bills, in however many statistics."""

    namespace: str
    name: str
    dimensions: Dimensions


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """One metric in one statistic; `noun` is what a value of it has to be."""

    metric: Metric
    stat: str
    unit: str
    noun: str = field(compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Which points are asked for: from `start` (included) to `end` (not), on whole periods."""

    start: datetime
    end: datetime


@dataclass(slots=True)
class Answer:
    """What the pages said of one query; values in the metric's own unit."""

    points: dict[datetime, float] = field(default_factory=dict)
    status: str = ""
    problem: str = ""
    refused: tuple[GapReason, str] | None = None
    action: str = READ_ACTION

    def add(self, result: MetricAnswer, query: Query, window: Window) -> None:
        """Add one page; a problem of one metric is not one of the others."""
        if len(result.timestamps) != len(result.values):
            counts = f"{len(result.timestamps)} timestamps for {len(result.values)} values"
            self.problem = self.problem or counts
            return
        for taken_at, value in zip(result.timestamps, result.values, strict=True):
            if not 0 <= value < float("inf"):
                self.problem = self.problem or f"{value!r} is not {query.noun}"
            elif window.start <= taken_at < window.end:
                self.points[taken_at.astimezone(UTC)] = value
        if self.status in ("", "Complete", "PartialData"):
            self.status = result.status

    def failure(self, namespace: str) -> tuple[GapReason, str] | None:
        """Points of an unfinished answer are not used: what is missing would look like silence."""
        if self.refused is not None:
            return self.refused
        if self.problem:
            return GapReason.INVALID, f"{self.action}: {self.problem}"
        return None if self.status == "Complete" else self._unfinished(namespace)

    def _unfinished(self, namespace: str) -> tuple[GapReason, str]:
        match self.status:
            case "Forbidden":
                return GapReason.DENIED, f"missing IAM permission {READ_ACTION} for {namespace}"
            case "PartialData" | "InternalError":
                return (
                    GapReason.UNREACHABLE,
                    f"{READ_ACTION} answered {self.status}; read again later",
                )
            case "":
                return GapReason.INVALID, f"{READ_ACTION} did not answer for this metric"
            case unknown:
                return GapReason.INVALID, f"{READ_ACTION} answered {unknown!r:.50}"


def ask(
    client: "CloudWatchClient", queries: Sequence[Query], window: Window, *, period: int
) -> Mapping[Query, Answer]:
    """Return what CloudWatch says of each query it spoke of; raises SourceError."""
    asked = {f"m{index}": query for index, query in enumerate(queries)}
    answers: dict[Query, Answer] = {}
    strangers: list[str] = []
    for result in _results(client, asked, window, period):
        query = asked.get(result.id)
        if query is None:
            strangers.append(result.id)
        else:
            answers.setdefault(query, Answer()).add(result, query, window)
    if strangers and len(answers) < len(queries):
        # Beside a whole answer they are noise; instead of a part of it they are somebody else's.
        raise invalid_answer(READ_ACTION, f"nobody asked for Id {strangers[0]!r}")
    return answers


def _results(
    client: "CloudWatchClient", asked: Mapping[str, Query], window: Window, period: int
) -> Iterator[MetricAnswer]:
    pages = client.get_paginator("get_metric_data").paginate(
        MetricDataQueries=[_query(name, query, period) for name, query in asked.items()],
        StartTime=window.start,
        EndTime=window.end,
    )
    for page in read_pages(pages, MetricPage, action=READ_ACTION, pages_max=PAGES_MAX):
        yield from page.results


def _query(query_id: str, query: Query, period: int) -> "MetricDataQueryTypeDef":
    metric = query.metric
    asked: MetricDataQueryTypeDef = {
        "Id": query_id,
        "MetricStat": {
            "Metric": {
                "Namespace": metric.namespace,
                "MetricName": metric.name,
                "Dimensions": [{"Name": name, "Value": value} for name, value in metric.dimensions],
            },
            "Period": period,
            "Stat": query.stat,
        },
    }
    if query.unit:
        asked["MetricStat"]["Unit"] = query.unit  # type: ignore[arg-type]  # wants a literal
    return asked


def of_metrics(queries: Iterable[Query]) -> list[list[Query]]:
    """Return the queries, those of one metric together."""
    by_metric: dict[Metric, list[Query]] = {}
    for query in dict.fromkeys(queries):
        by_metric.setdefault(query.metric, []).append(query)
    return list(by_metric.values())


def batches(queries: Iterable[Query], *, size: int) -> Iterator[list[Query]]:
    """Yield the queries in calls of at most `size`, the statistics of one metric in one call."""
    batch: list[Query] = []
    for together in of_metrics(queries):
        if len(batch) + len(together) > size:
            yield batch
            batch = []
        batch.extend(together)
    if batch:
        yield batch
