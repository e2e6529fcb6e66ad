"""ECS tasks one by one: how long they wait to start, and how many crews were started.

Crews that run inside the tasks of a service cannot be counted from outside; only crews that are
a task each can (a proxy: a task that is tried twice counts twice).
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import datetime, timedelta

from xops_watch.aws.inventory import Cluster, EcsInventory, Service, Sweep
from xops_watch.aws.standing import Standing, absent, failed, matches, reading
from xops_watch.aws.tasks import Task, TaskBook
from xops_watch.core.reading import Observation, SeriesKey
from xops_watch.errors import SourceError

_WAIT = "ecs.task_start_wait"
_STARTED = "crew.started_1h"
_HOUR = timedelta(hours=1)
_NO_TIME = timedelta()

_INSIDE = "its crews run inside its tasks: only the application can count them"
_NO_CREW_TASK = "no crew was a task of its own in the last hour: ECS cannot count crews here"


class EcsTaskSource:
    """Lists the tasks of every cluster.

    `crew_services` are glob patterns of the services, or task families, that run crews; `seen`
    is what was observed before the process started. `open_book` gives the tasks of a cluster.
    """

    name = "ecs_tasks"
    iam_actions = ("ecs:DescribeTasks", "ecs:ListTasks")
    signals = (_WAIT, _STARTED)

    def __init__(
        self,
        inventory: EcsInventory,
        open_book: Callable[[str], TaskBook],
        *,
        interval: timedelta,
        crew_services: Sequence[str],
        seen: Collection[SeriesKey] = (),
    ) -> None:
        self.interval = interval
        self._inventory = inventory
        self._open_book = open_book
        self._crew_services = tuple(crew_services)
        self._standing = Standing(seen, signals=self.signals, of_clusters=self.signals)
        self._books: dict[str, TaskBook] = {}
        self._missing_since: dict[str, datetime] = {}
        self._with_crew_tasks: set[str] = set()

    def observe(self, *, now: datetime) -> Sequence[Observation]:
        """Return what is told by the tasks of each cluster; raises SourceError if of none."""
        sweep = self._inventory.sweep(now=now)
        self._forget_what_is_gone(sweep)
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
        self._with_crew_tasks &= names
        there = {s.subject for cluster in sweep.clusters for s in _active(cluster)}
        self._missing_since = {
            subject: since
            for subject, since in self._missing_since.items()
            if subject in there or subject.partition("/")[0] in sweep.failures
        }

    def _unread(self, cluster: Cluster, error: SourceError, at: datetime) -> Iterator[Observation]:
        yield failed(_WAIT, cluster.name, error, at=at)
        yield failed(_STARTED, cluster.name, error, at=at)
        for service in _active(cluster):
            yield failed(_WAIT, service.subject, error, at=at)
            yield from self._inside(service, at)

    def _of_cluster(
        self, cluster: Cluster, tasks: Sequence[Task], at: datetime
    ) -> Iterator[Observation]:
        waiting: dict[str | None, list[Task]] = {}
        for task in tasks:
            if task.coming_up:
                waiting.setdefault(task.service, []).append(task)
        yield reading(_WAIT, cluster.name, _oldest(waiting.get(None, ()), at), at=at)
        yield self._started(cluster.name, tasks, at)
        for service in _active(cluster):
            coming = waiting.get(service.name, [])
            seconds = max(_oldest(coming, at), self._missing(service, len(coming), at))
            yield reading(_WAIT, service.subject, seconds, at=at)
            yield from self._inside(service, at)

    def _missing(self, service: Service, coming: int, at: datetime) -> float:
        """Return for how long ECS has not even created a task: since it was first noticed.

        When Fargate Spot has no room there is no task whose age could be told.
        """
        if service.desired <= service.running + coming:
            self._missing_since.pop(service.subject, None)
            return 0.0
        since = self._missing_since.setdefault(service.subject, at)
        return max(_NO_TIME, at - since).total_seconds()

    def _started(self, cluster: str, tasks: Sequence[Task], at: datetime) -> Observation:
        crews = [t for t in tasks if t.service is None and matches(t.family, self._crew_services)]
        if crews:
            self._with_crew_tasks.add(cluster)
        if cluster not in self._with_crew_tasks:
            return absent(_STARTED, cluster, _NO_CREW_TASK, at=at)
        return reading(_STARTED, cluster, sum(at - t.since < _HOUR for t in crews), at=at)

    def _inside(self, service: Service, at: datetime) -> Iterator[Observation]:
        if matches(service.name, self._crew_services):
            yield absent(_STARTED, service.subject, _INSIDE, at=at)


def _active(cluster: Cluster) -> list[Service]:
    return [service for service in cluster.services if service.active]


def _oldest(tasks: Sequence[Task], at: datetime) -> float:
    return max((max(_NO_TIME, at - task.since).total_seconds() for task in tasks), default=0.0)
