"""What belongs to the watched services, so that nothing else is read by default."""

from collections.abc import Collection
from datetime import datetime
from functools import partial

from structlog.typing import FilteringBoundLogger

from xops_watch.aws.clients import Clients
from xops_watch.aws.discovery import Discovery, Readers
from xops_watch.aws.inventory import EcsInventory
from xops_watch.aws.load_balancers import LoadBalancers
from xops_watch.aws.task_definitions import TaskDefinitions
from xops_watch.errors import SourceError
from xops_watch.sources.cloudwatch import Belongs


def belongs(inventory: EcsInventory | None, clients: Clients, log: FilteringBoundLogger) -> Belongs:
    """Return who tells what belongs to the services; without ECS everything may."""
    if inventory is None:
        return _everything
    readers = Readers(
        inventory=inventory,
        definitions=TaskDefinitions(clients.make("ecs")),
        balancers=LoadBalancers(clients.make("elbv2")),
        cloudfront=clients.make("cloudfront"),
    )
    discovery = Discovery(readers, tell=partial(_tell, log))
    return lambda namespace, now: discovery.names(namespace, now=now)


def _everything(_namespace: str, _now: datetime) -> Collection[str] | None:
    return None


def _tell(log: FilteringBoundLogger, namespace: str, error: SourceError) -> None:
    log.info(
        "everything_listed_is_watched",
        namespace=namespace,
        reason=str(error.reason),
        detail=error.what,
        hint=error.hint,
    )
