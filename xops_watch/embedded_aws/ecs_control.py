"""Reads the state of a cluster from a control request and fills in what was left out."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from xops_watch.embedded_aws.ecs_definitions import read_definition
from xops_watch.embedded_aws.ecs_deployments import (
    primary_deployment,
    read_deployment,
    read_events,
    revision,
)
from xops_watch.embedded_aws.ecs_state import (
    Cluster,
    Provider,
    Service,
    Task,
    stable_id,
)
from xops_watch.embedded_aws.errors import ControlError
from xops_watch.embedded_aws.fields import Fields
from xops_watch.embedded_aws.metrics import ANYWHERE
from xops_watch.embedded_aws.scaling import read_scaling

TASKS_MAX = 5_000
# A service whose creation nobody dated is old enough to be out of its first deployment.
_SERVICE_AGE = timedelta(days=30)

_LAUNCH_TYPES = frozenset({"FARGATE", "EC2", "EXTERNAL", "MANAGED_INSTANCES"})
_TASK_STATUSES = (
    "PROVISIONING",
    "PENDING",
    "ACTIVATING",
    "RUNNING",
    "DEACTIVATING",
    "STOPPING",
    "DEPROVISIONING",
    "STOPPED",
)
_STOP_CODES = frozenset(
    {
        "TaskFailedToStart",
        "EssentialContainerExited",
        "UserInitiated",
        "ServiceSchedulerInitiated",
        "SpotInterruption",
        "TerminationNotice",
        "InfrastructureHealth",
    }
)


def read_cluster(name: str, content: object, *, now: datetime, before: Cluster | None) -> Cluster:
    """Return the cluster that a control request describes.

    `before` is the cluster as it was: tasks that stay keep the time at which they were created
    and started. Raises ControlError for what does not fit the documented form.
    """
    fields = Fields(content, "cluster")
    known = {} if before is None else {task.id: task for task in before.all_tasks}
    services = [_service(each, name, now, known) for each in fields.objects("services")]
    tasks = [
        _task(each, f"{name}[{index}]", now, known)
        for index, each in enumerate(fields.objects("tasks"))
    ]
    cluster = Cluster(
        name=name,
        region=fields.optional_text("region") or ANYWHERE,
        status=fields.choice("status", {"ACTIVE", "PROVISIONING", "INACTIVE"}, "ACTIVE"),
        services=services,
        tasks=tasks,
        capacity_providers=fields.names("capacity_providers"),
        settings=fields.texts("settings"),
        tags=fields.texts("tags"),
    )
    fields.done()
    _check_unique([service.name for service in services], "service")
    _check_unique([task.id for task in cluster.all_tasks], "task")
    return cluster


def _service(fields: Fields, cluster: str, now: datetime, known: Mapping[str, Task]) -> Service:
    """Return one service; tasks and deployments are made from the counts if not given."""
    template = _template(fields, now)
    name = template.group.removeprefix("service:")
    tasks = _service_tasks(fields, template, cluster, now, known)
    created_at = fields.time("created_at") or now - _SERVICE_AGE
    service = Service(
        name=name,
        status=fields.choice("status", {"ACTIVE", "DRAINING", "INACTIVE"}, "ACTIVE"),
        desired=fields.whole("desired", default=sum(task.is_running for task in tasks)),
        task_definition=template.task_definition,
        launch_type=template.launch_type,
        capacity_provider=template.capacity_provider,
        scheduling_strategy=fields.choice("scheduling_strategy", {"REPLICA", "DAEMON"}, "REPLICA"),
        created_at=created_at,
        deployments=(),
        events=read_events(fields.items("events"), f"{name}.events", now),
        tasks=tasks,
        tags=fields.texts("tags"),
        strategy=[_provider(each) for each in fields.objects("strategy")],
        definition=read_definition(fields),
        scaling=read_scaling(fields.optional_object("scaling")),
        target_groups=fields.names("target_groups"),
    )
    primary = primary_deployment(service, fields.whole("failed_tasks", default=0))
    given = [read_deployment(each, primary) for each in fields.objects("deployments")]
    fields.done()
    return replace(service, deployments=given or [primary])


def _provider(fields: Fields) -> Provider:
    """Return one capacity provider of a strategy."""
    provider = Provider(
        name=fields.text("capacity_provider"),
        weight=fields.whole("weight", default=0, high=1000),
        base=fields.whole("base", default=0, high=100_000),
    )
    fields.done()
    return provider


def _template(fields: Fields, now: datetime) -> Task:
    """Return what every task of a service has in common."""
    name = fields.text("name")
    return Task(
        id="",
        group=f"service:{name}",
        task_definition=revision(fields.optional_text("task_definition") or name),
        last_status="RUNNING",
        desired_status="RUNNING",
        created_at=now,
        launch_type=fields.choice("launch_type", _LAUNCH_TYPES, "FARGATE"),
        capacity_provider=fields.optional_text("capacity_provider"),
        started_by="ecs-svc/" + str(int(stable_id(name)[:15], 16)),
    )


def _service_tasks(
    fields: Fields, template: Task, cluster: str, now: datetime, known: Mapping[str, Task]
) -> list[Task]:
    """Return the tasks given, or as many as `running` and `pending` say; both must agree."""
    listed = fields.has("tasks")
    given = [
        _task(each, f"{cluster}/{template.group}[{index}]", now, known, template=template)
        for index, each in enumerate(fields.objects("tasks"))
    ]
    running = fields.whole(
        "running", default=sum(task.is_running for task in given), high=TASKS_MAX
    )
    pending = fields.whole(
        "pending", default=sum(task.is_pending for task in given), high=TASKS_MAX
    )
    if not listed:
        return _made_tasks(template, cluster, running, pending, known)
    if (running, pending) != (
        sum(task.is_running for task in given),
        sum(task.is_pending for task in given),
    ):
        reason = f"{template.group}: running and pending differ from the tasks that are listed"
        raise ControlError(reason)
    return given


def _made_tasks(
    template: Task, cluster: str, running: int, pending: int, known: Mapping[str, Task]
) -> list[Task]:
    """Return `running` and then `pending` tasks, the same ones every time by position."""
    tasks = []
    for index in range(running + pending):
        task_id = stable_id(cluster, template.group, str(index))
        before = known.get(task_id)
        created_at = template.created_at if before is None else before.created_at
        started_at = None
        if index < running:
            known_start = None if before is None else before.started_at
            started_at = known_start or template.created_at
        tasks.append(
            replace(
                template,
                id=task_id,
                last_status="PENDING" if started_at is None else "RUNNING",
                created_at=created_at,
                started_at=started_at,
                availability_zone="abc"[index % 3],
            )
        )
    return tasks


def _task(
    fields: Fields,
    where: str,
    now: datetime,
    known: Mapping[str, Task],
    *,
    template: Task | None = None,
) -> Task:
    """Return one task as given; `template` is that of its service, None if it has none."""
    if template is None:
        definition = revision(fields.optional_text("task_definition") or "task")
        template = _lone_template(fields, definition, now)
    else:
        definition = revision(fields.optional_text("task_definition") or template.task_definition)
    task_id = fields.optional_text("id") or stable_id(where)
    status = fields.choice("last_status", _TASK_STATUSES, "RUNNING")
    up = _TASK_STATUSES.index(status) <= _TASK_STATUSES.index("RUNNING")
    created_at, started_at, stopped_at = _times(fields, status, now, known.get(task_id))
    task = replace(
        template,
        id=task_id,
        task_definition=definition,
        last_status=status,
        desired_status=fields.choice(
            "desired_status", {"RUNNING", "STOPPED"}, "RUNNING" if up else "STOPPED"
        ),
        created_at=created_at,
        started_at=started_at,
        stopped_at=stopped_at,
        stop_code=fields.choice("stop_code", _STOP_CODES, "") or None,
        stopped_reason=fields.optional_text("stopped_reason"),
        started_by=fields.optional_text("started_by") or template.started_by,
        launch_type=fields.choice("launch_type", _LAUNCH_TYPES, template.launch_type),
        capacity_provider=fields.optional_text("capacity_provider") or template.capacity_provider,
        tags=fields.texts("tags"),
    )
    fields.done()
    return task


def _lone_template(fields: Fields, definition: str, now: datetime) -> Task:
    """Return what a task without a service starts from; its group is that of its family."""
    return Task(
        id="",
        group=fields.optional_text("group") or f"family:{definition.partition(':')[0]}",
        task_definition=definition,
        last_status="RUNNING",
        desired_status="RUNNING",
        created_at=now,
    )


def _times(
    fields: Fields, status: str, now: datetime, before: Task | None
) -> tuple[datetime, datetime | None, datetime | None]:
    """Return when a task was created, started and stopped; a known task keeps its times."""
    created_at = fields.time("created_at") or (before.created_at if before else now)
    started_at = fields.time("started_at") or (before.started_at if before else None)
    stopped_at = fields.time("stopped_at") or (before.stopped_at if before else None)
    if started_at is None and status == "RUNNING":
        started_at = now
    if stopped_at is None and status == "STOPPED":
        stopped_at = now
    return created_at, started_at, stopped_at


def _check_unique(names: Sequence[str], kind: str) -> None:
    """Refuse two things of one name."""
    twice = [name for name, times in Counter(names).items() if times > 1]
    if twice:
        reason = f"{kind} {twice[0]!r} is there twice"
        raise ControlError(reason)
