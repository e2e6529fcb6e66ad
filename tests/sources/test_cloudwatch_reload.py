"""Rules may change while the daemon runs: what is read follows them, without a restart."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from tests.aws.bench import MINUTE, NOW, ScriptedClient
from tests.sources.metrics_scene import told
from xops_watch.core.rule import Rulebook
from xops_watch.rulebook import load
from xops_watch.rulebook.shipped import shipped_profiles
from xops_watch.sources.cloudwatch import Bill, Pace, Reads, Scope, cloudwatch_sources

STACK, PORTAL = (load([shipped_profiles()[name]]) for name in ("xops", "ai-portal"))


def listing(**asked: Any) -> Sequence[Mapping[str, Any]]:  # noqa: ANN401 - as boto3 takes it
    dimensions = [{"Name": d["Name"], "Value": d.get("Value", "x")} for d in asked["Dimensions"]]
    return [{"Metrics": [{"MetricName": asked["MetricName"], "Dimensions": dimensions}]}]


def points(**asked: Any) -> Sequence[Mapping[str, Any]]:  # noqa: ANN401 - as boto3 takes it
    told_of = {
        "Timestamps": [asked["EndTime"] - MINUTE],
        "Values": [1.0],
        "StatusCode": "Complete",
    }
    queries = asked["MetricDataQueries"]
    return [{"MetricDataResults": [{"Id": query["Id"], **told_of} for query in queries]}]


class Rules:
    """The rulebook in force, which a test may replace."""

    def __init__(self, rulebook: Rulebook) -> None:
        self.rulebook = rulebook

    def __call__(self) -> Rulebook:
        return self.rulebook


def sources(
    rules: Rules, client: ScriptedClient, *namespaces: str, bills: list[Bill] | None = None
) -> Mapping[str, Reads]:
    anything: Any = client
    made = cloudwatch_sources(
        lambda _: anything,
        rules,
        pace=Pace(interval=MINUTE, settle=2 * MINUTE),
        scope=Scope(namespaces=namespaces),
        tell=(bills if bills is not None else []).append,
    )
    return {one.name: one for one in made}


def client() -> ScriptedClient:
    return ScriptedClient(list_metrics=listing, get_metric_data=points)


def test_a_namespace_that_new_rules_need_is_read_at_the_next_poll() -> None:
    rules, bills = Rules(PORTAL), list[Bill]()
    made = sources(rules, client(), bills=bills)
    home, far = made["cloudwatch"], made["cloudwatch_global"]
    assert "bedrock.throttles_5m" in home.signals
    assert far.signals == ()
    assert far.observe(now=NOW) == []
    home.observe(now=NOW)
    rules.rulebook = STACK
    assert "efs.io_limit" in home.signals
    assert "bedrock.throttles_5m" not in home.signals
    assert ("efs.io_limit", "x") in told(home.observe(now=NOW + MINUTE))
    assert ("edge.error_ratio", "x") in told(far.observe(now=NOW + MINUTE))
    lines = {line.signal for line in bills[-1].lines}
    assert "efs.io_limit" in lines
    assert "bedrock.throttles_5m" not in lines


def test_what_new_rules_need_no_more_is_not_said_to_be_gone() -> None:
    rules = Rules(PORTAL)
    home = sources(rules, client())["cloudwatch"]
    home.observe(now=NOW)
    rules.rulebook = STACK
    observed = told(home.observe(now=NOW + MINUTE))
    assert not {signal for signal, _ in observed if signal.startswith(("ec2.", "bedrock."))}
    rules.rulebook = PORTAL
    assert ("ec2.cpu_utilization", "x") in told(home.observe(now=NOW + 10 * MINUTE))


def test_the_plan_is_made_again_only_for_another_rulebook() -> None:
    asked = []

    class Counting(Rules):
        def __call__(self) -> Rulebook:
            asked.append(self.rulebook)
            return self.rulebook

    rules = Counting(STACK)
    home = sources(rules, client())["cloudwatch"]
    first = home.signals
    rules.rulebook = replace(STACK)
    assert home.signals == first
    assert len(asked) == 2


def test_only_places_that_named_namespaces_are_in_have_a_source() -> None:
    made = sources(Rules(STACK), client(), "AWS/CloudFront")
    assert {name for name in made if name.startswith("cloudwatch")} == {"cloudwatch_global"}
