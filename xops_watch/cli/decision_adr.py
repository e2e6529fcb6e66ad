"""A draft of an architecture decision record: what was decided, and on which evidence."""

import re
from collections.abc import Iterator

from xops_watch.core.decision import Answer, Kept
from xops_watch.core.evolution import Evolution
from xops_watch.core.quantity import format_duration
from xops_watch.core.rule import Rulebook

_STATUS = {
    Answer.ACCEPTED: "accepted",
    Answer.DEFERRED: "deferred",
    Answer.REJECTED: "rejected",
}
# What Markdown or HTML would take for its own in a line of text.
_LIST_MARK = re.compile(r"^(\d*)([-+=.)])")  # where a line begins with it
_SPECIAL = str.maketrans({char: f"\\{char}" for char in "\\`*_{}[]<>#|!~&"})


def adr_draft(kept: Kept, rulebook: Rulebook, *, stack: str) -> str:
    """Return the draft as Markdown; texts of people and of providers are escaped."""
    return "\n".join(_lines(kept, rulebook, stack))


def _lines(kept: Kept, rulebook: Rulebook, stack: str) -> Iterator[str]:
    decision = kept.decision
    evolution = rulebook.evolutions[decision.evolution]
    until = f" until {decision.until:%Y-%m-%d}" if decision.until else ""
    yield f"# {_plain(evolution.title)}"
    yield ""
    yield f"- Status: {_STATUS[decision.answer]}{until}"
    yield f"- Date: {decision.at:%Y-%m-%d}"
    yield f"- Deciders: {_plain(decision.who)}"
    yield f"- Stack: {_plain(stack)}"
    if kept.ended:
        yield f"- Ended: {kept.ended.at:%Y-%m-%d}, {_plain(kept.ended.because)}"
    yield ""
    yield "## Context"
    yield ""
    titles = {rule.id: rule for rule in rulebook.rules}
    for ground in decision.grounds:
        rule = titles.get(ground.rule)
        yield f"- {_plain(rule.title if rule else ground.rule)} on {_plain(ground.subject)}:"
        yield f"  {_plain(ground.evidence)}"
        if rule and rule.quote:
            yield f'  Row {", ".join(rule.rows)}: "{_plain(rule.quote)}"'
    if not decision.grounds:
        yield "- Nothing was firing."
    yield ""
    yield "## Decision"
    yield ""
    yield f"{_STATUS[decision.answer].capitalize()}{until}: {_plain(decision.why)}"
    yield ""
    yield "## Consequences"
    yield ""
    yield from _consequences(evolution, rulebook)


def _consequences(evolution: Evolution, rulebook: Rulebook) -> Iterator[str]:
    source = evolution.classification_source.replace("_", ", ")
    yield f"- Class: {evolution.classification} ({source}), risk {evolution.risk}"
    yield f"- Phase: {_plain(evolution.phase)}"
    yield f"- How: {_plain(evolution.how)}"
    lead = format_duration(evolution.lead_time)
    yield f"- Lead time: {lead} ({evolution.lead_time_source})"
    stage = rulebook.stages.get(evolution.stage or "")
    if stage:
        yield f"- Declared cost of the stack then: ${stage.monthly_cost_dollars:,.0f} a month"
    for number, step in enumerate(evolution.first_steps, start=1):
        yield f"- Step {number}: {_plain(step)}"


def _plain(text: str) -> str:
    return _LIST_MARK.sub(r"\g<1>\\\g<2>", " ".join(text.split()).translate(_SPECIAL))
