"""Reads the tasks of every cluster and turns them into observations."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from xops_watch.aws.inventory import Cluster, EcsInventory, Service, Sweep
from xops_watch.aws.standing import Standing, failed, matches, reading
from xops_watch.aws.tasks import Task, TaskBook
from xops_watch.core.reading import Observation, SeriesKey
from xops_watch.errors import GapReason, SourceError, StoreError
from xops_watch.ports import Memory
from xops_watch.sources.ecs_tasks.crews import BASIS, STARTED, Crews
from xops_watch.sources.ecs_tasks.lives import Day, Lives
from xops_watch.sources.ecs_tasks.spot import OF_SPOT, no_spot, spot_of, spot_unread

_WAIT = "ecs.task_start_wait"
_OF_CLUSTERS = (_WAIT, STARTED, BASIS, *OF_SPOT)
_NO_TIME = timedelta()


class EcsTaskSource:
    """Lists the tasks of every cluster.

    `crew_services` are glob patterns of the services, or task families, that run crews; `crews`
    counts those that were started. `open_book` gives the tasks of a cluster, `memory` keeps what
    ECS forgets. `seen` is what was observed before the process started.
    """

    name = "ecs_tasks"
    iam_actions = ("ecs:DescribeTasks", "ecs:ListTasks")
    signals = _OF_CLUSTERS

    def __init__(  # noqa: PLR0913 - what the settings say, all by keyword
        self,
        inventory: EcsInventory,
        open_book: Callable[[str], TaskBook],
        *,
        interval: timedelta,
        crew_services: Sequence[str],
        crews: Crews,
        memory: Memory,
        seen: Collection[SeriesKey] = (),
    ) -> None:
        self.interval = interval
        self._inventory = inventory
        self._open_book = open_book
        self._crew_services = tuple(crew_services)
        self._crews = crews
        self._lives = Lives(memory)
        self._standing = Standing(
            seen, signals=self.signals, of_clusters=_OF_CLUSTERS, of_services=(_WAIT,)
        )
        self._books: dict[str, TaskBook] = {}
        self._missing_since: dict[str, datetime] = {}

    def observe(self, *, now: datetime) -> Sequence[Observation]:
        """Return what is told by the tasks of each cluster; raises SourceError if of none."""
        sweep = self._inventory.sweep(now=now)
        self._forget_what_is_gone(sweep)
        self._crews.look(now=now)
        observed: dict[str, list[Observation]] = {}
        failures: list[SourceError] = []
        for cluster in sweep.clusters:
            try:
                tasks = self._book(cluster.name).read(now=now)
            except SourceError as error:
                failures.append(error)
                observed[cluster.name] = list(self._unread(cluster, error, now))
            else:
                observed[cluster.name] = list(self._of_cluster(cluster, tasks, now))
        if failures and len(failures) == len(sweep.clusters):
            raise failures[0]
        return self._standing.complete(sweep, observed)

    def _book(self, cluster: str) -> TaskBook:
        if cluster not in self._books:
            self._books[cluster] = self._open_book(cluster)
        return self._books[cluster]

    def _forget_what_is_gone(self, sweep: Sweep) -> None:
        """A cluster that could not be read is not gone."""
        names = {cluster.name for cluster in sweep.clusters} | sweep.failures.keys()
        self._books = {name: book for name, book in self._books.items() if name in names}
        self._crews.forget(frozenset(names))
        blind = sweep.failures.keys() | {c.name for c in sweep.clusters if c.incomplete}
        there = {s.subject for cluster in sweep.clusters for s in _active(cluster)}
        self._missing_since = {
            subject: since
            for subject, since in self._missing_since.items()
            if subject in there or subject.partition("/")[0] in blind
        }

    def _unread(self, cluster: Cluster, error: SourceError, at: datetime) -> Iterator[Observation]:
        yield failed(_WAIT, cluster.name, error, at=at)
        yield from self._crews.unread(cluster.name, error, at=at)
        yield from spot_unread(cluster.name, error, at=at)
        for service in _active(cluster):
            yield failed(_WAIT, service.subject, error, at=at)
        for service in self._crew_services_of(cluster):
            yield from self._crews.of_service(service, at=at)
            yield from spot_unread(service.subject, error, at=at)

    def _of_cluster(
        self, cluster: Cluster, tasks: Sequence[Task], at: datetime
    ) -> Iterator[Observation]:
        waiting: dict[str | None, list[Task]] = {}
        for task in tasks:
            if task.coming_up:
                waiting.setdefault(task.service, []).append(task)
        yield reading(_WAIT, cluster.name, _oldest(waiting.get(None, ()), at), at=at)
        for service in _active(cluster):
            coming = waiting.get(service.name, [])
            seconds = max(_oldest(coming, at), self._missing(service, len(coming), at))
            yield reading(_WAIT, service.subject, seconds, at=at)
        yield from self._of_crews(cluster, tasks, at)

    def _of_crews(
        self, cluster: Cluster, tasks: Sequence[Task], at: datetime
    ) -> Iterator[Observation]:
        services = self._crew_services_of(cluster)
        crews = {s.subject: [t for t in tasks if t.service == s.name] for s in services}
        crews[cluster.name] = alone = [
            t for t in tasks if t.service is None and matches(t.family, self._crew_services)
        ]
        days = self._days(cluster.name, crews, at)
        of_cluster = bool(alone) or cluster.name in self._lives.subjects()
        yield from self._crews.of_cluster(cluster.name, alone, known=of_cluster, at=at)
        for service in services:
            yield from self._crews.of_service(service, at=at)
        for subject in crews:
            if isinstance(days, SourceError):
                yield from spot_unread(subject, days, at=at)
            elif subject == cluster.name and not of_cluster:
                yield from no_spot(subject, at=at)
            else:
                yield from spot_of(subject, days[subject], at=at)

    def _days(
        self, cluster: str, crews: Mapping[str, Sequence[Task]], at: datetime
    ) -> Mapping[str, Day] | SourceError:
        try:
            return self._lives.read(cluster, crews, now=at)
        except StoreError as error:
            return SourceError(error.what, reason=GapReason.UNREACHABLE, hint=error.hint)

    def _crew_services_of(self, cluster: Cluster) -> list[Service]:
        return [s for s in _active(cluster) if matches(s.name, self._crew_services)]

    def _missing(self, service: Service, coming: int, at: datetime) -> float:
        """Return for how long ECS has not even created a task: since it was first noticed.

        When Fargate Spot has no room there is no task whose age could be told.
        """
        if service.desired <= service.running + coming:
            self._missing_since.pop(service.subject, None)
            return 0.0
        since = self._missing_since.setdefault(service.subject, at)
        return max(_NO_TIME, at - since).total_seconds()


def _active(cluster: Cluster) -> list[Service]:
    return [service for service in cluster.services if service.active]


def _oldest(tasks: Sequence[Task], at: datetime) -> float:
    return max((max(_NO_TIME, at - task.since).total_seconds() for task in tasks), default=0.0)
