"""How often Spot interrupts crews for each hour worked, over restarts and breaks."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.aws.bench import MINUTE, NOW
from tests.fakes import MemoryStore
from tests.sources.test_ecs_tasks import Stack, gap, task, value
from xops_watch.aws.inventory import EcsInventory
from xops_watch.aws.tasks import Task, TaskBook
from xops_watch.core.reading import Observation, Reading
from xops_watch.errors import GapReason, StoreError
from xops_watch.ports import Memory
from xops_watch.sources.ecs_tasks import Crews, EcsTaskSource
from xops_watch.sources.ecs_tasks.lives import LIVES_MAX, Lives

RATE = "crew.spot_interruption_rate"
COUNT = "crew.spot_interruptions_24h"
WORKED = "crew.worker_time_24h"
HOUR = timedelta(hours=1)


def source_of(stack: Stack, memory: Memory) -> EcsTaskSource:
    return EcsTaskSource(
        EcsInventory(stack.client, clusters=tuple(stack.clusters)),
        lambda cluster: TaskBook(stack.client, cluster),
        interval=MINUTE,
        crew_services=("*crew*",),
        crews=Crews(),
        memory=memory,
    )


def running(name: str, *, since: datetime, group: str = "service:crew") -> dict[str, Any]:
    return {**task(name, minutes=0, group=group), "createdAt": since, "startedAt": since}


def stopped(known: dict[str, Any], *, at: datetime, code: str) -> dict[str, Any]:
    return {**known, "lastStatus": "STOPPED", "stoppedAt": at, "stopCode": code}


def test_an_interruption_counts_against_the_hours_worked() -> None:
    stack, memory = Stack("crew"), MemoryStore()
    source = source_of(stack, memory)
    one, two = (running(name, since=NOW) for name in ("one", "two"))
    stack.wanted = [one, two]
    source.observe(now=NOW)
    stack.wanted = [two]
    stack.stopped = [stopped(one, at=NOW + HOUR, code="SpotInterruption")]
    observations = source.observe(now=NOW + HOUR)
    assert value(observations, COUNT, "main/crew") == 1
    assert value(observations, WORKED, "main/crew") == 7200
    assert value(observations, RATE, "main/crew") == 0.5
    assert gap(observations, RATE, "main").reason is GapReason.NOT_APPLICABLE


@pytest.mark.parametrize("code", ["EssentialContainerExited", "UserInitiated", None, "ANewOne"])
def test_any_other_end_is_no_interruption(code: str | None) -> None:
    stack = Stack("crew")
    one = running("one", since=NOW)
    source = source_of(stack, MemoryStore())
    source.observe(now=NOW)
    stack.stopped = [{**stopped(one, at=NOW + HOUR, code=""), "stopCode": code}]
    observations = source.observe(now=NOW + HOUR)
    assert value(observations, RATE, "main/crew") == 0
    assert value(observations, WORKED, "main/crew") == 3600


def test_what_ecs_does_not_list_any_more_is_remembered_for_a_day_over_restarts() -> None:
    stack, memory = Stack("crew"), MemoryStore()
    one = running("one", since=NOW)
    source_of(stack, memory).observe(now=NOW)
    stack.stopped = [stopped(one, at=NOW + HOUR, code="SpotInterruption")]
    source_of(stack, memory).observe(now=NOW + HOUR)
    stack.stopped = []
    rates = {}
    for half_hours in range(3, 52):
        now = NOW + half_hours * HOUR / 2
        observations = source_of(stack, memory).observe(now=now)  # a restart each time
        rates[half_hours / 2] = value(observations, COUNT, "main/crew")
    assert {hours for hours, count in rates.items() if count == 1} == {
        half / 2 for half in range(3, 50)
    }
    assert gap(observations, RATE, "main/crew").detail == "no crew task ran in the last 24 hours"


def test_a_task_that_is_still_listed_after_a_restart_counts_once() -> None:
    stack, memory = Stack("crew"), MemoryStore()
    source_of(stack, memory).observe(now=NOW)
    stack.stopped = [
        stopped(running("one", since=NOW), at=NOW + 5 * MINUTE, code="SpotInterruption")
    ]
    for minute in (6, 7, 8):
        observations = source_of(stack, memory).observe(now=NOW + minute * MINUTE)
        assert value(observations, COUNT, "main/crew") == 1
        assert value(observations, WORKED, "main/crew") == 300


def test_only_what_was_watched_counts_on_both_sides() -> None:
    stack = Stack("crew")
    before = running("before", since=NOW - 9 * HOUR)
    stack.wanted = [running("still", since=NOW - 9 * HOUR)]
    stack.stopped = [stopped(before, at=NOW - MINUTE, code="SpotInterruption")]
    source = source_of(stack, MemoryStore())
    source.observe(now=NOW)
    observations = source.observe(now=NOW + HOUR)
    assert value(observations, COUNT, "main/crew") == 0
    assert value(observations, WORKED, "main/crew") == 3600


def test_after_a_break_longer_than_ecs_remembers_the_day_begins_anew() -> None:
    stack, memory = Stack("crew"), MemoryStore()
    stack.wanted = [running("one", since=NOW)]
    source_of(stack, memory).observe(now=NOW)
    source_of(stack, memory).observe(now=NOW + HOUR)
    observations = source_of(stack, memory).observe(now=NOW + 2 * HOUR)
    assert value(observations, WORKED, "main/crew") == 7200
    late = NOW + 3 * HOUR + MINUTE
    assert gap(source_of(stack, memory).observe(now=late), RATE, "main/crew").reason is (
        GapReason.NOT_APPLICABLE
    )
    observations = source_of(stack, memory).observe(now=late + HOUR)
    assert value(observations, WORKED, "main/crew") == 3600


def test_crews_that_are_tasks_of_their_own_are_told_of_their_cluster() -> None:
    stack = Stack()
    one = running("one", since=NOW, group="family:crew-run")
    source = source_of(stack, MemoryStore())
    source.observe(now=NOW)
    stack.stopped = [stopped(one, at=NOW + HOUR, code="SpotInterruption")]
    assert value(source.observe(now=NOW + HOUR), RATE, "main") == 1
    other = running("two", since=NOW, group="family:migration")
    stack.stopped.append(stopped(other, at=NOW + HOUR, code="SpotInterruption"))
    assert value(source.observe(now=NOW + HOUR + MINUTE), COUNT, "main") == 1


def test_a_task_that_vanished_worked_until_it_was_missed() -> None:
    stack = Stack("crew")
    stack.wanted = [running("one", since=NOW)]
    source = source_of(stack, MemoryStore())
    source.observe(now=NOW)
    stack.wanted = []
    for minute in (30, 31, 90):
        observations = source.observe(now=NOW + minute * MINUTE)
        assert value(observations, WORKED, "main/crew") == 1800


def test_a_task_that_never_ran_and_was_interrupted_divides_by_nothing() -> None:
    stack = Stack("crew")
    source = source_of(stack, MemoryStore())
    source.observe(now=NOW)
    never = task("one", minutes=0, group="service:crew")
    stack.stopped = [stopped(never, at=NOW + MINUTE, code="SpotInterruption")]
    observations = source.observe(now=NOW + 2 * MINUTE)
    assert value(observations, COUNT, "main/crew") == 1
    assert gap(observations, RATE, "main/crew").reason is GapReason.NOT_APPLICABLE


class BrokenMemory:
    """A memory whose file cannot be read, or only not be written."""

    def __init__(self, *, readable: bool) -> None:
        self._readable = readable
        self.kept = 0

    def recall(self, name: str) -> str | None:
        assert name == "ecs_tasks"
        if not self._readable:
            raise StoreError("the state file is gone", hint="mount it")
        return None

    def keep(self, name: str, text: str) -> None:
        assert name
        assert text
        self.kept += 1
        raise StoreError("the disk is full", hint="make room")


def test_what_cannot_be_recalled_blinds_its_own_signals_and_overwrites_nothing() -> None:
    stack, memory = Stack("crew"), BrokenMemory(readable=False)
    observations = source_of(stack, memory).observe(now=NOW)
    told = gap(observations, RATE, "main/crew")
    assert (told.reason, told.detail) == (GapReason.UNREACHABLE, "the state file is gone")
    assert value(observations, "ecs.task_start_wait", "main/crew") == 0
    assert memory.kept == 0


def test_what_cannot_be_kept_is_told_all_the_same() -> None:
    stack, memory = Stack("crew"), BrokenMemory(readable=True)
    stack.wanted = [running("one", since=NOW)]
    source = source_of(stack, memory)
    source.observe(now=NOW)
    assert value(source.observe(now=NOW + HOUR), RATE, "main/crew") == 0
    assert memory.kept == 2


@pytest.mark.parametrize("text", ["", "{", "[]", '{"watched": 5}', '{"version": 2}'])
def test_a_memory_of_another_version_begins_a_new_day(text: str) -> None:
    memory = MemoryStore()
    memory.keep("ecs_tasks", text)
    observations = source_of(Stack("crew"), memory).observe(now=NOW)
    assert value(observations, COUNT, "main/crew") == 0


def test_a_quiet_minute_is_not_written() -> None:
    class Counting(MemoryStore):
        writes = 0

        def keep(self, name: str, text: str) -> None:
            self.writes += 1
            super().keep(name, text)

    memory = Counting()
    stack = Stack("crew")
    stack.wanted = [running("one", since=NOW)]
    source = source_of(stack, memory)
    for minute in range(21):
        source.observe(now=NOW + minute * MINUTE)
    assert memory.writes == 3


def life(number: int, *, ended_at: datetime) -> Task:
    return Task(
        service="crew",
        family="crew",
        since=NOW,
        coming_up=False,
        arn=f"arn:x:task/main/{number}",
        started_at=NOW,
        ended_at=ended_at,
        final=True,
    )


def test_only_so_many_are_remembered_the_newest() -> None:
    memory = MemoryStore()
    lives = Lives(memory)
    lives.read("main", {"main/crew": ()}, now=NOW)
    many = [life(n, ended_at=NOW + timedelta(seconds=n)) for n in range(1, LIVES_MAX + 101)]
    now = NOW + 3 * HOUR / 2
    lives.read("main", {"main/crew": many}, now=now - HOUR)
    day = lives.read("main", {"main/crew": ()}, now=now)["main/crew"]
    assert day.worked == timedelta(seconds=sum(range(101, LIVES_MAX + 101)))
    text = memory.recall("ecs_tasks")
    assert text is not None
    assert len(text) < 1_000_000


def interruptions(observations: Sequence[Observation]) -> float:
    return sum(o.value for o in observations if isinstance(o, Reading) and o.signal == COUNT)


@settings(deadline=None, max_examples=30)  # sixty polls each
@given(
    ends=st.lists(st.integers(min_value=1, max_value=1_500), max_size=20),
    polls=st.lists(st.integers(min_value=1, max_value=55), min_size=40, max_size=60),
)
def test_every_interruption_of_a_watched_day_counts_once(
    ends: Sequence[int], polls: Sequence[int]
) -> None:
    """However the polls fall, as long as ECS still lists what stopped between two of them."""
    stack, memory = Stack("crew"), MemoryStore()
    tasks = [
        stopped(running(f"t{number}", since=NOW), at=NOW + end * MINUTE, code="SpotInterruption")
        for number, end in enumerate(ends)
    ]
    minute = 0
    source_of(stack, memory).observe(now=NOW)
    for step in polls:
        minute += step
        now = NOW + minute * MINUTE
        stack.stopped = [t for t in tasks if now - HOUR < t["stoppedAt"] <= now]
        observations = source_of(stack, memory).observe(now=now)
        expected = sum(now - timedelta(days=1) < t["stoppedAt"] <= now for t in tasks)
        assert interruptions(observations) == expected
