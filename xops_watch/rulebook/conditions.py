"""From the conditions of a rule file to core conditions, with units held against signals.

Every part is looked at even when its neighbour is wrong, so that one run finds everything.
"""

from dataclasses import replace

from xops_watch.core.condition import Across, AllOf, AnyOf, Comparison, Condition, Not, Threshold
from xops_watch.core.datapoints import Missing
from xops_watch.core.measure import Aggregate, Statistic
from xops_watch.core.quantity import Quantity
from xops_watch.core.rule import Clear
from xops_watch.core.signal import Signal, Unit
from xops_watch.located_yaml import KeyPath, Plain, quoted
from xops_watch.rulebook.page import Page
from xops_watch.rulebook.schema import (
    LIST_MAX,
    ClearConditionEntry,
    ClearLevelEntry,
    ThresholdEntry,
)
from xops_watch.rulebook.wording import near
from xops_watch.rulebook.words import read_amount

_COMBINATIONS = ("all", "any", "not")
_UNIT_WORDS = {
    Unit.COUNT: ("a count", "6"),
    Unit.RATIO: ("a ratio", "80%"),
    Unit.SECONDS: ("a time", "200ms"),
    Unit.BYTES: ("a size", "1TB"),
    Unit.DOLLARS: ("an amount of money", "180$"),
    Unit.STATE: ("a state", "is: ..."),
    Unit.VERSION: ("a version", "1.4.0"),
}


def read_condition(page: Page, path: KeyPath) -> Condition | None:
    """Return the condition at `path`, or None when something in it is wrong (and noted)."""
    raw = page.at(path)
    combination = _combination_of(raw)
    if isinstance(raw, dict) and combination:
        return _read_combination(page, path, raw, combination)
    entry = page.entry(ThresholdEntry, path)
    signal = primary_signal(page, raw)
    level = _read_level(page, path, signal, counts=_counts(raw))
    if entry is None or level is None or not _is_coherent(page, path, entry):
        return None
    return _threshold(entry, level)


def read_clear(
    page: Page, path: KeyPath, primary: Signal | None, like: Threshold | None
) -> Clear | None:
    """Return what clears the rule; a level alone is one of its `primary` signal.

    A level is read as the rule's first threshold is, `like` it: on the same subjects, of the same
    statistic. Only `datapoints` are its own.
    """
    raw = page.at(path)
    if isinstance(raw, dict) and "when" in raw:
        long_form = page.entry(ClearConditionEntry, path)
        when = read_condition(page, (*path, "when"))
        return Clear(when=when, hold=long_form.hold) if long_form and when else None
    short_form = page.entry(ClearLevelEntry, path)
    counts = like is not None and _counts_readings(like)
    level = _read_level(page, path, primary, counts=counts)
    if short_form is None or level is None or like is None:
        return None
    comparison, quantity = level
    when = replace(
        like,
        comparison=comparison,
        value=quantity.value,
        text=quantity.text,
        datapoints=short_form.datapoints,
        missing=Missing.UNKNOWN,
    )
    return Clear(when=when, hold=short_form.hold)


def read_level(page: Page, path: KeyPath, leaf: Threshold) -> Quantity | None:
    """Return the level at `path` for a threshold that is there already, when its unit fits."""
    if leaf.comparison is Comparison.IS:
        return _read_state(page, path, leaf.signal)
    try:
        read_amount(page.at(path))
    except ValueError as error:
        page.refuse(path, f"`{path[-1]}`: {error}", hint=getattr(error, "hint", ""))
        return None
    return _read_quantity(page, path, leaf.signal, counts=_counts_readings(leaf))


def _counts_readings(leaf: Threshold) -> bool:
    return leaf.aggregate is not None and leaf.aggregate.statistic is Statistic.COUNT


def primary_signal(page: Page, raw: Plain) -> Signal | None:
    """Return the first signal written in a condition, even if other parts of it are wrong."""
    if isinstance(raw, list):
        return primary_signal(page, raw[0]) if raw else None
    if not isinstance(raw, dict):
        return None
    combination = _combination_of(raw)
    if combination:
        return primary_signal(page, raw[combination])
    return page.signal(raw.get("signal"))


def overlap(when: Condition, clear: Condition) -> bool:
    """Tell whether one value both breaches and clears: such a trigger would never rest."""
    if not isinstance(when, Threshold) or not isinstance(clear, Threshold):
        return False
    if when.signal != clear.signal:
        return False
    if Comparison.IS in (when.comparison, clear.comparison):
        return when.comparison is clear.comparison and when.value == clear.value
    # Where two half-lines meet, one of their ends is in both, or both run the same way.
    if _upward(when) == _upward(clear):
        return True
    upper, lower = (when, clear) if _upward(when) else (clear, when)
    if upper.value == lower.value:
        return all(leaf.comparison.holds(leaf.value, leaf.value) for leaf in (upper, lower))
    return upper.value < lower.value


def _upward(leaf: Threshold) -> bool:
    return leaf.comparison in (Comparison.ABOVE, Comparison.AT_LEAST)


def _combination_of(raw: Plain) -> str | None:
    if not isinstance(raw, dict):
        return None
    return next((word for word in _COMBINATIONS if word in raw), None)


