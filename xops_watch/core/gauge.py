"""One leaf of a condition, made ready to be judged on many subjects at many instants.

What is the same for all of them is worked out once. Instants are microseconds here.
"""

import operator
from bisect import bisect_right
from collections.abc import Callable, Sequence
from functools import cached_property

from xops_watch.core.columns import MICROSECOND, Columns, searching
from xops_watch.core.condition import Across, Comparison, Threshold
from xops_watch.core.datapoints import Datapoints, Missing, decide
from xops_watch.core.measure import Aggregate, measure
from xops_watch.core.reading import EMPTY_SERIES, History, Readings, Series
from xops_watch.core.sliding import Sliding
from xops_watch.core.total import is_certain, judge_sum
from xops_watch.core.truth import Truth, all_of, any_of

_UPWARD = (Comparison.ABOVE, Comparison.AT_LEAST)
_HOLDS: dict[Comparison, Callable[[float, float], bool]] = {
    Comparison.ABOVE: operator.gt,
    Comparison.AT_LEAST: operator.ge,
    Comparison.BELOW: operator.lt,
    Comparison.AT_MOST: operator.le,
    Comparison.IS: operator.eq,
}
_SILENCE = {Missing.BREACHING: Truth.TRUE, Missing.NOT_BREACHING: Truth.FALSE}


