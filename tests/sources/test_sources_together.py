"""Both sources in a collector, over HTTP, sharing one inventory as the daemon has it."""

from datetime import timedelta

import pytest
import structlog
from structlog.testing import LogCapture

from tests.aws.bench import MINUTE, NOW, make_client, put_cpu
from tests.fakes import RecordingTelemetry
from tests.sources.cloudwatch_scene import NEWEST, cpu_source
from xops_watch.aws.inventory import EcsInventory
from xops_watch.collect import Collector
from xops_watch.core.reading import Gap, Observation, Reading
from xops_watch.embedded_aws.control import EmbeddedAws
from xops_watch.sources.ecs import EcsSource

DEADLINE = timedelta(seconds=30)  # only a broken collector reaches it


@pytest.fixture
def collector(aws: EmbeddedAws) -> Collector:
    aws.put_cluster("main", services=[{"name": "web", "desired": 1, "running": 1}])
    ecs = make_client("ecs", aws.endpoint, read_timeout=0.3)
    inventory = EcsInventory(ecs, clusters=("main",))
    cloudwatch = make_client("cloudwatch", aws.endpoint)
    return Collector(
        [
            EcsSource(inventory, interval=MINUTE, crew_services=(), ignored_services=()),
            cpu_source(
                cloudwatch, inventory, interval=MINUTE, settle=2 * MINUTE, lookback=30 * MINUTE
            ),
        ],
        deadline=DEADLINE,
        telemetry=RecordingTelemetry(),
        log=structlog.wrap_logger(None, processors=[LogCapture()]),
    )


def signals(observations: tuple[Observation, ...], kind: type[Observation]) -> set[str]:
    return {o.signal for o in observations if isinstance(o, kind)}


def sweeps(aws: EmbeddedAws) -> int:
    count = aws.requests().counts.get(("ecs", "ListServices"), 0)
    aws.clear_requests()
    return count


def test_a_round_makes_one_sweep(aws: EmbeddedAws, collector: Collector) -> None:
    put_cpu(aws, "main/web", {NEWEST: 50.0})
    for late in range(3):
        observations = collector.collect(now=NOW + late * MINUTE).observations
        assert "ecs.cpu_utilization" in signals(observations, Reading)
        assert "ecs.tasks_running" in signals(observations, Reading)
        assert sweeps(aws) == 1


def test_cloudwatch_delivers_while_ecs_hangs(aws: EmbeddedAws, collector: Collector) -> None:
    put_cpu(aws, "main/web", {NEWEST: 50.0, NEWEST + MINUTE: 60.0})
    collector.collect(now=NOW)
    fault = aws.add_fault("hang", service="ecs")
    collection = collector.collect(now=NOW + MINUTE)
    aws.end_fault(fault)
    assert signals(collection.observations, Reading) == {"ecs.cpu_utilization"}
    assert signals(collection.observations, Gap) == set(EcsSource.signals)
    assert {report.source: report.up for report in collection.reports} == {
        "ecs": False,
        "cloudwatch": True,
    }


def test_before_any_sweep_both_are_blind_after_one_attempt(
    aws: EmbeddedAws, collector: Collector
) -> None:
    fault = aws.add_fault("hang", service="ecs")
    collection = collector.collect(now=NOW)
    aws.end_fault(fault)
    gaps = [o for o in collection.observations if isinstance(o, Gap)]
    assert {gap.signal for gap in gaps} == {*EcsSource.signals, "ecs.cpu_utilization"}
    assert {str(gap.reason) for gap in gaps} == {"timeout"}
    assert {gap.detail.partition(":")[0] for gap in gaps} == {"ecs"}
    assert sweeps(aws) == 1
