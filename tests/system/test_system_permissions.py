"""Every call of a full run is in the policy that `iam-policy` prints; the policy has no more."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import starmap
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.cli.command import xops_watch
from tests.system.daemons import RunningDaemon, eventually, running
from tests.system.whole_account import hits_of, make_front, put_account, requests_of
from xops_watch.aws.policy import Place, statements
from xops_watch.bootstrap import IAM_ACTIONS
from xops_watch.demo.stage import Pager
from xops_watch.embedded_aws.control import EmbeddedAws, RecordedCall
from xops_watch.embedded_aws.control_specs import ScalingSpec, ServiceSpec

NEEDS_NO_PERMISSION = {"sts:GetCallerIdentity"}
# What IAM calls a service, or an operation, where that is not the API's own name.
IAM_SERVICES = {"elbv2": "elasticloadbalancing"}
IAM_ACTION_OF = {"budgets:DescribeBudget": "budgets:ViewBudget"}
# A budget and Cost Explorer tell the same: only one of them is asked.
BUDGET = {"XOPS_WATCH_COST__BUDGET": "xops"}
EXPLORER = {"XOPS_WATCH_COST__EXPLORER": "true"}
CLUSTER = "arn:aws:ecs:ap-southeast-2:123456789012:cluster/xops"


@dataclass(frozen=True, slots=True, kw_only=True)
class FullRun:
    """What was asked of AWS, as AWS saw it, and what the policy allows."""

    calls: Sequence[RecordedCall]
    made: frozenset[str]
    allowed: frozenset[str]


def everything(distribution: str) -> dict[str, str]:
    """Return the settings that switch every source on, but those of costs."""
    return {
        "XOPS_WATCH_EDGE__DISTRIBUTIONS": distribution,
        "XOPS_WATCH_EDGE__VANTAGES": "nz=canary:edge/first-byte@ap-southeast-6",
        "XOPS_WATCH_GOVERNANCE__SECRETS": "*",
        "XOPS_WATCH_GOVERNANCE__CERTIFICATES": "*",
        "XOPS_WATCH_GOVERNANCE__CONFORMANCE_PACKS": "*",
        "XOPS_WATCH_APP_LOG__GROUP": "/ecs/webui",
        "XOPS_WATCH_MANDATES__SSM": "true",
        "XOPS_WATCH_PORTAL__AUTO_SCALING_GROUPS": "*",
        "XOPS_WATCH_PORTAL__DATABASES": "*",
        "XOPS_WATCH_PORTAL__KEYCLOAK_TARGET_GROUPS": "*",
    }


def full_run(
    aws: EmbeddedAws, pager: Pager, directory: Path, *, clusters: str, cost: Mapping[str, str]
) -> FullRun:
    """Run the daemon until it has paged, then look once, and let the doctor look."""
    front = make_front(aws, "front")
    put_account(aws)
    settings = everything(front.distribution) | {
        **cost,
        "XOPS_WATCH_ECS__CLUSTERS": clusters,
        # Enough for one metric a minute: the others are read by GetMetricData.
        "XOPS_WATCH_CLOUDWATCH__FREE_REQUESTS_PER_MONTH": "50000",
        "XOPS_WATCH_SNS__TOPIC_ARN": pager.topic_arn,
        "XOPS_WATCH_SNS__INTERVAL_SECONDS": "1",
        "XOPS_WATCH_STATE_PATH": str(directory / "state.db"),
    }
    # Policies are only asked for where there is a target.
    scaling: ScalingSpec = {"min": 2, "max": 6, "cpu_target": 70}
    web: ServiceSpec = {
        "name": "open-webui",
        "desired": 2,
        "running": 2,
        "scaling": scaling,
        "target_groups": [front.target_group],
        "file_systems": ["fs-1"],
    }
    aws.put_cluster("xops", services=[web])
    aws.put_points(requests_of(aws, front.dimension), hits_of(aws, front.distribution))
    aws.clear_requests()
    with running(aws, directory, **settings) as daemon:
        eventually(lambda: ("sns", "Publish") in aws.requests().counts, "somebody is paged")
        # The journal is AWS's own: what the botocore hook on every client counts must be the same.
        wanted = {f"{service}:{operation}" for service, operation in aws.requests().counts}
        eventually(lambda: counted(daemon) | {"sns:Publish"} >= wanted, "every call is counted")
    environment = aws.environment() | settings
    assert xops_watch("once", **environment).code == 0
    assert xops_watch("doctor", **environment).code in (0, 1)
    policy = json.loads(xops_watch("iam-policy", **environment).out)
    requests = aws.requests()
    return FullRun(
        calls=requests.last,
        made=frozenset(starmap(iam_action, requests.counts)),
        allowed=frozenset(a for statement in policy["Statement"] for a in statement["Action"]),
    )


def iam_action(service: str, operation: str) -> str:
    """Return what IAM calls an operation."""
    action = f"{IAM_SERVICES.get(service, service)}:{operation}"
    return IAM_ACTION_OF.get(action, action)


def counted(daemon: RunningDaemon) -> set[str]:
    families = text_string_to_metric_families(daemon.read("/metrics")[1])
    return {
        f"{sample.labels['service']}:{sample.labels['operation']}"
        for family in families
        for sample in family.samples
        if sample.name == "xops_watch_aws_requests_total"
    }


@pytest.mark.parametrize(
    ("clusters", "cost"),
    [("*", BUDGET), ("xops", EXPLORER), (CLUSTER, BUDGET)],
    ids=["every cluster and a budget", "a name and Cost Explorer", "an ARN and a budget"],
)
def test_no_call_is_outside_of_the_policy_and_nothing_in_it_is_unused(
    clusters: str, cost: Mapping[str, str], aws: EmbeddedAws, pager: Pager, tmp_path: Path
) -> None:
    run = full_run(aws, pager, tmp_path, clusters=clusters, cost=cost)
    assert run.made - run.allowed == NEEDS_NO_PERMISSION
    assert run.allowed - run.made == set()
    of_costs = {"budgets:ViewBudget", "ce:GetCostAndUsage"}
    left_out = of_costs - run.made | ({"ecs:ListClusters"} if clusters != "*" else set())
    assert run.made == IAM_ACTIONS - left_out | NEEDS_NO_PERMISSION
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
