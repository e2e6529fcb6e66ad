"""Whether any values could make a condition true.

A condition is spread into cases: leaves that hold together. A case is impossible when the
ranges that its leaves leave to one number have nothing in common. What cannot be told is
called possible.
"""

from dataclasses import dataclass
from itertools import product
from math import inf

from xops_watch.core.condition import (
    Across,
    AllOf,
    AnyOf,
    Comparison,
    Condition,
    Not,
    Threshold,
)
from xops_watch.core.datapoints import Missing
from xops_watch.core.signal import Unit

CASES_MAX = 256  # of one condition: beyond that nothing is said

_Literal = tuple[Threshold, bool]
_Case = tuple[_Literal, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Range:
    """An interval of numbers; an end may belong to it or not."""

    low: float
    low_in: bool
    high: float
    high_in: bool

    @property
    def empty(self) -> bool:
        both = self.low_in and self.high_in
        return self.low > self.high or (self.low == self.high and not both)

    def meet(self, other: "_Range") -> "_Range":
        low, low_out = max((self.low, not self.low_in), (other.low, not other.low_in))
        high, high_in = min((self.high, self.high_in), (other.high, other.high_in))
        return _Range(low=low, low_in=not low_out, high=high, high_in=high_in)


def is_impossible(condition: Condition) -> bool:
    """Tell whether nothing could ever make a condition true."""
    cases = _cases(condition, positive=True)
    return cases is not None and not any(_is_possible(case) for case in cases)


def is_certain(condition: Condition) -> bool:
    """Tell whether nothing could ever make a condition false."""
    return is_impossible(Not(part=condition))


def follows(condition: Condition, other: Condition) -> bool:
    """Tell whether `other` is true wherever `condition` is."""
    return condition == other or is_impossible(AllOf(parts=(condition, Not(part=other))))


def _cases(condition: Condition, *, positive: bool) -> list[_Case] | None:
    """Return the cases in which a condition is true (or false), None when they are too many."""
    match condition:
        case Threshold():
            return [((condition, positive),)]
        case Not(part=part):
            return _cases(part, positive=not positive)
        case AllOf(parts=parts) | AnyOf(parts=parts):
            spread = [_cases(part, positive=positive) for part in parts]
            known = [cases for cases in spread if cases is not None]
            if len(known) < len(spread):
                return None
            if isinstance(condition, AllOf) is not positive:
                found = [case for cases in known for case in cases]
                return found if len(found) <= CASES_MAX else None
            count = 1
            for cases in known:
                count *= len(cases)
            if count > CASES_MAX:
                return None
            return [sum(chosen, ()) for chosen in product(*known)]


def _is_possible(case: _Case) -> bool:
    """Tell whether the leaves of a case leave every number some value."""
    left: dict[tuple[object, ...], _Range] = {}
    states: dict[tuple[object, ...], set[int]] = {}
    for index, (leaf, positive) in enumerate(case):
        key = _number_of(leaf, index, positive=positive)
        if leaf.missing is not Missing.UNKNOWN:
            continue  # a missing point may count as either
        if leaf.signal.unit is Unit.STATE:
            named = {int(leaf.value)}
            everything = set(range(len(leaf.signal.states)))
            allowed = named if positive else everything - named
            states[key] = states.get(key, everything) & allowed
        else:
            before = left.get(key, _everything(leaf))
            left[key] = before.meet(_half_line(leaf, positive=positive))
    return all(states.values()) and not any(one.empty for one in left.values())


def _number_of(leaf: Threshold, index: int, *, positive: bool) -> tuple[object, ...]:
    """Return which number a leaf reads; leaves with the same key read the same one.

    What `across: any` is true of may be another subject each time. M of N points, and N - M of
    them on the other side, are both possible unless M is more than half.
    """
    key = leaf.signal.name, leaf.subject, leaf.across, leaf.aggregate, leaf.datapoints
    points = leaf.datapoints
    by_itself = leaf.across is Across.ANY or (
        points is not None and (not positive or 2 * points.needed <= points.of)
    )
    return (*key, index) if by_itself else key


def _everything(leaf: Threshold) -> _Range:
    # Nothing that is measured is below 0, but what expires may have done so already.
    low = -inf if leaf.signal.name.endswith("expires_in") else 0.0
    return _Range(low=low, low_in=True, high=inf, high_in=False)


def _half_line(leaf: Threshold, *, positive: bool) -> _Range:
    comparison = leaf.comparison if positive else _OPPOSITE[leaf.comparison]
    value = leaf.value
    match comparison:
        case Comparison.ABOVE | Comparison.AT_LEAST:
            closed = comparison is Comparison.AT_LEAST
            return _Range(low=value, low_in=closed, high=inf, high_in=False)
        case _:
            closed = comparison is Comparison.AT_MOST
            return _Range(low=-inf, low_in=False, high=value, high_in=closed)


_OPPOSITE = {
    Comparison.ABOVE: Comparison.AT_MOST,
    Comparison.AT_MOST: Comparison.ABOVE,
    Comparison.BELOW: Comparison.AT_LEAST,
    Comparison.AT_LEAST: Comparison.BELOW,
    Comparison.IS: Comparison.IS,
}
