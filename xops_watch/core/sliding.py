"""The windows that end at many readings, judged in one pass instead of one by one.

A window of a week that is judged at each of ten thousand minutes would read a hundred million
values. What moves on by one reading only takes one in and lets one go.
"""

from bisect import bisect_left, bisect_right
from itertools import accumulate
from operator import lt

from xops_watch.core.columns import MICROSECOND, searching
from xops_watch.core.condition import Comparison, Threshold
from xops_watch.core.datapoints import Datapoints, Missing
from xops_watch.core.measure import Aggregate, Statistic
from xops_watch.core.moving import numbers_of, starts_of
from xops_watch.core.reading import Readings
from xops_watch.core.total import is_certain
from xops_watch.core.truth import Truth

_BETWEEN = (Statistic.AVG, Statistic.MAX, Statistic.MIN, Statistic.PERCENTILE)


class Sliding:
    """Says what the windows of one leaf prove, wherever that is plain; None where it is not."""

    def __init__(self, leaf: Threshold) -> None:
        self._leaf = leaf
        self._grace = leaf.signal.grace // MICROSECOND
        self._period = leaf.signal.period // MICROSECOND
        self._half = (leaf.signal.period / 2) // MICROSECOND
        self._over = leaf.window // MICROSECOND

    def of_all(self, view: Readings, first: int, start: int, stop: int) -> Truth | None:
        """Return what every window that ends at a place in [start, stop) proves, if it is alike.

        After `first` no silence is above the grace.
        """
        aggregate = self._leaf.aggregate
        if self._leaf.datapoints is not None:
            return self._alike_points(view, self._leaf.datapoints, start, stop)
        if aggregate is None or aggregate.statistic not in _BETWEEN:
            return None
        instants = view.columns.instants
        begin = bisect_right(instants, instants[start] - self._over, view.start, start + 1)
        often = min(self._grace, self._over // max(aggregate.samples, 1))
        if begin <= max(first, self._steady(view, stop, 0, often)):
            return None
        least, most = view.columns.extremes(begin, stop)
        exact = aggregate.statistic in (Statistic.MAX, Statistic.MIN) or (
            least == most and least.is_integer()
        )
        slack = 0.0 if exact else 1e-9 * max(abs(least), abs(most))
        return self._between(least - slack, most + slack)

    def of_each(self, view: Readings, first: int, start: int, stop: int) -> list[Truth | None]:
        """Return what the window that ends at each place in [start, stop) proves."""
        if self._leaf.datapoints is not None:
            return self._points(view, self._leaf.datapoints, start, stop)
        aggregate = self._leaf.aggregate
        return [] if aggregate is None else self._measured(view, aggregate, first, start, stop)

    def _between(self, least: float, most: float) -> Truth | None:
        """Return what a number proves of which only the limits are known."""
        over = self._leaf.breached_by(least)
        if self._leaf.comparison is Comparison.IS and least < most:
            return None if least <= self._leaf.value <= most else Truth.FALSE
        return Truth.of(over) if over is self._leaf.breached_by(most) else None

    def _steady(self, view: Readings, stop: int, least: int, most: int) -> int:
        """Return the first place after which readings come no faster and no slower than that."""
        instants = view.columns.instants

        def fails(place: int) -> bool:
            return not least <= instants[place] - instants[place - 1] <= most

        def clean(start: int, end: int) -> bool:
            shortest, longest = view.columns.steps(start, end)
            return least <= shortest and longest <= most

        return view.columns.last(
            f"steady {least} {most}", searching(fails, clean), floor=view.start + 1, stop=stop
        )

    def _alike_points(
        self, view: Readings, datapoints: Datapoints, start: int, stop: int
    ) -> Truth | None:
        """Readings so evenly spaced that each is alone in its period: the last N are the window."""
        begin, off = start - datapoints.of + 1, self._period // (2 * datapoints.of + 2)
        if begin < view.start or begin < self._steady(
            view, stop, self._period - off, min(self._period + off, self._grace)
        ):
            return None
        return self._between(*view.columns.extremes(begin, stop))

    def _points(
        self, view: Readings, datapoints: Datapoints, start: int, stop: int
    ) -> list[Truth | None]:
        """Count the breaches of each window, where every reading is near the middle of a period."""
        instants, period = view.columns.instants, self._period
        begin = bisect_left(
            instants, instants[start] - datapoints.of * period, view.start, start + 1
        )
        zero = instants[stop - 1] - self._half
        places = [divmod(instant - zero, period) for instant in instants[begin:stop]]
        periods, reach = [period for period, _ in places], period // 4
        offsets = [offset for _, offset in places]
        near = self._half - reach < min(offsets) and max(offsets) < self._half + reach
        if not near or not all(map(lt, periods, periods[1:])):
            return [None] * (stop - start)
        breaches = map(self._leaf.breached_by, view.columns.values[begin:stop])
        counts = list(accumulate(breaches, initial=0))
        starts = starts_of(periods, start - begin, datapoints.of)
        return [
            self._counted(datapoints, counts[place + 1] - counts[since], place + 1 - since)
            for place, since in enumerate(starts, start - begin)
        ]

    def _counted(self, datapoints: Datapoints, breaches: int, points: int) -> Truth | None:
        missing = datapoints.of - points
        if missing and self._leaf.missing is not Missing.UNKNOWN:
            return None
        if breaches >= datapoints.needed:
            return Truth.TRUE
        return Truth.UNKNOWN if breaches + missing >= datapoints.needed else Truth.FALSE

    def _measured(
        self, view: Readings, aggregate: Aggregate, first: int, start: int, stop: int
    ) -> list[Truth | None]:
        instants, over = view.columns.instants, self._over
        begin = bisect_right(instants, instants[start] - over, view.start, start + 1)
        starts = starts_of(instants[begin:stop], start - begin, over)
        values = view.columns.values[begin:stop]
        numbers = numbers_of(aggregate, instants[begin:stop], values, starts)
        # What a further point could only confirm is proven although there are holes.
        certain = is_certain(self._leaf, aggregate)
        proofs: list[Truth | None] = []
        for place, since, number in zip(range(start, stop), starts, numbers, strict=True):
            if number is None or place + 1 - since - begin < max(aggregate.samples, 1):
                proofs.append(Truth.UNKNOWN)
                continue
            proof = self._between(*number)
            oldest = since + begin
            covered = oldest > first or (
                oldest == first and instants[first] - instants[place] + over <= self._grace
            )
            if not covered and (proof is Truth.FALSE or not certain):
                proof = Truth.UNKNOWN
            proofs.append(proof)
        return proofs
