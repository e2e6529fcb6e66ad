"""GetMetricStatistics: one metric a call, in no order, and a million calls a month are free."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pydantic import AwareDatetime, Field

from xops_watch.aws.answers import Answer as ProviderAnswer
from xops_watch.aws.answers import MetricAnswer, parse_answer
from xops_watch.aws.failures import translated
from xops_watch.sources.cloudwatch.answers import Answer, Query, Window

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient

STATISTICS_ACTION = "cloudwatch:GetMetricStatistics"
_BASIC = frozenset({"Average", "Maximum", "Minimum", "SampleCount", "Sum"})


class _Datapoint(ProviderAnswer):
    at: AwareDatetime = Field(alias="Timestamp")
    average: float | None = Field(default=None, alias="Average")
    maximum: float | None = Field(default=None, alias="Maximum")
    minimum: float | None = Field(default=None, alias="Minimum")
    samples: float | None = Field(default=None, alias="SampleCount")
    total: float | None = Field(default=None, alias="Sum")
    extended: dict[str, float] = Field(default={}, alias="ExtendedStatistics")

    def value(self, stat: str) -> float | None:
        """Return what it says in one statistic, None when it does not."""
        basic = {
            "Average": self.average,
            "Maximum": self.maximum,
            "Minimum": self.minimum,
            "SampleCount": self.samples,
            "Sum": self.total,
        }
        return basic[stat] if stat in basic else self.extended.get(stat)


class _Statistics(ProviderAnswer):
    datapoints: list[_Datapoint] = Field(alias="Datapoints")


def calls_for(statistics: Iterable[tuple[str, str]]) -> Mapping[tuple[str, bool], list[str]]:
    """Return the calls that it takes to ask for these statistics, each with its unit.

    The key is the unit, and whether the statistics are percentiles: AWS takes no others with them.
    """
    calls: dict[tuple[str, bool], list[str]] = {}
    for stat, unit in dict.fromkeys(statistics):
        calls.setdefault((unit, stat not in _BASIC), []).append(stat)
    return calls


def ask_statistics(
    client: "CloudWatchClient", queries: Sequence[Query], window: Window, *, period: int
) -> Mapping[Query, Answer]:
    """Return what CloudWatch says of the queries, all of one metric; raises SourceError."""
    asked = {(query.stat, query.unit): query for query in queries}
    answers: dict[Query, Answer] = {}
    for (unit, percentiles), stats in calls_for(asked).items():
        found = _read(client, asked[stats[0], unit], stats, window, period, percentiles=percentiles)
        for stat in stats:
            query = asked[stat, unit]
            answers[query] = _answer(found, query, window)
    return answers


def _read(
    client: "CloudWatchClient",
    query: Query,
    stats: Sequence[str],
    window: Window,
    period: int,
    *,
    percentiles: bool,
) -> Sequence[_Datapoint]:
    metric = query.metric
    params: dict[str, Any] = {"ExtendedStatistics" if percentiles else "Statistics": list(stats)}
    if query.unit:
        params["Unit"] = query.unit
    with translated(STATISTICS_ACTION):
        answer = client.get_metric_statistics(
            Namespace=metric.namespace,
            MetricName=metric.name,
            Dimensions=[{"Name": name, "Value": value} for name, value in metric.dimensions],
            StartTime=window.start,
            EndTime=window.end,
            Period=period,
            **params,
        )
    return parse_answer(_Statistics, answer, action=STATISTICS_ACTION).datapoints


def _answer(points: Sequence[_Datapoint], query: Query, window: Window) -> Answer:
    values = {point.at: point.value(query.stat) for point in points}
    told = {at: value for at, value in values.items() if value is not None}
    answer = Answer(action=STATISTICS_ACTION)
    if len(values) < len(points):
        # A metric in two units has two points an instant, and neither is the whole.
        answer.problem = "two points of one instant"
    elif len(told) < len(values):
        answer.problem = f"a point without its {query.stat}"
    page = MetricAnswer(
        Id="m", StatusCode="Complete", Timestamps=list(told), Values=list(told.values())
    )
    answer.add(page, query, window)
    return answer
