"""`xops-watch iam-policy`: from the settings of an environment to the policy, without AWS."""

import json

import pytest

from tests.aws.metadata_server import serving
from tests.cli.command import xops_watch

TOPIC = "arn:aws:sns:ap-southeast-2:123456789012:oncall"
NOWHERE = "http://127.0.0.1:1"  # nothing may be asked of AWS


def resources(**environment: str) -> dict[str, list[str]]:
    outcome = xops_watch("iam-policy", AWS_ENDPOINT_URL=NOWHERE, **environment)
    assert (outcome.code, outcome.err) == (0, "")
    return {each["Sid"]: each["Resource"] for each in json.loads(outcome.out)["Statement"]}


def test_a_cluster_by_name_is_limited_to_the_region() -> None:
    found = resources(XOPS_WATCH_ECS__CLUSTERS="xops", AWS_REGION="ap-southeast-2")
    assert found["CountTasks"] == ["arn:aws:ecs:ap-southeast-2:*:cluster/xops"]
    assert "Page" not in found


def test_without_a_region_it_is_every_region() -> None:
    assert resources(XOPS_WATCH_ECS__CLUSTERS="xops")["CountTasks"] == [
        "arn:aws:ecs:*:*:cluster/xops"
    ]


@pytest.mark.parametrize(
    ("region", "partition"), [("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov")]
)
def test_an_arn_begins_as_it_does_in_that_region(region: str, partition: str) -> None:
    found = resources(XOPS_WATCH_ECS__CLUSTERS="xops", AWS_REGION=region)
    assert found["CountTasks"] == [f"arn:{partition}:ecs:{region}:*:cluster/xops"]


def test_the_topic_is_the_only_one_to_publish_to() -> None:
    found = resources(XOPS_WATCH_ECS__CLUSTERS="*", XOPS_WATCH_SNS__TOPIC_ARN=TOPIC)
    assert (found["FindClusters"], found["Page"]) == (["*"], [TOPIC])


def test_in_a_task_of_ecs_it_is_for_the_cluster_of_the_task() -> None:
    with serving() as server:
        found = resources(ECS_CONTAINER_METADATA_URI_V4=server.variable)
    assert found["CountTasks"] == ["arn:aws:ecs:ap-southeast-2:123456789012:cluster/xops"]


def test_terraform_gets_a_data_source() -> None:
    outcome = xops_watch("iam-policy", "--format", "terraform", XOPS_WATCH_ECS__CLUSTERS="xops")
    assert outcome.code == 0
    assert outcome.out.startswith('data "aws_iam_policy_document" "xops_watch" {\n  statement {\n')
    assert 'variable = "ecs:cluster"' in outcome.out


def test_with_nothing_to_watch_it_says_how_to_begin() -> None:
    outcome = xops_watch("iam-policy")
    assert (outcome.code, outcome.out) == (2, "")
    assert "nothing to watch" in outcome.err


def test_a_task_that_is_not_told_what_it_is_is_exit_3() -> None:
    outcome = xops_watch("iam-policy", ECS_CONTAINER_METADATA_URI_V4=NOWHERE)
    assert (outcome.code, outcome.out) == (3, "")
    assert "the ECS metadata endpoint does not answer" in outcome.err
