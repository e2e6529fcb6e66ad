"""Time as CloudWatch cuts it: rounding of the start, periods, and how long each is kept."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

SECOND_PERIODS = frozenset({1, 5, 10, 20, 30})
MINUTE = 60
FIVE_MINUTES = 300
HOUR = 3600

_FINE_KEPT = timedelta(hours=3)
_MINUTES_KEPT = timedelta(days=15)
_FIVE_MINUTES_KEPT = timedelta(days=63)
_HOURS_KEPT = timedelta(days=455)


def valid_period(period: int) -> bool:
    """Tell whether CloudWatch takes `period` (seconds)."""
    return period in SECOND_PERIODS or (period > 0 and period % MINUTE == 0)


def floor(at: datetime, seconds: int) -> datetime:
    """Return `at` rounded down to a whole number of `seconds` since the epoch."""
    return datetime.fromtimestamp(at.timestamp() // seconds * seconds, UTC)


def rounded_start(start: datetime, *, period: int, now: datetime) -> datetime:
    """Return the StartTime that CloudWatch uses instead of `start`: coarser the older it is."""
    age = now - start
    if age > _FIVE_MINUTES_KEPT:
        return floor(start, HOUR)
    if age > _MINUTES_KEPT:
        return floor(start, FIVE_MINUTES)
    return floor(start, period if period in SECOND_PERIODS else MINUTE)


def kept(at: datetime, *, period: int, now: datetime) -> bool:
    """Tell whether a datapoint of `period` seconds at `at` still exists at `now`."""
    age = now - at
    if period < MINUTE:
        return age <= _FINE_KEPT
    if age <= _MINUTES_KEPT:
        return True
    if age <= _FIVE_MINUTES_KEPT:
        return period % FIVE_MINUTES == 0
    return period % HOUR == 0 and age <= _HOURS_KEPT


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """The periods of one query: the first begins at `start`, the last before `end`.

    Periods are counted from the rounded StartTime, not from midnight: that is what real answers
    show, and why callers are told to align StartTime themselves.
    """

    start: datetime
    end: datetime
    period: int
    now: datetime

    @property
    def size(self) -> int:
        """Return how many periods there are."""
        seconds = (self.end - self.start).total_seconds()
        return max(0, int(-(-seconds // self.period)))

    def slot(self, at: datetime) -> datetime:
        """Return the beginning of the period that `at` is in."""
        index = int((at - self.start).total_seconds() // self.period)
        return self.start + timedelta(seconds=index * self.period)

    def slots(self) -> Iterator[datetime]:
        """Return the beginnings of all periods that are still kept, oldest first."""
        for index in range(self.size):
            at = self.start + timedelta(seconds=index * self.period)
            if kept(at, period=self.period, now=self.now):
                yield at


def window(*, start: datetime, end: datetime, period: int, now: datetime) -> Window:
    """Return the window of a query from `start` (inclusive) to `end` (exclusive)."""
    begin = rounded_start(start, period=period, now=now)
    return Window(start=begin, end=end, period=period, now=now)
