"""How long tasks wait to start, and how many crews were tasks of their own."""

from collections.abc import Sequence
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.aws.bench import MINUTE, NOW, make_client
from tests.aws.tiny_ecs import TinyEcs
from tests.fakes import MemoryStore
from xops_watch.aws.inventory import EcsInventory
from xops_watch.aws.tasks import TaskBook
from xops_watch.core.reading import Gap, Observation, Reading, SeriesKey
from xops_watch.embedded_aws.control import EmbeddedAws
from xops_watch.errors import GapReason, SourceError
from xops_watch.sources.ecs_tasks import Crews, EcsTaskSource

WAIT = "ecs.task_start_wait"
STARTED = "crew.started_1h"


class Stack(TinyEcs):
    """A cluster whose tasks are `wanted` or `stopped`."""

    def __init__(self, *services: str, cluster: str = "main") -> None:
        super().__init__({cluster: services})
        self.wanted: list[dict[str, Any]] = []
        self.stopped: list[dict[str, Any]] = []
        self.client._operations["list_tasks"] = self._list_tasks
        self.client._operations["describe_tasks"] = lambda tasks, **_: {
            "tasks": [t for t in (*self.wanted, *self.stopped) if t["taskArn"] in tasks]
        }

    def _list_tasks(self, desiredStatus: str, **_: object) -> Sequence[dict[str, Any]]:  # noqa: N803 - as boto3 names it
        tasks = self.wanted if desiredStatus == "RUNNING" else self.stopped
        return [{"taskArns": [task["taskArn"] for task in tasks]}]

    def source(self, *clusters: str, seen: Sequence[SeriesKey] = ()) -> EcsTaskSource:
        return EcsTaskSource(
            EcsInventory(self.client, clusters=clusters or ("main",)),
            lambda cluster: TaskBook(self.client, cluster),
            interval=MINUTE,
            crew_services=("*crew*",),
            crews=Crews(),
            memory=MemoryStore(),
            seen=seen,
        )


def task(
    name: str, *, minutes: float, group: str = "family:crew-run", status: str = "RUNNING"
) -> dict[str, Any]:
    family = group.partition(":")[2]
    return {
        "taskArn": f"arn:x:task/main/{name}",
        "taskDefinitionArn": f"arn:x:task-definition/{family}:1",
        "lastStatus": status,
        "group": group,
        "createdAt": NOW - minutes * MINUTE,
    }


def value(observations: Sequence[Observation], signal: str, subject: str) -> float:
    (found,) = [o for o in observations if (o.signal, o.subject) == (signal, subject)]
    assert isinstance(found, Reading), found
    return found.value


def gap(observations: Sequence[Observation], signal: str, subject: str) -> Gap:
    (found,) = [o for o in observations if (o.signal, o.subject) == (signal, subject)]
    assert isinstance(found, Gap), found
    return found


def test_a_cluster_over_http(aws: EmbeddedAws) -> None:
    aws.put_cluster(
        "main",
        services=[
            {"name": "web", "running": 1},
            {
                "name": "crew",
                "desired": 2,
                "tasks": [
                    {"id": "a" * 32},
                    {"id": "b" * 32, "last_status": "PENDING", "created_at": NOW - 4 * MINUTE},
                ],
            },
        ],
        tasks=[
            {"task_definition": "crew-run:7", "created_at": NOW - 59 * MINUTE},
            {"task_definition": "crew-run:7", "created_at": NOW - 61 * MINUTE},
            {"task_definition": "crew-run:7", "last_status": "STOPPED"},
            {
                "task_definition": "nightly:7",
                "last_status": "PROVISIONING",
                "created_at": NOW - 2 * MINUTE,
            },
        ],
    )
    ecs = make_client("ecs", aws.endpoint)
    source = EcsTaskSource(
        EcsInventory(ecs, clusters=("main",)),
        lambda cluster: TaskBook(ecs, cluster),
        interval=MINUTE,
        crew_services=("*crew*",),
        crews=Crews(),
        memory=MemoryStore(),
    )
    observations = source.observe(now=NOW)
    assert value(observations, WAIT, "main") == 120
    assert value(observations, WAIT, "main/web") == 0
    assert value(observations, WAIT, "main/crew") == 240
    assert value(observations, STARTED, "main") == 2
    assert gap(observations, STARTED, "main/crew").reason is GapReason.NOT_APPLICABLE
    assert value(observations, "crew.started_basis", "main") == 0
    assert {o.subject for o in observations} == {"main", "main/web", "main/crew"}


@pytest.mark.parametrize("status", ["PROVISIONING", "PENDING", "ACTIVATING"])
def test_the_oldest_task_that_comes_up_counts(status: str) -> None:
    stack = Stack("web")
    stack.changes["web"] = {"desiredCount": 3}
    stack.wanted = [
        task("a", minutes=90, group="service:web"),
        task("b", minutes=3, group="service:web", status=status),
        task("c", minutes=5, group="service:web", status=status),
        task("d", minutes=9, group="service:other", status=status),
    ]
    observations = stack.source().observe(now=NOW)
    assert value(observations, WAIT, "main/web") == 300
    assert value(observations, WAIT, "main") == 0


