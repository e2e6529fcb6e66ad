"""A rule and its step in words, for the command line and the documentation."""

from collections.abc import Iterator

from xops_watch.core.condition import Across, AllOf, AnyOf, Condition, Not, Threshold
from xops_watch.core.datapoints import Missing
from xops_watch.core.evolution import Evolution
from xops_watch.core.quantity import format_duration
from xops_watch.core.rule import Rule

GUARDS = "blocked while it fires"


def judgement(rule: Rule) -> Iterator[tuple[str, str]]:
    """Yield what makes the rule fire and end; a part that the rule does not have is left out."""
    yield "fires when", in_words(rule.when)
    yield "for", format_duration(rule.hold) if rule.hold else "at once"
    if rule.clear:
        lasting = f", for {format_duration(rule.clear.hold)}" if rule.clear.hold else ""
        yield "clears when", f"{in_words(rule.clear.when)}{lasting}"
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


def step_in_words(step: Evolution) -> Iterator[tuple[str, str]]:
    """Yield what is recommended; a part that the step does not have is left out."""
    yield "step", f"`{step.id}`: {step.title}"
    documented = step.documented_action
    if documented:
        yield "the documents say", f"{documented.action}, which does not help: {documented.because}"
    yield "class", f"{step.classification}, risk {step.risk} ({step.classification_source})"
    yield "how", step.how
    yield "lead time", f"{format_duration(step.lead_time)} ({step.lead_time_source})"
    if step.effort:
        yield "effort", f"{step.effort}, {step.difficulty}" if step.difficulty else step.effort
    if step.stage:
        yield "stage", f"`{step.stage}`"
    if step.cost:
        yield "cost", step.cost
    if step.requires:
        yield "after", ", ".join(f"`{name}`" for name in step.requires)
    if step.blocked_by:
        yield GUARDS, ", ".join(f"`{name}`" for name in step.blocked_by)
    if step.adopted_when:
        yield "done when", in_words(step.adopted_when)
    for caveat in step.caveats:
        yield "caveat", f"when {in_words(caveat.when)}: {caveat.say}"
    for departure in step.departs_from:
        yield "leaves the decision", f"`{departure.decision}`: {departure.because}"


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
