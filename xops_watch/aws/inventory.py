"""What ECS runs, asked once and shared: clusters, their services, and tasks without a service."""

import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from xops_watch.aws.answers import (
    ClusterPage,
    DeploymentAnswer,
    DescribedClusters,
    DescribedServices,
    ServiceAnswer,
    ServicePage,
    parse_answer,
    read_pages,
)
from xops_watch.aws.failures import invalid_answer, translated
from xops_watch.aws.launch import Launch, read_launch
from xops_watch.errors import GapReason, SourceError

if TYPE_CHECKING:
    from mypy_boto3_ecs import ECSClient

DESCRIBE_SERVICES_MAX = 10  # AWS refuses more in one call
PAGE_SIZE = 100  # the largest page that ListServices gives
PAGES_MAX = 1000  # 100,000 services: past that the listing is broken, not large
ALL_CLUSTERS = "*"
INVENTORY_ACTIONS = (
    "ecs:DescribeClusters",
    "ecs:DescribeServices",
    "ecs:ListClusters",
    "ecs:ListServices",
)

# How ECS words a service whose tasks start and die; a steady state ends it.
_CRASH_LOOP_EVENT = "is unable to consistently start tasks successfully"
_MISSING = "MISSING"
# It is told of every kind of missing room: no capacity, no address, no port, no instance.
_UNPLACED_EVENT = "was unable to place"
_STEADY_EVENT = "has reached a steady state"


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One service as ECS describes it; counts are tasks.

    `rolling_since` is the start of the youngest deployment still in progress, `unplaced_at`
    the instants of the events that tell of a task without a place.
    """

    cluster: str
    name: str
    active: bool
    desired: int
    running: int
    pending: int
    deployments_in_progress: int
    rolling_since: datetime | None
    crash_looping: bool
    launch: Launch
    task_definition: str | None
    unplaced_at: tuple[datetime, ...]

    @property
    def subject(self) -> str:
        """Return `cluster/service`, the subject of every signal of a service."""
        return f"{self.cluster}/{self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class StandaloneTasks:
    """How many tasks of a cluster belong to no service."""

    running: int
    pending: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """One cluster: its services, and its standalone tasks or why they could not be counted."""

    name: str
    services: tuple[Service, ...]
    standalone: StandaloneTasks | SourceError


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep:
    """One pass over all clusters; a cluster that could not be read is in `failures`."""

    at: datetime
    clusters: tuple[Cluster, ...]
    failures: Mapping[str, SourceError]


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """Services as they were last seen; of the clusters in `unread` nothing ever was."""

    services: tuple[Service, ...]
    unread: frozenset[str]


class EcsInventory:
    """Reads what runs. Safe to share between threads: at most one sweep is under way."""

    def __init__(self, client: "ECSClient", *, clusters: Sequence[str]) -> None:
        self._client = client
        self._clusters = tuple(clusters)
        self._lock = threading.Lock()
        self._asked_at: datetime | None = None
        self._outcome: Sweep | SourceError | None = None
        self._services_of: Mapping[str, tuple[Service, ...]] = {}
        self._known: Known | None = None

    def sweep(self, *, now: datetime) -> Sweep:
        """Return what runs; raises SourceError when nothing could be read.

        The sources of one tick ask with one `now` and share one sweep, or one failure: who asks
        to slow down is not asked twice.
        """
        with self._lock:
            outcome, asked_at = self._outcome, self._asked_at
            if outcome is None or asked_at != now:
                self._outcome = outcome = self._ask(now)
                self._asked_at = now
        if isinstance(outcome, SourceError):
            raise outcome
        return outcome

    def known(self, *, now: datetime) -> Known:
        """Return the services as they were last seen, without asking again if there was a sweep.

        Who only needs names neither waits for a slow ECS nor loses them with a failed cluster.
        """
        if self._known is None:
            self.sweep(now=now)
        return self._known or Known(services=(), unread=frozenset())

    def _ask(self, now: datetime) -> Sweep | SourceError:
        try:
            sweep = self._read(now)
        except SourceError as error:
            return error
        before = self._services_of
        kept = {name: before[name] for name in sweep.failures if name in before}
        self._services_of = kept | {cluster.name: cluster.services for cluster in sweep.clusters}
        # One value, put in place at once: the other source reads it without the lock.
        self._known = Known(
            services=tuple(s for services in self._services_of.values() for s in services),
            unread=frozenset(sweep.failures.keys() - kept.keys()),
        )
        return sweep

    def _read(self, now: datetime) -> Sweep:
        names = self._all_clusters() if ALL_CLUSTERS in self._clusters else self._clusters
        clusters: list[Cluster] = []
        failures: dict[str, SourceError] = {}
        # The same cluster by name and by ARN is one cluster, and is billed once.
        for short, name in {short_name(name): name for name in names}.items():
            try:
                clusters.append(self._cluster(short, name))
            except SourceError as error:
                failures[short] = error
        if failures and not clusters:
            raise next(iter(failures.values()))
        return Sweep(at=now, clusters=tuple(clusters), failures=failures)

    def _all_clusters(self) -> tuple[str, ...]:
        action = "ecs:ListClusters"
        pages = self._client.get_paginator("list_clusters").paginate()
        listed = read_pages(pages, ClusterPage, action=action, pages_max=PAGES_MAX)
        arns = tuple(arn for page in listed for arn in page.arns)
        if not arns:
            # Silence would look as if all were well.
            raise SourceError(
                f"{action}: there is no cluster in this region and account",
                reason=GapReason.INVALID,
                hint="check AWS_REGION and whose credentials these are",
            )
        return arns

    def _cluster(self, short: str, name: str) -> Cluster:
        services = tuple({s.name: s for s in self._services(short, name)}.values())
        return Cluster(name=short, services=services, standalone=self._standalone(name, services))

    def _standalone(self, name: str, services: Sequence[Service]) -> StandaloneTasks | SourceError:
        action = "ecs:DescribeClusters"
        try:
            with translated(action):
                answer = self._client.describe_clusters(clusters=[name])
            found = parse_answer(DescribedClusters, answer, action=action).clusters
        except SourceError as error:
            return error  # the services are known all the same
        if not found or found[0].status == "INACTIVE":
            raise SourceError(
                f"{action}: there is no active cluster {short_name(name)}",
                reason=GapReason.INVALID,
                hint="name existing clusters in XOPS_WATCH_ECS__CLUSTERS",
            )
        # The answers are moments apart: a task that moved in between must not count below 0.
        return StandaloneTasks(
            running=max(0, found[0].running - sum(s.running for s in services)),
            pending=max(0, found[0].pending - sum(s.pending for s in services)),
        )

    def _services(self, short: str, name: str) -> Iterator[Service]:
        action = "ecs:DescribeServices"
        arns = self._service_arns(name)
        for start in range(0, len(arns), DESCRIBE_SERVICES_MAX):
            batch = arns[start : start + DESCRIBE_SERVICES_MAX]
            with translated(action):
                answer = self._client.describe_services(cluster=name, services=batch)
            described = parse_answer(DescribedServices, answer, action=action)
            _demand_no_other_failure(described, action)
            for item in described.services:
                yield _service(short, item)

    def _service_arns(self, cluster: str) -> list[str]:
        action = "ecs:ListServices"
        paginator = self._client.get_paginator("list_services")
        pages = paginator.paginate(cluster=cluster, PaginationConfig={"PageSize": PAGE_SIZE})
        listed = read_pages(pages, ServicePage, action=action, pages_max=PAGES_MAX)
        return list(dict.fromkeys(arn for page in listed for arn in page.arns))


def _demand_no_other_failure(answer: DescribedServices, action: str) -> None:
    """What is missing was deleted; whatever else failed must not look as if it were."""
    for failure in answer.failures:
        if failure.reason != _MISSING:
            raise invalid_answer(action, f"a listed service failed: {failure.reason!r:.50}")


def short_name(cluster: str) -> str:
    """Return the name of a cluster given by name or by ARN."""
    return cluster.rstrip("/").rsplit("/", 1)[-1]


def _service(cluster: str, answer: ServiceAnswer) -> Service:
    rolling = [item for item in answer.deployments if _in_progress(item, answer.deployments)]
    started = [item.created_at for item in rolling if item.created_at]
    return Service(
        cluster=cluster,
        name=answer.name,
        active=answer.status == "ACTIVE",
        desired=answer.desired,
        running=answer.running,
        pending=answer.pending,
        deployments_in_progress=len(rolling),
        rolling_since=max(started, default=None),
        crash_looping=_crash_looping(answer),
        launch=read_launch(answer),
        task_definition=answer.task_definition,
        unplaced_at=tuple(e.created_at for e in answer.events if _UNPLACED_EVENT in e.message),
    )


def _in_progress(deployment: DeploymentAnswer, all_of_service: list[DeploymentAnswer]) -> bool:
    if deployment.rollout_state is not None:
        return deployment.rollout_state == "IN_PROGRESS"
    # Services that report no rollout state keep the old deployment listed until it has drained.
    return deployment.status == "PRIMARY" and len(all_of_service) > 1


def _crash_looping(answer: ServiceAnswer) -> bool:
    """Tell a service whose tasks die from one that waits for room: both show pending tasks."""
    if any(item.failed_tasks for item in answer.deployments):
        return True
    # What happened before the newest deployment says nothing of the tasks that it starts.
    began = max((d.created_at for d in answer.deployments if d.created_at), default=None)
    newest = max(
        (event for event in answer.events if _tells_health(event.message)),
        key=lambda event: event.created_at,
        default=None,
    )
    if newest is None or (began is not None and newest.created_at < began):
        return False
    return _CRASH_LOOP_EVENT in newest.message


def _tells_health(message: str) -> bool:
    return _CRASH_LOOP_EVENT in message or _STEADY_EVENT in message
