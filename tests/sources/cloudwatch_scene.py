"""A CloudWatch source over known services, and short ways to say what CloudWatch answers."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from tests.aws.bench import MINUTE, NOW, ScriptedClient
from tests.aws.tiny_ecs import TinyEcs
from xops_watch.aws.inventory import EcsInventory
from xops_watch.core.reading import Gap, Observation, Reading, SeriesKey
from xops_watch.sources.cloudwatch import CloudWatchSource
from xops_watch.sources.cloudwatch.needs import NEEDS
from xops_watch.sources.cloudwatch.plan import Wanted
from xops_watch.sources.cloudwatch.subjects import Subjects

# At 12:00:30 the newest settled point is that of 11:57, which ended at 11:58.
NEWEST = NOW.replace(hour=11, minute=57, second=0)
END = NEWEST + MINUTE


def cpu_source(
    client: Any,  # noqa: ANN401 - a real client or a scripted one
    inventory: EcsInventory,
    *,
    interval: timedelta,
    settle: timedelta,
    lookback: timedelta,
    seen: Collection[SeriesKey] = (),
) -> CloudWatchSource:
    """Return a source that reads CPU of services and nothing else."""
    cpu = next(need for need in NEEDS if need.signal == "ecs.cpu_utilization")
    return CloudWatchSource(
        client,
        Subjects(client, inventory),
        lambda: [Wanted(need=cpu, every=interval, lookback=lookback, worth=2)],
        interval=interval,
        settle=settle,
        seen=seen,
    )


class Scene:
    """One source and the ECS whose services it reads."""

    def __init__(
        self,
        client: Any,  # noqa: ANN401 - a real client or a scripted one
        *services: str,
        settle: timedelta = 2 * MINUTE,
        lookback: timedelta = 30 * MINUTE,
    ) -> None:
        self.ecs = TinyEcs({"main": services or ("web",)})
        self.inventory = EcsInventory(self.ecs.client, clusters=("main",))
        self.source = cpu_source(
            client, self.inventory, interval=MINUTE, settle=settle, lookback=lookback
        )

    def observe(self, now: datetime = NOW) -> Sequence[Observation]:
        """Sweep and read, as the two sources of one tick do."""
        self.inventory.sweep(now=now)
        return self.source.observe(now=now)


def points(observations: Sequence[Observation], subject: str = "main/web") -> dict[datetime, float]:
    readings = [o for o in observations if isinstance(o, Reading)]
    return {o.taken_at: o.value for o in readings if o.subject == subject}


def gaps(observations: Sequence[Observation]) -> dict[str | None, str]:
    """Return the reasons, by subject."""
    return {gap.subject: str(gap.reason) for gap in observations if isinstance(gap, Gap)}


def minutes(start: datetime, count: int, value: float = 50.0) -> dict[datetime, float]:
    """Return so many points, a minute apart, the first at `start`."""
    return {start + index * MINUTE: value for index in range(count)}


def result(
    points: Mapping[datetime, float], *, query: int = 0, status: str = "Complete"
) -> dict[str, Any]:
    """Return one result of GetMetricData."""
    return {
        "Id": f"m{query}",
        "Label": "CPUUtilization",
        "Timestamps": list(points),
        "Values": list(points.values()),
        "StatusCode": status,
    }


def saying(*pages: Sequence[Mapping[str, Any]]) -> ScriptedClient:
    """Return a client that gives these results, page by page, to every question."""
    return ScriptedClient(get_metric_data=lambda **_: [{"MetricDataResults": p} for p in pages])
