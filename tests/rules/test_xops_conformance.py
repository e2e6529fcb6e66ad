"""The xops rulebook is documents A and B, row by row; and what is not would be found."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.rules.altered import (
    SHIPPED,
    edited,
    found_of,
    others,
    stands_for,
    with_leaves,
    with_rules,
)
from tests.rules.conformance import findings
from tests.rules.transcribed import FIRES, LIMITS, ROWS, SAME
from xops_watch.core.catalogue import SIGNAL_BY_NAME
from xops_watch.core.condition import AllOf, Comparison, Threshold
from xops_watch.core.evolution import Classification, Ineffective
from xops_watch.core.rule import Rule, ThresholdSource
from xops_watch.errors import RulebookError
from xops_watch.rulebook import load

LOOSER = {
    Comparison.ABOVE: Comparison.AT_LEAST,
    Comparison.AT_LEAST: Comparison.ABOVE,
    Comparison.BELOW: Comparison.AT_MOST,
    Comparison.AT_MOST: Comparison.BELOW,
    Comparison.IS: Comparison.ABOVE,
}
DOCUMENTED_LEAVES = [(row, name) for row, ways in FIRES.items() for way in ways for name in way]
PROSE = ("A.hybrid", "A.litellm", "A.class.honesty", "A.class.promise", "A.cost.breakeven")


def of_table(prefix: str) -> list[list[str]]:
    tables = (row for row in ROWS if row.startswith(prefix) and not row.startswith(PROSE))
    return [ROWS[row].split(" | ") for row in tables]


# --- the rulebook


def test_the_rulebook_is_what_the_documents_say() -> None:
    assert findings(SHIPPED) == []


@pytest.mark.parametrize(
    ("prefix", "rows", "columns"),
    [
        ("A.trigger.", 11, 5),
        ("A.matrix.", 13, 6),
        ("A.k3s.", 4, 3),
        ("A.cost.", 5, 5),
        ("A.class.", 5, 4),
        ("A.permanent.", 7, 2),
        ("A.trend.", 6, 3),
    ],
)
def test_the_tables_are_transcribed_whole(prefix: str, rows: int, columns: int) -> None:
    table = of_table(prefix)
    assert len(table) == rows
    assert {len(cells) for cells in table} == {columns}


def test_every_layer_is_transcribed() -> None:
    assert {row: len(of_table(row)) for row in ("B.L6.", "B.L5.", "B.L4.")} == {
        "B.L6.": 14,
        "B.L5.": 15,
        "B.L4.": 18,
    }
    assert {row: len(of_table(row)) for row in ("B.L3.", "B.L2.", "B.L1.")} == {
        "B.L3.": 14,
        "B.L2.": 15,
        "B.L1.": 15,
    }


def test_every_row_of_a_trigger_table_has_a_condition() -> None:
    tables = ("A.trigger.", "A.matrix.", "A.k3s.")
    assert {row for row in ROWS if row.startswith(tables)} <= {*FIRES, *SAME}


# --- a number, a sign, a condition of ours


@pytest.mark.parametrize(("row", "name"), DOCUMENTED_LEAVES)
def test_another_number_is_found(row: str, name: str) -> None:
    def other(leaf: Threshold) -> Threshold:
        step = -1 if leaf.comparison is Comparison.IS else leaf.value * 0.2
        return replace(leaf, value=leaf.value + step)

    assert found_of(row, with_leaves(SHIPPED, row, name, other))


@pytest.mark.parametrize(("row", "name"), DOCUMENTED_LEAVES)
def test_another_sign_is_found(row: str, name: str) -> None:
    def other(leaf: Threshold) -> Threshold:
        return replace(leaf, comparison=LOOSER[leaf.comparison])

    assert found_of(row, with_leaves(SHIPPED, row, name, other))


@pytest.mark.parametrize("row", [row for row in FIRES if row.startswith("A.")])
def test_a_condition_of_ours_that_makes_a_row_weaker_is_found(row: str) -> None:
    ours = Threshold(
        signal=SIGNAL_BY_NAME["ecs.tasks_running"],
        comparison=Comparison.ABOVE,
        value=1,
        text="1",
    )

    def weaker(rule: Rule) -> Rule:
        return replace(rule, when=AllOf(parts=(rule.when, ours)))

    assert found_of(row, with_rules(SHIPPED, row, weaker))
    assert found_of(row, with_rules(SHIPPED, row, lambda rule: replace(rule, applies=ours)))


@pytest.mark.parametrize("row", [row for row in FIRES if row.startswith("A.")])
def test_a_part_of_ours_that_is_not_called_proposed_is_found(row: str) -> None:
    assert found_of(row, with_rules(SHIPPED, row, lambda rule: replace(rule, proposed=())))


@pytest.mark.parametrize(
    ("row", "signal"), [(row, signal) for row, limits in LIMITS.items() for signal in limits]
)
def test_another_limit_of_a_layer_is_found(row: str, signal: str) -> None:
    def other(leaf: Threshold) -> Threshold:
        return replace(leaf, value=leaf.value * 1.5 + 1) if leaf.signal.name == signal else leaf

    assert found_of(row, with_leaves(SHIPPED, row, None, other))


# --- rows


@pytest.mark.parametrize("row", sorted({*FIRES, *SAME}))
def test_a_rule_that_is_dropped_is_missed(row: str) -> None:
    kept = tuple(rule for rule in SHIPPED.rules if not stands_for(rule, row))
    assert len(kept) < len(SHIPPED.rules)
    assert found_of(row, replace(SHIPPED, rules=kept))


@pytest.mark.parametrize("section", ["aliases", "facts", "decisions"])
def test_a_row_that_is_dropped_is_missed(section: str) -> None:
    entries = getattr(SHIPPED.declared, section)
    for entry in entries:
        kept = tuple(other for other in entries if other is not entry)
        dropped = replace(SHIPPED, declared=replace(SHIPPED.declared, **{section: kept}))
        assert found_of(entry.rows[0], dropped), entry.id


@pytest.mark.parametrize("name", SHIPPED.stages)
def test_a_stage_that_is_dropped_or_changed_is_missed(name: str) -> None:
    right = SHIPPED.stages[name]
    changed = [
        replace(right, monthly_cost_dollars=right.monthly_cost_dollars + 20),
        replace(right, saas_ratio=(right.saas_ratio or 0) + 0.1),
        replace(right, users=right.users + "0"),
        replace(right, services=right.services + "0"),
        replace(right, title=right.title + " II"),
    ]
    for other in changed:
        assert found_of(right.row, replace(SHIPPED, stages={**SHIPPED.stages, name: other}))
    kept = {id_: other for id_, other in SHIPPED.stages.items() if id_ != name}
    assert found_of(right.row, replace(SHIPPED, stages=kept))


def test_another_word_in_any_cell_of_a_document_is_found() -> None:
    unnoticed = [
        (row, cell)
        for row, text in ROWS.items()
        for cell in text.split(" | ")
        if not findings(SHIPPED, {**ROWS, row: text.replace(cell, f"{cell} or so", 1)})
    ]
    assert unnoticed == []


def test_a_row_that_is_new_in_a_document_is_missed() -> None:
    new = {**ROWS, "A.trigger.12": "A | B | C | D | BC2"}
    assert findings(SHIPPED, new) == ["A.trigger.12: no rule covers it"]
    new = {**ROWS, "A.class.rewrite": "Rewrite | All of it | - | HIGH"}
    assert len(findings(SHIPPED, new)) == 2


def test_a_row_that_no_document_has_is_found() -> None:
    without = {row: text for row, text in ROWS.items() if row != "B.L5.sse"}
    assert "B.L5.sse: no document has this row" in findings(SHIPPED, without)


def test_a_rule_of_ours_about_a_row_does_not_cover_it() -> None:
    def ours(rule: Rule) -> Rule:
        return replace(rule, threshold_source=ThresholdSource.PROPOSED)

    assert "A.trigger.9: no rule covers it" in findings(with_rules(SHIPPED, "A.trigger.9", ours))


# --- class, action, way, phase


@pytest.mark.parametrize("row", [row for row in ROWS if row.startswith(("A.matrix.", "A.k3s."))])
def test_another_class_or_way_or_phase_is_found(row: str) -> None:
    standing = [rule for rule in SHIPPED.rules if stands_for(rule, row)]
    (step, *_) = [SHIPPED.evolutions[rule.evolution] for rule in standing]
    other = next(c for c in Classification if c is not step.classification)
    for changed in (
        replace(step, classification=other),
        replace(step, classification_source="proposed"),
    ):
        evolutions = {**SHIPPED.evolutions, step.id: changed}
        assert found_of(row, replace(SHIPPED, evolutions=evolutions))
    if row.startswith("A.matrix."):
        evolutions = {**SHIPPED.evolutions, step.id: replace(step, how="By hand")}
        assert found_of(row, replace(SHIPPED, evolutions=evolutions))
        rules = tuple(replace(r, phase="BC2") if r in standing else r for r in SHIPPED.rules)
        assert found_of(row, replace(SHIPPED, rules=rules))


@pytest.mark.parametrize("row", [row for row in ROWS if row.startswith("A.trigger.")])
def test_another_action_or_phase_of_a_trigger_is_found(row: str) -> None:
    for rule in [rule for rule in SHIPPED.rules if stands_for(rule, row)]:
        step = SHIPPED.evolutions[rule.evolution]
        renamed = replace(step, title="Something else", documented_action=None)
        evolutions = {**SHIPPED.evolutions, step.id: renamed}
        assert found_of(row, replace(SHIPPED, evolutions=evolutions))
        assert found_of(row, with_rules(SHIPPED, row, lambda r: replace(r, phase="BC1")))


def test_the_documented_action_that_does_not_help_is_named_beside_the_one_that_does() -> None:
    (rule,) = (rule for rule in SHIPPED.rules if "A.trigger.7" in rule.rows)
    step = SHIPPED.evolutions[rule.evolution]
    assert step.title == "PriceClass_All"
    assert step.documented_action is not None
    assert step.documented_action.action == "PriceClass_200"
    silent = replace(step, documented_action=None)
    assert found_of("A.trigger.7", replace(SHIPPED, evolutions={step.id: silent} | others(step.id)))
    wrong = replace(step, documented_action=Ineffective(action="PriceClass_300", because="-"))
    assert found_of("A.trigger.7", replace(SHIPPED, evolutions={step.id: wrong} | others(step.id)))


def test_risks_are_those_of_the_classification_table() -> None:
    assert {
        class_: class_.risk for class_ in Classification if class_ is not Classification.NONE
    } == {
        "Config Change": "LOW",
        "Module Addition": "LOW",
        "Service Addition": "MED",
        "Data Migration": "MED",
        "Architecture Change": "HIGH",
    }


# --- rule files that somebody edits


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        (
            "database.yaml",
            "openwebui.users_active_24h, above: 50",
            "openwebui.users_active_24h, above: 60",
        ),
        (
            "database.yaml",
            "openwebui.users_active_24h, above: 50",
            "openwebui.users_active_24h, at_least: 50",
        ),
        ("database.yaml", "phase: BC2\n", "phase: BC2+\n"),
        ("database.yaml", "title: Upgrade L4 to RDS", "title: Upgrade L4 to Aurora"),
        ("edge.yaml", "action: PriceClass_200", "action: PriceClass_All"),
        ("edge.yaml", "above: 200ms", "above: 250ms"),
        ("finops.yaml", "above: 1TB", "above: 1TiB"),
        ("stages.yaml", "monthly_cost: 360", "monthly_cost: 380"),
        ("documents.yaml", "rows: [A.k3s.4]", "rows: [A.k3s.3]"),
        ("documents.yaml", "of: [team-above-3]", "of: [team-above-5]"),
        ("documents.yaml", "$43/mo", "$40/mo"),
    ],
)
def test_an_edited_rule_file_is_found(file: str, old: str, new: str, tmp_path: Path) -> None:
    assert findings(load([edited(tmp_path, file, old, new)]))


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("database.yaml", "classification: Data Migration", "classification: Config Change"),
        ("database.yaml", "risk: MED", "risk: LOW"),
        ("compute.yaml", "risk: HIGH", "risk: MED"),
    ],
)
def test_a_rule_file_that_makes_a_step_look_easier_is_refused(
    file: str, old: str, new: str, tmp_path: Path
) -> None:
    folder = edited(tmp_path, file, old, new)
    with pytest.raises(RulebookError):
        load([folder])
