"""What one deployment changes of the shipped rules, without editing them: one file of overrides.

An override is shown wherever the rule is: in lists, messages, the page and the API. A rule keeps
its id, its rows and its quote; what it was written as is never lost.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, PlainValidator

from xops_watch.core.condition import AllOf, AnyOf, Condition, Not, Threshold, thresholds
from xops_watch.core.quantity import format_duration
from xops_watch.core.rule import Clear, Override, Rule, Rulebook, Severity, SwitchedOff
from xops_watch.core.signal import Signal
from xops_watch.located_yaml import KeyPath, Problem, quoted, read_yaml
from xops_watch.rulebook.conditions import overlap, read_clear, read_level
from xops_watch.rulebook.page import Page
from xops_watch.rulebook.query_overrides import SECTION as QUERIES
from xops_watch.rulebook.query_overrides import overridden_queries
from xops_watch.rulebook.schema import Id, Line, Span
from xops_watch.rulebook.words import read_signal, read_word

SECTION = "overrides"
_SECTIONS = frozenset({SECTION, QUERIES})


class OverrideEntry(BaseModel):
    """An entry of `overrides`: what one deployment changes of a rule; `reason` is shown with it."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, title="an override")

    rule: Id
    reason: Line
    signal: Annotated[Signal | None, PlainValidator(read_signal)] = None
    threshold: object = None
    hold: Span = Field(default=timedelta(), alias="for")
    clear: object = None
    severity: Annotated[Severity | None, PlainValidator(read_word(tuple(Severity), Severity))] = (
        None
    )
    off: bool = False


# One override on a rule: None when something is wrong, and then the page says what.
Change = Callable[[Page, KeyPath, OverrideEntry, Rule], Rule | None]


def apply_overrides(rulebook: Rulebook, file: Path) -> tuple[Rulebook, list[Problem], str]:
    """Return the rulebook as the file wants it, everything wrong with the file, and its hash."""
    page = Page(read_yaml(file))
    page.own_signals = rulebook.own_signals
    rules = {rule.id: rule for rule in rulebook.rules}
    off: dict[str, SwitchedOff] = {}
    for path in _entries(page):
        entry = page.entry(OverrideEntry, path)
        named = page.reference((*path, "rule"), rules, "rule")
        if entry is None or not named:
            continue
        if entry.rule in off or rules[entry.rule].overrides:
            message = f"{quoted(entry.rule)} is overridden twice"
            page.refuse((*path, "rule"), message, hint="put everything into one entry")
            continue
        changed = _changed(page, path, entry, rules[entry.rule])
        if entry.off:
            off[entry.rule] = SwitchedOff(rule=rules[entry.rule], reason=entry.reason)
        elif changed is not None:
            rules[entry.rule] = changed
    judged = tuple(rule for name, rule in rules.items() if name not in off)
    queries = overridden_queries(page, rulebook.queries)
    changed_book = replace(
        rulebook, rules=judged, off=(*rulebook.off, *off.values()), queries=queries
    )
    return changed_book, page.problems, page.document.sha256


def _entries(page: Page) -> tuple[KeyPath, ...]:
    content = page.document.content
    if page.problems:
        return ()
    given = content.keys() & _SECTIONS if isinstance(content, dict) else set[str]()
    if not (isinstance(content, dict) and given):
        page.refuse((), f"a file of overrides has one list, `{SECTION}`, or `{QUERIES}`, or both")
        return ()
    for key in sorted(content.keys() - _SECTIONS):
        message = f"{quoted(key)} is not a key of a file of overrides"
        page.refuse((key,), message, hint=f"its keys are {SECTION} and {QUERIES}", key=True)
    for key in sorted(given):
        if not isinstance(content[key], list):
            page.refuse((key,), f"`{key}` needs a list", hint="begin each entry with `- `")
    return page.places((SECTION,))


