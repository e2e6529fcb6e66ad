"""One rule in full, and what a deployment changed of the rules, on the command line."""

import json
from pathlib import Path

import pytest

from tests.cli.command import Outcome, xops_watch

OVERRIDES = """\
overrides:
- {rule: ecs-cpu-sustained, threshold: 85%, reason: we scale later}
- {rule: services-above-6, off: true, reason: one team owns them all}
"""


@pytest.fixture
def overrides(tmp_path: Path) -> str:
    file = tmp_path / "overrides.yaml"
    file.write_text(OVERRIDES, encoding="utf-8")
    return str(file)


def lines(outcome: Outcome) -> dict[str, str]:
    """Return the text of each label; what is wrapped is one line again."""
    found: dict[str, str] = {}
    label = ""
    for line in outcome.out.splitlines()[1:]:
        label = line[:24].strip() or label
        found[label] = f"{found.get(label, '')} {line[24:].strip()}".strip()
    return found


def test_a_rule_is_shown_with_its_rows_its_step_and_what_to_know() -> None:
    outcome = xops_watch("rules", "show", "nz-latency-above-200ms")
    assert outcome.code == 0
    assert outcome.out.startswith("Latency above 200 ms from New Zealand\n")
    shown = lines(outcome)
    assert shown["fires when"] == "p90 over 1h of edge.latency of nz > 200ms"
    assert shown["row A.matrix.edge"].startswith('"Edge | CloudFront PriceClass_100')
    assert shown["class"] == "Config Change, risk LOW (documented)"
    assert shown["the documents say"].startswith("PriceClass_200, which does not help")
    assert "C12" in outcome.out
    assert max(len(line) for line in outcome.out.splitlines()) <= 96


def test_a_rule_is_shown_to_programs_too() -> None:
    outcome = xops_watch("rules", "show", "iac-prs-above-5-per-week", "--json")
    rule = json.loads(outcome.out)
    assert rule["id"] == "iac-prs-above-5-per-week"
    assert rule["rows"] == ["A.trigger.8", "A.matrix.devops", "A.k3s.1"]
    assert [(t["comparison"], t["value"]) for t in rule["thresholds"]] == [("above", 5.0)]
    assert "c18" in rule["contradictions"]


def test_a_rule_of_another_profile_is_found_there() -> None:
    outcome = xops_watch("rules", "show", "portal-ec2-cpu", "ai-portal")
    assert outcome.out.startswith("CPU of an instance above 80 %\n")
    assert xops_watch("rules", "show", "portal-ec2-cpu").code == 2


def test_a_rule_that_is_none_is_refused_with_the_nearest() -> None:
    outcome = xops_watch("rules", "show", "ecs-cpu-sustain")
    assert (outcome.code, outcome.out) == (2, "")
    assert "there is no rule ecs-cpu-sustain" in outcome.err
    assert "did you mean `ecs-cpu-sustained`?" in outcome.err


def test_overrides_are_shown_wherever_the_rule_is(overrides: str) -> None:
    settings = {"XOPS_WATCH_OVERRIDES_PATH": overrides}
    listed = xops_watch("rules", "list", **settings).out
    assert "documented (overridden)" in listed
    assert "overridden: ecs-cpu-sustained: threshold 85% instead of 80%: we scale later" in listed
    assert "off: services-above-6: one team owns them all" in listed
    shown = lines(xops_watch("rules", "show", "ecs-cpu-sustained", **settings))
    assert shown["overridden here"] == "threshold 85% instead of 80%: we scale later"
    assert shown["fires when"] == "ecs.cpu_utilization > 85% in 12 of 15 readings"
    off = lines(xops_watch("rules", "show", "services-above-6", **settings))
    assert off["NOT JUDGED HERE"] == "one team owns them all"


def test_a_rule_is_shown_with_what_a_prometheus_server_is_asked_for_it(tmp_path: Path) -> None:
    shipped = lines(xops_watch("rules", "show", "prompt-cache-below-70"))
    assert shipped["llm.cacheable_calls_24h"] == (
        "sum(increase(litellm_deployment_success_responses_total[24h]))"
    )
    assert "asked so here" not in shipped
    file = tmp_path / "mine.yaml"
    file.write_text(
        "queries:\n- {signal: llm.cacheable_calls_24h, query: sum(x), reason: our gateway}\n",
        "utf-8",
    )
    settings = {"XOPS_WATCH_OVERRIDES_PATH": str(file)}
    shown = lines(xops_watch("rules", "show", "prompt-cache-below-70", **settings))
    assert shown["llm.cacheable_calls_24h"] == "sum(x)"
    assert shown["asked so here"] == "our gateway"


def test_overrides_are_in_the_list_for_programs(overrides: str) -> None:
    listed = xops_watch("rules", "list", "--json", XOPS_WATCH_OVERRIDES_PATH=overrides)
    rules = {rule["id"]: rule for rule in json.loads(listed.out)}
    assert rules["ecs-cpu-sustained"]["overrides"] == [
        {"part": "threshold", "written": "80%", "used": "85%", "reason": "we scale later"}
    ]
    assert rules["services-above-6"]["off"] == "one team owns them all"
    assert rules["crew-queue-depth"]["off"] is None


def test_bad_overrides_are_found_by_the_check(overrides: str) -> None:
    Path(overrides).write_text("overrides:\n- {rule: cpu, off: true, reason: r}\n", "utf-8")
    outcome = xops_watch("rules", "check", XOPS_WATCH_OVERRIDES_PATH=overrides)
    assert outcome.code == 1
    assert f"{overrides}:2:10: error: there is no rule `cpu`" in outcome.out


def test_a_profile_is_chosen_by_its_name() -> None:
    outcome = xops_watch("rules", "list", XOPS_WATCH_RULES_PATH="ai-portal")
    assert "portal-ec2-cpu" in outcome.out
    assert "ecs-cpu-sustained" not in outcome.out
