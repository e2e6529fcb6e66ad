"""The statistic of many windows of one series in one pass, each the least and the most it can be.

Sums of floats depend on the order in which they are made. What is summed in one pass is only
good for a comparison with a level that is not too near.
"""

from bisect import bisect_left, insort
from collections import deque
from collections.abc import Iterator, Sequence
from itertools import accumulate, pairwise

from xops_watch.core.measure import Aggregate, Statistic, percentile

Limits = tuple[float, float]
_ROUNDING = 1e-15  # of a sum of floats, for each pair of values in it: more than it can be
_EXACT_MAX = 2.0**53  # up to here sums of whole numbers are exact


def starts_of(keys: Sequence[int], first: int, reach: int) -> list[int]:
    """Return for each key from `first` on where the window begins that ends with it.

    A window holds what is less than `reach` before its end; keys only grow.
    """
    starts, start = [], 0
    for key in keys[first:]:
        begin = key - reach
        while keys[start] <= begin:
            start += 1
        starts.append(start)
    return starts


def numbers_of(
    aggregate: Aggregate, instants: Sequence[int], values: Sequence[float], starts: Sequence[int]
) -> Iterator[Limits | None]:
    """Yield the statistic of the windows that end at the last values, None where there is none."""
    match aggregate.statistic:
        case Statistic.COUNT:
            return _counts(values, starts)
        case Statistic.MAX:
            return ((most, most) for most in _greatest(values, starts))
        case Statistic.MIN:
            return ((-most, -most) for most in _greatest([-value for value in values], starts))
        case Statistic.PERCENTILE:
            return _percentiles(values, starts, aggregate.rank)
        case Statistic.AVG | Statistic.SUM as statistic:
            return _sums(values, starts, is_mean=statistic is Statistic.AVG)
        case _ as statistic:
            return _increases(instants, values, starts, is_rate=statistic is Statistic.RATE)


def _counts(values: Sequence[float], starts: Sequence[int]) -> Iterator[Limits]:
    for place, start in enumerate(starts, len(values) - len(starts)):
        yield place + 1 - start, place + 1 - start


def _greatest(values: Sequence[float], starts: Sequence[int]) -> Iterator[float]:
    """Keep only what may still become the greatest: each smaller than the one before."""
    falling: deque[int] = deque()
    first = len(values) - len(starts)
    for place, value in enumerate(values):
        while falling and values[falling[-1]] <= value:
            falling.pop()
        falling.append(place)
        if place >= first:
            while falling[0] < starts[place - first]:
                falling.popleft()
            yield values[falling[0]]


def _percentiles(values: Sequence[float], starts: Sequence[int], rank: float) -> Iterator[Limits]:
    first = len(values) - len(starts)
    let_go, ordered = 0, sorted(values[:first])
    for place, start in enumerate(starts, first):
        insort(ordered, values[place])
        for value in values[let_go:start]:
            del ordered[bisect_left(ordered, value)]
        let_go = start
        number = percentile(ordered, rank)
        yield number, number


def _sums(values: Sequence[float], starts: Sequence[int], *, is_mean: bool) -> Iterator[Limits]:
    totals, slack = _totals(values)
    for place, start in enumerate(starts, len(values) - len(starts)):
        total = totals[place + 1] - totals[start]
        of = place + 1 - start if is_mean else 1
        yield _limits(total, slack, of)


def _increases(
    instants: Sequence[int], values: Sequence[float], starts: Sequence[int], *, is_rate: bool
) -> Iterator[Limits | None]:
    totals, slack = _totals([b - a if b >= a else b for a, b in pairwise(values)])
    for place, start in enumerate(starts, len(values) - len(starts)):
        seconds = (instants[place] - instants[start]) / 1_000_000 if is_rate else 1
        yield _limits(totals[place] - totals[start], slack, seconds) if seconds else None


def _totals(values: Sequence[float]) -> tuple[list[float], float]:
    """Return the sum up to each value, and how far from the truth their differences may be."""
    totals = list(accumulate(values, initial=0.0))
    most = max(map(abs, values), default=0.0) * len(values)
    is_exact = most < _EXACT_MAX and all(map(float.is_integer, values))
    return totals, 0.0 if is_exact else _ROUNDING * most * len(values)


def _limits(total: float, slack: float, of: float) -> Limits:
    number = total / of
    if not slack:
        return number, number
    return number - slack / of - abs(number) * _ROUNDING, number + slack / of + abs(
        number
    ) * _ROUNDING
