"""What ECS tells of the task around us: nothing has to be configured twice."""

from structlog.typing import FilteringBoundLogger

from xops_watch.aws.metadata import on_ecs, own_task
from xops_watch.settings import Settings


def at_home(settings: Settings, log: FilteringBoundLogger) -> Settings:
    """Return the settings with the own task's cluster where none is named.

    Raises UnreachableError when ECS does not tell which task this is.
    """
    if settings.ecs.clusters or not on_ecs():
        return settings
    task = own_task()
    log.info("ecs_task_found", cluster=task.cluster, service=task.service, region=task.region)
    ecs = settings.ecs.model_copy(update={"clusters": (task.cluster,)})
    return settings.model_copy(update={"ecs": ecs})
