"""10,000 services: all are read, few calls are in flight, what fails is a part, no tick waits."""

import threading
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from tests.aws.bench import NOW, ScriptedClient
from tests.collect.collect_scene import SHORT, Scene
from xops_watch.aws.inventory import EcsInventory
from xops_watch.aws.side_by_side import WIDTH_MAX
from xops_watch.core.reading import Gap, Observation, Reading
from xops_watch.errors import GapReason, SourceError
from xops_watch.sources.ecs import EcsSource

MANY = 10_000
ARN = "arn:aws:ecs:ap-southeast-2:123456789012:service/main/"


class HugeEcs:
    """ECS with one cluster of 10,000 services; the batches of `refused` are denied."""

    def __init__(self, *, refused: frozenset[str] = frozenset()) -> None:
        self.gate = threading.Event()
        self.gate.set()
        self.in_flight_most = 0
        self._in_flight = 0
        self._refused = refused
        self._lock = threading.Lock()
        self.client = ScriptedClient(
            list_services=self._listed,
            describe_services=self._described,
            describe_clusters=self._counted,
        )

    def source(self) -> EcsSource:
        client: Any = self.client
        return EcsSource(
            EcsInventory(client, clusters=("main",)),
            interval=timedelta(minutes=1),
            crew_services=(),
            ignored_services=(),
            l5_services=(),
            l6_services=(),
        )

    def _listed(self, **_: object) -> Iterator[dict[str, list[str]]]:
        names = [f"{ARN}s{number:05}" for number in range(MANY)]
        yield from ({"serviceArns": names[at : at + 100]} for at in range(0, MANY, 100))

    def _described(self, *, services: list[str], **_: object) -> dict[str, object]:
        with self._lock:
            self._in_flight += 1
            self.in_flight_most = max(self.in_flight_most, self._in_flight)
        try:
            self.gate.wait(30)
            threading.Event().wait(0.001)  # an answer takes its time: the others go on meanwhile
            if self._refused.intersection(services):
                raise SourceError("refused", reason=GapReason.DENIED, hint="allow it")
            return {"services": [_service(arn) for arn in services], "failures": []}
        finally:
            with self._lock:
                self._in_flight -= 1

    def _counted(self, **_: object) -> dict[str, object]:
        counts = {"status": "ACTIVE", "runningTasksCount": MANY, "pendingTasksCount": 0}
        return {"clusters": [counts], "failures": []}


def _service(arn: str) -> dict[str, object]:
    name = arn.rsplit("/", 1)[1]
    running = {"desiredCount": 1, "runningCount": 1, "pendingCount": 0}
    return {"serviceName": name, "status": "ACTIVE", **running}


def running_tasks(observations: "tuple[Observation, ...] | list[Observation]") -> set[str]:
    return {
        one.subject
        for one in observations
        if isinstance(one, Reading) and one.signal == "ecs.tasks_running"
    }


def test_every_one_is_read_in_the_fewest_calls_with_few_in_flight() -> None:
    ecs = HugeEcs()
    found = list(ecs.source().observe(now=NOW))
    assert len(running_tasks(found)) == MANY
    assert [o for o in found if isinstance(o, Gap) and o.reason is GapReason.DENIED] == []
    counts = Counter(name for name, _ in ecs.client.calls)
    assert counts["describe_services"] == MANY / 10
    assert 1 < ecs.in_flight_most <= WIDTH_MAX


def test_a_batch_that_is_refused_is_a_gap_of_its_ten_services_alone() -> None:
    ecs = HugeEcs(refused=frozenset({f"{ARN}s05000"}))
    found = list(ecs.source().observe(now=NOW))
    lost = {f"main/s{number:05}" for number in range(5000, 5010)}
    assert len(running_tasks(found)) == MANY - len(lost)
    assert not running_tasks(found) & lost


def test_a_tick_does_not_wait_for_them_and_takes_them_when_they_are_there() -> None:
    ecs = HugeEcs()
    ecs.gate.clear()
    scene = Scene(ecs.source(), deadline=SHORT)
    late = scene.round()
    assert {one.reason for one in late.observations if isinstance(one, Gap)} == {GapReason.TIMEOUT}
    assert running_tasks(late.observations) == set()
    ecs.gate.set()
    pause = threading.Event()
    for _ in range(600):
        collection = scene.round(after=timedelta(seconds=1))
        if running_tasks(collection.observations):
            break
        pause.wait(0.1)
    else:
        pytest.fail("they never came")
    assert len(running_tasks(collection.observations)) == MANY