def test_a_task_that_ecs_does_not_even_create_waits_since_it_was_noticed() -> None:
    stack = Stack("web")
    source = stack.source()
    waits = []
    for minute, desired in enumerate([1, 4, 4, 4, 1, 4, 4]):
        stack.changes["web"] = {"desiredCount": desired}
        waits.append(value(source.observe(now=NOW + minute * MINUTE), WAIT, "main/web"))
    assert waits == [0, 0, 60, 120, 0, 0, 60]


def test_a_task_that_comes_up_is_not_missing() -> None:
    stack = Stack("web")
    stack.changes["web"] = {"desiredCount": 2}
    stack.wanted = [task("a", minutes=0, group="service:web", status="PENDING")]
    source = stack.source()
    source.observe(now=NOW)
    assert value(source.observe(now=NOW + MINUTE), WAIT, "main/web") == 60
    stack.wanted = [task("b", minutes=-2, group="service:web", status="PENDING")]
    assert value(source.observe(now=NOW + 3 * MINUTE), WAIT, "main/web") == 60


def test_a_clock_that_lags_behind_ecs_makes_no_negative_wait() -> None:
    stack = Stack()
    stack.wanted = [task("a", minutes=-1, status="PENDING")]
    assert value(stack.source().observe(now=NOW), WAIT, "main") == 0


def test_crews_are_counted_for_an_hour_each_once() -> None:
    stack = Stack()
    source = stack.source()
    counted = []
    for minute in range(0, 130, 5):
        if minute < 50:
            stack.wanted = [task(f"t{minute}", minutes=-minute)]
        else:
            stack.wanted = []
        observations = source.observe(now=NOW + minute * MINUTE)
        counted.append(value(observations, STARTED, "main"))
    assert counted[:10] == [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]
    assert counted[10:13] == [10, 10, 9]
    assert counted[20:24] == [1, 0, 0, 0]  # having had crews, none is 0


def test_only_tasks_of_crew_families_outside_services_are_crews() -> None:
    stack = Stack()
    stack.wanted = [
        task("a", minutes=1),
        task("b", minutes=1, group="family:migration"),
        task("c", minutes=1, group="service:crew"),
    ]
    assert value(stack.source().observe(now=NOW), STARTED, "main") == 1


def test_a_cluster_without_crew_tasks_is_not_applicable_rather_than_0() -> None:
    stack = Stack("crew")
    stack.wanted = [task("a", minutes=1, group="service:crew")]
    observations = stack.source().observe(now=NOW)
    of_cluster, of_service = (gap(observations, STARTED, s) for s in ("main", "main/crew"))
    assert of_cluster.reason is GapReason.NOT_APPLICABLE
    assert "task of its own" in of_cluster.detail
    assert of_service.reason is GapReason.NOT_ENABLED
    assert "have the application count them, metric CrewStarted in xOps/Crews" in of_service.detail


def refuse(**_: object) -> Any:  # noqa: ANN401 - never returns
    raise ClientError({"Error": {"Code": "AccessDeniedException"}}, "x")


def test_a_denied_action_fails_the_source() -> None:
    stack = Stack("web")
    stack.client._operations["list_tasks"] = refuse
    with pytest.raises(SourceError) as caught:
        stack.source().observe(now=NOW)
    assert caught.value.what == "missing IAM permission ecs:ListTasks"


def test_a_cluster_whose_tasks_are_throttled_blinds_itself_only() -> None:
    stack = Stack("web", "crew")
    stack.clusters["other"] = ["api"]
    works = stack.client._operations["list_tasks"]

    def throttled(cluster: str, **params: Any) -> Any:  # noqa: ANN401 - as boto3
        if cluster == "main":
            raise ClientError({"Error": {"Code": "ThrottlingException"}}, "x")
        return works(cluster=cluster, **params)

    stack.client._operations["list_tasks"] = throttled
    observations = stack.source("main", "other").observe(now=NOW)
    for subject in ("main", "main/web", "main/crew"):
        assert gap(observations, WAIT, subject).reason is GapReason.THROTTLED
    assert gap(observations, STARTED, "main").reason is GapReason.THROTTLED
    assert value(observations, WAIT, "other/api") == 0


def test_a_cluster_that_cannot_be_read_keeps_what_is_known_of_it() -> None:
    stack = Stack("web")
    stack.clusters["other"] = []
    stack.changes["web"] = {"desiredCount": 2}
    source = stack.source("main", "other")
    source.observe(now=NOW)
    stack.broken = {"main"}
    observations = source.observe(now=NOW + MINUTE)
    assert gap(observations, WAIT, "main/web").reason is GapReason.THROTTLED
    stack.broken = set()
    assert value(source.observe(now=NOW + 2 * MINUTE), WAIT, "main/web") == 120


def test_a_service_that_is_no_more_is_gone_once() -> None:
    stack = Stack("web", "old")
    source = stack.source(seen=[(STARTED, "former"), ("ecs.tasks_running", "main/x")])
    stack.changes["old"] = {"desiredCount": 2}
    observations = source.observe(now=NOW)
    assert gap(observations, STARTED, "former").reason is GapReason.GONE
    stack.clusters["main"] = ["web"]
    assert gap(source.observe(now=NOW + MINUTE), WAIT, "main/old").reason is GapReason.GONE
    stack.clusters["main"] = ["web", "old"]
    observations = source.observe(now=NOW + 2 * MINUTE)
    assert value(observations, WAIT, "main/old") == 0  # it was forgotten in between
