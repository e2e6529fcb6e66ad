"""Real answers of ECS, recorded, through botocore's Stubber: it knows what may be asked."""

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.stub import Stubber
from mypy_boto3_ecs import ECSClient

from tests.aws.bench import make_client
from xops_watch.aws.inventory import EcsInventory, StandaloneTasks
from xops_watch.core.reading import Gap, Observation, Reading
from xops_watch.errors import GapReason
from xops_watch.sources.ecs import EcsSource

DATA = Path(__file__).parent / "data"
AT = datetime(2018, 11, 20, 15, 0, tzinfo=UTC)


def recorded(name: str) -> Any:  # noqa: ANN401 - JSON
    return json.loads((DATA / f"{name}.json").read_text(), object_hook=_instant)["data"]


def _instant(value: dict[str, Any]) -> object:
    if value.pop("__class__", None) == "datetime":
        return datetime(**value, tzinfo=UTC)
    return value


@pytest.fixture
def ecs() -> ECSClient:
    client: ECSClient = make_client("ecs", "http://127.0.0.1:1")
    return client


@pytest.fixture
def stub(ecs: ECSClient) -> Iterator[Stubber]:
    with Stubber(ecs) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


def script(stub: Stubber, name: str, cluster: str) -> None:
    arns = recorded(f"{name}.ListServices")
    listed = {"cluster": cluster, "maxResults": 100}
    described = {"cluster": cluster, "services": arns["serviceArns"]}
    stub.add_response("list_services", arns, listed)
    stub.add_response("describe_services", recorded(f"{name}.DescribeServices"), described)
    clusters = recorded(f"{name}.DescribeClusters")
    stub.add_response("describe_clusters", clusters, {"clusters": [cluster]})


def observed(ecs: ECSClient, cluster: str) -> Sequence[Observation]:
    source = EcsSource(
        EcsInventory(ecs, clusters=(cluster,), calls_max=1),
        interval=timedelta(minutes=1),
        crew_services=("*",),
        ignored_services=(),
    )
    return source.observe(now=AT)


def values(observations: Sequence[Observation]) -> dict[tuple[str, str], float]:
    return {(o.signal, o.subject): o.value for o in observations if isinstance(o, Reading)}


def test_a_steady_service_and_two_tasks_beside_it(ecs: ECSClient, stub: Stubber) -> None:
    script(stub, "steady", "Default")
    observations = observed(ecs, "Default")
    assert values(observations) == {
        ("ecs.services_active", "Default"): 1,
        ("ecs.service_connect_share", "Default"): 0,
        ("ecs.service_connect_namespaces", "Default"): 0,
        ("ecs.services_without_service_connect", "Default"): 1,
        ("ecs.standalone_tasks_running", "Default"): 2,
        ("ecs.standalone_tasks_pending", "Default"): 0,
        ("crew.queue_depth", "Default"): 0,
        ("crew.queue_basis", "Default"): 0,
        ("ecs.tasks_desired", "Default/home-web"): 2,
        ("ecs.tasks_running", "Default/home-web"): 2,
        ("ecs.tasks_pending", "Default/home-web"): 0,
        ("ecs.deployments_in_progress", "Default/home-web"): 0,
        ("ecs.placement_failures_1h", "Default/home-web"): 0,
        ("crew.queue_depth", "Default/home-web"): 0,
        ("crew.queue_basis", "Default/home-web"): 0,
    }
    assert len(observations) == 15


def test_a_service_that_crash_loops_at_pending_1_is_no_queue(ecs: ECSClient, stub: Stubber) -> None:
    script(stub, "crashing", "Default")
    observations = observed(ecs, "Default")
    assert values(observations)["ecs.tasks_pending", "Default/devx"] == 1
    (gap,) = [o for o in observations if isinstance(o, Gap)]
    assert (gap.signal, gap.subject) == ("crew.queue_depth", "Default/devx")
    assert gap.reason is GapReason.NOT_APPLICABLE
    assert "crash loop" in gap.detail
    # Its pending task is the service's: the cluster has no queue of its own.
    assert values(observations)["crew.queue_depth", "Default"] == 0


def test_every_cluster_without_services(ecs: ECSClient, stub: Stubber) -> None:
    listed, described = recorded("empty.ListClusters"), recorded("empty.DescribeClusters")
    stub.add_response("list_clusters", listed, {})
    for arn in listed["clusterArns"]:
        stub.add_response("list_services", {"serviceArns": []}, {"cluster": arn, "maxResults": 100})
    for arn in listed["clusterArns"]:
        only = [c for c in described["clusters"] if c["clusterArn"] == arn]
        answer = {**described, "clusters": only}
        stub.add_response("describe_clusters", answer, {"clusters": [arn]})
    sweep = EcsInventory(ecs, clusters=("*",), calls_max=1).sweep(now=AT)
    assert [cluster.name for cluster in sweep.clusters] == ["white-hart", "Devtest"]
    assert {c.standalone for c in sweep.clusters} == {StandaloneTasks(running=0, pending=0)}
