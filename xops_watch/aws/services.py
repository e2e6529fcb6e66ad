"""A service of ECS, as its description tells: its counts, and what happens to its tasks."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from xops_watch.aws.answers import DeploymentAnswer, ServiceAnswer
from xops_watch.aws.launch import Launch, read_launch

# How ECS words a service whose tasks start and die; a steady state ends it.
_CRASH_LOOP_EVENT = "is unable to consistently start tasks successfully"
# It is told of every kind of missing room: no capacity, no address, no port, no instance.
_UNPLACED_EVENT = "was unable to place"
_STEADY_EVENT = "has reached a steady state"


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One service as ECS describes it; counts are tasks.

    `rolling_since` is the start of the youngest deployment still in progress, `unplaced_at`
    the instants of the events that tell of a task without a place. `namespace` is that of Service
    Connect, None for a service that takes no part in it.
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
    target_groups: tuple[str, ...] = ()
    namespace: str | None = None

    @property
    def subject(self) -> str:
        """Return `cluster/service`, the subject of every signal of a service."""
        return f"{self.cluster}/{self.name}"


def short_name(cluster: str) -> str:
    """Return the name of a cluster given by name or by ARN."""
    return cluster.rstrip("/").rsplit("/", 1)[-1]


def read_service(cluster: str, answer: ServiceAnswer) -> Service:
    """Return a service of a cluster by what is kept of its description."""
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
        target_groups=tuple(b.target_group for b in answer.load_balancers if b.target_group),
        namespace=_namespace(answer.deployments),
    )


def _in_progress(deployment: DeploymentAnswer, all_of_service: list[DeploymentAnswer]) -> bool:
    if deployment.rollout_state is not None:
        return deployment.rollout_state == "IN_PROGRESS"
    # Services that report no rollout state keep the old deployment listed until it has drained.
    return deployment.status == "PRIMARY" and len(all_of_service) > 1


def _namespace(deployments: Sequence[DeploymentAnswer]) -> str | None:
    """Return the namespace by its last part: ECS writes it as a name or as an ARN."""
    connects = (d.service_connect for d in deployments if d.status == "PRIMARY")
    enabled = next((connect for connect in connects if connect and connect.enabled), None)
    return None if enabled is None else short_name(enabled.namespace or "")


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
