"""ECS: how many tasks each service wants, runs and waits for, and how many services there are."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from fnmatch import fnmatchcase

from xops_watch.aws.inventory import Cluster, EcsInventory, Service, StandaloneTasks
from xops_watch.core.reading import Gap, Observation, Reading, SeriesKey
from xops_watch.errors import GapReason, SourceError

# After this long a deployment explains no waiting task any more (image pull, ENI, health check).
ROLLING_MAX = timedelta(minutes=15)

_OF_SERVICES = (
    "ecs.tasks_desired",
    "ecs.tasks_running",
    "ecs.tasks_pending",
    "ecs.deployments_in_progress",
)
_SERVICES = "ecs.services_active"
_STANDALONE_RUNNING = "ecs.standalone_tasks_running"
_STANDALONE_PENDING = "ecs.standalone_tasks_pending"
_QUEUE = "crew.queue_depth"
# Crews started one by one (RunTask) wait at the cluster: they belong to no service.
_OF_TASKS = (_STANDALONE_RUNNING, _STANDALONE_PENDING, _QUEUE)
_OF_CLUSTERS = (_SERVICES, *_OF_TASKS)


class EcsSource:
    """Turns one sweep of the inventory into observations.

    `crew_services` are glob patterns of the services that run crews; `ignored_services` of those
    that do not count as services of the stack. `seen` is what was observed before the process
    started: what is gone since must be said to be.
    """

    name = "ecs"
    signals = (*_OF_SERVICES, *_OF_CLUSTERS)

    def __init__(
        self,
        inventory: EcsInventory,
        *,
        interval: timedelta,
        crew_services: Sequence[str],
        ignored_services: Sequence[str],
        seen: Collection[SeriesKey] = (),
    ) -> None:
        self.interval = interval
        self._inventory = inventory
        self._crew_services = tuple(crew_services)
        self._ignored_services = tuple(ignored_services)
        self._seen = _by_cluster(series for series in seen if series[0] in self.signals)

    def observe(self, *, now: datetime) -> Sequence[Observation]:
        """Return the counts of every cluster that answered, and gaps for those that did not."""
        sweep = self._inventory.sweep(now=now)
        observations: list[Observation] = []
        seen: dict[str, frozenset[SeriesKey]] = {}
        for cluster in sweep.clusters:
            of_cluster = self._of_cluster(cluster, sweep.at)
            seen[cluster.name] = frozenset((o.signal, o.subject or "") for o in of_cluster)
            observations.extend(of_cluster)
        for name, error in sweep.failures.items():
            # A cluster that fails blinds what was seen in it, and nothing else.
            seen[name] = self._seen.get(name, frozenset((signal, name) for signal in _OF_CLUSTERS))
            observations.extend(_failed(*series, error, at=now) for series in sorted(seen[name]))
        # What is gone leaves nobody to be blind on.
        gone = frozenset().union(*self._seen.values()) - frozenset().union(*seen.values())
        observations.extend(_gone(*series, at=sweep.at) for series in sorted(gone))
        self._seen = seen
        return observations

    def _of_cluster(self, cluster: Cluster, at: datetime) -> list[Observation]:
        active = [service for service in cluster.services if service.active]
        counted = sum(not self._is_ignored(service) for service in active)
        observations = [
            _reading(_SERVICES, cluster.name, counted, at),
            *_standalone(cluster.name, cluster.standalone, at),
        ]
        for service in active:
            observations.extend(self._of_service(service, at))
        return observations

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


def _standalone(
    cluster: str, tasks: StandaloneTasks | SourceError, at: datetime
) -> Iterator[Observation]:
    if isinstance(tasks, SourceError):
        yield from (_failed(signal, cluster, tasks, at=at) for signal in _OF_TASKS)
        return
    yield _reading(_STANDALONE_RUNNING, cluster, tasks.running, at)
    yield _reading(_STANDALONE_PENDING, cluster, tasks.pending, at)
    yield _reading(_QUEUE, cluster, tasks.pending, at)


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
    return _gap(_QUEUE, service.subject, GapReason.NOT_APPLICABLE, detail, at)


def _gone(signal: str, subject: str, *, at: datetime) -> Gap:
    return _gap(signal, subject, GapReason.GONE, "it is no longer active", at)


def _by_cluster(seen: Iterable[SeriesKey]) -> dict[str, frozenset[SeriesKey]]:
    clusters: dict[str, set[SeriesKey]] = {}
    for signal, subject in seen:
        clusters.setdefault(subject.partition("/")[0], set()).add((signal, subject))
    return {name: frozenset(series) for name, series in clusters.items()}


def _failed(signal: str, subject: str, error: SourceError, *, at: datetime) -> Gap:
    return _gap(signal, subject, error.reason, error.what, at)


def _gap(signal: str, subject: str, reason: GapReason, detail: str, at: datetime) -> Gap:
    return Gap(signal=signal, subject=subject, reason=reason, detail=detail, noticed_at=at)


def _reading(signal: str, subject: str, value: int, at: datetime) -> Reading:
    return Reading(signal=signal, subject=subject, value=float(value), taken_at=at)
