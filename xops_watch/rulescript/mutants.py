"""Every rule with one thing changed: what scripts have to notice."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta

from xops_watch.core.condition import AllOf, AnyOf, Condition, Not, Threshold
from xops_watch.core.quantity import format_duration
from xops_watch.core.rule import Clear, Rule, Severity
from xops_watch.rulescript.equivalent import is_equivalent
from xops_watch.rulescript.leaf_mutants import leaf_mutants


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """A rule that differs in one thing, and what that is."""

    rule: Rule
    change: str


def mutants(rule: Rule) -> Iterator[Mutant]:
    """Yield the mutants of a rule that behave otherwise than it does, somewhere."""
    for mutant in every_change(rule):
        if not is_equivalent(rule, mutant.rule):
            yield mutant


def every_change(rule: Rule) -> Iterator[Mutant]:
    """Yield the mutants of a rule, those that only look different as well."""
    for part in (_conditions, _holds, _removals, _severities):
        yield from (Mutant(rule=mutant, change=change) for change, mutant in part(rule))


Changes = Iterator[tuple[str, Rule]]


def _conditions(rule: Rule) -> Changes:
    for words, when in _variants(rule.when):
        yield f"when: {words}", replace(rule, when=when)
    if rule.clear:
        for words, when in _variants(rule.clear.when):
            yield f"clear: {words}", replace(rule, clear=replace(rule.clear, when=when))
    if rule.suppress:
        for words, when in _variants(rule.suppress):
            yield f"suppress_while: {words}", replace(rule, suppress=when)
    if rule.applies:
        for words, when in _variants(rule.applies):
            yield f"applies_when: {words}", replace(rule, applies=when)
    if rule.corroboration:
        for words, when in _variants(rule.corroboration):
            yield f"corroborated_by: {words}", replace(rule, corroboration=when)


def _variants(condition: Condition) -> Iterator[tuple[str, Condition]]:
    """Yield the condition with one thing changed, at any depth."""
    match condition:
        case Threshold():
            for words, leaf in leaf_mutants(condition):
                yield f"{condition.signal.name}: {words}", leaf
        case AllOf(parts=parts):
            yield from _of_parts(parts, lambda several: AllOf(parts=several))
            if len(parts) > 1:
                yield "`all` to `any`", AnyOf(parts=parts)
        case AnyOf(parts=parts):
            yield from _of_parts(parts, lambda several: AnyOf(parts=several))
            if len(parts) > 1:
                yield "`any` to `all`", AllOf(parts=parts)
        case Not(part=part):
            for words, changed in _variants(part):
                yield words, Not(part=changed)
            yield "`not` removed", part


def _of_parts(
    parts: tuple[Condition, ...], combine: Callable[[tuple[Condition, ...]], Condition]
) -> Iterator[tuple[str, Condition]]:
    for index, part in enumerate(parts):
        for words, changed in _variants(part):
            yield words, combine((*parts[:index], changed, *parts[index + 1 :]))


def _holds(rule: Rule) -> Changes:
    for words, hold in _other_holds("for", rule.hold):
        yield words, replace(rule, hold=hold)
    for words, keep in _other_holds("keep_firing_for", rule.keep):
        yield words, replace(rule, keep=keep)
    clear: Clear | None = rule.clear
    if clear:
        for words, hold in _other_holds("clear: for", clear.hold):
            yield words, replace(rule, clear=replace(clear, hold=hold))


def _other_holds(name: str, hold: timedelta) -> Iterator[tuple[str, timedelta]]:
    if hold:
        for other in (timedelta(), hold / 2, hold * 2):
            yield f"{name} {format_duration(hold)} to {format_duration(other)}", other


def _removals(rule: Rule) -> Changes:
    if rule.clear:
        yield "clear removed", replace(rule, clear=None)
    if rule.suppress:
        yield "suppress_while removed", replace(rule, suppress=None)
    if rule.applies:
        yield "applies_when removed", replace(rule, applies=None)
    if rule.corroboration:
        yield "corroborated_by removed", replace(rule, corroboration=None, corroborated=None)


def _severities(rule: Rule) -> Changes:
    other = _other(rule.severity, rule.corroborated)
    yield f"severity {rule.severity} to {other}", replace(rule, severity=other)
    if rule.corroborated:
        other = _other(rule.corroborated, rule.severity)
        words = f"corroborated_by: severity {rule.corroborated} to {other}"
        yield words, replace(rule, corroborated=other)


def _other(severity: Severity, taken: Severity | None) -> Severity:
    return next(other for other in Severity if other not in (severity, taken))
