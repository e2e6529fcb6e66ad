"""Sources that ask ECS: services, tasks, and how they are configured."""

from collections.abc import Sequence
from datetime import timedelta
from functools import partial

from xops_watch.aws.scaling import Autoscaling
from xops_watch.aws.task_definitions import TaskDefinitions
from xops_watch.aws.tasks import TaskBook
from xops_watch.bootstrap.wiring import Needs, Wiring
from xops_watch.ports import Source
from xops_watch.sources.ecs import EcsSource
from xops_watch.sources.ecs_config import EcsConfigSource, Reads
from xops_watch.sources.ecs_tasks import EcsTaskSource

_SOURCES = (EcsSource, EcsConfigSource, EcsTaskSource)


def _build(needs: Needs) -> Sequence[Source]:
    inventory, ecs = needs.inventory, needs.settings.ecs
    if inventory is None:
        return ()
    client = needs.clients.make("ecs")
    reads = Reads(
        scaling=Autoscaling(
            needs.clients.make("application-autoscaling"),
            max_age=timedelta(seconds=ecs.scaling_interval_seconds),
        ),
        definitions=TaskDefinitions(client),
    )
    interval = timedelta(seconds=ecs.interval_seconds)
    return (
        EcsSource(
            inventory,
            interval=interval,
            crew_services=ecs.crew_services,
            ignored_services=ecs.ignored_services,
            l5_services=ecs.l5_services,
            l6_services=ecs.l6_services,
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
            seen=needs.seen,
        ),
    )


WIRING = Wiring(
    name="ecs",
    signals=tuple(signal for source in _SOURCES for signal in source.signals),
    iam_actions=tuple(action for source in _SOURCES for action in source.iam_actions),
    enabled=lambda settings: bool(settings.ecs.clusters),
    build=_build,
)
