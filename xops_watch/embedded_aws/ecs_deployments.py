"""Reads the deployments and events of a service from a control request."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from operator import attrgetter

from xops_watch.embedded_aws.ecs_state import Deployment, Event, Service, stable_id
from xops_watch.embedded_aws.fields import Fields


def revision(definition: str) -> str:
    """Return "family:revision"; the revision is 1 if it is left out."""
    return definition if ":" in definition else f"{definition}:1"


def primary_deployment(service: Service, failed: int) -> Deployment:
    """Return the one deployment of a service that names none."""
    settled = service.running == service.desired and not service.pending and not failed
    state = "COMPLETED" if settled else "IN_PROGRESS"
    verb = "completed" if settled else "in progress"
    deployment_id = f"ecs-svc/{int(stable_id(service.name)[:15], 16)}"
    return Deployment(
        id=deployment_id,
        status="PRIMARY",
        task_definition=service.task_definition,
        desired=service.desired,
        running=service.running,
        pending=service.pending,
        failed_tasks=failed,
        rollout_state=state,
        rollout_state_reason=f"ECS deployment {deployment_id} {verb}.",
        created_at=service.created_at,
        updated_at=service.created_at,
    )


def read_deployment(fields: Fields, primary: Deployment) -> Deployment:
    """Return one deployment as given; what is left out is that of the only one there could be."""
    status = fields.choice("status", {"PRIMARY", "ACTIVE", "INACTIVE"}, "PRIMARY")
    definition = fields.optional_text("task_definition") or primary.task_definition
    created_at = fields.time("created_at") or primary.created_at
    deployment = Deployment(
        id=fields.optional_text("id") or f"{primary.id}-{status.lower()}",
        status=status,
        task_definition=revision(definition),
        desired=fields.whole("desired", default=primary.desired),
        running=fields.whole("running", default=primary.running),
        pending=fields.whole("pending", default=primary.pending),
        failed_tasks=fields.whole("failed_tasks", default=primary.failed_tasks),
        rollout_state=fields.choice(
            "rollout_state", {"COMPLETED", "FAILED", "IN_PROGRESS"}, primary.rollout_state
        ),
        rollout_state_reason=fields.optional_text("rollout_state_reason")
        or primary.rollout_state_reason,
        created_at=created_at,
        updated_at=fields.time("updated_at") or created_at,
    )
    fields.done()
    return deployment


def read_events(items: Sequence[object], where: str, now: datetime) -> list[Event]:
    """Return events newest first: texts, in that order, or objects with `message` and `at`."""
    events = []
    for index, item in enumerate(items):
        if isinstance(item, str) and item:
            events.append(Event(at=now - timedelta(seconds=index), message=item))
            continue
        fields = Fields(item, f"{where}[{index}]")
        at = fields.time("at") or now - timedelta(seconds=index)
        events.append(Event(at=at, message=fields.text("message")))
        fields.done()
    return sorted(events, key=attrgetter("at"), reverse=True)
