"""The shipped xops rulebook, and copies of it with something changed."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from tests.rules.conformance import findings, named
from xops_watch.core.condition import AllOf, AnyOf, Condition, Not, Threshold
from xops_watch.core.evolution import Evolution
from xops_watch.core.rule import Rule, Rulebook, ThresholdSource
from xops_watch.rulebook import load

FOLDER = Path(__file__).parents[2] / "rules" / "xops"
SHIPPED = load([FOLDER])


def found_of(row: str, rulebook: Rulebook) -> list[str]:
    """Return the findings about a row of a rulebook that is not the shipped one."""
    assert rulebook != SHIPPED
    return [finding for finding in findings(rulebook) if finding.startswith(f"{row}: ")]


def stands_for(rule: Rule, row: str) -> bool:
    """Tell whether a rule is one of those that say they are the row, or of its alias."""
    documented = rule.threshold_source is not ThresholdSource.PROPOSED
    of = [name for alias in SHIPPED.declared.aliases if row in alias.rows for name in alias.of]
    return (row in rule.rows and documented) or rule.id in of


def others(id_: str) -> dict[str, Evolution]:
    return {name: step for name, step in SHIPPED.evolutions.items() if name != id_}


def with_rules(rulebook: Rulebook, row: str, change: Callable[[Rule], Rule]) -> Rulebook:
    return replace(
        rulebook,
        rules=tuple(change(rule) if stands_for(rule, row) else rule for rule in rulebook.rules),
    )


def with_leaves(
    rulebook: Rulebook, row: str, name: str | None, change: Callable[[Threshold], Threshold]
) -> Rulebook:
    """Return the rulebook with the leaves of a row changed, only those called `name` if given."""

    def changed(rule: Rule) -> Rule:
        return replace(rule, when=_rewritten(rule.when, name, change))

    return with_rules(rulebook, row, changed)


def _rewritten(
    condition: Condition, name: str | None, change: Callable[[Threshold], Threshold]
) -> Condition:
    match condition:
        case Threshold():
            return change(condition) if name in (None, named(condition)) else condition
        case AllOf(parts=parts):
            return AllOf(parts=tuple(_rewritten(part, name, change) for part in parts))
        case AnyOf(parts=parts):
            return AnyOf(parts=tuple(_rewritten(part, name, change) for part in parts))
        case Not(part=part):
            return Not(part=_rewritten(part, name, change))


def edited(folder: Path, file: str, old: str, new: str) -> Path:
    """Return a copy of the shipped rules with the first `old` in a file changed."""
    copy = folder / "xops"
    shutil.copytree(FOLDER, copy)
    text = (copy / file).read_text("utf-8")
    assert old in text
    (copy / file).write_text(text.replace(old, new, 1), "utf-8")
    return copy
