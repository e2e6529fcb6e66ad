"""What a sweep reads of ECS over HTTP: batches, pages, several clusters, and who fails alone."""

from collections.abc import Iterator
from typing import Any

import pytest
from mypy_boto3_ecs import ECSClient

from tests.aws.bench import NOW, ScriptedClient, services
from xops_watch.aws.inventory import EcsInventory, StandaloneTasks, Sweep
from xops_watch.embedded_aws.control import EmbeddedAws
from xops_watch.errors import GapReason, SourceError

ARN = "arn:aws:ecs:ap-southeast-2:123456789012:cluster/"


def sweep(ecs: ECSClient, *clusters: str) -> Sweep:
    return EcsInventory(ecs, clusters=clusters).sweep(now=NOW)


def counts(aws: EmbeddedAws) -> dict[str, int]:
    return {operation: count for (_, operation), count in aws.requests().counts.items()}


@pytest.mark.parametrize(
    ("number", "pages", "batches"),
    [(0, 1, 0), (1, 1, 1), (10, 1, 1), (11, 1, 2), (100, 1, 10), (101, 2, 11)],
)
def test_services_are_listed_by_100_and_described_by_10(
    aws: EmbeddedAws, ecs: ECSClient, number: int, pages: int, batches: int
) -> None:
    aws.put_cluster("main", services=services(number))
    (cluster,) = sweep(ecs, "main").clusters
    assert [s.subject for s in cluster.services] == [f"main/s{i:04}" for i in range(number)]
    expected = {"ListServices": pages, "DescribeServices": batches, "DescribeClusters": 1}
    assert counts(aws) == {name: count for name, count in expected.items() if count}


def test_a_service_is_read_field_by_field(aws: EmbeddedAws, ecs: ECSClient) -> None:
    aws.put_cluster("main", services=[{"name": "web", "desired": 5, "running": 3, "pending": 1}])
    (service,) = sweep(ecs, "main").clusters[0].services
    assert (service.cluster, service.name, service.active) == ("main", "web", True)
    assert (service.desired, service.running, service.pending) == (5, 3, 1)


def test_an_empty_page_does_not_end_a_listing(aws: EmbeddedAws, ecs: ECSClient) -> None:
    aws.put_cluster("main", services=services(3))
    aws.add_fault("empty_pages", service="ecs", operation="ListServices", times=2)
    assert len(sweep(ecs, "main").clusters[0].services) == 3


def test_a_listing_without_end_is_given_up() -> None:
    pages = 0

    def listing(**_: object) -> Iterator[dict[str, list[str]]]:
        nonlocal pages
        while True:
            pages += 1
            yield {"serviceArns": []}

    client: Any = ScriptedClient(list_services=listing)
    with pytest.raises(SourceError, match="ecs:ListServices: more than 1000 pages") as caught:
        EcsInventory(client, clusters=("main",)).sweep(now=NOW)
    assert caught.value.reason is GapReason.INVALID
    assert pages == 1001


def test_clusters_are_read_by_name_and_by_arn(aws: EmbeddedAws, ecs: ECSClient) -> None:
    aws.put_cluster("blue", services=services(2))
    aws.put_cluster("green", services=services(1))
    clusters = sweep(ecs, "blue", f"{ARN}green").clusters
    assert [(c.name, len(c.services)) for c in clusters] == [("blue", 2), ("green", 1)]
    assert clusters[1].services[0].subject == "green/s0000"


def test_a_cluster_named_twice_is_read_once(aws: EmbeddedAws, ecs: ECSClient) -> None:
    aws.put_cluster("blue", services=services(2))
    inventory = EcsInventory(ecs, clusters=("blue", f"{ARN}blue", "blue"))
    assert len(inventory.sweep(now=NOW).clusters) == 1
    assert len(inventory.known(now=NOW).services) == 2
    assert counts(aws)["ListServices"] == 1


def test_a_star_reads_every_cluster_over_pages(aws: EmbeddedAws, ecs: ECSClient) -> None:
    names = [f"c{index:03}" for index in range(101)]
    for name in names:
        aws.put_cluster(name)
    assert [c.name for c in sweep(ecs, "*").clusters] == names
    assert counts(aws)["ListClusters"] == 2


def test_a_star_over_no_cluster_is_told_and_not_silence(ecs: ECSClient) -> None:
    with pytest.raises(SourceError, match="no cluster in this region") as caught:
        sweep(ecs, "*")
    assert caught.value.reason is GapReason.INVALID
    assert "AWS_REGION" in caught.value.hint


