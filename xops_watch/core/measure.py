"""One number from a window of readings, and what may be said of it when the window has holes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from itertools import pairwise
from math import fsum
from statistics import fmean


class Statistic(StrEnum):
    """How a window becomes one number.

    `delta` and `rate` are of counters: a value below the one before is a restart from 0. `rate`
    is a second. Percentiles interpolate between the neighbours, as Prometheus'
    quantile_over_time does.
    """

    AVG = "avg"
    MAX = "max"
    MIN = "min"
    SUM = "sum"
    COUNT = "count"
    RATE = "rate"
    DELTA = "delta"
    PERCENTILE = "percentile"


@dataclass(frozen=True, slots=True, kw_only=True)
class Aggregate:
    """A statistic over a window; `rank` (0 to 1) is of percentiles, `samples` the fewest points."""

    statistic: Statistic
    over: timedelta
    rank: float = 0.5
    samples: int = 1

    @property
    def text(self) -> str:
        """Return the name people write: `p90`, `avg`."""
        if self.statistic is Statistic.PERCENTILE:
            return f"p{self.rank * 100:g}"
        return self.statistic.value

    @property
    def only_grows(self) -> bool:
        """Tell whether a further point could only raise the number (of values from 0 up)."""
        return self.statistic in (Statistic.MAX, Statistic.SUM, Statistic.COUNT, Statistic.DELTA)

    @property
    def only_shrinks(self) -> bool:
        """Tell whether a further point could only lower the number."""
        return self.statistic is Statistic.MIN


def measure(values: Sequence[float], aggregate: Aggregate, *, seconds: float) -> float | None:
    """Return the number, or None when the points are too few to make it.

    `values` are oldest first, `seconds` is the time from the first to the last.
    """
    if len(values) < max(1, aggregate.samples):
        return None
    simple = _SIMPLE.get(aggregate.statistic)
    if simple is not None:
        return float(simple(values))
    if aggregate.statistic is Statistic.PERCENTILE:
        return percentile(sorted(values), aggregate.rank)
    increase = sum(b - a if b >= a else b for a, b in pairwise(values))
    if aggregate.statistic is Statistic.DELTA:
        return increase
    return increase / seconds if seconds else None


_SIMPLE: dict[Statistic, Callable[[Sequence[float]], float]] = {
    Statistic.AVG: fmean,
    Statistic.MAX: max,
    Statistic.MIN: min,
    Statistic.SUM: fsum,
    Statistic.COUNT: len,
}


def percentile(ordered: Sequence[float], rank: float) -> float:
    """Return the value of a rank (0 to 1), between neighbours by how near it is to each."""
    position = rank * (len(ordered) - 1)
    below = int(position)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (position - below)
