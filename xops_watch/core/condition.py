"""Conditions: signals held against numbers, and three-valued logic over them."""

import operator
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from xops_watch.core.datapoints import Datapoints, Missing
from xops_watch.core.measure import Aggregate
from xops_watch.core.signal import Signal


class Comparison(StrEnum):
    """How a value is held against a threshold; `above` and `below` are strict.

    `is` compares signals that have states; the value is the place of the state in their list.
    """

    ABOVE = "above"
    AT_LEAST = "at_least"
    BELOW = "below"
    AT_MOST = "at_most"
    IS = "is"

    @property
    def symbol(self) -> str:
        """Return the sign that people read."""
        return _SIGNS[self][0]

    def holds(self, value: float, threshold: float) -> bool:
        """Tell whether `value` stands in this relation to `threshold`."""
        return _SIGNS[self][1](value, threshold)


_SIGNS: dict[Comparison, tuple[str, Callable[[float, float], bool]]] = {
    Comparison.ABOVE: (">", operator.gt),
    Comparison.AT_LEAST: ("≥", operator.ge),
    Comparison.BELOW: ("<", operator.lt),
    Comparison.AT_MOST: ("≤", operator.le),
    Comparison.IS: ("is", operator.eq),
}


class Across(StrEnum):
    """Over which subjects a leaf is judged.

    `each` judges every subject by itself. `any` is true when one is; `max` and `sum` make one
    number of all.
    """

    EACH = "each"
    ANY = "any"
    MAX = "max"
    SUM = "sum"


@dataclass(frozen=True, slots=True, kw_only=True)
class Threshold:
    """One signal held against one number, in the signal's base unit.

    The newest reading is compared, or the last N periods (`datapoints`), or a statistic over a
    window (`aggregate`). `subject` reads one fixed subject, whatever the rule is judged on.
    """

    signal: Signal
    comparison: Comparison
    value: float
    text: str
    datapoints: Datapoints | None = None
    aggregate: Aggregate | None = None
    across: Across = Across.EACH
    subject: str | None = None
    missing: Missing = Missing.UNKNOWN

    @property
    def window(self) -> timedelta:
        """Return how much history one judgement reads."""
        if self.aggregate is not None:
            return self.aggregate.over
        if self.datapoints is not None:
            proven = self.missing is Missing.UNKNOWN
            return self.signal.period * (self.datapoints.of if proven else self.datapoints.range)
        return self.signal.period

    @property
    def phrase(self) -> str:
        """Return the comparison as people read it: `> 80%`."""
        return f"{self.comparison.symbol} {self.text}"

    def breached_by(self, value: float) -> bool:
        """Tell whether a value is over the line."""
        return self.comparison.holds(value, self.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class AllOf:
    """True when every part is."""

    parts: tuple["Condition", ...]

    def __post_init__(self) -> None:
        """Refuse the condition that is true of nothing at all."""
        _demand_parts(self.parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class AnyOf:
    """True when one part is."""

    parts: tuple["Condition", ...]

    def __post_init__(self) -> None:
        """Refuse the condition that nothing can make true."""
        _demand_parts(self.parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Not:
    """True when the part is false; unknown stays unknown."""

    part: "Condition"


Condition = Threshold | AllOf | AnyOf | Not


def _demand_parts(parts: tuple[Condition, ...]) -> None:
    if not parts:
        raise ValueError("a condition needs at least one part")


def thresholds(condition: Condition) -> Iterator[Threshold]:
    """Yield the leaves of a condition in the order they are written."""
    match condition:
        case Threshold():
            yield condition
        case AllOf(parts=parts) | AnyOf(parts=parts):
            for part in parts:
                yield from thresholds(part)
        case Not(part=part):  # pragma: no branch - there is no other condition
            yield from thresholds(part)
