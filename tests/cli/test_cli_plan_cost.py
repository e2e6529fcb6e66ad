"""`xops-watch plan-cost`: what reading will cost, from who is there; no metric is read."""

import json
from datetime import timedelta

import pytest

from tests.cli.command import Outcome, xops_watch
from xops_watch.clock import SystemClock
from xops_watch.embedded_aws.control import EmbeddedAws

MINUTE = timedelta(minutes=1)


def _plan_cost(aws: EmbeddedAws, *arguments: str, **environment: str) -> Outcome:
    return xops_watch(
        "plan-cost",
        *arguments,
        **(aws.environment() | {"XOPS_WATCH_ECS__CLUSTERS": "xops"} | environment),
    )


def _stack(aws: EmbeddedAws) -> None:
    services = [{"name": name, "desired": 1, "running": 1} for name in ("open-webui", "fastapi")]
    aws.put_cluster("xops", services=services)  # type: ignore[arg-type]  # TypedDicts, by shape
    now = SystemClock().now().replace(second=0, microsecond=0)
    aws.put_points(
        {
            "namespace": "AWS/ApplicationELB",
            "metric": "RequestCount",
            "dimensions": {"LoadBalancer": "app/web/1"},
            "points": [(now - 5 * MINUTE, 1.0)],
        }
    )


def test_it_counts_metrics_calls_and_dollars_and_reads_none(aws: EmbeddedAws) -> None:
    _stack(aws)
    outcome = _plan_cost(aws, "--json", XOPS_WATCH_CLOUDWATCH__API="data")
    assert outcome.code == 0, outcome.err
    plan = json.loads(outcome.out)
    signals = {line["signal"]: line for line in plan["signals"]}
    assert signals["ecs.cpu_utilization"] == {
        "signal": "ecs.cpu_utilization",
        "metrics": 2,
        "interval_seconds": 60.0,
        "stretched": False,
        "too_late_to_judge": False,
    }
    assert signals["ecs.memory_utilization"]["interval_seconds"] == 300.0
    # CPU 2, ALB 5 each minute; memory 2 and 4XX 2 every five: 7 x 0.432 + 4 x 0.0864.
    assert plan["dollars_per_month"] == 3.3696
    assert plan["metrics"] == 11
    assert plan["calls_per_month"] == 43_200
    assert ("cloudwatch", "GetMetricData") not in aws.requests().counts


def test_a_budget_stretches_and_says_so(aws: EmbeddedAws) -> None:
    _stack(aws)
    outcome = _plan_cost(
        aws,
        XOPS_WATCH_CLOUDWATCH__BUDGET_DOLLARS_PER_MONTH="1.8",
        XOPS_WATCH_CLOUDWATCH__API="data",
    )
    assert outcome.code == 0
    assert "stretched for the budget" in outcome.out
    assert "a month of a budget of $1.80" in outcome.out


def test_a_small_stack_fits_into_the_free_requests(aws: EmbeddedAws) -> None:
    _stack(aws)
    plan = json.loads(_plan_cost(aws, "--json").out)
    assert plan["dollars_per_month"] == 0
    assert plan["free_metrics"] == plan["metrics"] == 11
    assert "of the million that are free for the whole account" in _plan_cost(aws).out


def test_vantages_of_every_region_are_counted_and_nothing_of_them_is_listed(
    aws: EmbeddedAws,
) -> None:
    _stack(aws)
    outcome = _plan_cost(
        aws,
        "--json",
        XOPS_WATCH_EDGE__VANTAGES="nz=canary:edge-nz/first-byte@ap-southeast-6,syd=canary:edge/a",
        XOPS_WATCH_CLOUDWATCH__API="data",
        XOPS_WATCH_CLOUDWATCH__NAMESPACES="AWS/ECS",
    )
    assert outcome.code == 0, outcome.err
    (line,) = [one for one in json.loads(outcome.out)["signals"] if one["signal"] == "edge.latency"]
    assert (line["metrics"], line["interval_seconds"]) == (2, 300.0)
    assert ("cloudwatch", "ListMetrics") not in aws.requests().counts


def test_a_canary_without_a_step_is_refused_with_the_form(aws: EmbeddedAws) -> None:
    outcome = _plan_cost(aws, XOPS_WATCH_EDGE__VANTAGES="nz=canary:edge-nz@ap-southeast-6")
    assert outcome.code == 2
    assert outcome.err.startswith(
        "xops-watch: XOPS_WATCH_EDGE__VANTAGES: nz names a canary without a step: "
    )
    assert "hint: " in outcome.err


def test_what_cannot_be_looked_at_is_not_counted_in_silence(aws: EmbeddedAws) -> None:
    _stack(aws)
    aws.add_fault("access_denied", service="cloudwatch", operation="ListMetrics")
    outcome = _plan_cost(aws)
    assert outcome.code == 3
    assert "not counted: missing IAM permission cloudwatch:ListMetrics" in outcome.err
    assert "ecs.cpu_utilization" in outcome.out


@pytest.mark.parametrize(
    ("setting", "value"), [("NAMESPACES", "AWS/S33"), ("SUBJECTS", "AWS/S33=finops-*")]
)
def test_a_namespace_that_nothing_comes_from_is_refused(
    aws: EmbeddedAws, setting: str, value: str
) -> None:
    outcome = _plan_cost(aws, **{f"XOPS_WATCH_CLOUDWATCH__{setting}": value})
    assert outcome.code == 2
    assert outcome.err == (
        f"xops-watch: XOPS_WATCH_CLOUDWATCH__{setting}: no signal comes from namespace 'AWS/S33'\n"
        "  hint: known are AWS/ECS, AWS/ApplicationELB, AWS/CloudFront, AWS/EFS, AWS/S3,"
        " AWS/Athena, AWS/EC2, AWS/Bedrock, CWAgent, ApplicationSignals\n"
    )


def test_a_portal_without_ecs_is_watched_by_namespaces(aws: EmbeddedAws) -> None:
    settings = {
        "XOPS_WATCH_ECS__CLUSTERS": "",
        "XOPS_WATCH_RULES_PATH": "ai-portal",
        "XOPS_WATCH_CLOUDWATCH__NAMESPACES": "AWS/EC2,AWS/Bedrock",
    }
    outcome = _plan_cost(aws, "--json", **settings)
    assert outcome.code == 0, outcome.err
    assert [line["signal"] for line in json.loads(outcome.out)["signals"]] == [
        "ec2.cpu_utilization",
        "asg.cpu_utilization",
        "bedrock.throttles_5m",
        "ec2.network_5m",
        "ec2.instance_time_1d",
        "bedrock.tokens_5m",
    ]


def test_without_anything_to_watch_it_says_what_to_set() -> None:
    outcome = xops_watch("plan-cost")
    assert outcome.code == 2
    assert "XOPS_WATCH_ECS__CLUSTERS" in outcome.err


def test_cost_explorer_comes_beside_if_it_is_asked(aws: EmbeddedAws) -> None:
    _stack(aws)
    assert json.loads(_plan_cost(aws, "--json").out)["others"] == {}
    asked = {"XOPS_WATCH_COST__EXPLORER": "true"}
    assert json.loads(_plan_cost(aws, "--json", **asked).out)["others"] == {
        "ce:GetCostAndUsage": 0.304
    }
    told = _plan_cost(aws, **asked).out
    assert "ce:GetCostAndUsage: $0.30 a month beside that budget" in told
    assert ("ce", "GetCostAndUsage") not in aws.requests().counts
