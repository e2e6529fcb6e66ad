"""Reads the configuration of services through what the inventory, ECS and autoscaling say."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from xops_watch.aws.inventory import EcsInventory, Service
from xops_watch.aws.scaling import Autoscaling, Scaling
from xops_watch.aws.scaling_activities import ACTIVITIES_ACTION, Activities, Activity
from xops_watch.aws.standing import Standing, gap, matches
from xops_watch.aws.task_definitions import TaskDefinition, TaskDefinitions
from xops_watch.core.reading import Observation, SeriesKey
from xops_watch.errors import GapReason, SourceError
from xops_watch.sources.ecs_config.definition import (
    ARCHITECTURE,
    L6,
    WORKERS,
    definition_of,
    no_definition,
)
from xops_watch.sources.ecs_config.launch import (
    LAUNCH,
    PLATFORM,
    SPOT_SHARE,
    launch_of,
    spot_share_of,
)
from xops_watch.sources.ecs_config.scaling import (
    HEADROOM,
    OF_ACTIVITIES,
    SUSPENDED,
    activities_of,
    scaling_of,
)

_OF_LAYERS = ("tasks_min", "tasks_max", "cpu_target", "task_cpu", "task_memory")
_L5 = "l5"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reads:
    """What else is read of services beside their description."""

    scaling: Autoscaling
    activities: Activities
    definitions: TaskDefinitions


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """What one poll found out."""

    at: datetime
    scaling: Mapping[str, Scaling | SourceError | None]
    activities: Mapping[str, Sequence[Activity]] | SourceError
    definitions: Mapping[str, TaskDefinition | SourceError]


class EcsConfigSource:
    """Reads the configuration of every service, and more of those of the layers L5 and L6.

    Services are told by glob patterns. `seen` is what was observed before the process started.
    """

    name = "ecs_config"
    iam_actions = (
        ACTIVITIES_ACTION,
        "application-autoscaling:DescribeScalableTargets",
        "application-autoscaling:DescribeScalingPolicies",
        "ecs:DescribeTaskDefinition",
    )
    signals = (
        LAUNCH,
        PLATFORM,
        ARCHITECTURE,
        HEADROOM,
        SUSPENDED,
        *OF_ACTIVITIES,
        SPOT_SHARE,
        *(f"{layer}.{what}" for layer in ("l5", "l6") for what in _OF_LAYERS),
        WORKERS,
    )

    def __init__(  # noqa: PLR0913 - what the settings say, all by keyword
        self,
        inventory: EcsInventory,
        reads: Reads,
        *,
        interval: timedelta,
        crew_services: Sequence[str],
        l5_services: Sequence[str],
        l6_services: Sequence[str],
        seen: Collection[SeriesKey] = (),
    ) -> None:
        self.interval = interval
        self._inventory = inventory
        self._reads = reads
        self._crew_services = tuple(crew_services)
        self._layers = {_L5: tuple(l5_services), L6: tuple(l6_services)}
        self._standing = Standing(
            seen, signals=self.signals, of_services=(LAUNCH, PLATFORM, ARCHITECTURE)
        )

    def observe(self, *, now: datetime) -> Sequence[Observation]:
        """Return the configuration of every active service, and gaps for what it does not have."""
        sweep = self._inventory.sweep(now=now)
        services = {
            cluster.name: [service for service in cluster.services if service.active]
            for cluster in sweep.clusters
        }
        every = [service for of_cluster in services.values() for service in of_cluster]
        known = _Known(
            at=sweep.at,
            scaling=self._reads.scaling.read(
                [service.subject for service in every],
                aimed={service.subject for service in every if self._layers_of(service)},
                now=sweep.at,
            ),
            activities=self._reads.activities.read(now=sweep.at),
            definitions=self._reads.definitions.read(
                {s.task_definition for s in every if s.task_definition}
            ),
        )
        observed = {
            name: [o for service in of_cluster for o in self._of_service(service, known)]
            for name, of_cluster in services.items()
        }
        told = self._standing.complete(sweep, observed)
        if not sweep.failures and not any(cluster.incomplete for cluster in sweep.clusters):
            told.extend(self._layers_without_service(every, sweep.at))
        return told

    def _layers_without_service(
        self, services: Sequence[Service], at: datetime
    ) -> Iterator[Observation]:
        """Yield why nothing is known of a layer: silence would look as if all were well."""
        for layer, patterns in self._layers.items():
            if not any(matches(service.name, patterns) for service in services):
                why = f"no service is named like {layer.upper()}: name it in ecs.{layer}_services"
                for what in _OF_LAYERS:
                    yield gap(f"{layer}.{what}", None, GapReason.NOT_ENABLED, why, at=at)
                if layer == L6:
                    yield gap(WORKERS, None, GapReason.NOT_ENABLED, why, at=at)

    def _of_service(self, service: Service, known: _Known) -> Iterator[Observation]:
        yield from launch_of(service, known.at)
        if matches(service.name, self._crew_services):
            yield spot_share_of(service, known.at)
        layers = self._layers_of(service)
        scaling = known.scaling.get(service.subject)
        yield from scaling_of(service, layers, scaling, known.at)
        yield from activities_of(service, scaling, known.activities, known.at)
        definition = known.definitions.get(service.task_definition or "", no_definition(service))
        yield from definition_of(service, layers, definition, known.at)

    def _layers_of(self, service: Service) -> list[str]:
        return [name for name, patterns in self._layers.items() if matches(service.name, patterns)]
