"""Statistics as they read most simply: see `slow_evidence.py`."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from itertools import pairwise
from math import fsum
from statistics import fmean

from xops_watch.core.measure import Aggregate, Statistic
from xops_watch.core.reading import Reading


def measure(readings: Sequence[Reading], aggregate: Aggregate) -> float | None:
    """Return the number, or None when the points are too few to make it (oldest first)."""
    values = [reading.value for reading in readings]
    if len(values) < max(1, aggregate.samples):
        return None
    simple = _SIMPLE.get(aggregate.statistic)
    if simple is not None:
        return float(simple(values))
    if aggregate.statistic is Statistic.PERCENTILE:
        return _percentile(sorted(values), aggregate.rank)
    if aggregate.statistic is Statistic.DELTA:
        return _increase(values)
    return _rate(readings, values)


_SIMPLE: dict[Statistic, Callable[[Sequence[float]], float]] = {
    Statistic.AVG: fmean,
    Statistic.MAX: max,
    Statistic.MIN: min,
    Statistic.SUM: fsum,
    Statistic.COUNT: len,
}


def is_covered(readings: Sequence[Reading], aggregate: Aggregate, *, grace: timedelta) -> bool:
    """Tell whether a window that has points was watched all along: no silence above `grace`."""
    instants = [reading.taken_at for reading in readings]
    begin = instants[-1] - aggregate.over
    return all(b - a <= grace for a, b in pairwise([begin, *instants]))


def _percentile(ordered: list[float], rank: float) -> float:
    position = rank * (len(ordered) - 1)
    below = int(position)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (position - below)


def _increase(values: list[float]) -> float:
    return sum(b - a if b >= a else b for a, b in pairwise(values))


def _rate(readings: Sequence[Reading], values: list[float]) -> float | None:
    seconds = (readings[-1].taken_at - readings[0].taken_at).total_seconds()
    return _increase(values) / seconds if seconds else None
