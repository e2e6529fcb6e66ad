"""Where the containers of a service write their log, as their task definition says."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from pydantic import Field

from xops_watch.aws.answers import Answer, parse_answer
from xops_watch.aws.failures import translated
from xops_watch.aws.inventory import EcsInventory
from xops_watch.aws.standing import matches
from xops_watch.errors import GapReason, SourceError

if TYPE_CHECKING:
    from mypy_boto3_ecs import ECSClient

DESCRIBE_DEFINITION = "ecs:DescribeTaskDefinition"
_SERVICES_MAX = 10
_DRIVER = "awslogs"


class _Options(Answer):
    # Options of other drivers hold tokens: no other is read.
    group: str | None = Field(default=None, alias="awslogs-group", max_length=512)


class _Log(Answer):
    driver: str = Field(alias="logDriver")
    options: _Options = Field(default=_Options())


class _Container(Answer):
    essential: bool = True
    log: _Log | None = Field(default=None, alias="logConfiguration")


class _Definition(Answer):
    containers: list[_Container] = Field(alias="containerDefinitions")


class _Described(Answer):
    definition: _Definition = Field(alias="taskDefinition")


class ServiceLogGroup:
    """Finds the one log group of the services that fit glob patterns; for one thread at a time.

    A revision never changes, so each is asked for once.
    """

    def __init__(
        self, inventory: EcsInventory, client: "ECSClient", *, services: Sequence[str]
    ) -> None:
        self._inventory = inventory
        self._client = client
        self._services = tuple(services)
        self._known: dict[str, frozenset[str]] = {}

    def __call__(self, now: datetime) -> str:
        """Return the log group's name; raises SourceError if there is none, or several."""
        sweep = self._inventory.sweep(now=now)
        services = [service for cluster in sweep.clusters for service in cluster.services]
        arns = {
            service.task_definition
            for service in services
            if service.active and service.task_definition and matches(service.name, self._services)
        }
        if not arns and sweep.failures:
            raise next(iter(sweep.failures.values()))
        return _only(self._groups(sorted(arns)[:_SERVICES_MAX]))

    def _groups(self, arns: Collection[str]) -> set[str]:
        known = self._known
        self._known = {arn: known[arn] if arn in known else self._ask(arn) for arn in arns}
        return {group for groups in self._known.values() for group in groups}

    def _ask(self, arn: str) -> frozenset[str]:
        with translated(DESCRIBE_DEFINITION):
            answer = self._client.describe_task_definition(taskDefinition=arn)
        definition = parse_answer(_Described, answer, action=DESCRIBE_DEFINITION).definition
        # What may end without ending the task is no part of the application: a sidecar.
        return frozenset(_groups(one for one in definition.containers if one.essential))


def _groups(containers: Iterable[_Container]) -> Iterable[str]:
    for container in containers:
        log = container.log
        if log is not None and log.driver == _DRIVER and log.options.group:
            yield log.options.group


def _only(groups: Collection[str]) -> str:
    if len(groups) == 1:
        return next(iter(groups))
    what = "several log groups" if groups else "no log group of CloudWatch Logs"
    raise SourceError(
        f"the task definition of L6 names {what}: name it in XOPS_WATCH_APP_LOG__GROUP",
        reason=GapReason.NOT_ENABLED,
        hint="ECS writes there with the log driver awslogs; ecs.l6_services says which is L6",
    )
