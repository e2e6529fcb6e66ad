"""Rules: documented threshold rows as values, and the validated set of them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from xops_watch.core.condition import Condition, Threshold, thresholds
from xops_watch.core.declared import NOTHING_DECLARED, Declared
from xops_watch.core.evolution import Evolution, Stage
from xops_watch.core.query import Query
from xops_watch.core.signal import Signal


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
class Override:
    """One part of a rule that a deployment changed: what the file says, what is used, and why."""

    part: str
    written: str
    used: str
    reason: str

    def __str__(self) -> str:
        """Return the change in one line: `threshold 85% instead of 80%: we scale later`."""
        return f"{self.part} {self.used} instead of {self.written}: {self.reason}"


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
    `beside` are signals that its evidence tells too: they never judge. `overrides` are the parts
    that this deployment uses otherwise than the rule file says.
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
    beside: tuple[Signal, ...] = ()
    overrides: tuple[Override, ...] = ()

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
class SwitchedOff:
    """A rule that a deployment does not want to be judged, and why."""

    rule: Rule
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rulebook:
    """The validated rules, what they point to, and a digest of the files.

    `declared` is what the documents say that is no rule; `off` what is not judged here; `queries`
    are the signals that a Prometheus server is asked for.
    """

    rules: tuple[Rule, ...]
    evolutions: dict[str, Evolution]
    stages: dict[str, Stage]
    digest: str
    declared: Declared = NOTHING_DECLARED
    off: tuple[SwitchedOff, ...] = ()
    queries: tuple[Query, ...] = ()

    @property
    def own_signals(self) -> dict[str, Signal]:
        """Return the signals that the rule files define, by name: the catalogue has the others."""
        return {query.signal.name: query.signal for query in self.queries if query.own}

    @property
    def conditions(self) -> Iterator[tuple[Condition, timedelta]]:
        """Yield every condition that is judged, with how far back a judgement reads."""
        for rule in self.rules:
            yield from ((condition, rule.lookback) for condition in rule.conditions)
        for evolution in self.evolutions.values():
            beside = [caveat.when for caveat in evolution.caveats]
            beside += [evolution.adopted_when] if evolution.adopted_when else []
            for condition in beside:
                leaves = thresholds(condition)
                yield condition, max(leaf.window + 2 * leaf.signal.grace for leaf in leaves)

    def needs(self) -> dict[str, timedelta]:
        """Return, for each signal that is read, the longest history asked of it."""
        longest = {name: signal.grace for name, signal in self.own_signals.items()}
        for rule in self.rules:
            longest |= {signal.name: signal.grace for signal in rule.beside}
        for condition, lookback in self.conditions:
            for leaf in thresholds(condition):
                name = leaf.signal.name
                longest[name] = max(longest.get(name, timedelta()), lookback)
        return longest


@dataclass(frozen=True, slots=True, kw_only=True)
class InForce:
    """The rulebook that is judged now, since when, and why newer files were refused (if they were).

    Refused files change nothing: the last good rulebook stays.
    """

    rulebook: Rulebook
    loaded_at: datetime
    refused: tuple[str, ...] = ()
