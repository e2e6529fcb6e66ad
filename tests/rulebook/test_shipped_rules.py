"""The shipped rules against the documents' tables, transcribed here by hand."""

from datetime import timedelta
from pathlib import Path

import pytest

from xops_watch.core.datapoints import Datapoints
from xops_watch.core.evolution import Classification, Risk
from xops_watch.core.rule import Comparison, Rule, Rulebook, Severity, ThresholdSource
from xops_watch.core.rule import thresholds as leaves
from xops_watch.rulebook import load

ROOT = Path(__file__).parents[2]
RUNBOOKS = ROOT / "docs" / "runbooks"

# Scaling Triggers with Thresholds: threshold, signal, detection, action, phase.
ROWS = {
    "A.trigger.2": (
        ">100 concurrent",
        "ECS CPU >80% sustained",
        "CloudWatch Application Signals",
        "Scale L5+L6 to 6 replicas",
        "BC1 PEAK",
    ),
    "A.trigger.3": (
        ">10 crews/hr",
        "CrewAI queue depth",
        "Fargate task pending count",
        "Add Fargate Spot workers",
        "BC1 PEAK",
    ),
    "A.trigger.4": (
        ">6 services",
        "Service discovery complexity",
        "ECS Service Connect limits",
        "Evaluate EKS migration",
        "BC2+",
    ),
}
# Scaling Classification: class to risk.
RISKS = {
    "Config Change": "LOW",
    "Module Addition": "LOW",
    "Service Addition": "MED",
    "Data Migration": "MED",
    "Architecture Change": "HIGH",
}
# Cost Evolution: scale, users, services, monthly cost, ratio against $2k SaaS.
STAGES = [
    ("BC1 PROD", "<50", "2", 180, 11),
    ("BC1 PEAK", "<50", "2", 380, 5.3),
    ("BC2 Growth", "50-200", "4-6", 360, 5.6),
    ("BC2+ Enterprise", "200-500", "8+", 1200, 1.7),
    ("SaaS Equivalent", "Any", "N/A", 2000, 1),
]
SUSTAINED = Datapoints(needed=12, of=15)


@pytest.fixture(scope="module")
def rulebook() -> Rulebook:
    return load([ROOT / "rules" / "xops"])


@pytest.fixture(scope="module")
def rules(rulebook: Rulebook) -> dict[str, Rule]:
    return {rule.id: rule for rule in rulebook.rules}


def test_these_rules_are_shipped_for_these_rows(rules: dict[str, Rule]) -> None:
    assert {id_: rule.rows for id_, rule in rules.items()} == {
        "ecs-cpu-sustained": ("A.trigger.2",),
        "crew-queue-depth": ("A.trigger.3",),
        "services-above-6": ("A.trigger.4",),
    }


def test_every_rule_quotes_its_row_word_for_word(rules: dict[str, Rule]) -> None:
    for rule in rules.values():
        assert rule.quote == " | ".join(ROWS[rule.rows[0]])
        assert rule.phase == ROWS[rule.rows[0]][4]


def test_every_rule_recommends_the_action_of_its_row(
    rulebook: Rulebook, rules: dict[str, Rule]
) -> None:
    for rule in rules.values():
        evolution = rulebook.evolutions[rule.evolution]
        assert evolution.title == ROWS[rule.rows[0]][3]
        assert evolution.phase == rule.phase


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


def test_what_the_documents_do_not_say_is_called_proposed(rules: dict[str, Rule]) -> None:
    assert {id_: (rule.threshold_source, rule.proposed) for id_, rule in rules.items()} == {
        "ecs-cpu-sustained": (ThresholdSource.DOCUMENTED, ("datapoints", "clear")),
        "crew-queue-depth": (ThresholdSource.PROPOSED, ("hold", "clear")),
        "services-above-6": (ThresholdSource.DOCUMENTED, ("hold", "clear")),
    }


def test_only_what_cannot_wait_wakes_somebody(rules: dict[str, Rule]) -> None:
    assert {id_: rule.severity for id_, rule in rules.items()} == {
        "ecs-cpu-sustained": Severity.WARNING,
        "crew-queue-depth": Severity.WARNING,
        "services-above-6": Severity.ADVICE,
    }


@pytest.mark.parametrize(
    ("evolution", "classification", "stage", "lead_time"),
    [
        ("scale-l5-l6-to-6-replicas", Classification.CONFIG_CHANGE, "bc1-peak", 1),
        ("add-fargate-spot-workers", Classification.CONFIG_CHANGE, "bc1-peak", 1),
        ("evaluate-eks-migration", Classification.ARCHITECTURE_CHANGE, "bc2plus-enterprise", 90),
    ],
)
def test_evolutions_are_classified_honestly(
    rulebook: Rulebook, evolution: str, classification: Classification, stage: str, lead_time: int
) -> None:
    step = rulebook.evolutions[evolution]
    assert step.classification is classification
    assert step.risk is Risk(RISKS[classification])
    assert step.stage == stage
    assert step.lead_time == timedelta(days=lead_time)


def test_first_steps_fit_on_a_telephone(rulebook: Rulebook) -> None:
    for evolution in rulebook.evolutions.values():
        assert 3 <= len(evolution.first_steps) <= 5
        assert max(len(step) for step in evolution.first_steps) <= 100


def test_stages_are_the_rows_of_the_cost_table(rulebook: Rulebook) -> None:
    assert [
        (
            stage.title,
            stage.users,
            stage.services,
            stage.monthly_cost_dollars,
            stage.saas_ratio,
        )
        for stage in rulebook.stages.values()
    ] == STAGES


def test_the_ratio_of_each_stage_is_what_the_cost_makes_of_2000_dollars(
    rulebook: Rulebook,
) -> None:
    for stage in rulebook.stages.values():
        assert stage.saas_ratio == pytest.approx(2000 / stage.monthly_cost_dollars, rel=0.03)


def test_every_rule_has_a_runbook_and_every_runbook_a_rule(rules: dict[str, Rule]) -> None:
    assert {path.stem for path in RUNBOOKS.glob("*.md")} - {"index"} == set(rules)


@pytest.mark.parametrize("id_", ["ecs-cpu-sustained", "crew-queue-depth", "services-above-6"])
def test_a_runbook_says_what_the_rule_says(
    rulebook: Rulebook, rules: dict[str, Rule], id_: str
) -> None:
    text = (RUNBOOKS / f"{id_}.md").read_text(encoding="utf-8")
    rule = rules[id_]
    evolution = rulebook.evolutions[rule.evolution]
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
