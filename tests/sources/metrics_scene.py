"""A CloudWatch source of some signals over an embedded AWS, and short ways to publish metrics."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from tests.aws.bench import MINUTE, REGION
from xops_watch.core.reading import Gap, Observation, Reading, SeriesKey
from xops_watch.embedded_aws.control import EmbeddedAws
from xops_watch.sources.cloudwatch import Allowance, Bill, CloudWatchSource
from xops_watch.sources.cloudwatch.needs import NEEDS
from xops_watch.sources.cloudwatch.plan import Wanted
from xops_watch.sources.cloudwatch.spending import Spending
from xops_watch.sources.cloudwatch.subjects import Subjects

HOUR = 60 * MINUTE
BALANCER = {"LoadBalancer": "app/web/50dc6c495c0c9188"}
DISTRIBUTION = {"DistributionId": "E1ABC", "Region": "Global"}


def source_of(
    client: Any,  # noqa: ANN401 - a real client or a scripted one
    *signals: str,
    every: timedelta = MINUTE,
    lookback: timedelta = 30 * MINUTE,
    only: Mapping[str, Sequence[str]] | None = None,
    spending: Spending | None = None,
    seen: Collection[SeriesKey] = (),
) -> CloudWatchSource:
    wanted = [
        Wanted(need=need, every=every, lookback=lookback, worth=2)
        for need in NEEDS
        if need.signal in signals
    ]
    return CloudWatchSource(
        client,
        Subjects(client, only=only),
        lambda: wanted,
        interval=MINUTE,
        settle=2 * MINUTE,
        spending=spending,
        seen=seen,
    )


def spending(
    free_calls: int = 800_000,
    *,
    always: bool = False,
    bills: list[Bill] | None = None,
    budget: float | None = None,
) -> Spending:
    return Spending(
        interval=MINUTE,
        settle=2 * MINUTE,
        budget=budget,
        allowance=Allowance(free_calls=free_calls, always=always),
        tell=(bills if bills is not None else []).append,
    )


def put(
    aws: EmbeddedAws,
    metric: str,
    dimensions: Mapping[str, str],
    points: Mapping[datetime, float],
    *,
    unit: str = "None",
    region: str = REGION,
) -> None:
    """Publish points of a metric written as `AWS/S3 BucketSizeBytes`."""
    namespace, _, name = metric.partition(" ")
    aws.put_points(
        {
            "namespace": namespace,
            "metric": name,
            "dimensions": dimensions,
            "unit": unit,
            "region": region,
            "points": list(points.items()),
        }
    )


def told(
    observations: Sequence[Observation],
) -> dict[tuple[str, str | None], dict[datetime, float] | str]:
    """Return of each series its points, or the reason of its gap."""
    found: dict[tuple[str, str | None], dict[datetime, float] | str] = {}
    for made in observations:
        if isinstance(made, Gap):
            found[made.signal, made.subject] = str(made.reason)
    for made in observations:
        if isinstance(made, Reading):
            points = found.get((made.signal, made.subject), {})
            points = {} if isinstance(points, str) else points
            found[made.signal, made.subject] = {**points, made.taken_at: made.value}
    return found


def details(observations: Sequence[Observation]) -> dict[str, str]:
    """Return the words of the gaps, by signal."""
    return {made.signal: made.detail for made in observations if isinstance(made, Gap)}
