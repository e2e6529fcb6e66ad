"""What ECS runs, asked once and shared: clusters, their services, and tasks without a service."""

import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from xops_watch.aws.answers import (
    AnswerT,
    ClusterAnswer,
    ClusterPage,
    DeploymentAnswer,
    DescribedClusters,
    DescribedServices,
    ServiceAnswer,
    ServicePage,
    parse_answer,
)
from xops_watch.aws.failures import invalid_answer, source_error
from xops_watch.errors import GapReason, SourceError

if TYPE_CHECKING:
    from mypy_boto3_ecs import ECSClient

DESCRIBE_SERVICES_MAX = 10  # AWS refuses more in one call
PAGE_SIZE = 100  # the largest page that ListServices gives
PAGES_MAX = 1000  # 100,000 services: past that the listing is broken, not large
SHARED_FOR = timedelta(seconds=30)  # two sources of one tick share one sweep
ALL_CLUSTERS = "*"

# How ECS words a service whose tasks start and die; a steady state ends it.
_CRASH_LOOP_EVENT = "is unable to consistently start tasks successfully"
_STEADY_EVENT = "has reached a steady state"


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One service as ECS describes it; counts are tasks.

    `rolling_since` is the start of the youngest deployment still in progress.
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

    @property
    def subject(self) -> str:
        """Return `cluster/service`, the subject of every signal of a service."""
        return f"{self.cluster}/{self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """One cluster: its services, and its tasks that belong to none of them."""

    name: str
    services: tuple[Service, ...]
    standalone_running: int
    standalone_pending: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep:
    """One pass over all clusters; a cluster that could not be read is in `failures`."""

    at: datetime
    clusters: tuple[Cluster, ...]
    failures: Mapping[str, SourceError]


class EcsInventory:
    """Reads what runs. Safe to share between threads: at most one sweep is under way."""

    def __init__(self, client: "ECSClient", *, clusters: Sequence[str]) -> None:
        self._client = client
        self._clusters = tuple(clusters)
        self._lock = threading.Lock()
        self._last: Sweep | None = None

    def sweep(self, *, now: datetime) -> Sweep:
        """Return what runs, at most 30 s old; raises SourceError when nothing could be read."""
        with self._lock:
            last = self._last
            if last is not None and timedelta() <= now - last.at < SHARED_FOR:
                return last
            self._last = sweep = self._read(now)
            return sweep

    def known_services(self, *, now: datetime) -> tuple[Service, ...]:
        """Return the services of the newest sweep, without asking again if there was one.

        Who only needs names does not wait for a slow ECS.
        """
        sweep = self._last or self.sweep(now=now)
        return tuple(service for cluster in sweep.clusters for service in cluster.services)

    def _read(self, now: datetime) -> Sweep:
        names = self._all_clusters() if ALL_CLUSTERS in self._clusters else self._clusters
        clusters: list[Cluster] = []
        failures: dict[str, SourceError] = {}
        for name in names:
            try:
                clusters.append(self._cluster(name))
            except SourceError as error:
                failures[short_name(name)] = error
        if failures and not clusters:
            raise next(iter(failures.values()))
        return Sweep(at=now, clusters=tuple(clusters), failures=failures)

    def _all_clusters(self) -> tuple[str, ...]:
        action = "ecs:ListClusters"
        pages = self._client.get_paginator("list_clusters").paginate()
        listed = _read_pages(pages, ClusterPage, action=action)
        return tuple(arn for page in listed for arn in page.arns)

    def _cluster(self, name: str) -> Cluster:
        services = tuple(self._services(name))
        answer = self._describe_cluster(name)
        # The two answers are moments apart: a task that moved in between must not count below 0.
        return Cluster(
            name=answer.name,
            services=services,
            standalone_running=max(0, answer.running - sum(s.running for s in services)),
            standalone_pending=max(0, answer.pending - sum(s.pending for s in services)),
        )

    def _describe_cluster(self, name: str) -> ClusterAnswer:
        action = "ecs:DescribeClusters"
        try:
            answer = self._client.describe_clusters(clusters=[name])
        except (BotoCoreError, ClientError) as error:
            raise source_error(error, action=action) from error
        found = parse_answer(DescribedClusters, answer, action=action).clusters
        if not found or found[0].status == "INACTIVE":
            raise SourceError(
                f"{action}: there is no active cluster {short_name(name)}",
                reason=GapReason.INVALID,
                hint="name existing clusters in XOPS_WATCH_ECS__CLUSTERS",
            )
        return found[0]

    def _services(self, cluster: str) -> Iterator[Service]:
        action = "ecs:DescribeServices"
        arns = self._service_arns(cluster)
        for start in range(0, len(arns), DESCRIBE_SERVICES_MAX):
            batch = arns[start : start + DESCRIBE_SERVICES_MAX]
            try:
                answer = self._client.describe_services(cluster=cluster, services=batch)
            except (BotoCoreError, ClientError) as error:
                raise source_error(error, action=action) from error
            for item in parse_answer(DescribedServices, answer, action=action).services:
                yield _service(cluster, item)

    def _service_arns(self, cluster: str) -> list[str]:
        action = "ecs:ListServices"
        paginator = self._client.get_paginator("list_services")
        pages = paginator.paginate(cluster=cluster, PaginationConfig={"PageSize": PAGE_SIZE})
        return [arn for page in _read_pages(pages, ServicePage, action=action) for arn in page.arns]


def _read_pages(
    pages: Iterable[Mapping[str, object]], model: type[AnswerT], *, action: str
) -> Iterator[AnswerT]:
    """Yield each page checked; raises SourceError for a failed call or a listing without end."""
    try:
        for number, page in enumerate(pages):
            if number >= PAGES_MAX:
                raise invalid_answer(action, f"more than {PAGES_MAX} pages")
            yield parse_answer(model, page, action=action)
    except (BotoCoreError, ClientError) as error:
        raise source_error(error, action=action) from error


def short_name(cluster: str) -> str:
    """Return the name of a cluster given by name or by ARN."""
    return cluster.rsplit("/", 1)[-1]


def _service(cluster: str, answer: ServiceAnswer) -> Service:
    rolling = [item for item in answer.deployments if _in_progress(item, answer.deployments)]
    started = [item.created_at for item in rolling if item.created_at]
    return Service(
        cluster=short_name(cluster),
        name=answer.name,
        active=answer.status == "ACTIVE",
        desired=answer.desired,
        running=answer.running,
        pending=answer.pending,
        deployments_in_progress=len(rolling),
        rolling_since=max(started, default=None),
        crash_looping=_crash_looping(answer),
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
    newest = max(
        (event for event in answer.events if _tells_health(event.message)),
        key=lambda event: event.created_at,
        default=None,
    )
    return newest is not None and _CRASH_LOOP_EVENT in newest.message


def _tells_health(message: str) -> bool:
    return _CRASH_LOOP_EVENT in message or _STEADY_EVENT in message
