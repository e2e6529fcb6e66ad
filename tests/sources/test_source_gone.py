"""What is no more is said to be gone, after a restart too; what cannot be read never is."""

from collections.abc import Collection, Sequence
from contextlib import closing
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.aws.bench import MINUTE, NOW, ScriptedClient
from tests.aws.tiny_ecs import TinyEcs
from tests.sources.cloudwatch_scene import cpu_source
from xops_watch.aws.inventory import EcsInventory
from xops_watch.core.reading import Gap, Observation, SeriesKey
from xops_watch.errors import GapReason, SourceError
from xops_watch.sources.cloudwatch import CloudWatchSource
from xops_watch.sources.ecs import EcsSource
from xops_watch.store.sqlite import SqliteStore

CPU = "ecs.cpu_utilization"
HOUR = timedelta(hours=1)


def sources(
    tiny: TinyEcs, seen: Collection[SeriesKey], *clusters: str
) -> tuple[EcsSource, CloudWatchSource]:
    """Return both sources, of a process that has just started."""
    inventory = EcsInventory(tiny.client, clusters=clusters or ("main",))
    cloudwatch: Any = ScriptedClient(get_metric_data=lambda **_: [{"MetricDataResults": []}])
    return (
        EcsSource(inventory, interval=MINUTE, crew_services=(), ignored_services=(), seen=seen),
        cpu_source(
            cloudwatch,
            inventory,
            interval=MINUTE,
            settle=2 * MINUTE,
            lookback=HOUR,
            seen=seen,
        ),
    )


def gone(observations: Sequence[Observation]) -> set[str | None]:
    gaps = [seen for seen in observations if isinstance(seen, Gap)]
    return {gap.subject for gap in gaps if gap.reason is GapReason.GONE}


def observe(
    both: tuple[EcsSource, CloudWatchSource], now: datetime = NOW
) -> tuple[set[str | None], set[str | None]]:
    ecs, cloudwatch = both
    return gone(ecs.observe(now=now)), gone(cloudwatch.observe(now=now))


def test_a_service_deleted_while_nobody_looked_is_gone_after_the_restart_once() -> None:
    tiny = TinyEcs({"main": ["web", "old"]})
    with closing(SqliteStore.in_memory()) as store:
        for source in sources(tiny, store.series()):
            store.record(source.observe(now=NOW))
        tiny.clusters["main"] = ["web"]
        restarted = sources(tiny, store.series())
        for source in restarted:
            observed = source.observe(now=NOW + MINUTE)
            assert gone(observed) == {"main/old"}
            store.record(observed)
        assert observe(restarted, NOW + 2 * MINUTE) == (set(), set())
        assert observe(sources(tiny, store.series()), NOW + 3 * MINUTE) == (set(), set())
        assert {subject for _, subject in store.series()} == {"main", "main/web"}


def test_who_comes_back_is_known_again() -> None:
    tiny = TinyEcs({"main": ["web", "old"]})
    with closing(SqliteStore.in_memory()) as store:
        ecs, _ = sources(tiny, store.series())
        for minute, services in enumerate((["web", "old"], ["web"], ["web", "old"])):
            tiny.clusters["main"] = services
            store.record(ecs.observe(now=NOW + minute * MINUTE))
        assert ("ecs.tasks_running", "main/old") in store.series()


SEEN = {("ecs.tasks_running", "blue/web"), (CPU, "blue/web"), ("ecs.tasks_running", "main/web")}


def test_a_cluster_that_fails_right_after_the_restart_is_not_gone() -> None:
    tiny = TinyEcs({"blue": ["web"], "main": ["web"]})
    tiny.broken = {"blue"}
    both = sources(tiny, SEEN, "blue", "main")
    assert observe(both) == (set(), set())
    tiny.broken, tiny.clusters["blue"] = set(), []
    assert observe(both, NOW + MINUTE) == ({"blue/web"}, {"blue/web"})


def test_when_nothing_can_be_listed_nothing_is_gone() -> None:
    tiny = TinyEcs({"main": ["web"]})
    tiny.broken = {"main"}
    for source in sources(tiny, SEEN):
        with pytest.raises(SourceError, match="Throttling"):
            source.observe(now=NOW)


@pytest.mark.parametrize(("why", "found"), [("MISSING", {"main/web"}), ("ACCESS_DENIED", set())])
def test_a_service_that_cannot_be_described_is_gone_only_when_it_is_missing(
    why: str, found: set[str]
) -> None:
    tiny = TinyEcs({"main": ["web"], "other": []})
    tiny.gone, tiny.why = {"web"}, why
    ecs, _ = sources(tiny, {("ecs.tasks_running", "main/web")}, "main", "other")
    assert gone(ecs.observe(now=NOW)) == found


def test_a_cluster_that_is_not_watched_any_more_is_gone() -> None:
    assert observe(sources(TinyEcs({"main": ["web"]}), SEEN)) == ({"blue/web"}, {"blue/web"})


@pytest.mark.parametrize("reason", [GapReason.THROTTLED, GapReason.DENIED])
def test_what_ails_the_whole_signal_later_says_nothing_of_what_is_gone(reason: GapReason) -> None:
    def gap(why: GapReason, minute: int, subject: str | None) -> Gap:
        at = NOW + minute * MINUTE
        return Gap(signal=CPU, subject=subject, reason=why, detail=str(why), noticed_at=at)

    left = gap(GapReason.GONE, 0, "main/old")
    with closing(SqliteStore.in_memory()) as store:
        store.record([left, gap(reason, 1, None), gap(GapReason.STALE, 0, "main/web")])
        known = store.history({CPU: HOUR}, now=NOW + MINUTE)
    assert known.of(CPU, "main/old").gap == left
    assert known.of(CPU, "main/web").gap == gap(reason, 1, None)