def _read_combination(
    page: Page, path: KeyPath, raw: dict[str, Plain], word: str
) -> Condition | None:
    for key in sorted(raw.keys() - {word}):
        message = f"{quoted(key)} cannot stand beside `{word}`"
        page.refuse((*path, key), message, hint=f"put it inside `{word}`", key=True)
    inside: KeyPath = (*path, word)
    if word == "not":
        part = read_condition(page, inside)
        return Not(part=part) if part else None
    parts = raw[word]
    if not isinstance(parts, list) or not 1 <= len(parts) <= LIST_MAX:
        page.refuse(inside, f"`{word}`: needs a list of 1 to {LIST_MAX} conditions")
        return None
    read = [read_condition(page, (*inside, index)) for index in range(len(parts))]
    sound = tuple(part for part in read if part is not None)
    if len(sound) < len(read):
        return None
    return AllOf(parts=sound) if word == "all" else AnyOf(parts=sound)


def _counts(raw: Plain) -> bool:
    """Tell whether a leaf counts readings, so that its number has no unit."""
    return isinstance(raw, dict) and raw.get("aggregate") == Statistic.COUNT


def _is_coherent(page: Page, path: KeyPath, entry: ThresholdEntry) -> bool:
    """Hold the parts of a leaf against each other."""
    before = len(page.problems)
    if entry.aggregate and entry.over is None:
        page.refuse(path, "`aggregate` needs `over`", hint="write the window, like `over: 1h`")
    if entry.over is not None and not entry.aggregate:
        page.refuse((*path, "over"), "`over` needs `aggregate`", hint="`aggregate: avg`, `p90` ...")
    if entry.datapoints and entry.aggregate:
        message = "`datapoints` and `aggregate` in one threshold"
        page.refuse((*path, "datapoints"), message, hint="judge points or a window", key=True)
    if entry.datapoints and entry.across in (Across.MAX, Across.SUM):
        message = f"`datapoints` cannot be counted of a {entry.across} of subjects"
        page.refuse((*path, "datapoints"), message, hint="use `across: any`", key=True)
    if entry.subject is not None and entry.across is not Across.EACH:
        message = "`subject` and `across` in one threshold"
        page.refuse((*path, "subject"), message, hint="name one subject, or read all", key=True)
    return len(page.problems) == before


def _read_level(
    page: Page, path: KeyPath, signal: Signal | None, *, counts: bool = False
) -> tuple[Comparison, Quantity] | None:
    """Return the one comparison at `path`, when its unit is the signal's."""
    raw = page.at(path)
    if not isinstance(raw, dict):
        return None
    words = [key for key in raw if key in tuple(Comparison)]
    if not words:
        page.refuse(path, f"a threshold needs one of {', '.join(Comparison)}")
    for word in words[1:]:
        message = f"`{words[0]}` and `{word}` in one threshold"
        page.refuse((*path, word), message, hint="put two thresholds under `all`", key=True)
    levels = [
        _read_state(page, (*path, word), signal)
        if word == Comparison.IS
        else _read_quantity(page, (*path, word), signal, counts=counts)
        for word in words
    ]
    quantity = levels[0] if len(levels) == 1 else None
    return (Comparison(words[0]), quantity) if quantity else None


def _read_state(page: Page, path: KeyPath, signal: Signal | None) -> Quantity | None:
    """Return the place of a state in the signal's list."""
    name = page.at(path)
    if signal is None or not isinstance(name, str):
        return None
    if name in signal.states:
        place = float(signal.states.index(name))
        return Quantity(value=place, unit=Unit.STATE, text=name)
    if signal.states:
        message = f"{quoted(name)} is no state of `{signal.name}`"
        hint = near(name, signal.states) or f"its states are {', '.join(signal.states)}"
    else:
        message = f"`{signal.name}` has no states"
        hint = "compare it with `above` or `below`"
    page.refuse(path, message, hint=hint)
    return None


def _read_quantity(
    page: Page, path: KeyPath, signal: Signal | None, *, counts: bool
) -> Quantity | None:
    try:
        quantity = read_amount(page.at(path))
    except ValueError:
        return None  # noted already, as part of the entry
    wanted = Unit.COUNT if counts or signal is None else signal.unit
    if signal is None or quantity.unit is wanted:
        return quantity
    expected, example = _UNIT_WORDS[wanted]
    if quantity.unit is Unit.COUNT:
        message = f"`{quantity.text}` has no unit, but `{signal.name}` is {expected}"
        example = _with_percent(quantity) if signal.unit is Unit.RATIO else example
    else:
        given, _ = _UNIT_WORDS[quantity.unit]
        message = f"`{quantity.text}` is {given}, but `{signal.name}` is {expected}"
    page.refuse(path, message, hint=f"write it like `{example}`")
    return None


def _with_percent(quantity: Quantity) -> str:
    """Return what was probably meant: 80 and 0.8 are both 80 %."""
    percent = quantity.value * 100 if quantity.value <= 1 else quantity.value
    return f"{percent:.10g}%"


def _threshold(entry: ThresholdEntry, level: tuple[Comparison, Quantity]) -> Threshold:
    comparison, quantity = level
    aggregate = None
    if entry.aggregate and entry.over is not None:
        statistic, rank = entry.aggregate
        aggregate = Aggregate(
            statistic=statistic, over=entry.over, rank=rank, samples=entry.samples
        )
    return Threshold(
        signal=entry.signal,
        comparison=comparison,
        value=quantity.value,
        text=quantity.text,
        datapoints=entry.datapoints,
        aggregate=aggregate,
        across=entry.across,
        subject=entry.subject,
        missing=entry.missing,
    )
