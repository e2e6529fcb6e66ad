"""The JSON that the control API takes, as types for those who write it in Python."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TypedDict

# An aware instant, ISO 8601 with an offset, or unix seconds.
Instant = datetime | str | float


class EventSpec(TypedDict, total=False):
    """A service event; without `at` it happened now."""

    message: str
    at: Instant


class DeploymentSpec(TypedDict, total=False):
    """A deployment of a service; what is left out is taken from the service."""

    id: str
    status: str
    task_definition: str
    desired: int
    running: int
    pending: int
    failed_tasks: int
    rollout_state: str
    rollout_state_reason: str
    created_at: Instant
    updated_at: Instant


class TaskSpec(TypedDict, total=False):
    """A task; `group` only for one that belongs to no service."""

    id: str
    group: str
    task_definition: str
    last_status: str
    desired_status: str
    created_at: Instant
    started_at: Instant
    stopped_at: Instant
    stop_code: str
    stopped_reason: str
    started_by: str
    launch_type: str
    capacity_provider: str
    tags: Mapping[str, str]


class ProviderSpec(TypedDict, total=False):
    """One capacity provider of a strategy; `capacity_provider` is required."""

    capacity_provider: str
    weight: int
    base: int


class ScalingSpec(TypedDict, total=False):
    """How a service is scaled; `cpu_target` in percent, `suspended` yes or no."""

    min: int
    max: int
    cpu_target: float
    suspended: str


class ServiceSpec(TypedDict, total=False):
    """A service; `name` is required. Tasks are made from the counts unless they are given.

    `cpu`, `memory`, `architecture`, `environment` and `file_systems` (ids of EFS) are of its task
    definition; `target_groups` are ARNs.
    """

    name: str
    status: str
    desired: int
    running: int
    pending: int
    failed_tasks: int
    task_definition: str
    launch_type: str
    capacity_provider: str
    scheduling_strategy: str
    created_at: Instant
    deployments: Sequence[DeploymentSpec]
    events: Sequence[EventSpec | str]
    tasks: Sequence[TaskSpec]
    tags: Mapping[str, str]
    strategy: Sequence[ProviderSpec]
    scaling: ScalingSpec
    cpu: int
    memory: int
    architecture: str
    environment: Mapping[str, str]
    file_systems: Sequence[str]
    target_groups: Sequence[str]


class SeriesSpec(TypedDict, total=False):
    """Points of one series; `namespace`, `metric` and `points` are required."""

    region: str
    namespace: str
    metric: str
    dimensions: Mapping[str, str]
    unit: str
    storage_resolution: int
    points: Sequence[tuple[Instant, float]]
