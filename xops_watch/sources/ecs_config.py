"""ECS: how services are configured: where they run, how large a task is, how they are scaled."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from xops_watch.aws.inventory import EcsInventory, Service
from xops_watch.aws.launch import FARGATE
from xops_watch.aws.scaling import Autoscaling, Scaling
from xops_watch.aws.standing import Standing, absent, failed, gap, matches, reading
from xops_watch.aws.task_definitions import TaskDefinition, TaskDefinitions
from xops_watch.core.catalogue import SIGNAL_BY_NAME
from xops_watch.core.reading import Observation, SeriesKey
from xops_watch.errors import GapReason, SourceError

_LAUNCH = "ecs.launch_type"
_PLATFORM = "ecs.platform_version"
_ARCHITECTURE = "ecs.cpu_architecture"
_HEADROOM = "ecs.scaling_headroom"
_SUSPENDED = "ecs.scaling_suspended"
_SPOT_SHARE = "crew.spot_share"
_WORKERS = "l6.workers"
_OF_LAYERS = ("tasks_min", "tasks_max", "cpu_target", "task_cpu", "task_memory")
_L5, _L6 = "l5", "l6"

_VERSION = re.compile(r"(\d{1,3})\.(\d{1,3})\.(\d{1,3})")
_WORKERS_VARIABLE = "UVICORN_WORKERS"
_WORKERS_VALUE = re.compile(r"[1-9]\d{0,3}")
_MIB = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Reads:
    """What else is read of services beside their description."""

    scaling: Autoscaling
    definitions: TaskDefinitions


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """What one poll found out."""

    at: datetime
    scaling: Mapping[str, Scaling | SourceError | None]
    definitions: Mapping[str, TaskDefinition | SourceError]


class EcsConfigSource:
    """Reads the configuration of every service, and more of those of the layers L5 and L6.

    Services are told by glob patterns. `seen` is what was observed before the process started.
    """

    name = "ecs_config"
    iam_actions = (
        "application-autoscaling:DescribeScalableTargets",
        "application-autoscaling:DescribeScalingPolicies",
        "ecs:DescribeTaskDefinition",
    )
    signals = (
        _LAUNCH,
        _PLATFORM,
        _ARCHITECTURE,
        _HEADROOM,
        _SUSPENDED,
        _SPOT_SHARE,
        *(f"{layer}.{what}" for layer in ("l5", "l6") for what in _OF_LAYERS),
        _WORKERS,
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
        self._layers = {_L5: tuple(l5_services), _L6: tuple(l6_services)}
        self._standing = Standing(seen, signals=self.signals)

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
            definitions=self._reads.definitions.read(
                {s.task_definition for s in every if s.task_definition}
            ),
        )
        observed = {
            name: [o for service in of_cluster for o in self._of_service(service, known)]
            for name, of_cluster in services.items()
        }
        told = self._standing.complete(sweep, observed)
        if not sweep.failures:
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
                if layer == _L6:
                    yield gap(_WORKERS, None, GapReason.NOT_ENABLED, why, at=at)

    def _of_service(self, service: Service, known: _Known) -> Iterator[Observation]:
        yield from _launch(service, known.at)
        if matches(service.name, self._crew_services):
            yield _spot_share(service, known.at)
        layers = self._layers_of(service)
        yield from _scaling(service, layers, known.scaling.get(service.subject), known.at)
        definition = known.definitions.get(service.task_definition or "", _no_definition(service))
        yield from _definition(service, layers, definition, known.at)

    def _layers_of(self, service: Service) -> list[str]:
        return [name for name, patterns in self._layers.items() if matches(service.name, patterns)]


def _scaling(
    service: Service, layers: Sequence[str], scaling: Scaling | SourceError | None, at: datetime
) -> Iterator[Observation]:
    subject = service.subject
    if not isinstance(scaling, Scaling):
        limits = ("tasks_min", "tasks_max", "cpu_target")
        of_layers = (f"{layer}.{what}" for layer in layers for what in limits)
        for signal in (_HEADROOM, _SUSPENDED, *of_layers):
            if scaling is None:
                why = "it is no scalable target: Application Auto Scaling does not scale it"
                yield absent(signal, subject, why, at=at)
            else:
                yield failed(signal, subject, scaling, at=at)
        return
    yield reading(_HEADROOM, subject, max(0, scaling.most - service.running), at=at)
    yield reading(_SUSPENDED, subject, scaling.suspended, at=at)
    for layer in layers:
        yield reading(f"{layer}.tasks_min", subject, scaling.least, at=at)
        yield reading(f"{layer}.tasks_max", subject, scaling.most, at=at)
        yield _aim(f"{layer}.cpu_target", subject, scaling.cpu_target, at)


def _aim(signal: str, subject: str, aim: float | SourceError | None, at: datetime) -> Observation:
    match aim:
        case None:
            return absent(signal, subject, "no target tracking policy of it aims at CPU", at=at)
        case SourceError():
            return failed(signal, subject, aim, at=at)
        case _:
            return reading(signal, subject, aim, at=at)


def _launch(service: Service, at: datetime) -> Iterator[Observation]:
    launch, subject = service.launch, service.subject
    states = SIGNAL_BY_NAME[_LAUNCH].states
    if launch.kind in states:
        yield reading(_LAUNCH, subject, states.index(launch.kind), at=at)
    else:
        why = f"ecs:DescribeServices: the launch type {launch.kind!r:.50} is unknown"
        yield gap(_LAUNCH, subject, GapReason.INVALID, why, at=at)
    if launch.kind != FARGATE:
        why = "it does not run on Fargate: only that has platform versions"
        yield absent(_PLATFORM, subject, why, at=at)
        return
    version = _VERSION.fullmatch(launch.platform or "")
    if version is None:
        why = f"ecs:DescribeServices: {launch.platform!r:.50} is no platform version"
        yield gap(_PLATFORM, subject, GapReason.INVALID, why, at=at)
        return
    major, minor, patch = map(int, version.groups())
    yield reading(_PLATFORM, subject, major * 1_000_000 + minor * 1_000 + patch, at=at)


def _spot_share(service: Service, at: datetime) -> Observation:
    share = service.launch.spot_share
    if share is None:
        why = "no weights of Fargate and Fargate Spot place its tasks"
        return absent(_SPOT_SHARE, service.subject, why, at=at)
    return reading(_SPOT_SHARE, service.subject, share, at=at)


def _no_definition(service: Service) -> SourceError:
    return SourceError(
        f"ecs:DescribeServices names no task definition of {service.subject:.200}",
        reason=GapReason.NOT_APPLICABLE,
        hint="its task sets have definitions of their own",
    )


def _definition(
    service: Service,
    layers: Sequence[str],
    definition: TaskDefinition | SourceError,
    at: datetime,
) -> Iterator[Observation]:
    subject = service.subject
    if isinstance(definition, SourceError):
        sizes = [f"{layer}.{what}" for layer in layers for what in ("task_cpu", "task_memory")]
        workers = [_WORKERS] if _L6 in layers else []
        for signal in (_ARCHITECTURE, *sizes, *workers):
            yield failed(signal, subject, definition, at=at)
        return
    yield _architecture(service, definition, at)
    for layer in layers:
        given = {
            f"{layer}.task_cpu": definition.cpu_units,
            f"{layer}.task_memory": definition.memory_mib and definition.memory_mib * _MIB,
        }
        for signal, value in given.items():
            if value is None:
                why = "its task definition gives the task no size of its own"
                yield absent(signal, subject, why, at=at)
            else:
                yield reading(signal, subject, value, at=at)
    if _L6 in layers:
        yield _workers(subject, definition, at)


def _architecture(service: Service, definition: TaskDefinition, at: datetime) -> Observation:
    word = definition.architecture
    if word is None and service.launch.kind != FARGATE:
        why = "its task definition leaves the architecture to the machine"
        return absent(_ARCHITECTURE, service.subject, why, at=at)
    states = SIGNAL_BY_NAME[_ARCHITECTURE].states
    state = "x86_64" if word is None else word.lower()  # what Fargate takes if nothing is said
    if state in states:
        return reading(_ARCHITECTURE, service.subject, states.index(state), at=at)
    why = f"ecs:DescribeTaskDefinition: the architecture {word!r:.50} is unknown"
    return gap(_ARCHITECTURE, service.subject, GapReason.INVALID, why, at=at)


def _workers(subject: str, definition: TaskDefinition, at: datetime) -> Observation:
    values = definition.environment.get(_WORKERS_VARIABLE, ())
    if not values and _WORKERS_VARIABLE in definition.hidden:
        why = f"{_WORKERS_VARIABLE} may come from a secret or a file, which is not read"
        return gap(_WORKERS, subject, GapReason.NOT_ENABLED, why, at=at)
    if not all(_WORKERS_VALUE.fullmatch(value) for value in values):
        why = f"ecs:DescribeTaskDefinition: {_WORKERS_VARIABLE} is no number from 1 to 9999"
        return gap(_WORKERS, subject, GapReason.INVALID, why, at=at)
    # Open WebUI starts one when the variable is not set.
    return reading(_WORKERS, subject, max(map(int, values), default=1), at=at)
