"""The reference page of the rules, from the shipped rulebook."""

import re
from collections.abc import Iterator

from docs.documents_page import declared
from docs.markdown import plain, table
from xops_watch.core.evolution import Stage
from xops_watch.core.rule import Rule, Rulebook
from xops_watch.rulebook.description import GUARDS, judgement, step_in_words

INTRODUCTIONS = {
    "Rules": "The rulebook that is used unless the settings choose another",
    "Rules of the AI Portal": "The rulebook of the AI Portal (`XOPS_WATCH_RULES_PATH` chooses it)",
}


def rules(rulebook: Rulebook, title: str = "Rules") -> Iterator[str]:
    """Yield the page; everything that a rulebook holds but its contradictions is on it."""
    yield f"# {title}\n"
    yield (
        f"{INTRODUCTIONS[title]}: documented rows as rules.\n"
        "What the documents do not say is *proposed* and can be changed\n"
        "([rule files](rule-files.md)). Where the documents contradict themselves is\n"
        "[explained](../explanation/documents.md).\n"
    )
    for rule in rulebook.rules:
        yield from _rule(rule, rulebook)
    yield "\n## Stages\n"
    yield "Declared figures of the documents, a month; never a prediction.\n"
    yield from table(
        ("stage", "title", "users", "services", "cost a month", "SaaS equivalent", "row"),
        [_stage_row(stage) for stage in rulebook.stages.values()],
    )
    yield from declared(rulebook)


def _stage_row(stage: Stage) -> tuple[str, ...]:
    upper = stage.monthly_cost_to_dollars
    ratio = stage.saas_ratio
    return (
        f"`{stage.id}`",
        stage.title,
        stage.users,
        stage.services,
        f"${stage.monthly_cost_dollars:,.0f}" + (f" to ${upper:,.0f}" if upper else ""),
        f"{ratio:g} times as much" if ratio else "not compared",
        stage.row,
    )


def _rule(rule: Rule, rulebook: Rulebook) -> Iterator[str]:
    step = rulebook.evolutions[rule.evolution]
    yield f"\n## `{rule.id}`\n"
    yield f"{rule.title}.\n"
    if rule.quote:
        yield f"> “{plain(rule.quote)}”\n"
    yield from table(
        ("", ""),
        [
            *judgement(rule),
            ("threshold", rule.threshold_source.replace("_", ", ")),
            ("proposed", ", ".join(rule.proposed) or "nothing"),
            ("rows, layers, phase", f"{', '.join((*rule.rows, *rule.layers))}, {rule.phase}"),
            *map(_linked, step_in_words(step)),
            ("runbook", f"[{rule.id}](../runbooks/{rule.id}.md)"),
        ],
    )


def _linked(row: tuple[str, str]) -> tuple[str, str]:
    """Make the names of guards lead to their place on this page."""
    label, text = row
    return (label, re.sub(r"`([a-z0-9-]+)`", r"[\1](#\1)", text)) if label == GUARDS else row
