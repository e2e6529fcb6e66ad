"""How many crews were started: what the application counts, or else what ECS lets one guess.

Crews that run inside the tasks of a service cannot be counted from outside; only crews that are
a task each can (a proxy: a task that is tried twice counts twice).
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from xops_watch.aws.inventory import Service
from xops_watch.aws.standing import absent, failed, gap, reading
from xops_watch.aws.tasks import Task
from xops_watch.core.catalogue import SIGNAL_BY_NAME
from xops_watch.core.reading import Observation
from xops_watch.errors import GapReason, SourceError

STARTED = "crew.started_1h"
BASIS = "crew.started_basis"
_PROXY = "task_proxy"
_HOUR = timedelta(hours=1)

_INSIDE = (
    "its crews run inside its tasks: have the application count them, metric CrewStarted in"
    " xOps/Crews by ClusterName and ServiceName (docs/how-to/instrument-crews.md)"
)
_TASKS_INSTEAD = "crews of its cluster are tasks of their own, and counted there"
_NO_CREW_TASK = "no crew was a task of its own in the last hour: ECS cannot count crews here"


class CrewCounter(Protocol):
    """Where an application says how many crews it started; `basis` is a state of the signal."""

    @property
    def basis(self) -> str:
        """How the number came about."""
        ...

    def started(self, *, now: datetime) -> Mapping[str, float | SourceError]:
        """Return the crews of the last hour by subject, or why they are not known.

        Empty when no application offers the counter. Never raises.
        """
        ...


class Crews:
    """Counts the crews that were started, for one thread at a time.

    Of several `counters` the first that knows a subject is believed; the proxy is what is left.
    """

    def __init__(self, counters: Sequence[CrewCounter] = ()) -> None:
        self._counters = tuple(counters)
        self._with_crew_tasks: set[str] = set()
        self._counted: dict[str, tuple[str, float | SourceError]] = {}

    def look(self, *, now: datetime) -> None:
        """Ask the applications, once for all clusters."""
        self._counted = {}
        for counter in reversed(self._counters):
            counted = counter.started(now=now)
            self._counted |= {subject: (counter.basis, n) for subject, n in counted.items()}

    def forget(self, clusters: frozenset[str]) -> None:
        """Keep only what is known of these clusters."""
        self._with_crew_tasks &= clusters

    def of_cluster(
        self, cluster: str, tasks: Sequence[Task], *, known: bool, at: datetime
    ) -> Iterator[Observation]:
        """Yield the crews that were tasks without a service: `tasks`, all of them crews.

        `known` tells whether there was one within a day.
        """
        if cluster in self._counted:
            yield from self._of_application(cluster, at)
            return
        if known:
            self._with_crew_tasks.add(cluster)
        if cluster not in self._with_crew_tasks:
            yield absent(STARTED, cluster, _NO_CREW_TASK, at=at)
            yield absent(BASIS, cluster, _NO_CREW_TASK, at=at)
            return
        yield reading(STARTED, cluster, sum(at - task.since < _HOUR for task in tasks), at=at)
        yield reading(BASIS, cluster, _place(_PROXY), at=at)

    def unread(self, cluster: str, error: SourceError, *, at: datetime) -> Iterator[Observation]:
        """Yield what is left to say of a cluster whose tasks could not be listed."""
        if cluster in self._counted:
            yield from self._of_application(cluster, at)
            return
        yield failed(STARTED, cluster, error, at=at)
        yield failed(BASIS, cluster, error, at=at)

    def of_service(self, service: Service, *, at: datetime) -> Iterator[Observation]:
        """Yield the crews of a service that runs them inside its tasks."""
        subject = service.subject
        if subject in self._counted:
            yield from self._of_application(subject, at)
            return
        for signal in (STARTED, BASIS):
            if self._is_counted_elsewhere(service.cluster):
                yield absent(signal, subject, _TASKS_INSTEAD, at=at)
            else:
                yield gap(signal, subject, GapReason.NOT_ENABLED, _INSIDE, at=at)

    def _is_counted_elsewhere(self, cluster: str) -> bool:
        counted = {subject.partition("/")[0] for subject in self._counted}
        return cluster in counted | self._with_crew_tasks

    def _of_application(self, subject: str, at: datetime) -> Iterator[Observation]:
        basis, counted = self._counted[subject]
        if isinstance(counted, SourceError):
            yield failed(STARTED, subject, counted, at=at)
        else:
            yield reading(STARTED, subject, counted, at=at)
        yield reading(BASIS, subject, _place(basis), at=at)


def _place(basis: str) -> int:
    return SIGNAL_BY_NAME[BASIS].states.index(basis)
