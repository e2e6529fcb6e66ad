"""Sources that ask ECS: services, tasks, and how they are configured."""

from collections.abc import Sequence
from datetime import timedelta
from functools import partial

from xops_watch.aws.crew_counter import CREW_COUNTER_ACTIONS, CloudWatchCrews
from xops_watch.aws.scaling import Autoscaling
from xops_watch.aws.scaling_activities import Activities
from xops_watch.aws.task_definitions import TaskDefinitions
from xops_watch.aws.tasks import TaskBook
from xops_watch.bootstrap.wiring import Needs, Wiring
from xops_watch.ports import Source
from xops_watch.sources.ecs import CrewGauge, EcsSource
from xops_watch.sources.ecs_config import EcsConfigSource, Reads
from xops_watch.sources.ecs_tasks import CrewCounter, Crews, EcsTaskSource
from xops_watch.web.crew_counter import PrometheusCrews, PrometheusQueue

_SOURCES = (EcsSource, EcsConfigSource, EcsTaskSource)


def _build(needs: Needs) -> Sequence[Source]:
    inventory, ecs = needs.inventory, needs.settings.ecs
    if inventory is None:
        return ()
    client = needs.clients.make("ecs")
    scaling = needs.clients.make("application-autoscaling")
    max_age = timedelta(seconds=ecs.scaling_interval_seconds)
    reads = Reads(
        scaling=Autoscaling(scaling, max_age=max_age),
        activities=Activities(scaling, max_age=max_age),
        definitions=TaskDefinitions(client),
    )
    interval = timedelta(seconds=ecs.interval_seconds)
    counters, gauges = _crews(needs)
    return (
        EcsSource(
            inventory,
            interval=interval,
            crew_services=ecs.crew_services,
            ignored_services=ecs.ignored_services,
            l5_services=ecs.l5_services,
            l6_services=ecs.l6_services,
            gauges=gauges,
            seen=needs.seen,
        ),
        EcsConfigSource(
            inventory,
            reads,
            interval=interval,
            crew_services=ecs.crew_services,
            l5_services=ecs.l5_services,
            l6_services=ecs.l6_services,
            seen=needs.seen,
        ),
        EcsTaskSource(
            inventory,
            partial(TaskBook, client),
            interval=interval,
            crew_services=ecs.crew_services,
            crews=Crews(counters),
            memory=needs.memory,
            seen=needs.seen,
        ),
    )


def _crews(needs: Needs) -> tuple[Sequence[CrewCounter], Sequence[CrewGauge]]:
    """Return where applications tell of crews started and waiting, the most believed first."""
    counters: list[CrewCounter] = []
    gauges: list[CrewGauge] = []
    if needs.settings.ecs.crew_counter:
        cloudwatch = CloudWatchCrews(needs.clients.make("cloudwatch"))
        counters.append(cloudwatch)
        gauges.append(cloudwatch)
    if needs.prometheus is not None:
        prometheus = needs.settings.prometheus
        counters.append(PrometheusCrews(needs.prometheus, prometheus.crews_query))
        gauges.append(PrometheusQueue(needs.prometheus, prometheus.crews_queued_query))
    return counters, gauges


WIRING = Wiring(
    name="ecs",
    setting="XOPS_WATCH_ECS__CLUSTERS",
    signals=tuple(signal for source in _SOURCES for signal in source.signals),
    iam_actions=(
        *(action for source in _SOURCES for action in source.iam_actions),
        *CREW_COUNTER_ACTIONS,
    ),
    enabled=lambda settings: bool(settings.ecs.clusters),
    build=_build,
)
