"""Tasks one by one: since when each is wanted, who asked for it, and how it ended.

Only tasks that are new, or not running yet, or just stopped, are described: a poll of a quiet
cluster costs two listings.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal

from pydantic import AwareDatetime, Field

from xops_watch.aws.answers import Answer, Arn, FailureAnswer, parse_answer, read_pages
from xops_watch.aws.failures import invalid_answer, translated
from xops_watch.aws.side_by_side import SideBySide
from xops_watch.errors import SourceError

if TYPE_CHECKING:
    from mypy_boto3_ecs import ECSClient

DESCRIBE_TASKS_MAX = 100  # AWS refuses more in one call
PAGES_MAX = 1000  # 100,000 tasks of a cluster
REMEMBERED = timedelta(hours=1)  # ECS lists a stopped task for about as long

_LIST = "ecs:ListTasks"
_DESCRIBE = "ecs:DescribeTasks"
_SERVICE_GROUP = "service:"
_STOPPED = "STOPPED"
_SPOT_INTERRUPTION = "SpotInterruption"
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
    started_at: AwareDatetime | None = Field(default=None, alias="startedAt")
    stopping_at: AwareDatetime | None = Field(default=None, alias="stoppingAt")
    stopped_at: AwareDatetime | None = Field(default=None, alias="stoppedAt")
    stop_code: str | None = Field(default=None, alias="stopCode")


class _DescribedTasks(Answer):
    tasks: list[_Task]
    failures: list[FailureAnswer] = Field(default=[])


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One task; `service` is None for one that was started on its own.

    `since` is when ECS created it, or when it was first seen if ECS does not say. It ran from
    `started_at` to `ended_at`, None if it did not or still does; `interrupted` is one of Spot
    whose machine was taken away. `final` is what ECS will say no more of.
    """

    service: str | None
    family: str
    since: datetime
    coming_up: bool
    arn: str = field(default="", compare=False)
    started_at: datetime | None = field(default=None, compare=False)
    ended_at: datetime | None = field(default=None, compare=False)
    interrupted: bool = field(default=False, compare=False)
    final: bool = field(default=False, compare=False)


class TaskBook:
    """The tasks of one cluster, as far as they are listed or an hour old; for one thread."""

    def __init__(self, client: "ECSClient", cluster: str) -> None:
        self._client = client
        self._cluster = cluster
        self._side_by_side = SideBySide()
        self._tasks: dict[str, Task] = {}

    def read(self, *, now: datetime) -> Sequence[Task]:
        """Return every known task: wanted, or created in the last hour; raises SourceError."""
        wanted = self._listed("RUNNING")
        stopped = self._listed("STOPPED")
        known = self._tasks
        new = [arn for arn in wanted if arn not in known or known[arn].coming_up]
        new.extend(arn for arn in stopped if arn not in known or not known[arn].final)
        self._describe(new, now)
        still_wanted, listed = set(wanted), {*wanted, *stopped}
        self._tasks = {
            arn: task if arn in still_wanted else _ended(task, now)
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
        """Add these tasks; what was read is kept, and not asked for again, when a part fails."""
        batches = [
            arns[start:][:DESCRIBE_TASKS_MAX] for start in range(0, len(arns), DESCRIBE_TASKS_MAX)
        ]
        failures: list[SourceError] = []
        for answer in self._side_by_side.ask(self._described, batches):
            if isinstance(answer, SourceError):
                failures.append(answer)
            else:
                self._tasks |= dict(self._read(answer, now))
        if failures:
            raise failures[0]

    def _described(self, arns: Sequence[str]) -> Sequence[_Task]:
        with translated(_DESCRIBE):
            answer = self._client.describe_tasks(cluster=self._cluster, tasks=arns)
        described = parse_answer(_DescribedTasks, answer, action=_DESCRIBE)
        for failure in described.failures:
            if failure.reason != "MISSING":  # it ended a moment ago
                raise invalid_answer(_DESCRIBE, f"a listed task failed: {failure.reason!r:.50}")
        return described.tasks

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
                    arn=answer.arn,
                    started_at=answer.started_at,
                    ended_at=answer.stopped_at or answer.stopping_at,
                    interrupted=answer.stop_code == _SPOT_INTERRUPTION,
                    final=answer.last_status == _STOPPED,
                ),
            )


def _ended(task: Task, now: datetime) -> Task:
    """Of a task that is not listed any more it is not known when it ended: now at the latest."""
    return replace(task, coming_up=False, ended_at=task.ended_at or now)
