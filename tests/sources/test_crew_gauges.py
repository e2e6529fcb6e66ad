"""Whose word on the crews that wait is believed, and how the basis is told."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from tests.aws.bench import MINUTE, NOW
from tests.aws.tiny_ecs import TinyEcs
from tests.sources.test_ecs_tasks import gap, value
from xops_watch.aws.inventory import EcsInventory
from xops_watch.core.reading import Observation
from xops_watch.errors import GapReason, SourceError
from xops_watch.sources.ecs import EcsSource

QUEUE, BASIS = "crew.queue_depth", "crew.queue_basis"
TASK_PROXY, CLOUDWATCH, PROMETHEUS = 0, 1, 2
STALE = SourceError("it publishes nothing", reason=GapReason.STALE, hint="x")
CRASHING = {"deployments": [{"status": "PRIMARY", "failedTasks": 3, "createdAt": NOW - MINUTE}]}


@dataclass
class Gauge:
    """An application that tells how many crews wait."""

    basis: str = "cloudwatch"
    told: Mapping[str, float | SourceError] = field(default_factory=dict)
    asked: int = 0

    def queued(self, *, now: datetime) -> Mapping[str, float | SourceError]:
        assert now.tzinfo is not None
        self.asked += 1
        return self.told


def stack() -> TinyEcs:
    """Return services that each have 2 tasks waiting."""
    tiny = TinyEcs({"main": ["crew", "crew-2", "web"]})
    for name in tiny.clusters["main"]:
        tiny.changes[name] = {"desiredCount": 4, "runningCount": 2, "pendingCount": 1}
    return tiny


def source_of(tiny: TinyEcs, *gauges: Gauge) -> EcsSource:
    return EcsSource(
        EcsInventory(tiny.client, clusters=tuple(tiny.clusters)),
        interval=MINUTE,
        crew_services=("*crew*",),
        ignored_services=(),
        gauges=gauges,
    )


def observed(*gauges: Gauge) -> Sequence[Observation]:
    return source_of(stack(), *gauges).observe(now=NOW)


def test_the_application_is_believed_before_tasks_that_wait() -> None:
    observations = observed(Gauge(told={"main/crew": 14}))
    assert value(observations, QUEUE, "main/crew") == 14
    assert value(observations, BASIS, "main/crew") == CLOUDWATCH


def test_an_empty_queue_of_the_application_is_0_whatever_waits() -> None:
    observations = observed(Gauge(told={"main/crew": 0}))
    assert value(observations, QUEUE, "main/crew") == 0


def test_of_two_gauges_the_first_that_knows_a_service_is_believed() -> None:
    first = Gauge(basis="cloudwatch", told={"main/crew": STALE})
    second = Gauge(basis="prometheus", told={"main/crew": 4, "main/crew-2": 5})
    observations = observed(first, second)
    assert gap(observations, QUEUE, "main/crew").reason is GapReason.STALE
    assert value(observations, BASIS, "main/crew") == CLOUDWATCH
    assert value(observations, QUEUE, "main/crew-2") == 5
    assert value(observations, BASIS, "main/crew-2") == PROMETHEUS


def test_a_gauge_that_fails_is_not_replaced_by_the_proxy() -> None:
    observations = observed(Gauge(told={"main/crew": STALE}))
    assert gap(observations, QUEUE, "main/crew").detail == "it publishes nothing"
    assert value(observations, BASIS, "main/crew") == CLOUDWATCH


def test_what_no_application_tells_is_a_proxy_and_says_so() -> None:
    observations = observed(Gauge())
    for subject, waiting in (("main", 0), ("main/crew", 2), ("main/crew-2", 2)):
        assert value(observations, QUEUE, subject) == waiting
        assert value(observations, BASIS, subject) == TASK_PROXY


def test_a_crash_loop_hides_the_proxy_and_not_what_the_application_tells() -> None:
    tiny = stack()
    tiny.changes["crew"] = CRASHING
    tiny.changes["crew-2"] = CRASHING
    observations = source_of(tiny, Gauge(told={"main/crew": 6})).observe(now=NOW)
    assert value(observations, QUEUE, "main/crew") == 6
    assert gap(observations, QUEUE, "main/crew-2").reason is GapReason.NOT_APPLICABLE
    assert value(observations, BASIS, "main/crew-2") == TASK_PROXY


def test_only_services_that_run_crews_have_a_backlog() -> None:
    observations = observed(Gauge(told={"main/web": 3, "other/crew": 1}))
    told = {o.subject for o in observations if o.signal in {QUEUE, BASIS}}
    assert told == {"main", "main/crew", "main/crew-2"}


def test_each_gauge_is_asked_once_a_look_and_nothing_is_kept() -> None:
    tiny, gauge = stack(), Gauge(told={"main/crew": 6})
    tiny.clusters["other"] = ["crew"]
    source = source_of(tiny, gauge)
    source.observe(now=NOW)
    assert gauge.asked == 1
    gauge.told = {}
    observations = source.observe(now=NOW + MINUTE)
    assert value(observations, QUEUE, "main/crew") == 2
    assert value(observations, BASIS, "main/crew") == TASK_PROXY
