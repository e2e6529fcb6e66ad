"""The evidence as it reads most simply: every question walks over the readings again.

What the core does fast must say the same: `test_same_as_slow.py` compares them.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import attrgetter

from tests.core.slow_measure import is_covered, measure
from xops_watch.core.columns import to_micros
from xops_watch.core.condition import Across, AllOf, AnyOf, Comparison, Condition, Not, Threshold
from xops_watch.core.datapoints import Datapoints, Missing, decide
from xops_watch.core.measure import Aggregate
from xops_watch.core.reading import History, Reading, Series
from xops_watch.core.truth import Truth, all_of, any_of, negate

ALL_SUBJECTS = "all"  # the subject of a rule whose first leaf makes one number of many
_UPWARD = (Comparison.ABOVE, Comparison.AT_LEAST)
_DOWNWARD = (Comparison.BELOW, Comparison.AT_MOST)
_taken_at = attrgetter("taken_at")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """What conditions are judged on: the history, seen from one subject.

    Without `windows` the newest reading of a signal speaks alone, whatever M of N or a
    statistic says.
    """

    history: History
    subject: str
    windows: bool = True

    def truth(self, condition: Condition, *, known: datetime, at: datetime) -> Truth:
        """Return what the readings until `known` prove at `at`: evidence goes stale with time."""
        match condition:
            case Threshold():
                return self._leaf(condition, known=known, at=at)
            case AllOf(parts=parts):
                return all_of(self.truth(part, known=known, at=at) for part in parts)
            case AnyOf(parts=parts):
                return any_of(self.truth(part, known=known, at=at) for part in parts)
            case Not(part=part):  # pragma: no branch - there is no other condition
                return negate(self.truth(part, known=known, at=at))

    def subjects(self, leaf: Threshold) -> tuple[str, ...]:
        """Return the subjects that a leaf reads.

        What is seen from `cluster/service` is its own reading, or its cluster's.
        """
        if leaf.subject is not None:
            return (leaf.subject,)
        if leaf.across is not Across.EACH:
            return tuple(sorted(self.history.subjects(leaf.signal.name)))
        own, parent = self.subject, self.subject.rpartition("/")[0]
        known = self.history.of_signal(leaf.signal.name)
        return (parent,) if parent and own not in known and parent in known else (own,)

    def series(self, leaf: Threshold, *, at: datetime) -> tuple[Series, ...]:
        """Return what a leaf reads: of many subjects, those that are there at `at`, if any is."""
        every = tuple(self.history.of(leaf.signal.name, s) for s in self.subjects(leaf))
        if leaf.across is Across.EACH:
            return every
        return tuple(series for series in every if not series.is_absent(at=to_micros(at))) or every

    def is_absent(self, leaf: Threshold, *, at: datetime) -> bool:
        """Tell whether nothing that a leaf reads is there at `at`."""
        series = self.series(leaf, at=at)
        return bool(series) and all(one.is_absent(at=to_micros(at)) for one in series)

    def value(self, leaf: Threshold, *, at: datetime) -> float | None:
        """Return the number that a leaf holds against its threshold, None when there is none.

        Of many subjects, those that can be seen count, and `any` shows the one that is furthest
        over the line. When none can be seen it is the last that was.
        """
        every = [until(series, at) for series in self.series(leaf, at=at)]
        fresh = [readings for readings in every if not is_stale(leaf, readings, at=at)]
        numbers = [self._number(leaf, readings) for readings in fresh or every]
        values = [number for number in numbers if number is not None]
        if not values:
            return None
        if leaf.across is Across.SUM:
            return sum(values)
        if leaf.across is Across.ANY and leaf.comparison not in _UPWARD:
            return max(values, key=lambda v: (leaf.breached_by(v), -v))
        return max(values)

    def _leaf(self, leaf: Threshold, *, known: datetime, at: datetime) -> Truth:
        if leaf.across is not Across.EACH and self.is_absent(leaf, at=known):
            return Truth.UNKNOWN
        series = [until(one, known) for one in self.series(leaf, at=known)]
        if len(series) == 1:
            return self._one(leaf, series[0], at=at)
        if leaf.across is Across.SUM:
            return self._sum(leaf, series, at=at)
        # The greatest is over a line when one is, and under it when all are.
        combine = all_of if leaf.across is Across.MAX and leaf.comparison not in _UPWARD else any_of
        if not series:
            return Truth.UNKNOWN
        return combine(self._one(leaf, readings, at=at) for readings in series)

    def _one(self, leaf: Threshold, readings: Sequence[Reading], *, at: datetime) -> Truth:
        if self.windows and leaf.datapoints is not None:
            slots = _slots(leaf, leaf.datapoints, readings, at=at)
            stale = is_stale(leaf, readings, at=at) and leaf.missing is Missing.UNKNOWN
            return Truth.UNKNOWN if stale else decide(slots, leaf.datapoints, leaf.missing)
        if is_stale(leaf, readings, at=at):
            return _of_nothing(leaf.missing)
        if self.windows and leaf.aggregate is not None:
            return _aggregated(leaf, leaf.aggregate, readings)
        return Truth.of(leaf.breached_by(readings[-1].value))

    def _sum(self, leaf: Threshold, series: Sequence[Sequence[Reading]], *, at: datetime) -> Truth:
        """A sum that lacks a subject, or a part of its window, proves only what it is already."""
        fresh = [readings for readings in series if not is_stale(leaf, readings, at=at)]
        if not fresh:
            return _of_nothing(leaf.missing)
        numbers = [(n, r) for r in fresh if (n := self._number(leaf, r)) is not None]
        total = sum(number for number, _ in numbers)
        whole = [number for number, readings in numbers if self._is_whole(leaf, readings)]
        if len(whole) == len(series):
            return Truth.of(leaf.breached_by(total))
        aggregate = leaf.aggregate if self.windows else None
        grows = aggregate is None or aggregate.only_grows
        if leaf.comparison in _UPWARD and numbers:
            over = leaf.breached_by(total if grows else sum(whole))
        elif leaf.comparison in _DOWNWARD and len(numbers) == len(series):
            over = not grows and aggregate is not None and aggregate.only_shrinks
            over = over and leaf.breached_by(total)
        else:
            over = False
        return Truth.TRUE if over else Truth.UNKNOWN

    def _is_whole(self, leaf: Threshold, readings: Sequence[Reading]) -> bool:
        if not self.windows or leaf.aggregate is None:
            return True
        window = _within(readings, leaf.aggregate.over)
        return is_covered(window, leaf.aggregate, grace=leaf.signal.grace)

    def _number(self, leaf: Threshold, readings: Sequence[Reading]) -> float | None:
        if not readings:
            return None
        if self.windows and leaf.aggregate is not None:
            return measure(_within(readings, leaf.aggregate.over), leaf.aggregate)
        return readings[-1].value


def until(series: Series, instant: datetime) -> tuple[Reading, ...]:
    return tuple(reading for reading in series.readings if reading.taken_at <= instant)


def newest_of_each_period(
    leaf: Threshold, periods: int, readings: Sequence[Reading], *, end: datetime
) -> list[Reading | None]:
    """Return the newest reading of each of the last periods, oldest first, None for a hole.

    Periods are counted back from `end`. What is read some milliseconds early or late still
    belongs to its own period, because each reaches half a period to either side.
    """
    period = leaf.signal.period
    edge = end + period / 2
    slots: list[Reading | None] = [None] * periods
    for reading in reversed(readings):
        back = (edge - reading.taken_at) // period
        if back >= periods:
            break
        if back >= 0 and slots[-1 - back] is None:
            slots[-1 - back] = reading
    return slots


def _slots(
    leaf: Threshold, datapoints: Datapoints, readings: Sequence[Reading], *, at: datetime
) -> list[bool | None]:
    """Say of each period of the range whether it breaches.

    The range ends at the newest reading: points that the provider has not published yet are not
    missing. Silence past the grace is, and the range then moves on without them.
    """
    quiet = at - leaf.signal.grace
    end = max(readings[-1].taken_at, quiet) if readings else quiet
    periods = datapoints.of if leaf.missing is Missing.UNKNOWN else datapoints.range
    newest = newest_of_each_period(leaf, periods, readings, end=end)
    return [None if reading is None else leaf.breached_by(reading.value) for reading in newest]


def _aggregated(leaf: Threshold, aggregate: Aggregate, readings: Sequence[Reading]) -> Truth:
    window = _within(readings, aggregate.over)
    number = measure(window, aggregate)
    if number is None:
        return Truth.UNKNOWN
    over = leaf.breached_by(number)
    if is_covered(window, aggregate, grace=leaf.signal.grace):
        return Truth.of(over)
    # What a further point could only confirm is proven although the window has holes.
    certain = (leaf.comparison in _UPWARD and aggregate.only_grows) or (
        leaf.comparison in _DOWNWARD and aggregate.only_shrinks
    )
    return Truth.TRUE if over and certain else Truth.UNKNOWN


def _within(readings: Sequence[Reading], over: timedelta) -> Sequence[Reading]:
    begin = readings[-1].taken_at - over
    return readings[bisect_right(readings, begin, key=_taken_at) :]


def is_stale(leaf: Threshold, readings: Sequence[Reading], *, at: datetime) -> bool:
    """Tell whether the readings prove nothing any more at `at`."""
    return not readings or at - readings[-1].taken_at > leaf.signal.grace


def _of_nothing(missing: Missing) -> Truth:
    return _SILENCE.get(missing, Truth.UNKNOWN)


_SILENCE = {Missing.BREACHING: Truth.TRUE, Missing.NOT_BREACHING: Truth.FALSE}