def _changed(page: Page, path: KeyPath, entry: OverrideEntry, rule: Rule) -> Rule | None:
    """Return the rule with everything changed that the entry names."""
    before = len(page.problems)
    raw = page.at(path)
    keys = [key for key in raw if key in _CHANGES] if isinstance(raw, dict) else []
    if bool(keys) == entry.off:
        message = "an override either changes something or is `off: true`"
        page.refuse(path, message, hint=f"it changes {', '.join(_CHANGES)}")
        return None
    changed: Rule | None = rule
    for key in _CHANGES:
        if key in keys and changed is not None:
            changed = _CHANGES[key](page, (*path, key), entry, changed)
    if changed is not None and changed.clear and overlap(changed.when, changed.clear.when):
        message = f"with this override one value both fires and clears {quoted(rule.id)}"
        page.refuse(path, message, hint="override `clear` as well, to the other side")
    return changed if len(page.problems) == before else None


def _threshold(page: Page, path: KeyPath, entry: OverrideEntry, rule: Rule) -> Rule | None:
    leaves = [leaf for leaf in thresholds(rule.when) if leaf.signal.name == _signal(entry, rule)]
    if len(leaves) != 1:
        signals = ", ".join(dict.fromkeys(leaf.signal.name for leaf in thresholds(rule.when)))
        message = f"`signal`: {quoted(rule.id)} has {len(leaves) or 'no'} such thresholds"
        page.refuse(path, message, hint=f"it reads {signals}; copy the rule to change more of it")
        return None
    (leaf,) = leaves
    quantity = read_level(page, path, leaf)
    if quantity is None:
        return None
    new = replace(leaf, value=quantity.value, text=quantity.text)
    told = Override(part="threshold", written=leaf.text, used=new.text, reason=entry.reason)
    when = _exchanged(rule.when, leaf, new)
    return replace(rule, when=when, overrides=(*rule.overrides, told))


def _signal(entry: OverrideEntry, rule: Rule) -> str:
    return entry.signal.name if entry.signal else rule.primary.signal.name


def _hold(page: Page, path: KeyPath, entry: OverrideEntry, rule: Rule) -> Rule | None:
    del page, path  # the entry's own shape has been checked
    told = Override(
        part="for",
        written=format_duration(rule.hold),
        used=format_duration(entry.hold),
        reason=entry.reason,
    )
    return replace(rule, hold=entry.hold, overrides=(*rule.overrides, told))


def _clear(page: Page, path: KeyPath, entry: OverrideEntry, rule: Rule) -> Rule | None:
    clear = read_clear(page, path, rule.primary.signal, rule.primary)
    if clear is None:
        return None
    told = Override(
        part="clear", written=_clear_text(rule.clear), used=_clear_text(clear), reason=entry.reason
    )
    return replace(rule, clear=clear, overrides=(*rule.overrides, told))


def _severity(page: Page, path: KeyPath, entry: OverrideEntry, rule: Rule) -> Rule | None:
    del page, path  # the entry's own shape has been checked
    if entry.severity is None:
        return None
    told = Override(
        part="severity", written=rule.severity, used=entry.severity, reason=entry.reason
    )
    return replace(rule, severity=entry.severity, overrides=(*rule.overrides, told))


_CHANGES: Mapping[str, Change] = {
    "threshold": _threshold,
    "for": _hold,
    "clear": _clear,
    "severity": _severity,
}


def _clear_text(clear: Clear | None) -> str:
    if clear is None:
        return "none"
    level = clear.when.phrase if isinstance(clear.when, Threshold) else "a condition"
    return f"{level} for {format_duration(clear.hold)}"


def _exchanged(condition: Condition, old: Threshold, new: Threshold) -> Condition:
    """Return the condition with one leaf exchanged."""
    match condition:
        case Threshold():
            return new if condition is old else condition
        case AllOf(parts=parts):
            return AllOf(parts=tuple(_exchanged(part, old, new) for part in parts))
        case AnyOf(parts=parts):
            return AnyOf(parts=tuple(_exchanged(part, old, new) for part in parts))
        case Not(part=part):
            return Not(part=_exchanged(part, old, new))