class Gauge:
    """Says what the readings of a history prove of one leaf."""

    def __init__(self, leaf: Threshold, history: History, since: int | None) -> None:
        self.leaf = leaf
        self.windowed = leaf.datapoints is not None or leaf.aggregate is not None
        self._each = leaf.across is Across.EACH
        name, fixed = leaf.signal.name, leaf.subject
        self._by_subject = history.of_signal(name, since=since)
        self._fixed: Series | None = None
        if fixed is not None:
            self._fixed = self._by_subject.get(fixed) or history.of(name, fixed)
        self.grace = leaf.signal.grace // MICROSECOND
        self._period = leaf.signal.period // MICROSECOND
        self._half = (leaf.signal.period / 2) // MICROSECOND
        self._holds = _HOLDS[leaf.comparison]
        self._of_nothing = _SILENCE.get(leaf.missing, Truth.UNKNOWN)
        self._everyone: tuple[Series, ...] | None = None
        self.sign = f"{leaf.comparison.symbol} {leaf.value!r}"
        self._silence = f"silence {self.grace}"
        self._measured: tuple[Readings, int, float | None] | None = None

    def series(self, subject: str) -> tuple[Series, ...]:
        """Return what the leaf reads, seen from a subject.

        What is seen from `cluster/service` is its own reading, or its cluster's.
        """
        if self._fixed is not None:
            return (self._fixed,)
        if self._each:
            return (self._seen_from(subject),)
        if self._everyone is None:
            self._everyone = tuple(series for _, series in sorted(self._by_subject.items()))
        return self._everyone

    def there(self, subject: str, *, at: int) -> tuple[Series, ...]:
        """Return what the leaf reads: of many subjects, those that are there, if any is."""
        every = self.series(subject)
        if self._each:
            return every
        return tuple(series for series in every if not series.is_absent(at=at)) or every

    def is_absent(self, subject: str, *, at: int) -> bool:
        """Tell whether nothing that the leaf reads is there."""
        every = self.series(subject)
        return bool(every) and all(series.is_absent(at=at) for series in every)

    def truth(self, subject: str, *, known: int, at: int, windows: bool = True) -> Truth:
        """Return what the readings until `known` prove at `at`: evidence goes stale with time."""
        if self._each:
            view = self.series(subject)[0].view
            return self.one(view, view.bound(known), at=at, windows=windows)
        every = self.there(subject, at=known)
        if every and every[0].is_absent(at=known):  # then all are
            return Truth.UNKNOWN
        views = [series.view for series in every]
        if len(views) == 1:
            return self.one(views[0], views[0].bound(known), at=at, windows=windows)
        if self.leaf.across is Across.SUM:
            return self._sum(views, known=known, at=at, windows=windows)
        if not views:
            return Truth.UNKNOWN
        # The greatest is over a line when one is, and under it when all are.
        downward = self.leaf.across is Across.MAX and self.leaf.comparison not in _UPWARD
        combine = all_of if downward else any_of
        return combine(self.one(v, v.bound(known), at=at, windows=windows) for v in views)

    def value(self, subject: str, *, at: int) -> float | None:
        """Return the number that the leaf holds against its threshold, None when there is none.

        Of many subjects, those that can be seen count, and `any` shows the one that is furthest
        over the line. When none can be seen it is the last that was.
        """
        there = self.there(subject, at=at)
        if len(there) == 1:
            view = there[0].view
            return self._number(view, view.bound(at), windows=True)
        every = [(series.view, series.view.bound(at)) for series in there]
        fresh = [(view, stop) for view, stop in every if not self.is_stale(view, stop, at=at)]
        numbers = [self._number(view, stop, windows=True) for view, stop in fresh or every]
        values = [number for number in numbers if number is not None]
        if not values:
            return None
        if self.leaf.across is Across.SUM:
            return sum(values)
        if self.leaf.across is Across.ANY and self.leaf.comparison not in _UPWARD:
            return max(values, key=lambda v: (self.breached_by(v), -v))
        return max(values)

    @cached_property
    def sliding(self) -> Sliding:
        """What judges many windows of the leaf in one pass."""
        return Sliding(self.leaf)

    @cached_property
    def question(self) -> str:
        """The leaf in words, to remember answers by: too long to be made for every subject."""
        return f"{self.leaf!r}"

    def breached_by(self, value: float) -> bool:
        """Tell whether a value is over the line."""
        return self._holds(value, self.leaf.value)

    def is_stale(self, view: Readings, stop: int, *, at: int) -> bool:
        """Tell whether the readings up to `stop` prove nothing any more at `at`."""
        return stop == view.start or at - view.columns.instants[stop - 1] > self.grace

    def newest_of_each_period(
        self, view: Readings, stop: int, periods: int, *, end: int
    ) -> list[int | None]:
        """Return the newest place of each of the last periods, oldest first, None for a hole.

        Periods are counted back from `end`. What is read some milliseconds early or late still
        belongs to its own period, because each reaches half a period to either side.
        """
        instants, period, edge = view.columns.instants, self._period, end + self._half
        slots: list[int | None] = [None] * periods
        for place in range(stop - 1, view.start - 1, -1):
            back = (edge - instants[place]) // period
            if back >= periods:
                break
            if back >= 0 and slots[-1 - back] is None:
                slots[-1 - back] = place
        return slots

    def all_are(self, over: bool, columns: Columns, start: int, stop: int) -> bool:  # noqa: FBT001 - what is asked
        """Tell whether all values are over the line, or none is: only the utmost is looked at."""
        least, most = columns.extremes(start, stop)
        if self.leaf.comparison is not Comparison.IS:
            utmost = least if over is (self.leaf.comparison in _UPWARD) else most
            return self._holds(utmost, self.leaf.value) is over
        if least == most or not least <= self.leaf.value <= most:
            return (least == most == self.leaf.value) is over
        return not over and self.leaf.value not in columns.values[start:stop]

    def _seen_from(self, subject: str) -> Series:
        own = self._by_subject.get(subject)
        if own is not None:
            return own
        return self._by_subject.get(subject.rpartition("/")[0], EMPTY_SERIES)

    def one(self, view: Readings, stop: int, *, at: int, windows: bool) -> Truth:
        """Return what the readings of one series up to `stop` prove at `at`."""
        leaf = self.leaf
        if windows and leaf.datapoints is not None:
            if leaf.missing is Missing.UNKNOWN and self.is_stale(view, stop, at=at):
                return Truth.UNKNOWN
            return decide(
                self._slots(view, stop, leaf.datapoints, at=at), leaf.datapoints, leaf.missing
            )
        if self.is_stale(view, stop, at=at):
            return self._of_nothing
        if windows and leaf.aggregate is not None:
            return self._aggregated(view, stop, leaf.aggregate)
        over = self._holds(view.columns.values[stop - 1], leaf.value)
        return Truth.TRUE if over else Truth.FALSE

    def _slots(
        self, view: Readings, stop: int, datapoints: Datapoints, *, at: int
    ) -> list[bool | None]:
        """Say of each period of the range whether it breaches.

        The range ends at the newest reading: points that the provider has not published yet are
        not missing. Silence past the grace is, and the range then moves on without them.
        """
        quiet = at - self.grace
        end = quiet if stop == view.start else max(view.columns.instants[stop - 1], quiet)
        periods = datapoints.of if self.leaf.missing is Missing.UNKNOWN else datapoints.range
        newest = self.newest_of_each_period(view, stop, periods, end=end)
        values, holds, level = view.columns.values, self._holds, self.leaf.value
        return [None if place is None else holds(values[place], level) for place in newest]

    def _sum(self, views: Sequence[Readings], *, known: int, at: int, windows: bool) -> Truth:
        fresh = [(v, s) for v in views if not self.is_stale(v, s := v.bound(known), at=at)]
        if not fresh:
            return self._of_nothing
        aggregate = self.leaf.aggregate if windows else None
        parts = [
            (number, aggregate is None or self._is_covered(view, stop, aggregate))
            for view, stop in fresh
            if (number := self._number(view, stop, windows=windows)) is not None
        ]
        return judge_sum(self.leaf, parts, subjects=len(views), aggregate=aggregate)

    def _number(self, view: Readings, stop: int, *, windows: bool) -> float | None:
        if stop == view.start:
            return None
        if windows and self.leaf.aggregate is not None:
            return self._measure(view, stop, self.leaf.aggregate)
        return view.columns.values[stop - 1]

    def _measure(self, view: Readings, stop: int, aggregate: Aggregate) -> float | None:
        """Return the statistic over the window that ends at the newest reading."""
        known = self._measured
        if known is not None and known[0] is view and known[1] == stop:
            return known[2]  # the truth, the value and the words ask one after the other
        instants = view.columns.instants
        start = self._window(view, stop, aggregate)
        number = measure(
            view.columns.values[start:stop],
            aggregate,
            seconds=(instants[stop - 1] - instants[start]) / 1_000_000,
        )
        self._measured = view, stop, number
        return number

    def _aggregated(self, view: Readings, stop: int, aggregate: Aggregate) -> Truth:
        number = self._measure(view, stop, aggregate)
        if number is None:
            return Truth.UNKNOWN
        over = self.breached_by(number)
        if self._is_covered(view, stop, aggregate):
            return Truth.of(over)
        # What a further point could only confirm is proven although the window has holes.
        return Truth.TRUE if over and is_certain(self.leaf, aggregate) else Truth.UNKNOWN

    def _is_covered(self, view: Readings, stop: int, aggregate: Aggregate) -> bool:
        """Tell whether a window that has points was watched all along: no silence above grace."""
        instants = view.columns.instants
        start = self._window(view, stop, aggregate)
        begin = instants[stop - 1] - aggregate.over // MICROSECOND
        heard = self.heard_since(view, start, stop) == start
        return heard and instants[start] - begin <= self.grace

    def _window(self, view: Readings, stop: int, aggregate: Aggregate) -> int:
        instants = view.columns.instants
        begin = instants[stop - 1] - aggregate.over // MICROSECOND
        return bisect_right(instants, begin, view.start, stop)

    def heard_since(self, view: Readings, start: int, stop: int) -> int:
        """Return the first place, from `start` on, after which no silence is above the grace."""
        instants, grace = view.columns.instants, self.grace

        def fails(place: int) -> bool:
            return instants[place] - instants[place - 1] > grace

        def clean(begin: int, end: int) -> bool:
            return view.columns.steps(begin, end)[1] <= grace

        search = searching(fails, clean)
        return view.columns.last(self._silence, search, floor=start + 1, stop=stop)
