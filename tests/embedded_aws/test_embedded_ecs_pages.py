import pytest
from mypy_boto3_ecs import ECSClient

from xops_watch.embedded_aws.control import EmbeddedAws

PREFIX = "arn:aws:ecs:ap-southeast-2:123456789012"


@pytest.mark.parametrize(
    ("operation", "key", "default"),
    [("list_services", "serviceArns", 10), ("list_tasks", "taskArns", 100)],
)
def test_pages(aws: EmbeddedAws, ecs: ECSClient, operation: str, key: str, default: int) -> None:
    names = [f"s{index:03}" for index in range(205)]
    aws.put_cluster("main", services=[{"name": name, "running": 1} for name in names])
    for size, arguments in ((default, {}), (7, {"maxResults": 7}), (100, {"maxResults": 100})):
        pages = [getattr(ecs, operation)(cluster="main", **arguments)]
        while "nextToken" in pages[-1]:
            token = pages[-1]["nextToken"]
            pages.append(getattr(ecs, operation)(cluster="main", **arguments, nextToken=token))
        assert {len(page[key]) for page in pages[:-1]} == {size}
        assert len({arn for page in pages for arn in page[key]}) == 205


def test_pages_of_clusters(aws: EmbeddedAws, ecs: ECSClient) -> None:
    for index in range(5):
        aws.put_cluster(f"c{index}")
    pages = list(ecs.get_paginator("list_clusters").paginate(PaginationConfig={"PageSize": 2}))
    assert [len(page["clusterArns"]) for page in pages] == [2, 2, 1]


def test_a_cluster_of_a_region_is_seen_only_there(aws: EmbeddedAws, ecs: ECSClient) -> None:
    aws.put_cluster("far", region="us-east-1")
    aws.put_cluster("near", region="ap-southeast-2")
    assert ecs.list_clusters()["clusterArns"] == [f"{PREFIX}:cluster/near"]
    aws.delete_cluster("near")
    assert ecs.list_clusters()["clusterArns"] == []
