"""One change to one threshold: what a slip of the pen, or of the mind, would make of it."""

from collections.abc import Iterator
from dataclasses import replace

from xops_watch.core.condition import Across, Comparison, Threshold
from xops_watch.core.datapoints import Datapoints, Missing
from xops_watch.core.measure import Aggregate, Statistic
from xops_watch.core.quantity import format_duration, format_value
from xops_watch.core.signal import Unit
from xops_watch.rulebook.words import DATAPOINTS_MAX

Change = tuple[str, Threshold]

_STRICTNESS = {
    Comparison.ABOVE: Comparison.AT_LEAST,
    Comparison.AT_LEAST: Comparison.ABOVE,
    Comparison.BELOW: Comparison.AT_MOST,
    Comparison.AT_MOST: Comparison.BELOW,
}
_DIRECTION = {
    Comparison.ABOVE: Comparison.BELOW,
    Comparison.AT_LEAST: Comparison.AT_MOST,
    Comparison.BELOW: Comparison.ABOVE,
    Comparison.AT_MOST: Comparison.AT_LEAST,
}
_SWAPPED = {Statistic.AVG: Statistic.MAX, Statistic.MAX: Statistic.AVG}
_SMALL = 20  # counts up to here are counted one by one
_SHARE = 0.05
_POINT = 0.01


def leaf_mutants(leaf: Threshold) -> Iterator[Change]:
    """Yield every change of a leaf, with the words for it."""
    yield from _levels(leaf)
    yield from _comparisons(leaf)
    if leaf.datapoints is not None:
        yield from _datapoints(leaf, leaf.datapoints)
    if leaf.aggregate is not None:
        yield from _aggregates(leaf, leaf.aggregate)
    yield from _missing(leaf)
    yield from _across(leaf)


def _levels(leaf: Threshold) -> Iterator[Change]:
    if leaf.comparison is Comparison.IS:
        for place, name in enumerate(leaf.signal.states):
            if place != leaf.value:
                yield (
                    f"`{leaf.phrase}` to `is {name}`",
                    replace(leaf, value=float(place), text=name),
                )
        return
    unit, step = _unit(leaf), _step(leaf)
    for value in (leaf.value + step, leaf.value - step):
        text = format_value(value, unit)
        changed = replace(leaf, value=value, text=text)
        yield f"`{leaf.phrase}` to `{changed.phrase}`", changed


def _unit(leaf: Threshold) -> Unit:
    counted = leaf.aggregate is not None and leaf.aggregate.statistic is Statistic.COUNT
    return Unit.COUNT if counted else leaf.signal.unit


def _step(leaf: Threshold) -> float:
    unit = _unit(leaf)
    if unit is Unit.VERSION:
        return 1
    if unit is Unit.RATIO:
        return _POINT
    whole = unit is Unit.COUNT and leaf.value == int(leaf.value) and leaf.value <= _SMALL
    # Nothing has no share: a step from 0 is 1 of whatever it is.
    return 1 if whole or not leaf.value else leaf.value * _SHARE


def _comparisons(leaf: Threshold) -> Iterator[Change]:
    for table in (_STRICTNESS, _DIRECTION):
        if leaf.comparison in table:
            changed = replace(leaf, comparison=table[leaf.comparison])
            yield f"`{leaf.phrase}` to `{changed.phrase}`", changed


def _datapoints(leaf: Threshold, points: Datapoints) -> Iterator[Change]:
    needed, of = points.needed, points.of
    for m, n in ((needed + 1, of), (needed - 1, of), (needed, of + 1), (needed, of - 1)):
        if 1 <= m <= n <= DATAPOINTS_MAX:
            changed = replace(leaf, datapoints=Datapoints(needed=m, of=n))
            yield f"datapoints {needed}/{of} to {m}/{n}", changed


def _aggregates(leaf: Threshold, aggregate: Aggregate) -> Iterator[Change]:
    for over in (aggregate.over / 2, aggregate.over * 2):
        words = f"over {format_duration(aggregate.over)} to {format_duration(over)}"
        yield words, replace(leaf, aggregate=replace(aggregate, over=over))
    swapped = _SWAPPED.get(aggregate.statistic)
    if swapped:
        words = f"{aggregate.statistic} to {swapped}"
        yield words, replace(leaf, aggregate=replace(aggregate, statistic=swapped))
    for samples in (aggregate.samples + 1, aggregate.samples - 1):
        if samples >= 1:
            words = f"samples {aggregate.samples} to {samples}"
            yield words, replace(leaf, aggregate=replace(aggregate, samples=samples))


def _missing(leaf: Threshold) -> Iterator[Change]:
    for missing in Missing:
        if missing is not leaf.missing:
            yield f"missing {leaf.missing} to {missing}", replace(leaf, missing=missing)


def _across(leaf: Threshold) -> Iterator[Change]:
    if leaf.subject is not None:
        return
    # Of one subject any is as good as another number of many.
    others = (Across.ANY,) if leaf.across is Across.EACH else tuple(Across)
    for across in others:
        counted = across in (Across.MAX, Across.SUM) and leaf.datapoints is not None
        if across is not leaf.across and not counted:
            yield f"across {leaf.across} to {across}", replace(leaf, across=across)
