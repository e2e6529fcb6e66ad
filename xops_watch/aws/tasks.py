"""Tasks one by one: since when each is wanted, and who asked for it.

Only tasks that are new, or were not running yet, are described: a poll of a quiet cluster costs
two listings.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal

from pydantic import AwareDatetime, Field

from xops_watch.aws.answers import Answer, Arn, FailureAnswer, parse_answer, read_pages
from xops_watch.aws.failures import invalid_answer, translated

if TYPE_CHECKING:
    from mypy_boto3_ecs import ECSClient

DESCRIBE_TASKS_MAX = 100  # AWS refuses more in one call
PAGES_MAX = 100  # 10,000 tasks of a cluster
REMEMBERED = timedelta(hours=1)  # ECS lists a stopped task for about as long

_LIST = "ecs:ListTasks"
_DESCRIBE = "ecs:DescribeTasks"
_SERVICE_GROUP = "service:"
_COMING_UP = frozenset({"PROVISIONING", "PENDING", "ACTIVATING"})
_Wanted = Literal["RUNNING", "STOPPED"]


class _TaskPage(Answer):
    arns: list[Arn] = Field(alias="taskArns")


class _Task(Answer):
    arn: Arn = Field(alias="taskArn")
    definition: Arn = Field(alias="taskDefinitionArn")
    last_status: str = Field(alias="lastStatus")
    group: str = ""
    created_at: AwareDatetime | None = Field(default=None, alias="createdAt")


class _DescribedTasks(Answer):
    tasks: list[_Task]
    failures: list[FailureAnswer] = Field(default=[])


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One task; `service` is None for one that was started on its own.

    `since` is when ECS created it, or when it was first seen if ECS does not say.
    """

    service: str | None
    family: str
    since: datetime
    coming_up: bool


class TaskBook:
    """The tasks of one cluster, as far as they are listed or an hour old; for one thread."""

    def __init__(self, client: "ECSClient", cluster: str) -> None:
        self._client = client
        self._cluster = cluster
        self._tasks: dict[str, Task] = {}

    def read(self, *, now: datetime) -> Sequence[Task]:
        """Return every known task: wanted, or created in the last hour; raises SourceError."""
        wanted = self._listed("RUNNING")
        stopped = self._listed("STOPPED")
        known = self._tasks
        new = [arn for arn in wanted if arn not in known or known[arn].coming_up]
        new.extend(arn for arn in stopped if arn not in known)
        # What was read before a later call fails is not asked for again.
        for start in range(0, len(new), DESCRIBE_TASKS_MAX):
            self._describe(new[start:][:DESCRIBE_TASKS_MAX], now)
        still_wanted, listed = set(wanted), {*wanted, *stopped}
        self._tasks = {
            arn: task if arn in still_wanted else replace(task, coming_up=False)
            for arn, task in self._tasks.items()
            if arn in listed or now - task.since < REMEMBERED
        }
        return tuple(self._tasks.values())

    def _listed(self, wanted: _Wanted) -> list[str]:
        pages = self._client.get_paginator("list_tasks").paginate(
            cluster=self._cluster, desiredStatus=wanted
        )
        listed = read_pages(pages, _TaskPage, action=_LIST, pages_max=PAGES_MAX)
        return list(dict.fromkeys(arn for page in listed for arn in page.arns))

    def _describe(self, arns: Sequence[str], now: datetime) -> None:
        with translated(_DESCRIBE):
            answer = self._client.describe_tasks(cluster=self._cluster, tasks=arns)
        described = parse_answer(_DescribedTasks, answer, action=_DESCRIBE)
        for failure in described.failures:
            if failure.reason != "MISSING":  # it ended a moment ago
                raise invalid_answer(_DESCRIBE, f"a listed task failed: {failure.reason!r:.50}")
        self._tasks |= dict(self._read(described.tasks, now))

    def _read(self, answers: Sequence[_Task], now: datetime) -> Iterator[tuple[str, Task]]:
        for answer in answers:
            before = self._tasks.get(answer.arn)
            first_seen = before.since if before else now
            of_service = answer.group.startswith(_SERVICE_GROUP)
            yield (
                answer.arn,
                Task(
                    service=answer.group.removeprefix(_SERVICE_GROUP) if of_service else None,
                    family=answer.definition.rpartition("/")[2].partition(":")[0],
                    since=answer.created_at or first_seen,
                    coming_up=answer.last_status in _COMING_UP,
                ),
            )
