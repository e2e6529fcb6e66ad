"""Whose count of crews is believed, and how the basis is told."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from tests.aws.bench import MINUTE, NOW
from tests.fakes import MemoryStore
from tests.sources.test_ecs_tasks import Stack, gap, refuse, task, value
from xops_watch.aws.inventory import EcsInventory
from xops_watch.aws.tasks import TaskBook
from xops_watch.errors import GapReason, SourceError
from xops_watch.sources.ecs_tasks import Crews, EcsTaskSource

STARTED, BASIS = "crew.started_1h", "crew.started_basis"
TASK_PROXY, CLOUDWATCH, PROMETHEUS = 0, 1, 2
STALE = SourceError("it publishes nothing", reason=GapReason.STALE, hint="x")


@dataclass
class Counter:
    """An application that counts."""

    basis: str = "cloudwatch"
    counted: Mapping[str, float | SourceError] = field(default_factory=dict)

    def started(self, *, now: datetime) -> Mapping[str, float | SourceError]:
        assert now.tzinfo is not None
        return self.counted


def source_of(stack: Stack, *counters: Counter) -> EcsTaskSource:
    return EcsTaskSource(
        EcsInventory(stack.client, clusters=tuple(stack.clusters)),
        lambda cluster: TaskBook(stack.client, cluster),
        interval=MINUTE,
        crew_services=("*crew*",),
        crews=Crews(counters),
        memory=MemoryStore(),
    )


def test_the_application_is_believed_before_the_proxy() -> None:
    stack = Stack("crew", "crew-2")
    stack.wanted = [task("a", minutes=1)]
    counter = Counter(counted={"main/crew": 14, "main": 9})
    observations = source_of(stack, counter).observe(now=NOW)
    assert value(observations, STARTED, "main/crew") == 14
    assert value(observations, BASIS, "main/crew") == CLOUDWATCH
    assert value(observations, STARTED, "main") == 9
    assert value(observations, BASIS, "main") == CLOUDWATCH
    assert gap(observations, STARTED, "main/crew-2").reason is GapReason.NOT_APPLICABLE


def test_of_two_counters_the_first_that_knows_a_subject_is_believed() -> None:
    first = Counter(basis="prometheus", counted={"main/crew": 3})
    second = Counter(basis="cloudwatch", counted={"main/crew": 4, "main/crew-2": 5})
    observations = source_of(Stack("crew", "crew-2"), first, second).observe(now=NOW)
    assert value(observations, STARTED, "main/crew") == 3
    assert value(observations, BASIS, "main/crew") == PROMETHEUS
    assert value(observations, STARTED, "main/crew-2") == 5
    assert value(observations, BASIS, "main/crew-2") == CLOUDWATCH


def test_a_counter_that_fails_is_not_replaced_by_the_proxy() -> None:
    stack = Stack("crew")
    stack.wanted = [task("a", minutes=1)]
    counter = Counter(counted={"main": STALE, "main/crew": STALE})
    observations = source_of(stack, counter).observe(now=NOW)
    assert gap(observations, STARTED, "main").detail == "it publishes nothing"
    assert gap(observations, STARTED, "main/crew").reason is GapReason.STALE
    assert value(observations, BASIS, "main/crew") == CLOUDWATCH


def test_a_proxy_says_that_it_is_one() -> None:
    stack = Stack()
    stack.wanted = [task("a", minutes=1)]
    observations = source_of(stack, Counter()).observe(now=NOW)
    assert value(observations, STARTED, "main") == 1
    assert value(observations, BASIS, "main") == TASK_PROXY


def test_crews_that_nobody_counts_are_not_enabled() -> None:
    observations = source_of(Stack("crew"), Counter()).observe(now=NOW)
    for signal in (STARTED, BASIS):
        assert gap(observations, signal, "main/crew").reason is GapReason.NOT_ENABLED
        assert gap(observations, signal, "main").reason is GapReason.NOT_APPLICABLE


def test_the_application_counts_on_when_tasks_cannot_be_listed() -> None:
    stack = Stack("crew")
    stack.clusters["other"] = []
    works = stack.client._operations["list_tasks"]
    stack.client._operations["list_tasks"] = lambda cluster, **params: (
        refuse() if cluster == "main" else works(cluster=cluster, **params)
    )
    counter = Counter(counted={"main": 7, "main/crew": 8})
    observations = source_of(stack, counter).observe(now=NOW)
    assert value(observations, STARTED, "main") == 7
    assert value(observations, STARTED, "main/crew") == 8
    assert gap(observations, "ecs.task_start_wait", "main").reason is GapReason.DENIED
    assert gap(observations, "crew.worker_time_24h", "main/crew").reason is GapReason.DENIED
