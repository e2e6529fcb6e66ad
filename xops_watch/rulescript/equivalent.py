"""Which mutants are no other rule at all: the one place that says so, and why.

1. What a missing policy counts as is only asked in silence. A truth table over "seen or silent"
   and "over the line or not" tells whether any answer changes that matters: of `when` all three,
   of `applies_when` only whether it is false, of the others only whether they are true. Leaves
   that read one signal of one subject, or sums of one signal, fall silent together. `clear`
   without a hold is only asked when `when` is false; with one, it is asked of the past as well.
   (So without datapoints `unknown`, `missing` and `ignore` are one and the same.)
2. `missing` and `ignore` differ only while fewer than N points are there; of N = 1 that is none.
3. `any` and `max` of subjects are one for `above` and `at_least`.
4. A rate needs two points: `samples` of 1 and 2 are one.
5. What `clear` holds out longer than `keep_firing_for` does, `keep_firing_for` cannot change, when
   all that clears is no breach.
6. `clear` that is the opposite of `when`, without a hold, is what a rule without it does.
7. A corroboration to the severity that the rule has anyway changes nothing.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import product

from xops_watch.core.condition import (
    Across,
    AllOf,
    AnyOf,
    Comparison,
    Condition,
    Not,
    Threshold,
    thresholds,
)
from xops_watch.core.datapoints import Missing
from xops_watch.core.measure import Statistic
from xops_watch.core.rule import Rule
from xops_watch.core.truth import Truth, all_of, any_of, negate
from xops_watch.rulebook.conditions import overlap

_UPWARD = (Comparison.ABOVE, Comparison.AT_LEAST)
_TABLE_MAX = 9  # leaves: 3^9 lines and more; a rule of more is not worth the proof
_SILENCE = {Missing.BREACHING: Truth.TRUE, Missing.NOT_BREACHING: Truth.FALSE}
_OPPOSITE = {
    Comparison.ABOVE: Comparison.AT_MOST,
    Comparison.AT_MOST: Comparison.ABOVE,
    Comparison.BELOW: Comparison.AT_LEAST,
    Comparison.AT_LEAST: Comparison.BELOW,
}


def is_equivalent(rule: Rule, mutant: Rule) -> bool:
    """Tell whether it is proven that a mutant never behaves otherwise than the rule."""
    if (
        rule.corroboration
        and rule.corroborated is rule.severity
        and _only_corroboration(rule, mutant)
    ):
        return True
    if _masked_keep(rule, mutant) or _idle_clear(rule, mutant):
        return True
    changed = _changed_leaf(rule, mutant)
    if changed is None:
        return False
    before, after = changed
    return _same_leaf(before, after) or _same_table(rule, mutant, before, after)


def _only_corroboration(rule: Rule, mutant: Rule) -> bool:
    bare = replace(rule, corroboration=None, corroborated=None)
    other = replace(mutant, corroboration=None, corroborated=None)
    return bare == other and mutant.corroborated in (None, rule.corroborated)


def _masked_keep(rule: Rule, mutant: Rule) -> bool:
    clear = rule.clear
    if clear is None or mutant != replace(rule, keep=mutant.keep):
        return False
    if max(rule.keep, mutant.keep) > clear.hold:
        return False
    return _is_plain(rule.when, clear.when) and not overlap(rule.when, clear.when)


def _idle_clear(rule: Rule, mutant: Rule) -> bool:
    clear = rule.clear
    if clear is None or mutant != replace(rule, clear=None) or clear.hold:
        return False
    when = rule.when
    if not isinstance(when, Threshold) or not isinstance(clear.when, Threshold):
        return False
    opposite = _OPPOSITE.get(when.comparison)
    return _is_plain(when, clear.when) and (clear.when.comparison, clear.when.value) == (
        opposite,
        when.value,
    )


def _is_plain(when: Condition, clear: Condition) -> bool:
    """Tell whether both compare the newest reading of the same signal and subject."""
    return (
        isinstance(when, Threshold)
        and isinstance(clear, Threshold)
        and _series_of(when) == _series_of(clear)
        and when.across is clear.across is Across.EACH
        and all(
            leaf.datapoints is None and leaf.aggregate is None and leaf.missing not in _SILENCE
            for leaf in (when, clear)
        )
    )


def _series_of(leaf: Threshold) -> tuple[str, str | None]:
    return leaf.signal.name, leaf.subject


def _leaves(rule: Rule) -> list[Threshold]:
    return [leaf for condition in rule.conditions for leaf in thresholds(condition)]


def _changed_leaf(rule: Rule, mutant: Rule) -> tuple[Threshold, Threshold] | None:
    """Return the one leaf that differs, and what it became."""
    pairs = list(zip(_leaves(rule), _leaves(mutant), strict=False))
    differing = [(before, after) for before, after in pairs if before != after]
    return differing[0] if len(differing) == 1 else None


def _same_leaf(before: Threshold, after: Threshold) -> bool:
    if after == replace(before, across=after.across):
        both = {before.across, after.across}
        return both == {Across.ANY, Across.MAX} and before.comparison in _UPWARD
    if before.datapoints and after == replace(before, missing=after.missing):
        unsure = {Missing.MISSING, Missing.IGNORE}
        return before.datapoints.of == 1 and {before.missing, after.missing} == unsure
    if before.aggregate and after.aggregate and before.aggregate.statistic is Statistic.RATE:
        samples = {before.aggregate.samples, after.aggregate.samples}
        over = before.aggregate.over == after.aggregate.over
        return over and samples == {1, 2}
    return False


def _same_table(rule: Rule, mutant: Rule, before: Threshold, after: Threshold) -> bool:
    """Compare what matters of both rules over everything that can be seen (see 1)."""
    if after != replace(before, missing=after.missing) or before.datapoints:
        return False
    leaves = _leaves(rule)
    if len(leaves) > _TABLE_MAX:
        return False
    others = _leaves(mutant)
    return all(
        _answers(rule, _truths(leaves, line)) == _answers(mutant, _truths(others, line))
        for line in _lines(leaves)
    )


def _lines(leaves: Sequence[Threshold]) -> Iterator[tuple[Truth | None, ...]]:
    """Yield what can be seen of all leaves at once: None is silence."""
    for line in product(*map(_seen, leaves)):
        silent: dict[object, bool] = {}
        if all(_agrees(leaf, seen, silent) for leaf, seen in zip(leaves, line, strict=True)):
            yield line


def _seen(leaf: Threshold) -> tuple[Truth | None, ...]:
    """A newest reading is over the line or not; only windows and several subjects are in doubt."""
    if leaf.datapoints or leaf.aggregate or leaf.across is not Across.EACH:
        return (*Truth, None)
    return (Truth.TRUE, Truth.FALSE, None)


def _agrees(leaf: Threshold, seen: Truth | None, silent: dict[object, bool]) -> bool:
    """What reads the same series, or adds up the same, is silent together; M of N never is."""
    if leaf.datapoints or leaf.across in (Across.ANY, Across.MAX):
        return True
    return silent.setdefault((leaf.across, *_series_of(leaf)), seen is None) is (seen is None)


def _truths(leaves: Sequence[Threshold], line: Sequence[Truth | None]) -> Iterator[Truth]:
    for leaf, seen in zip(leaves, line, strict=True):
        yield _SILENCE.get(leaf.missing, Truth.UNKNOWN) if seen is None else seen


def _answers(rule: Rule, truths: Iterator[Truth]) -> tuple[object, ...]:
    """Return what anything can notice of a rule's conditions, in the order of `rule.conditions`."""
    when = _truth(rule.when, truths)
    clears: object = None
    if rule.clear:
        clears = _truth(rule.clear.when, truths) is Truth.TRUE
        if not rule.clear.hold and when is not Truth.FALSE:
            clears = None
    suppressed = rule.suppress and _truth(rule.suppress, truths) is Truth.TRUE
    applies = rule.applies and _truth(rule.applies, truths) is not Truth.FALSE
    raised = rule.corroboration and _truth(rule.corroboration, truths) is Truth.TRUE
    return when, clears, suppressed, applies, raised


def _truth(condition: Condition, truths: Iterator[Truth]) -> Truth:
    match condition:
        case Threshold():
            return next(truths)
        case AllOf(parts=parts):
            return all_of([_truth(part, truths) for part in parts])
        case AnyOf(parts=parts):
            return any_of([_truth(part, truths) for part in parts])
        case Not(part=part):
            return negate(_truth(part, truths))
