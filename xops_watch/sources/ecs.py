"""ECS: how many tasks each service wants, runs and waits for, and how many services there are."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from fnmatch import fnmatchcase

from xops_watch.aws.inventory import Cluster, EcsInventory, Service, Sweep
from xops_watch.core.reading import Gap, Observation, Reading
from xops_watch.errors import GapReason

# After this long a deployment explains no waiting task any more (image pull, ENI, health check).
ROLLING_MAX = timedelta(minutes=15)

_OF_SERVICES = (
    "ecs.tasks_desired",
    "ecs.tasks_running",
    "ecs.tasks_pending",
    "ecs.deployments_in_progress",
)
_OF_CLUSTERS = (
    "ecs.services_active",
    "ecs.standalone_tasks_running",
    "ecs.standalone_tasks_pending",
)
_QUEUE = "crew.queue_depth"


class EcsSource:
    """Turns one sweep of the inventory into observations.

    `crew_services` are glob patterns of the services that run crews; `ignored_services` of those
    that do not count as services of the stack.
    """

    name = "ecs"
    signals = (*_OF_SERVICES, *_OF_CLUSTERS, _QUEUE)

    def __init__(
        self,
        inventory: EcsInventory,
        *,
        interval: timedelta,
        crew_services: Sequence[str],
        ignored_services: Sequence[str],
    ) -> None:
        self.interval = interval
        self._inventory = inventory
        self._crew_services = tuple(crew_services)
        self._ignored_services = tuple(ignored_services)
        self._subjects: dict[str, frozenset[tuple[str, str]]] = {}

    def observe(self, *, now: datetime) -> Sequence[Observation]:
        """Return the counts of every cluster that answered, and gaps for those that did not."""
        sweep = self._inventory.sweep(now=now)
        observations: list[Observation] = []
        for cluster in sweep.clusters:
            of_cluster = [*self._of_cluster(cluster, sweep.at)]
            for service in cluster.services:
                if service.active:
                    of_cluster.extend(self._of_service(service, sweep.at))
            self._subjects[cluster.name] = frozenset(
                (o.signal, o.subject or "") for o in of_cluster
            )
            observations.extend(of_cluster)
        observations.extend(self._gaps(sweep, now))
        return observations

    def _of_cluster(self, cluster: Cluster, at: datetime) -> Iterator[Observation]:
        counted = [s for s in cluster.services if s.active and not self._is_ignored(s)]
        values = (len(counted), cluster.standalone_running, cluster.standalone_pending)
        for signal, value in zip(_OF_CLUSTERS, values, strict=True):
            yield _reading(signal, cluster.name, value, at)
        # Crews started one by one (RunTask) wait at the cluster: they belong to no service.
        yield _reading(_QUEUE, cluster.name, cluster.standalone_pending, at)

    def _of_service(self, service: Service, at: datetime) -> Iterator[Observation]:
        values = (
            service.desired,
            service.running,
            service.pending,
            service.deployments_in_progress,
        )
        for signal, value in zip(_OF_SERVICES, values, strict=True):
            yield _reading(signal, service.subject, value, at)
        if any(fnmatchcase(service.name, pattern) for pattern in self._crew_services):
            yield _queue(service, at)

    def _is_ignored(self, service: Service) -> bool:
        return any(fnmatchcase(service.name, pattern) for pattern in self._ignored_services)

    def _gaps(self, sweep: Sweep, now: datetime) -> Iterator[Gap]:
        """A cluster that fails blinds what was seen in it, and nothing else."""
        for cluster, error in sweep.failures.items():
            unseen = frozenset((signal, cluster) for signal in _OF_CLUSTERS)
            for signal, subject in sorted(self._subjects.get(cluster, unseen)):
                yield Gap(
                    signal=signal,
                    subject=subject,
                    reason=error.reason,
                    detail=error.what,
                    noticed_at=now,
                )


def _queue(service: Service, at: datetime) -> Observation:
    """Count the tasks that wait for room.

    `desired - running` sees what `pendingCount` does not: tasks still in PROVISIONING, and tasks
    that Fargate Spot has no room to create. What crashes or rolls is waiting for something else.
    """
    if service.crash_looping:
        return _no_queue(service, "its tasks start and die: a crash loop is not a queue", at)
    rolling = service.rolling_since
    if rolling is not None and at - rolling < ROLLING_MAX:
        return _no_queue(service, "a deployment is rolling: its tasks are not a queue", at)
    waiting = max(service.pending, service.desired - service.running)
    return _reading(_QUEUE, service.subject, waiting, at)


def _no_queue(service: Service, detail: str, at: datetime) -> Gap:
    return Gap(
        signal=_QUEUE,
        subject=service.subject,
        reason=GapReason.NOT_APPLICABLE,
        detail=detail,
        noticed_at=at,
    )


def _reading(signal: str, subject: str, value: int, at: datetime) -> Reading:
    return Reading(signal=signal, subject=subject, value=float(value), taken_at=at)
