"""Which signals are read how often, what that costs a month, and how a budget is kept."""

import math
import threading
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from xops_watch.core.catalogue import SIGNAL_BY_NAME
from xops_watch.core.condition import thresholds
from xops_watch.core.rule import Rulebook, Severity
from xops_watch.core.signal import DAY, HOUR, MINUTE
from xops_watch.errors import ConfigurationError
from xops_watch.sources.cloudwatch.answers import Metric
from xops_watch.sources.cloudwatch.needs import NAMESPACES, NEEDS, Need

QUERIES_MAX = 500  # AWS refuses more in one call
DOLLARS_PER_METRIC = 0.01 / 1000  # of each metric of each read, in whatever many statistics
MONTH = 30 * DAY
SHOWN_EVERY = 5 * MINUTE  # what no rule reads, only the dashboard
SLOW_EVERY = 6 * HOUR  # what is published once a day
EVERY_MAX = DAY  # of a budget that is hopeless
HISTORY_SHOWN = HOUR

_WORTH = {Severity.INFO: 1, Severity.ADVICE: 1, Severity.WARNING: 2, Severity.CRITICAL: 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A need that somebody has: how often, how far back, and what it is worth.

    `worth` is 0 for what only the dashboard shows, 1 for what only advises, 2 for what may page.
    """

    need: Need
    every: timedelta
    lookback: timedelta
    worth: int

    def freshest(self, settle: timedelta) -> timedelta:
        """Return the longest interval at which the newest reading is never too old to judge by."""
        late = max(settle, self.need.kind.settle) + 2 * self.need.cadence.period
        return max(self.every, SIGNAL_BY_NAME[self.need.signal].grace - late)


def demand_known(setting: str, namespaces: Collection[str]) -> None:
    """Raise ConfigurationError for a namespace that no signal comes from."""
    for namespace in namespaces:
        if namespace not in NAMESPACES:
            raise ConfigurationError(
                f"{setting}: no signal comes from namespace {namespace!r:.80}",
                hint=f"known are {', '.join(NAMESPACES)}",
            )


def plan(
    rulebook: Rulebook, *, namespaces: Collection[str], interval: timedelta
) -> tuple[Wanted, ...]:
    """Return what is to be read for the rules in force and the dashboard.

    Without `namespaces`, those are watched of which a rule reads a signal, or the documents name
    one to be shown. Within a watched namespace everything is read, for the dashboard at least.
    """
    histories, worth = rulebook.needs(), _worth(rulebook)
    shown = {signal for fact in rulebook.declared.facts for signal in fact.signals}
    watched = set(namespaces) or {
        need.kind.namespace for need in NEEDS if need.signal in histories or need.signal in shown
    }
    return tuple(
        Wanted(
            need=need,
            every=_every(need, interval, read=need.signal in histories),
            lookback=histories.get(need.signal, HISTORY_SHOWN),
            worth=worth.get(need.signal, 0),
        )
        for need in NEEDS
        if need.kind.namespace in watched
    )


def _every(need: Need, interval: timedelta, *, read: bool) -> timedelta:
    every = interval
    if need.cadence.period > MINUTE:
        every = max(interval, min(need.cadence.period, SLOW_EVERY))
    return every if read else max(every, SHOWN_EVERY)


def _worth(rulebook: Rulebook) -> dict[str, int]:
    worth = dict.fromkeys(rulebook.needs(), 1)  # what only an evolution asks for is advice
    for rule in rulebook.rules:
        for condition in rule.conditions:
            for leaf in thresholds(condition):
                name = leaf.signal.name
                worth[name] = max(worth[name], _WORTH[rule.severity])
    return worth


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """A need and the metrics that it takes, of all its subjects."""

    wanted: Wanted
    metrics: frozenset[Metric]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One signal of the bill; `late` when it is read so seldom that rules may not judge by it."""

    signal: str
    metrics: int
    every: timedelta
    stretched: bool
    late: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Bill:
    """What reading costs in a month of 30 days."""

    lines: tuple[Line, ...]
    metrics: int
    calls: int
    dollars: float
    budget: float | None


NOTHING_READ = Bill(lines=(), metrics=0, calls=0, dollars=0.0, budget=None)


class Spending:
    """Shares one budget between the sources of all regions. Safe across threads.

    Over the budget, intervals are doubled: of what is worth least first, and of that the slowest
    first; as long as it can be, nothing is read too seldom for its rules.
    """

    def __init__(
        self,
        *,
        interval: timedelta,
        settle: timedelta,
        budget: float | None = None,
        tell: Callable[[Bill], None] = lambda _: None,
    ) -> None:
        self._interval = interval
        self._settle = settle
        self._budget = budget
        self._tell = tell
        self._lock = threading.Lock()
        self._demands: dict[str, tuple[Demand, ...]] = {}
        self._shared: Mapping[frozenset[str], int] = {}
        self._intervals: dict[str, timedelta] = {}

    def intervals(self, source: str, demands: Sequence[Demand]) -> Mapping[str, timedelta]:
        """Return how often each signal is read, now that `source` needs `demands`."""
        with self._lock:
            if self._demands.get(source) != tuple(demands):
                self._demands[source] = tuple(demands)
                self._shared = _shared(self._all)
                self._intervals = self._affordable()
                self._tell(self._billed())
            return self._intervals

    @property
    def _all(self) -> list[Demand]:
        return [demand for demands in self._demands.values() for demand in demands]

    def _affordable(self) -> dict[str, timedelta]:
        intervals = {d.wanted.need.signal: d.wanted.every for d in self._all}
        if self._budget is None:
            return intervals
        cheapest_first = sorted(
            (d.wanted for d in self._all), key=lambda w: (w.worth, -w.need.cadence.period)
        )
        for longest in (lambda w: w.freshest(self._settle), lambda _: EVERY_MAX):
            for wanted in cheapest_first:
                signal = wanted.need.signal
                while intervals[signal] * 2 <= longest(wanted):
                    if self._dollars(intervals) <= self._budget:
                        return intervals
                    intervals[signal] *= 2
        return intervals

    def _dollars(self, intervals: Mapping[str, timedelta]) -> float:
        return self._reads(intervals) * DOLLARS_PER_METRIC

    def _reads(self, intervals: Mapping[str, timedelta]) -> float:
        """Return how many metrics are read a month; what several signals share is read once."""
        return sum(
            metrics * (MONTH / self._really(min(intervals[signal] for signal in signals)))
            for signals, metrics in self._shared.items()
        )

    def _really(self, every: timedelta) -> timedelta:
        """Return the interval as it comes out: sources are only asked so often."""
        return self._interval * math.ceil(every / self._interval)

    def _billed(self) -> Bill:
        metrics = {metric for demand in self._all for metric in demand.metrics}
        return Bill(
            lines=tuple(self._line(demand) for demand in self._all),
            metrics=len(metrics),
            calls=self._calls(),
            dollars=self._dollars(self._intervals),
            budget=self._budget,
        )

    def _line(self, demand: Demand) -> Line:
        wanted = demand.wanted
        every = self._intervals[wanted.need.signal]
        return Line(
            signal=wanted.need.signal,
            metrics=len(demand.metrics),
            every=self._really(every),
            stretched=every > wanted.every,
            late=every > wanted.freshest(self._settle),
        )

    def _calls(self) -> int:
        """Return the calls a month: one pass per region and period, as often as its fastest."""
        calls = 0.0
        for demands in self._demands.values():
            for period in {d.wanted.need.cadence.period for d in demands}:
                of_pass = [d for d in demands if d.wanted.need.cadence.period == period]
                metrics = {metric for demand in of_pass for metric in demand.metrics}
                fastest = min(self._intervals[d.wanted.need.signal] for d in of_pass)
                pages = math.ceil(len(metrics) / QUERIES_MAX)
                calls += pages * (MONTH / self._really(fastest))
        return round(calls)


def _shared(demands: Sequence[Demand]) -> Mapping[frozenset[str], int]:
    """Return how many metrics are read for each set of signals that share them.

    Signals of other periods are read in other calls: they share nothing.
    """
    signals: dict[tuple[Metric, timedelta], set[str]] = {}
    for demand in demands:
        for metric in demand.metrics:
            key = metric, demand.wanted.need.cadence.period
            signals.setdefault(key, set()).add(demand.wanted.need.signal)
    return Counter(map(frozenset, signals.values()))
