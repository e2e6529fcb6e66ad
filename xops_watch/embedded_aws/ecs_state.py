"""The ECS clusters of the world, as the control API describes them."""

import hashlib
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from xops_watch.embedded_aws.ecs_definitions import Definition
from xops_watch.embedded_aws.metrics import ANYWHERE
from xops_watch.embedded_aws.scaling import Scaling

COMING_UP = frozenset({"PROVISIONING", "PENDING", "ACTIVATING"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One service event."""

    at: datetime
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """One deployment of a service; `status` is PRIMARY, ACTIVE or INACTIVE."""

    id: str
    status: str
    task_definition: str
    desired: int
    running: int
    pending: int
    failed_tasks: int
    rollout_state: str
    rollout_state_reason: str
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One task; `group` is "service:NAME" or "family:NAME", `task_definition` "family:revision"."""

    id: str
    group: str
    task_definition: str
    last_status: str
    desired_status: str
    created_at: datetime
    started_at: datetime | None = None
    stopped_at: datetime | None = None
    stop_code: str | None = None
    stopped_reason: str | None = None
    started_by: str | None = None
    launch_type: str = "FARGATE"
    capacity_provider: str | None = None
    availability_zone: str = "a"
    cpu: str = "256"
    memory: str = "512"
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def family(self) -> str:
        """Return the family of the task definition."""
        return self.task_definition.partition(":")[0]

    @property
    def is_running(self) -> bool:
        """Tell whether ECS counts the task as running."""
        return self.last_status == "RUNNING"

    @property
    def is_pending(self) -> bool:
        """Tell whether ECS counts the task as pending: on its way up, and still wanted."""
        return self.last_status in COMING_UP and self.desired_status == "RUNNING"


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """One capacity provider of a service's strategy."""

    name: str
    weight: int
    base: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One service, its deployments (newest first), events (newest first) and tasks.

    `strategy` stands in for `launch_type`; `scaling` None is a service that nothing scales.
    `target_groups` are the ARNs of those of its load balancers.
    """

    name: str
    status: str
    desired: int
    task_definition: str
    launch_type: str
    capacity_provider: str | None
    scheduling_strategy: str
    created_at: datetime
    deployments: Sequence[Deployment]
    events: Sequence[Event]
    tasks: Sequence[Task]
    tags: Mapping[str, str]
    strategy: Sequence[Provider] = ()
    definition: Definition = field(default_factory=Definition)
    scaling: Scaling | None = None
    target_groups: Sequence[str] = ()

    @property
    def running(self) -> int:
        """Return how many tasks run."""
        return sum(task.is_running for task in self.tasks)

    @property
    def pending(self) -> int:
        """Return how many tasks are on their way up."""
        return sum(task.is_pending for task in self.tasks)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """One cluster; `tasks` are those that belong to no service."""

    name: str
    region: str
    status: str
    services: Sequence[Service]
    tasks: Sequence[Task]
    capacity_providers: Sequence[str]
    settings: Mapping[str, str]
    tags: Mapping[str, str]

    @property
    def all_tasks(self) -> list[Task]:
        """Return the tasks of the services and those that belong to none."""
        return [task for service in self.services for task in service.tasks] + list(self.tasks)


class ClusterStore:
    """All clusters; safe to use from many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._clusters: dict[str, Cluster] = {}

    def put(self, cluster: Cluster) -> None:
        """Replace the cluster of that name, or add it."""
        with self._lock:
            self._clusters[cluster.name] = cluster

    def delete(self, name: str) -> bool:
        """Forget a cluster; return whether there was one."""
        with self._lock:
            return self._clusters.pop(name, None) is not None

    def clear(self) -> None:
        """Forget all clusters."""
        with self._lock:
            self._clusters.clear()

    def named(self, name: str) -> Cluster | None:
        """Return the cluster of that name wherever it is, or None."""
        with self._lock:
            return self._clusters.get(name)

    def find(self, name: str, region: str) -> Cluster | None:
        """Return the cluster of that name if `region` shows it, or None."""
        cluster = self.named(name)
        return cluster if cluster is not None and cluster.region in {region, ANYWHERE} else None

    def listed(self, region: str) -> list[Cluster]:
        """Return the clusters that `region` shows, in the order in which they came."""
        with self._lock:
            return [each for each in self._clusters.values() if each.region in {region, ANYWHERE}]


def stable_id(*parts: str) -> str:
    """Return 32 hexadecimal digits that depend on nothing but `parts`."""
    return hashlib.sha256("/".join(parts).encode()).hexdigest()[:32]
