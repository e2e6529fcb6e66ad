"""ECS: how many tasks each service wants, runs and waits for, and how many services there are."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from xops_watch.aws.inventory import (
    INVENTORY_ACTIONS,
    Cluster,
    EcsInventory,
    Service,
    StandaloneTasks,
)
from xops_watch.aws.standing import Standing, absent, failed, matches, reading
from xops_watch.core.catalogue import SIGNAL_BY_NAME
from xops_watch.core.reading import Observation, SeriesKey
from xops_watch.errors import SourceError

# After this long a deployment explains no waiting task any more (image pull, ENI, health check).
ROLLING_MAX = timedelta(minutes=15)
_HOUR = timedelta(hours=1)

_OF_SERVICES = (
    "ecs.tasks_desired",
    "ecs.tasks_running",
    "ecs.tasks_pending",
    "ecs.deployments_in_progress",
    "ecs.placement_failures_1h",
)
_L5_RUNNING = "l5.tasks_running"
_L6_RUNNING = "l6.tasks_running"
_SERVICES = "ecs.services_active"
_STANDALONE_RUNNING = "ecs.standalone_tasks_running"
_STANDALONE_PENDING = "ecs.standalone_tasks_pending"
_QUEUE = "crew.queue_depth"
_BASIS = "crew.queue_basis"
_PROXY = "task_proxy"
_CONNECTED = "ecs.service_connect_share"
_NAMESPACES = "ecs.service_connect_namespaces"
_UNCONNECTED = "ecs.services_without_service_connect"
_OF_CONNECT = (_CONNECTED, _NAMESPACES, _UNCONNECTED)
# Crews started one by one (RunTask) wait at the cluster: they belong to no service.
_OF_TASKS = (_STANDALONE_RUNNING, _STANDALONE_PENDING, _QUEUE, _BASIS)
_OF_CLUSTERS = (_SERVICES, *_OF_CONNECT, *_OF_TASKS)


class CrewGauge(Protocol):
    """Where an application says how many crews wait; `basis` is a state of the signal."""

    @property
    def basis(self) -> str:
        """How the number came about."""
        ...

    def queued(self, *, now: datetime) -> Mapping[str, float | SourceError]:
        """Return the crews that wait by subject, or why they are not known.

        Empty when no application offers the gauge. Never raises.
        """
        ...


class EcsSource:
    """Turns one sweep of the inventory into observations.

    Services are told by glob patterns: `crew_services` run crews, `l5_services` and
    `l6_services` are those of the layers, `ignored_services` do not count as services of the
    stack. Of several `gauges` the first that knows a service is believed; tasks that wait are what
    is left. `seen` is what was observed before the process started: what is gone since must be
    said to be.
    """

    name = "ecs"
    iam_actions = INVENTORY_ACTIONS
    signals = (*_OF_SERVICES, _L5_RUNNING, _L6_RUNNING, *_OF_CLUSTERS)

    def __init__(  # noqa: PLR0913 - what the settings say, all by keyword
        self,
        inventory: EcsInventory,
        *,
        interval: timedelta,
        crew_services: Sequence[str],
        ignored_services: Sequence[str],
        l5_services: Sequence[str] = (),
        l6_services: Sequence[str] = (),
        gauges: Sequence[CrewGauge] = (),
        seen: Collection[SeriesKey] = (),
    ) -> None:
        self.interval = interval
        self._inventory = inventory
        self._crew_services = tuple(crew_services)
        self._ignored_services = tuple(ignored_services)
        self._layers = {_L5_RUNNING: tuple(l5_services), _L6_RUNNING: tuple(l6_services)}
        self._gauges = tuple(gauges)
        self._told: dict[str, tuple[str, float | SourceError]] = {}
        self._standing = Standing(
            seen, signals=self.signals, of_clusters=_OF_CLUSTERS, of_services=_OF_SERVICES
        )

    def observe(self, *, now: datetime) -> Sequence[Observation]:
        """Return the counts of every cluster that answered, and gaps for those that did not."""
        sweep = self._inventory.sweep(now=now)
        self._told = {}
        for gauge in reversed(self._gauges):
            queued = gauge.queued(now=now)
            self._told |= {subject: (gauge.basis, depth) for subject, depth in queued.items()}
        observed = {cluster.name: self._of_cluster(cluster, sweep.at) for cluster in sweep.clusters}
        return self._standing.complete(sweep, observed)

    def _of_cluster(self, cluster: Cluster, at: datetime) -> list[Observation]:
        active = [service for service in cluster.services if service.active]
        observations = [
            *self._of_all(cluster, active, at),
            *_standalone(cluster.name, cluster.standalone, at),
        ]
        for service in active:
            observations.extend(self._of_service(service, at))
        return observations

    def _of_all(
        self, cluster: Cluster, active: Sequence[Service], at: datetime
    ) -> Iterator[Observation]:
        if cluster.incomplete is not None:
            # Part of the services is no count of them.
            for signal in (_SERVICES, *_OF_CONNECT):
                yield failed(signal, cluster.name, cluster.incomplete, at=at)
            return
        counted = [s for s in active if not matches(s.name, self._ignored_services)]
        yield reading(_SERVICES, cluster.name, len(counted), at=at)
        yield from _service_connect(cluster.name, counted, at)

    def _of_service(self, service: Service, at: datetime) -> Iterator[Observation]:
        values = (
            service.desired,
            service.running,
            service.pending,
            service.deployments_in_progress,
            sum(at - event < _HOUR for event in service.unplaced_at),
        )
        for signal, value in zip(_OF_SERVICES, values, strict=True):
            yield reading(signal, service.subject, value, at=at)
        for signal, patterns in self._layers.items():
            if matches(service.name, patterns):
                yield reading(signal, service.subject, service.running, at=at)
        if matches(service.name, self._crew_services):
            yield from self._queue(service, at)

    def _queue(self, service: Service, at: datetime) -> Iterator[Observation]:
        """Yield what the application tells; what it once told is never replaced by the proxy."""
        subject = service.subject
        if subject not in self._told:
            yield _waiting(service, at)
            yield reading(_BASIS, subject, _place(_PROXY), at=at)
            return
        basis, depth = self._told[subject]
        if isinstance(depth, SourceError):
            yield failed(_QUEUE, subject, depth, at=at)
        else:
            yield reading(_QUEUE, subject, depth, at=at)
        yield reading(_BASIS, subject, _place(basis), at=at)


def _service_connect(
    cluster: str, services: Sequence[Service], at: datetime
) -> Iterator[Observation]:
    """Yield how far Service Connect joins the services: each namespace is a net of its own."""
    namespaces = [s.namespace for s in services if s.namespace is not None]
    if services:
        yield reading(_CONNECTED, cluster, len(namespaces) / len(services), at=at)
    else:
        yield absent(_CONNECTED, cluster, "there is no active service", at=at)
    yield reading(_NAMESPACES, cluster, len(set(namespaces)), at=at)
    yield reading(_UNCONNECTED, cluster, len(services) - len(namespaces), at=at)


def _standalone(
    cluster: str, tasks: StandaloneTasks | SourceError, at: datetime
) -> Iterator[Observation]:
    if isinstance(tasks, SourceError):
        yield from (failed(signal, cluster, tasks, at=at) for signal in _OF_TASKS)
        return
    yield reading(_STANDALONE_RUNNING, cluster, tasks.running, at=at)
    yield reading(_STANDALONE_PENDING, cluster, tasks.pending, at=at)
    yield reading(_QUEUE, cluster, tasks.pending, at=at)
    yield reading(_BASIS, cluster, _place(_PROXY), at=at)


def _place(basis: str) -> int:
    return SIGNAL_BY_NAME[_BASIS].states.index(basis)


def _waiting(service: Service, at: datetime) -> Observation:
    """Count the tasks that wait for room.

    `desired - running` sees what `pendingCount` does not: tasks still in PROVISIONING, and tasks
    that Fargate Spot has no room to create. What crashes or rolls is waiting for something else.
    """
    if service.crash_looping:
        why = "its tasks start and die: a crash loop is not a queue"
        return absent(_QUEUE, service.subject, why, at=at)
    rolling = service.rolling_since
    if rolling is not None and at - rolling < ROLLING_MAX:
        why = "a deployment is rolling: its tasks are not a queue"
        return absent(_QUEUE, service.subject, why, at=at)
    waiting = max(service.pending, service.desired - service.running)
    return reading(_QUEUE, service.subject, waiting, at=at)
