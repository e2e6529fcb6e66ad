"""The ai-portal rulebook is document C, row by row; and what is not would be found."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from tests.rules.portal_conformance import findings
from tests.rules.portal_transcribed import (
    CONTRACT,
    DASHBOARDS,
    FIRES,
    PIECES,
    SCALED,
    SINGLE,
    STEPS,
)
from xops_watch.core.condition import AllOf, AnyOf, Comparison, Threshold
from xops_watch.core.condition import thresholds as leaves
from xops_watch.core.datapoints import Datapoints, Missing
from xops_watch.core.declared import Fact
from xops_watch.core.evolution import Classification, Evolution
from xops_watch.core.rule import Rule, Rulebook, ThresholdSource
from xops_watch.rulebook import load

ROOT = Path(__file__).parents[2]
SHIPPED = load([ROOT / "rules" / "ai-portal"])

# --- the rulebook


def test_the_rulebook_is_what_document_c_says() -> None:
    assert findings(SHIPPED) == []


def test_the_document_is_transcribed_whole() -> None:
    rows = [row for row, _ in PIECES]
    tables = {
        "C.cost.single.": 8,
        "C.cost.scaled.": 13,
        "C.cost.optimization": 4,
        "C.dashboard.": 4,
        "C.limitations": 5,
        "C.rec.": 4,
        "C.next.": 3,
    }
    assert {name: sum(row.startswith(name) for row in rows) for name in tables} == tables
    assert set(CONTRACT) <= set(rows)


@pytest.mark.parametrize(
    ("table", "name", "low", "high"), [(SINGLE, "single", 370, 370), (SCALED, "scaled", 673, 733)]
)
def test_the_lines_of_a_cost_table_add_up(
    table: dict[str, tuple[int, int]], name: str, low: int, high: int
) -> None:
    quotes = {row: quote for row, quote in PIECES if row.startswith(f"C.cost.{name}.")}
    assert {row.rsplit(".", 1)[1] for row in quotes} == set(table)
    for component, (least, most) in table.items():
        cost = quotes[f"C.cost.{name}.{component}"].rsplit(" | ", 1)[1]
        assert cost == (f"${least}" if least == most else f"${least}-{most}")
    assert sum(least for least, _ in table.values()) == low
    assert sum(most for _, most in table.values()) == high


def test_a_stage_is_the_total_of_its_lines_as_the_document_rounds_it() -> None:
    stages = {stage.row: stage for stage in SHIPPED.stages.values()}
    assert stages["C.cost.single"].monthly_cost_dollars == 370
    scaled = stages["C.cost.scaled"]
    assert (scaled.monthly_cost_dollars, scaled.monthly_cost_to_dollars) == (670, 730)


def test_the_alarm_is_the_documents_but_for_its_subject() -> None:
    (rule,) = (rule for rule in SHIPPED.rules if rule.id == "portal-ec2-cpu")
    leaf = rule.primary
    assert rule.when == leaf
    assert rule.hold == timedelta()
    assert leaf.signal.period == timedelta(seconds=300)
    assert leaf.signal.subject_kind == "instance"
    assert leaf.comparison is Comparison.ABOVE
    assert leaf.value == 0.8
    assert leaf.datapoints == Datapoints(needed=2, of=2)
    assert rule.proposed == ("clear",)


def test_below_50_users_nothing_is_due() -> None:
    users = [r for r in SHIPPED.rules if r.primary.signal.name.startswith("portal.users")]
    assert sorted(rule.primary.value for rule in users) == [50, 100, 1000]
    assert {rule.severity for rule in users} == {"advice"}


def test_more_instances_are_no_answer_to_throttles() -> None:
    action = SHIPPED.evolutions["portal-request-bedrock-quota"].documented_action
    assert action is not None
    assert action.action == SHIPPED.evolutions["portal-scale-bedrock-gateway"].title
    assert "account-level rate limits" in action.because


def test_everything_that_the_document_does_not_say_is_called_proposed() -> None:
    for rule in SHIPPED.rules:
        parts = {
            "hold": bool(rule.hold),
            "clear": rule.clear is not None,
            "applies_when": rule.applies is not None,
            "datapoints": rule.id != "portal-ec2-cpu"
            and any(leaf.datapoints for leaf in leaves(rule.when)),
        }
        assert (rule.id, set(rule.proposed)) == (
            rule.id,
            {p for p, there in parts.items() if there},
        )


def test_the_contradictions_that_touch_document_c_are_told() -> None:
    told = {one.id: one for one in SHIPPED.declared.contradictions}
    numbered = {"c1", "c21", "c22", "c23"}
    assert told.keys() == numbered | {f"portal-c{number}" for number in range(1, 8)}
    known = {row for row, _ in PIECES} | {stage.row for stage in SHIPPED.stages.values()}
    for one in told.values():
        assert {row for row in one.rows if row.startswith("C.")} - known == set()


# --- and what is not what the document says would be found


def with_rule(id_: str, change: Callable[[Rule], Rule]) -> Rulebook:
    rules = tuple(change(rule) if rule.id == id_ else rule for rule in SHIPPED.rules)
    assert rules != SHIPPED.rules
    return replace(SHIPPED, rules=rules)


def with_step(id_: str, change: Callable[[Evolution], Evolution]) -> Rulebook:
    changed = change(SHIPPED.evolutions[id_])
    assert changed != SHIPPED.evolutions[id_]
    return replace(SHIPPED, evolutions={**SHIPPED.evolutions, id_: changed})


def with_facts(change: Callable[[Fact], Fact | None]) -> Rulebook:
    facts = tuple(fact for one in SHIPPED.declared.facts if (fact := change(one)) is not None)
    return replace(SHIPPED, declared=replace(SHIPPED.declared, facts=facts))


def with_leaf(rule: Rule, change: Callable[[Threshold], Threshold]) -> Rule:
    assert isinstance(rule.when, Threshold)
    return replace(rule, when=change(rule.when))


OTHER_SIGN = {Comparison.ABOVE: Comparison.AT_LEAST, Comparison.AT_LEAST: Comparison.ABOVE}
CHANGED_LEAVES: dict[str, Callable[[Threshold], Threshold]] = {
    "number": lambda leaf: replace(leaf, value=leaf.value * 1.05 or 1),
    "sign": lambda leaf: replace(leaf, comparison=OTHER_SIGN[leaf.comparison]),
    "missing": lambda leaf: replace(leaf, missing=Missing.BREACHING),
    "points": lambda leaf: replace(leaf, datapoints=Datapoints(needed=2, of=5)),
}
SIMPLE = [rule.id for rule in SHIPPED.rules if isinstance(rule.when, Threshold)]


@pytest.mark.parametrize("what", CHANGED_LEAVES)
@pytest.mark.parametrize("id_", SIMPLE)
def test_another_condition_is_found(id_: str, what: str) -> None:
    altered = with_rule(id_, lambda rule: with_leaf(rule, CHANGED_LEAVES[what]))
    assert [finding.split(":")[0] for finding in findings(altered)] == [id_]


@pytest.mark.parametrize("id_", ["portal-gateway-at-limit", "portal-keycloak-single-instance"])
def test_conditions_joined_otherwise_are_found(id_: str) -> None:
    def changed(rule: Rule) -> Rule:
        assert isinstance(rule.when, AllOf)
        return replace(rule, when=AnyOf(parts=rule.when.parts))

    assert [finding.split(":")[0] for finding in findings(with_rule(id_, changed))] == [id_]


CHANGED_RULES: dict[str, Callable[[Rule], Rule]] = {
    "phase": lambda rule: replace(rule, phase="BC1"),
    "source": lambda rule: replace(rule, threshold_source=_another(rule.threshold_source)),
    "step": lambda rule: replace(rule, evolution="another"),
    "quote": lambda rule: replace(rule, quote=rule.quote + "."),
    "row": lambda rule: replace(rule, rows=("C.other",)),
}


def _another(source: ThresholdSource) -> ThresholdSource:
    documented = source is ThresholdSource.DOCUMENTED
    return ThresholdSource.PROPOSED if documented else ThresholdSource.DOCUMENTED


@pytest.mark.parametrize("what", CHANGED_RULES)
@pytest.mark.parametrize("id_", FIRES)
def test_another_rule_is_found(id_: str, what: str) -> None:
    assert findings(with_rule(id_, CHANGED_RULES[what])) != []


@pytest.mark.parametrize("id_", FIRES)
def test_a_missing_rule_is_found(id_: str) -> None:
    rules = tuple(rule for rule in SHIPPED.rules if rule.id != id_)
    found = findings(replace(SHIPPED, rules=rules))
    assert [finding for finding in found if finding.startswith(f"{id_}: is None")] != []


CHANGED_STEPS: dict[str, Callable[[Evolution], Evolution]] = {
    "title": lambda step: replace(step, title="Do it"),
    "class": lambda step: replace(step, classification=Classification.NONE),
    "class source": lambda step: replace(step, classification_source="documented"),
    "phase": lambda step: replace(step, phase="BC1"),
    "difficulty": lambda step: replace(step, difficulty=f"{step.difficulty}er"),
    "effort": lambda step: replace(step, effort=f"{step.effort} and more"),
    "lead time": lambda step: replace(step, lead_time=step.lead_time + timedelta(days=1)),
    "lead time source": lambda step: replace(step, lead_time_source="a friend"),
    "stage": lambda step: replace(step, stage="another"),
}


@pytest.mark.parametrize("what", CHANGED_STEPS)
@pytest.mark.parametrize("id_", STEPS)
def test_another_step_is_found(id_: str, what: str) -> None:
    found = findings(with_step(id_, CHANGED_STEPS[what]))
    assert [finding.split(":")[0] for finding in found] == [id_]


FACTS = [fact.id for fact in SHIPPED.declared.facts]


@pytest.mark.parametrize("id_", FACTS)
def test_a_missing_fact_is_found(id_: str) -> None:
    assert findings(with_facts(lambda fact: None if fact.id == id_ else fact)) != []


@pytest.mark.parametrize("id_", FACTS)
def test_another_figure_in_a_fact_is_found(id_: str) -> None:
    def changed(fact: Fact) -> Fact:
        return replace(fact, quote=f"{fact.quote}0") if fact.id == id_ else fact

    assert len(findings(with_facts(changed))) == 2


@pytest.mark.parametrize("row", DASHBOARDS)
def test_a_missing_panel_is_found(row: str) -> None:
    def changed(fact: Fact) -> Fact:
        return replace(fact, signals=fact.signals[1:]) if row in fact.rows else fact

    assert [finding.split(":")[0] for finding in findings(with_facts(changed))] == [row]


@pytest.mark.parametrize("id_", SHIPPED.stages)
def test_another_cost_of_a_stage_is_found(id_: str) -> None:
    stage = SHIPPED.stages[id_]
    dearer = replace(stage, monthly_cost_dollars=stage.monthly_cost_dollars + 10)
    assert len(findings(replace(SHIPPED, stages={**SHIPPED.stages, id_: dearer}))) == 1


def test_a_missing_alias_is_found() -> None:
    bare = replace(SHIPPED, declared=replace(SHIPPED.declared, aliases=()))
    assert findings(bare)[0] == "C.rec.small: nothing covers it"
