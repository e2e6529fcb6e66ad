"""Which waiting tasks are a queue of crews, and which wait for something else."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.aws.bench import MINUTE, NOW
from tests.aws.tiny_ecs import TinyEcs
from xops_watch.aws.inventory import EcsInventory
from xops_watch.core.reading import Gap, Reading
from xops_watch.errors import GapReason
from xops_watch.sources.ecs import EcsSource

SECOND = timedelta(seconds=1)
CRASH = (
    "(service crew) is unable to consistently start tasks successfully. For more information,"
    " see the Troubleshooting section."
)
STEADY = "(service crew) has reached a steady state."
NO_ROOM = "(service crew) was unable to place a task. Reason: Capacity is unavailable."


def queue(crew: Sequence[str] = ("*crew*",), **changes: object) -> Reading | Gap | None:
    """Return what is said of the queue of a service with 4 tasks too few, 2 of them pending."""
    tiny = TinyEcs({"main": ["crew"]})
    tiny.changes["crew"] = {"desiredCount": 6, "runningCount": 2, "pendingCount": 2, **changes}
    source = EcsSource(
        EcsInventory(tiny.client, clusters=("main",)),
        interval=MINUTE,
        crew_services=crew,
        ignored_services=("crew",),
    )
    found = [
        o
        for o in source.observe(now=NOW)
        if (o.signal, o.subject) == ("crew.queue_depth", "main/crew")
    ]
    return found[0] if found else None


def depth(**changes: object) -> float | None:
    """Return the depth, None where the queue is said to be not applicable."""
    said = queue(**changes)  # type: ignore[arg-type]  # changes are fields of the service
    if isinstance(said, Gap):
        assert said.reason is GapReason.NOT_APPLICABLE
        return None
    assert said is not None
    return said.value


def event(message: str, ago: timedelta) -> Mapping[str, Any]:
    return {"message": message, "createdAt": NOW - ago}


def deployment(ago: timedelta, state: str | None = None, **fields: object) -> dict[str, Any]:
    rollout = {} if state is None else {"rolloutState": state}
    return {"status": "PRIMARY", "createdAt": NOW - ago, **rollout, **fields}


@pytest.mark.parametrize(
    ("desired", "running", "pending", "expected"),
    [
        (2, 2, 0, 0),
        (2, 1, 1, 1),
        (8, 2, 0, 6),  # PROVISIONING, or no room on Fargate Spot: nothing is PENDING yet
        (8, 2, 3, 6),
        (2, 2, 3, 3),  # more tasks than wanted, for a moment
        (1, 4, 0, 0),  # scaling in
        (0, 0, 0, 0),
    ],
)
def test_the_depth_is_pending_or_wanted_and_not_running(
    desired: int, running: int, pending: int, expected: int
) -> None:
    counts = {"desiredCount": desired, "runningCount": running, "pendingCount": pending}
    assert depth(**counts) == expected


@given(*[st.integers(0, 1000)] * 3)
def test_the_depth_is_never_negative_nor_less_than_what_is_pending(
    desired: int, running: int, pending: int
) -> None:
    counts = {"desiredCount": desired, "runningCount": running, "pendingCount": pending}
    assert depth(**counts) == max(pending, desired - running, 0)


@pytest.mark.parametrize(
    ("patterns", "is_crew"),
    [(("*crew*",), True), (("crew",), True), (("c??w",), True), (("CREW",), False), ((), False)],
)
def test_only_services_that_run_crews_have_a_queue(
    patterns: Sequence[str], *, is_crew: bool
) -> None:
    assert (queue(crew=patterns) is not None) is is_crew


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ([], 4),
        ([(CRASH, 1)], None),
        ([(CRASH, 5), (STEADY, 1)], 4),
        ([(STEADY, 1), (CRASH, 5)], 4),  # the newest counts, wherever it is listed
        ([(CRASH, 1), (STEADY, 5)], None),
        ([(NO_ROOM, 1), (STEADY, 5)], 4),
        ([(NO_ROOM, 1), (CRASH, 5), (STEADY, 9)], None),
    ],
)
def test_a_crash_loop_told_by_events_is_no_queue(
    events: Sequence[tuple[str, int]], expected: float | None
) -> None:
    assert depth(events=[event(text, ago * MINUTE) for text, ago in events]) == expected


def test_a_crash_loop_that_ended_with_a_new_deployment_does_not_hide_a_queue() -> None:
    deployments = [deployment(30 * MINUTE, "IN_PROGRESS")]
    before, after = 30 * MINUTE + SECOND, 30 * MINUTE
    assert depth(deployments=deployments, events=[event(CRASH, before)]) == 4
    assert depth(deployments=deployments, events=[event(CRASH, after)]) is None
    deployments.append(deployment(90 * MINUTE, "COMPLETED", status="ACTIVE"))
    assert depth(deployments=deployments, events=[event(CRASH, before)]) == 4


def test_a_crash_loop_told_by_failed_tasks_is_no_queue() -> None:
    old = timedelta(hours=5)
    assert depth(deployments=[deployment(old, "COMPLETED", failedTasks=0)]) == 4
    assert depth(deployments=[deployment(old, "COMPLETED", failedTasks=1)]) is None


@pytest.mark.parametrize(
    ("ago", "expected"),
    [
        (timedelta(), None),
        (-5 * SECOND, None),  # the clock of ECS may be a little ahead
        (15 * MINUTE - SECOND, None),
        (15 * MINUTE, 4),
        (15 * MINUTE + SECOND, 4),
    ],
)
def test_tasks_wait_for_a_rolling_deployment_for_15_minutes(
    ago: timedelta, expected: float | None
) -> None:
    assert depth(deployments=[deployment(ago, "IN_PROGRESS")]) == expected


@pytest.mark.parametrize("state", ["COMPLETED", "FAILED"])
def test_a_deployment_that_ended_explains_no_waiting_task(state: str) -> None:
    assert depth(deployments=[deployment(MINUTE, state)]) == 4


def test_the_youngest_of_two_rolling_deployments_counts() -> None:
    old, young = deployment(60 * MINUTE, "IN_PROGRESS"), deployment(MINUTE, "IN_PROGRESS")
    assert depth(deployments=[old, young]) is None
    assert depth(deployments=[young, old]) is None


@pytest.mark.parametrize(
    ("deployments", "expected"),
    [
        ([deployment(MINUTE)], 4),
        ([deployment(MINUTE), deployment(60 * MINUTE, status="ACTIVE")], None),
        ([deployment(60 * MINUTE), deployment(90 * MINUTE, status="ACTIVE")], 4),
        ([{"status": "PRIMARY"}, {"status": "ACTIVE"}], 4),  # rolling, nobody knows since when
    ],
)
def test_an_answer_without_a_rollout_state_rolls_while_the_old_deployment_is_there(
    deployments: Sequence[Mapping[str, Any]], expected: float | None
) -> None:
    assert depth(deployments=deployments) == expected


def test_the_instant_of_a_queue_is_that_of_the_sweep() -> None:
    said = queue()
    assert isinstance(said, Reading)
    assert said.taken_at == datetime.fromisoformat("2026-01-05T12:00:30+00:00")
