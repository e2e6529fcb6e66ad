"""The shipped rules beyond what the documents say: holds, clear levels, steps, runbooks.

What the documents do say is held against their tables in `tests/rules`.
"""

from datetime import timedelta
from pathlib import Path

import pytest

from xops_watch.core.condition import Comparison
from xops_watch.core.condition import thresholds as leaves
from xops_watch.core.datapoints import Datapoints
from xops_watch.core.rule import Rule, Rulebook
from xops_watch.rulebook import load
from xops_watch.rulebook.shipped import shipped_profiles

ROOT = Path(__file__).parents[2]
RUNBOOKS = ROOT / "docs" / "runbooks"

SUSTAINED = Datapoints(needed=12, of=15)


@pytest.fixture(scope="module")
def rulebook() -> Rulebook:
    return load([ROOT / "rules" / "xops"])


@pytest.fixture(scope="module")
def rules(rulebook: Rulebook) -> dict[str, Rule]:
    return {rule.id: rule for rule in rulebook.rules}


@pytest.mark.parametrize(
    ("rule", "signal", "value", "datapoints", "hold"),
    [
        ("ecs-cpu-sustained", "ecs.cpu_utilization", 0.8, SUSTAINED, timedelta()),
        ("crew-queue-depth", "crew.queue_depth", 0.0, None, timedelta(minutes=10)),
        ("services-above-6", "ecs.services_active", 6.0, None, timedelta(minutes=15)),
    ],
)
def test_thresholds_are_strict_and_in_base_units(
    rules: dict[str, Rule],
    rule: str,
    signal: str,
    value: float,
    datapoints: Datapoints | None,
    hold: timedelta,
) -> None:
    leaf = rules[rule].primary
    assert list(leaves(rules[rule].when)) == [leaf]
    assert leaf.signal.name == signal
    assert leaf.comparison is Comparison.ABOVE
    assert leaf.value == value
    assert leaf.datapoints == datapoints
    assert rules[rule].hold == hold


@pytest.mark.parametrize(
    ("rule", "comparison", "value", "hold"),
    [
        ("ecs-cpu-sustained", Comparison.BELOW, 0.65, timedelta(minutes=60)),
        ("crew-queue-depth", Comparison.AT_MOST, 0.0, timedelta(minutes=30)),
        ("services-above-6", Comparison.AT_MOST, 6.0, timedelta(hours=24)),
    ],
)
def test_clear_levels(
    rules: dict[str, Rule], rule: str, comparison: Comparison, value: float, hold: timedelta
) -> None:
    clear = rules[rule].clear
    assert clear is not None
    (leaf,) = leaves(clear.when)
    assert leaf.signal == rules[rule].primary.signal
    assert (leaf.comparison, leaf.value, clear.hold) == (comparison, value, hold)


def test_first_steps_fit_on_a_telephone(rulebook: Rulebook) -> None:
    for evolution in rulebook.evolutions.values():
        assert 3 <= len(evolution.first_steps) <= 5
        assert max(len(step) for step in evolution.first_steps) <= 100


def test_the_ratio_of_each_stage_is_what_the_cost_makes_of_2000_dollars(
    rulebook: Rulebook,
) -> None:
    for stage in rulebook.stages.values():
        assert stage.saas_ratio == pytest.approx(2000 / stage.monthly_cost_dollars, rel=0.03)


EVERY_RULE = [
    (profile, rule)
    for profile, folder in shipped_profiles().items()
    for rule in load([folder]).rules
]


@pytest.mark.parametrize(("profile", "rule"), EVERY_RULE, ids=[rule.id for _, rule in EVERY_RULE])
def test_a_runbook_says_what_the_rule_says(profile: str, rule: Rule) -> None:
    text = (RUNBOOKS / f"{rule.id}.md").read_text(encoding="utf-8")
    evolution = load([shipped_profiles()[profile]]).evolutions[rule.evolution]
    assert text.startswith(f"# {rule.title}\n")
    expected = [
        f"`{rule.primary.signal.name}`",
        rule.quote,
        evolution.title,
        f"{evolution.classification}, risk {evolution.risk}",
        "## What it means",
        "## How it is measured",
        "## Why this threshold",
        "## First five minutes",
        "## The step",
        "## How to verify",
        "## How to go back",
        "## What it does not know",
    ]
    assert [part for part in expected if part not in text] == []