def test_a_cluster_that_does_not_exist_fails_alone(aws: EmbeddedAws, ecs: ECSClient) -> None:
    aws.put_cluster("main", services=services(1))
    swept = sweep(ecs, "main", f"{ARN}typo")
    assert [c.name for c in swept.clusters] == ["main"]
    assert list(swept.failures) == ["typo"]
    assert swept.failures["typo"].reason is GapReason.INVALID
    assert "ClusterNotFoundException" in swept.failures["typo"].what


def test_an_only_cluster_that_does_not_exist_is_raised(ecs: ECSClient) -> None:
    with pytest.raises(SourceError, match="ecs:ListServices: ClusterNotFoundException") as caught:
        sweep(ecs, "typo")
    assert caught.value.hint == "check the names in the settings"


@pytest.mark.parametrize("operation", ["ListServices", "DescribeServices"])
@pytest.mark.parametrize(
    ("fault", "reason", "told"),
    [
        ("throttle", GapReason.THROTTLED, "ThrottlingException"),
        ("access_denied", GapReason.DENIED, "missing IAM permission ecs:"),
        ("expired_token", GapReason.DENIED, "ExpiredTokenException"),
        ("internal_error", GapReason.UNREACHABLE, "ServerException"),
        ("malformed", GapReason.INVALID, "Field required"),
        # botocore does not check the length of a body: half an answer is one that makes no sense.
        ("disconnect", GapReason.INVALID, "Field required"),
    ],
)
def test_a_cluster_whose_services_cannot_be_read_fails_alone(
    aws: EmbeddedAws, ecs: ECSClient, operation: str, fault: str, reason: GapReason, told: str
) -> None:
    aws.put_cluster("bad", services=services(1))
    aws.put_cluster("good", services=services(1))
    aws.add_fault(fault, service="ecs", operation=operation, times=1)
    # One call after the other: the first is the one that fails.
    swept = EcsInventory(ecs, clusters=("bad", "good"), calls_max=1).sweep(now=NOW)
    assert [c.name for c in swept.clusters] == ["good"]
    assert swept.failures["bad"].reason is reason
    assert told in swept.failures["bad"].what
    assert operation in swept.failures["bad"].what


def test_a_connection_cut_without_an_answer_is_unreachable(
    aws: EmbeddedAws, ecs: ECSClient
) -> None:
    aws.put_cluster("main")
    aws.add_fault("hang", service="ecs", seconds=0.0)
    with pytest.raises(SourceError, match="ecs:ListServices: Connection was closed") as caught:
        sweep(ecs, "main")
    assert caught.value.reason is GapReason.UNREACHABLE


def test_a_denial_names_the_operation_that_is_not_allowed(aws: EmbeddedAws, ecs: ECSClient) -> None:
    aws.put_cluster("main", services=services(1))
    aws.add_fault("access_denied", service="ecs", operation="DescribeServices")
    with pytest.raises(SourceError) as caught:
        sweep(ecs, "main")
    assert caught.value.what == "missing IAM permission ecs:DescribeServices"


def test_services_are_kept_when_only_their_cluster_cannot_be_described(
    aws: EmbeddedAws, ecs: ECSClient
) -> None:
    aws.put_cluster("main", services=services(2))
    aws.add_fault("access_denied", service="ecs", operation="DescribeClusters")
    swept = sweep(ecs, "main")
    (cluster,) = swept.clusters
    assert len(cluster.services) == 2
    assert isinstance(cluster.standalone, SourceError)
    assert cluster.standalone.what == "missing IAM permission ecs:DescribeClusters"
    assert swept.failures == {}


def test_tasks_of_no_service_are_what_the_cluster_runs_beyond_its_services(
    aws: EmbeddedAws, ecs: ECSClient
) -> None:
    tasks = [{"group": "family:crew", "last_status": s} for s in ("RUNNING", "PENDING", "PENDING")]
    aws.put_cluster(
        "main",
        services=[{"name": "web", "desired": 3, "running": 2, "pending": 1}],
        tasks=tasks,  # type: ignore[arg-type]  # plain dictionaries are what the control API takes
    )
    standalone = sweep(ecs, "main").clusters[0].standalone
    assert standalone == StandaloneTasks(running=1, pending=2)
