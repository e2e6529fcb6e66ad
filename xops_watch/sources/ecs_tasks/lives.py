"""For how long crew tasks ran in the last day, and how often Spot interrupted them.

ECS lists a stopped task for about an hour: what ended is remembered, over a restart as well.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from xops_watch.aws.tasks import REMEMBERED, Task
from xops_watch.errors import StoreError
from xops_watch.ports import Memory

DAY = timedelta(days=1)
LIVES_MAX = 5_000  # ended ones, the newest: a crew every 17 seconds of a day
KEPT_EVERY = timedelta(minutes=10)  # when nothing but the time has changed
_MEMORY = "ecs_tasks"
_NO_TIME = timedelta()


class _Life(BaseModel):
    """One task that ended: of whom it was, from when to when it ran, and how it ended."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    subject: str
    started_at: AwareDatetime | None
    ended_at: AwareDatetime
    interrupted: bool


class _Watched(BaseModel):
    """Since when a cluster is watched without a break, and when it was last."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    since: AwareDatetime
    until: AwareDatetime


class _Remembered(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    watched: dict[str, _Watched] = {}
    lives: dict[str, _Life] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """What the tasks of one subject did in the last day, as far as they were watched."""

    worked: timedelta = _NO_TIME
    interruptions: int = 0

    @property
    def rate(self) -> float | None:
        """Return the interruptions for each hour worked, None when nothing worked."""
        hours = self.worked / timedelta(hours=1)
        return self.interruptions / hours if hours else None


class Lives:
    """Remembers the tasks of all clusters that ended within a day. For one thread at a time."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self._recalled = False
        self._kept_at: datetime | None = None
        self._watched: dict[str, _Watched] = {}
        self._lives: dict[str, _Life] = {}

    def read(
        self, cluster: str, tasks: Mapping[str, Iterable[Task]], *, now: datetime
    ) -> Mapping[str, Day]:
        """Return the last day of each subject, whose `tasks` are those listed now.

        Raises StoreError when it cannot be recalled what was before the start.
        """
        self._recall()
        changed = self._watch(cluster, now) | self._remember(tasks)
        since = max(now - DAY, self._watched[cluster].since)
        days = {
            subject: _day(self._of(subject), running, since=since, now=now)
            for subject, running in tasks.items()
        }
        self._forget(now)
        self._keep(now, changed=changed)
        return days

    def subjects(self) -> frozenset[str]:
        """Return whose tasks are remembered."""
        return frozenset(life.subject for life in self._lives.values())

    def _recall(self) -> None:
        if self._recalled:
            return
        text = self._memory.recall(_MEMORY)
        try:
            remembered = _Remembered.model_validate_json(text or "{}")
        except ValidationError:  # of another version: a new day begins
            remembered = _Remembered()
        self._watched |= remembered.watched
        self._lives |= remembered.lives
        self._recalled = True

    def _watch(self, cluster: str, now: datetime) -> bool:
        """After a longer break nobody knows what ended in it: the day begins anew."""
        known = self._watched.get(cluster)
        unbroken = known is not None and _NO_TIME <= now - known.until <= REMEMBERED
        since = known.since if known is not None and unbroken else now
        self._watched[cluster] = _Watched(since=since, until=now)
        return not unbroken

    def _remember(self, tasks: Mapping[str, Iterable[Task]]) -> bool:
        ended = {
            _short(task.arn): _Life(
                subject=subject,
                started_at=task.started_at,
                ended_at=task.ended_at,
                interrupted=task.interrupted,
            )
            for subject, of_subject in tasks.items()
            for task in of_subject
            if task.ended_at is not None
        }
        changed = any(self._lives.get(name) != life for name, life in ended.items())
        self._lives |= ended
        return changed

    def _of(self, subject: str) -> Iterator[_Life]:
        return (life for life in self._lives.values() if life.subject == subject)

    def _forget(self, now: datetime) -> None:
        recent = {name: life for name, life in self._lives.items() if now - life.ended_at < DAY}
        newest = sorted(recent, key=lambda name: recent[name].ended_at)[-LIVES_MAX:]
        self._lives = {name: recent[name] for name in newest}
        self._watched = {
            cluster: watched
            for cluster, watched in self._watched.items()
            if now - watched.until <= REMEMBERED
        }

    def _keep(self, now: datetime, *, changed: bool) -> None:
        kept_at = self._kept_at
        if not changed and kept_at is not None and _NO_TIME <= now - kept_at < KEPT_EVERY:
            return
        remembered = _Remembered(watched=self._watched, lives=self._lives)
        try:
            self._memory.keep(_MEMORY, remembered.model_dump_json())
        except StoreError:
            return  # the tick records into the same store, and says so
        self._kept_at = now


def _day(lives: Iterable[_Life], tasks: Iterable[Task], *, since: datetime, now: datetime) -> Day:
    ended = [life for life in lives if life.ended_at > since]
    running = [task.started_at for task in tasks if task.started_at and task.ended_at is None]
    spans = [(life.started_at, life.ended_at) for life in ended if life.started_at is not None]
    spans += [(started_at, now) for started_at in running]
    return Day(
        worked=sum((max(_NO_TIME, end - max(start, since)) for start, end in spans), _NO_TIME),
        interruptions=sum(life.interrupted for life in ended),
    )


def _short(arn: str) -> str:
    return arn.rpartition("/")[2]
