"""The reference page of the rules, from the shipped rulebook."""

from collections.abc import Iterator

from docs.markdown import plain, table
from xops_watch.core.datapoints import Missing
from xops_watch.core.quantity import format_duration
from xops_watch.core.rule import (
    Across,
    AllOf,
    AnyOf,
    Condition,
    Not,
    Rule,
    Rulebook,
    Threshold,
)


def rules(rulebook: Rulebook) -> Iterator[str]:
    """Yield the page; every rule and every stage is on it."""
    yield "# Rules\n"
    yield (
        "The shipped rulebook: documented rows as rules. What the documents do not say is\n"
        "*proposed* and can be changed in a copy of the files ([rule files](rule-files.md)).\n"
    )
    for rule in rulebook.rules:
        yield from _rule(rule, rulebook)
    yield "\n## Stages\n"
    yield "Declared figures of the Cost Evolution table, a month; never a prediction.\n"
    yield from table(
        ("stage", "title", "users", "services", "cost a month", "SaaS equivalent", "row"),
        [
            (
                f"`{stage.id}`",
                stage.title,
                stage.users,
                stage.services,
                f"${stage.monthly_cost_dollars:,.0f}",
                f"{stage.saas_ratio:g} times as much",
                stage.row,
            )
            for stage in rulebook.stages.values()
        ],
    )


def _rule(rule: Rule, rulebook: Rulebook) -> Iterator[str]:
    step = rulebook.evolutions[rule.evolution]
    yield f"\n## `{rule.id}`\n"
    yield f"{rule.title}.\n\n> “{plain(rule.quote)}”\n"
    yield from table(
        ("", ""),
        [
            *_judgement(rule),
            ("threshold", rule.threshold_source.replace("_", ", ")),
            ("proposed", ", ".join(rule.proposed) or "nothing"),
            ("rows, layers, phase", f"{', '.join((*rule.rows, *rule.layers))}, {rule.phase}"),
            ("step", f"`{step.id}`: {step.title}"),
            ("class", f"{step.classification}, risk {step.risk} ({step.classification_source})"),
            ("how", step.how),
            ("lead time", f"{format_duration(step.lead_time)} (proposed)"),
            ("stage", f"`{step.stage}`"),
            ("runbook", f"[{rule.id}](../runbooks/{rule.id}.md)"),
        ],
    )


def _judgement(rule: Rule) -> Iterator[tuple[str, str]]:
    """Yield what makes the rule fire and end; a part that the rule does not have is left out."""
    yield "fires when", in_words(rule.when)
    yield "for", format_duration(rule.hold) if rule.hold else "at once"
    if rule.clear:
        yield "clears when", f"{in_words(rule.clear.when)}, for {format_duration(rule.clear.hold)}"
    else:
        yield "clears when", "it is false"
    if rule.keep:
        yield "keeps firing", f"{format_duration(rule.keep)} longer"
    if rule.suppress:
        yield "nothing new while", in_words(rule.suppress)
    if rule.applies:
        yield "applies where", in_words(rule.applies)
    yield "severity", str(rule.severity)
    if rule.corroboration:
        yield f"severity {rule.corroborated} when", in_words(rule.corroboration)


def in_words(condition: Condition) -> str:
    """Return a condition as a person would say it."""
    match condition:
        case Threshold():
            return _leaf_in_words(condition)
        case AllOf(parts=parts):
            return f"({' and '.join(map(in_words, parts))})"
        case AnyOf(parts=parts):
            return f"({' or '.join(map(in_words, parts))})"
        case Not(part=part):
            return f"not {in_words(part)}"


def _leaf_in_words(leaf: Threshold) -> str:
    words = f"`{leaf.signal.name}`"
    if leaf.aggregate:
        words = f"{leaf.aggregate.text} over {format_duration(leaf.aggregate.over)} of {words}"
    if leaf.across is not Across.EACH:
        words = f"{leaf.across} of all {words}"
    if leaf.subject:
        words += f" of `{leaf.subject}`"
    words += f" {leaf.phrase}"
    if leaf.datapoints:
        words += f" in {leaf.datapoints.needed} of {leaf.datapoints.of} readings"
    if leaf.missing is not Missing.UNKNOWN:
        words += f" (a missing one counts as {leaf.missing.replace('_', ' ')})"
    return words
