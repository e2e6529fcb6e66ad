"""Every call of a full run is in the policy that `iam-policy` prints; the policy has no more."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.cli.command import xops_watch
from tests.system.daemons import RunningDaemon, eventually, running
from xops_watch.aws.policy import Place, statements
from xops_watch.bootstrap import IAM_ACTIONS
from xops_watch.demo.stage import Pager
from xops_watch.embedded_aws.control import EmbeddedAws, RecordedCall
from xops_watch.embedded_aws.control_specs import ScalingSpec, ServiceSpec

NEEDS_NO_PERMISSION = {"sts:GetCallerIdentity"}
# Calls that a full run of this stack has no reason to make; each says when it would be made.
NOT_MADE_HERE: Mapping[str, str] = {}
CLUSTER = "arn:aws:ecs:ap-southeast-2:123456789012:cluster/xops"


@dataclass(frozen=True, slots=True, kw_only=True)
class FullRun:
    """What was asked of AWS, as AWS saw it, and what the policy allows."""

    calls: Sequence[RecordedCall]
    made: frozenset[str]
    allowed: frozenset[str]


def full_run(aws: EmbeddedAws, pager: Pager, directory: Path, *, clusters: str) -> FullRun:
    """Run the daemon until it has paged, then look once, and let the doctor look."""
    settings = {
        "XOPS_WATCH_ECS__CLUSTERS": clusters,
        "XOPS_WATCH_SNS__TOPIC_ARN": pager.topic_arn,
        "XOPS_WATCH_SNS__INTERVAL_SECONDS": "1",
        "XOPS_WATCH_STATE_PATH": str(directory / "state.db"),
    }
    # Policies are only asked for where there is a target.
    scaling: ScalingSpec = {"min": 2, "max": 6, "cpu_target": 70}
    web: ServiceSpec = {"name": "open-webui", "desired": 2, "running": 2, "scaling": scaling}
    aws.put_cluster("xops", services=[web])
    aws.clear_requests()
    with running(aws, directory, **settings) as daemon:
        eventually(lambda: ("sns", "Publish") in aws.requests().counts, "somebody is paged")
        # The journal is AWS's own: what the botocore hook on every client counts must be the same.
        seen = {f"{service}:{operation}" for service, operation in aws.requests().counts}
        assert counted(daemon) | {"sns:Publish"} == seen
    environment = aws.environment() | settings
    assert xops_watch("once", **environment).code == 0
    assert xops_watch("doctor", **environment).code in (0, 1)
    policy = json.loads(xops_watch("iam-policy", **environment).out)
    requests = aws.requests()
    return FullRun(
        calls=requests.last,
        made=frozenset(f"{service}:{operation}" for service, operation in requests.counts),
        allowed=frozenset(a for statement in policy["Statement"] for a in statement["Action"]),
    )


def counted(daemon: RunningDaemon) -> set[str]:
    families = text_string_to_metric_families(daemon.read("/metrics")[1])
    return {
        f"{sample.labels['service']}:{sample.labels['operation']}"
        for family in families
        for sample in family.samples
        if sample.name == "xops_watch_aws_requests_total"
    }


@pytest.mark.parametrize("clusters", ["*", "xops", CLUSTER])
def test_no_call_is_outside_of_the_policy_and_nothing_in_it_is_unused(
    clusters: str, aws: EmbeddedAws, pager: Pager, tmp_path: Path
) -> None:
    run = full_run(aws, pager, tmp_path, clusters=clusters)
    assert run.made - run.allowed == NEEDS_NO_PERMISSION
    assert run.allowed - run.made == set(NOT_MADE_HERE)
    if clusters != "*":
        asked = {name for call in run.calls for name in clusters_of(call)}
        assert {name.rpartition("/")[2] for name in asked} == {"xops"}


def clusters_of(call: RecordedCall) -> list[str]:
    """Return the clusters that a call to ECS is about."""
    if call.service != "ecs":
        return []
    named = [call.params["cluster"]] if "cluster" in call.params else []
    return [*map(str, named), *map(str, call.params.get("clusters", []))]


def test_every_action_is_in_some_policy() -> None:
    place = Place(clusters=("*",), topic_arn="arn:aws:sns:eu-west-1:123456789012:oncall")
    policy = statements(IAM_ACTIONS, place)
    assert {action for statement in policy for action in statement.actions} == IAM_ACTIONS
