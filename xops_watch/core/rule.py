"""Rules: documented threshold rows as values, and the validated set of them."""

import operator
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from xops_watch.core.datapoints import Datapoints, Missing
from xops_watch.core.evolution import Evolution, Stage
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


class ThresholdSource(StrEnum):
    """Who chose the threshold: the documents, the documents as read by us, or we."""

    DOCUMENTED = "documented"
    DOCUMENTED_REINTERPRETED = "documented_reinterpreted"
    PROPOSED = "proposed"


class Severity(StrEnum):
    """For routing: only `critical` and `warning` are worth waking somebody."""

    INFO = "info"
    ADVICE = "advice"
    WARNING = "warning"
    CRITICAL = "critical"


@dataclass(frozen=True, slots=True, kw_only=True)
class Clear:
    """What ends a firing trigger: the condition, true for at least `hold`."""

    when: Condition
    hold: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One documented row: when it is true, for how long, and which step it recommends.

    `keep` holds a firing trigger for so long after the condition ended (Prometheus'
    keep_firing_for). While `suppress` is true nothing new fires. Where `applies` is false the
    rule says nothing. `corroboration`, when true, raises the severity to `corroborated`.
    `proposed` names the parts (hold, datapoints, clear ...) that the documents do not give.
    """

    id: str
    title: str
    rows: tuple[str, ...]
    quote: str
    layers: tuple[str, ...]
    phase: str
    severity: Severity
    when: Condition
    hold: timedelta
    clear: Clear | None
    evolution: str
    threshold_source: ThresholdSource
    proposed: tuple[str, ...]
    keep: timedelta = timedelta()
    suppress: Condition | None = None
    applies: Condition | None = None
    corroboration: Condition | None = None
    corroborated: Severity | None = None

    @property
    def primary(self) -> Threshold:
        """Return the leaf whose subjects and value stand for the rule: the first written."""
        return next(thresholds(self.when))

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """Return every condition of the rule, `when` first."""
        parts = (self.clear.when if self.clear else None, self.suppress, self.applies)
        optional = (*parts, self.corroboration)
        return (self.when, *(part for part in optional if part is not None))

    @property
    def lookback(self) -> timedelta:
        """Return how far back a judgement reads, for every hold and window of the rule.

        The newest reading may be as old as the grace, and so may the one that reaches past the
        beginning of the hold: the grace counts twice.
        """
        clear_hold = self.clear.hold if self.clear else timedelta()
        leaves = [leaf for condition in self.conditions for leaf in thresholds(condition)]
        window: timedelta = max(leaf.window for leaf in leaves)
        grace: timedelta = max(leaf.signal.grace for leaf in leaves)
        return window + max(self.hold, clear_hold, self.keep) + 2 * grace


@dataclass(frozen=True, slots=True, kw_only=True)
class Rulebook:
    """The validated rules, the evolutions and stages they point to, and a digest of the files."""

    rules: tuple[Rule, ...]
    evolutions: dict[str, Evolution]
    stages: dict[str, Stage]
    digest: str

    def needs(self) -> dict[str, timedelta]:
        """Return, for each signal that a rule reads, the longest history asked of it."""
        longest: dict[str, timedelta] = {}
        for rule in self.rules:
            for condition in rule.conditions:
                for leaf in thresholds(condition):
                    name = leaf.signal.name
                    longest[name] = max(longest.get(name, timedelta()), rule.lookback)
        return longest
