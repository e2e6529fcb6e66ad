"""Statistics of the samples of one period."""

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime

from xops_watch.embedded_aws.metrics import Sample
from xops_watch.embedded_aws.windows import MINUTE, Window, kept

Aggregate = Callable[[Sequence[Sample]], float | None]

_PERCENTILE = re.compile(r"p(\d{1,3}(?:\.\d{1,10})?)")
_PERCENT_MAX = 100.0


def _sum(samples: Sequence[Sample]) -> float:
    return math.fsum(sample.total for sample in samples)


def _count(samples: Sequence[Sample]) -> float:
    return math.fsum(sample.count for sample in samples)


BASIC: Mapping[str, Aggregate] = {
    "Sum": _sum,
    "SampleCount": _count,
    "Average": lambda samples: _sum(samples) / _count(samples),
    "Minimum": lambda samples: min(sample.low for sample in samples),
    "Maximum": lambda samples: max(sample.high for sample in samples),
}


def aggregate(statistic: str) -> Aggregate | None:
    """Return how to compute `statistic`, or None if it is none that is known here.

    Known are the five basic ones and percentiles p0 to p100. Trimmed means and the like (TM, WM,
    TC, TS, PR, IQM) are not.
    """
    if statistic in BASIC:
        return BASIC[statistic]
    percent = percent_of(statistic)
    if percent is None:
        return None
    return lambda samples: percentile(samples, percent)


def percent_of(statistic: str) -> float | None:
    """Return 99.5 for "p99.5", None for what is not a percentile."""
    found = _PERCENTILE.fullmatch(statistic)
    if found is None or float(found[1]) > _PERCENT_MAX:
        return None
    return float(found[1])


def percentile(samples: Sequence[Sample], percent: float) -> float | None:
    """Return the value below which `percent` of the values lie, or None if that is unknown.

    Interpolates linearly between the two nearest ranks (rank = (n - 1) x percent / 100). AWS
    works on a histogram whose error it does not state; the exact value is the honest stand-in.
    As on AWS there is none with negative values or with statistic sets that hide the values.
    """
    weighted: list[tuple[float, float]] = []
    for sample in samples:
        if sample.values is None or sample.low < 0:
            return None
        weighted += sample.values
    weighted.sort()
    total = math.fsum(weight for _, weight in weighted)
    rank = max(0.0, (total - 1) * percent / 100)
    lower = _at_rank(weighted, math.floor(rank))
    upper = _at_rank(weighted, math.ceil(rank))
    return lower + (upper - lower) * (rank - math.floor(rank))


def _at_rank(weighted: Sequence[tuple[float, float]], rank: int) -> float:
    """Return the value at `rank`, counting from 0 and each value as often as it occurred."""
    passed = 0.0
    for value, weight in weighted:
        passed += weight
        if passed > rank:
            return value
    return weighted[-1][0]


def by_slot(samples: Iterable[Sample], window: Window) -> dict[datetime, list[Sample]]:
    """Return the samples of each period that is still kept, oldest first.

    Periods under a minute show only what was published with high resolution.
    """
    slots: dict[datetime, list[Sample]] = {}
    for sample in samples:
        at = window.slot(sample.at)
        fine_enough = window.period >= MINUTE or sample.high_resolution
        if fine_enough and kept(at, period=window.period, now=window.now):
            slots.setdefault(at, []).append(sample)
    return slots
