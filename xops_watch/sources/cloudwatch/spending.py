"""What reading costs a month, how a budget is kept, and what is read for nothing."""

import math
import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from xops_watch.core.signal import DAY
from xops_watch.sources.cloudwatch.answers import Metric
from xops_watch.sources.cloudwatch.need import Need
from xops_watch.sources.cloudwatch.plan import Wanted
from xops_watch.sources.cloudwatch.statistics import calls_for
from xops_watch.sources.cloudwatch.subjects import Dimensions

QUERIES_MAX = 500  # AWS refuses more in one call
# Of each metric of each read by GetMetricData, in whatever many statistics, and of each call of
# GetMetricStatistics that is not free.
DOLLARS_PER_METRIC = 0.01 / 1000
# One call is one round trip: more of them one after the other would come too late for a tick.
ALONE_MAX = 20
MONTH = 30 * DAY
EVERY_MAX = DAY  # of a budget that is hopeless


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """A need and the metrics that it takes, of all its subjects."""

    wanted: Wanted
    metrics: frozenset[Metric]


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """How many calls of GetMetricStatistics a month are free.

    As many metrics are read by it as they are enough for; `always` reads all of them by it.
    """

    free_calls: int = 0
    always: bool = False


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
    """What reading costs in a month of 30 days.

    `calls` are those of GetMetricData, `free_metrics` how many of the metrics are read by
    `statistics_calls` of GetMetricStatistics instead.
    """

    lines: tuple[Line, ...]
    metrics: int
    calls: int
    dollars: float
    budget: float | None
    free_metrics: int = 0
    statistics_calls: int = 0


NOTHING_READ = Bill(lines=(), metrics=0, calls=0, dollars=0.0, budget=None)

_Key = tuple[Metric, timedelta]  # signals of other periods are read in other calls


@dataclass(frozen=True, slots=True, kw_only=True)
class _Share:
    """Metrics that the same signals are made of; each takes `calls` of GetMetricStatistics."""

    signals: frozenset[str]
    calls: int


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
        allowance: Allowance = Allowance(),
        tell: Callable[[Bill], None] = lambda _: None,
    ) -> None:
        self._interval = interval
        self._settle = settle
        self._budget = budget
        self._allowance = allowance
        self._tell = tell
        self._lock = threading.Lock()
        self._demands: dict[str, tuple[Demand, ...]] = {}
        self._shares: Mapping[_Share, Sequence[_Key]] = {}
        self._intervals: dict[str, timedelta] = {}
        self._alone: frozenset[_Key] = frozenset()

    def intervals(self, source: str, demands: Sequence[Demand]) -> Mapping[str, timedelta]:
        """Return how often each signal is read, now that `source` needs `demands`."""
        with self._lock:
            if self._demands.get(source) != tuple(demands):
                self._demands[source] = tuple(demands)
                self._shares = _shares(self._all)
                self._intervals = self._affordable()
                self._alone = self._read_alone()
                self._tell(self._billed())
            return self._intervals

    def is_alone(self, metric: Metric, period: timedelta) -> bool:
        """Tell whether the metric is read by a call of its own, which is free."""
        return (metric, period) in self._alone

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
        alone = self._allotted(intervals)
        together = sum(
            (len(keys) - alone[share]) * self._reads(share, intervals)
            for share, keys in self._shares.items()
        )
        beyond = max(0.0, self._calls_alone(alone, intervals) - self._allowance.free_calls)
        return (together + beyond) * DOLLARS_PER_METRIC

    def _allotted(self, intervals: Mapping[str, timedelta]) -> Mapping[_Share, int]:
        """Return how many metrics of each share are read alone: where it saves most first."""
        if self._allowance.always:
            return {share: len(keys) for share, keys in self._shares.items()}
        left, room = float(self._allowance.free_calls), ALONE_MAX
        alone: dict[_Share, int] = {}
        for share in sorted(
            self._shares,
            key=lambda one: (one.calls, -self._reads(one, intervals), sorted(one.signals)),
        ):
            a_month = share.calls * self._reads(share, intervals)
            alone[share] = min(len(self._shares[share]), room // share.calls, int(left // a_month))
            left -= alone[share] * a_month
            room -= alone[share] * share.calls
        return alone

    def _calls_alone(
        self, alone: Mapping[_Share, int], intervals: Mapping[str, timedelta]
    ) -> float:
        return sum(
            count * share.calls * self._reads(share, intervals) for share, count in alone.items()
        )

    def _read_alone(self) -> frozenset[_Key]:
        alone = self._allotted(self._intervals)
        return frozenset(
            key for share, keys in self._shares.items() for key in keys[: alone[share]]
        )

    def _reads(self, share: _Share, intervals: Mapping[str, timedelta]) -> float:
        """Return how often a month they are read; what several signals share is read once."""
        return MONTH / self._really(min(intervals[signal] for signal in share.signals))

    def _really(self, every: timedelta) -> timedelta:
        """Return the interval as it comes out: sources are only asked so often."""
        return self._interval * math.ceil(every / self._interval)

    def _billed(self) -> Bill:
        metrics = {metric for demand in self._all for metric in demand.metrics}
        alone = self._allotted(self._intervals)
        return Bill(
            lines=tuple(self._lines()),
            metrics=len(metrics),
            calls=self._calls(),
            dollars=self._dollars(self._intervals),
            budget=self._budget,
            free_metrics=len({metric for metric, _ in self._alone}),
            statistics_calls=round(self._calls_alone(alone, self._intervals)),
        )

    def _lines(self) -> Sequence[Line]:
        """Return a line for each signal, whichever regions it comes from."""
        of_signals: dict[str, list[Demand]] = {}
        for demand in self._all:
            of_signals.setdefault(demand.wanted.need.signal, []).append(demand)
        return [self._line(demands) for demands in of_signals.values()]

    def _line(self, demands: Sequence[Demand]) -> Line:
        wanted = demands[0].wanted
        every = self._intervals[wanted.need.signal]
        return Line(
            signal=wanted.need.signal,
            metrics=sum(len(demand.metrics) for demand in demands),
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
                metrics = {m for d in of_pass for m in d.metrics if not self.is_alone(m, period)}
                fastest = min(self._intervals[d.wanted.need.signal] for d in of_pass)
                pages = math.ceil(len(metrics) / QUERIES_MAX)
                calls += pages * (MONTH / self._really(fastest))
        return round(calls)


def _shares(demands: Sequence[Demand]) -> Mapping[_Share, Sequence[_Key]]:
    """Return the metrics that are read for each set of signals that share them."""
    needs: dict[_Key, list[Need]] = {}
    for demand in demands:
        need = demand.wanted.need
        for metric in demand.metrics:
            needs.setdefault((metric, need.cadence.period), []).append(need)
    shares: dict[_Share, list[_Key]] = {}
    for key in sorted(needs, key=_order):
        signals = frozenset(need.signal for need in needs[key])
        share = _Share(signals=signals, calls=_calls_of(key[0], needs[key]))
        shares.setdefault(share, []).append(key)
    return shares


def _order(key: _Key) -> tuple[str, str, Dimensions, timedelta]:
    metric, period = key
    return metric.namespace, metric.name, metric.dimensions, period


def _calls_of(metric: Metric, needs: Collection[Need]) -> int:
    parts = [part for need in needs for part in need.inputs if part.metric in {"", metric.name}]
    return max(1, len(calls_for((part.stat, part.unit) for part in parts)))
