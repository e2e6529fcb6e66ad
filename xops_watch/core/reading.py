"""What a source saw: a value, or the reason why there is none."""

import math
from bisect import bisect_right
from dataclasses import dataclass, field
from datetime import UTC, datetime
from operator import attrgetter

from xops_watch.errors import GapReason

_taken_at = attrgetter("taken_at")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One value of one signal on one subject at one instant, in the signal's base unit.

    `taken_at` is kept in UTC, whatever zone it was given in. `seen_at` is when the provider said
    so, for providers that speak of the past: it ends the gaps noticed before, which a value of
    yesterday would not.
    """

    signal: str
    subject: str
    value: float
    taken_at: datetime
    seen_at: datetime | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        """Refuse what would silently judge wrong: NaN compares false with everything."""
        if not math.isfinite(self.value):
            msg = f"{self.signal}: {self.value} is not a reading; report a Gap"
            raise ValueError(msg)
        if self.taken_at.utcoffset() is None:
            msg = f"{self.signal}: taken_at needs a time zone"
            raise ValueError(msg)
        if self.taken_at.tzinfo is not UTC:
            # Two instants of one zone are compared by the wall clock: summer time would bend holds.
            object.__setattr__(self, "taken_at", self.taken_at.astimezone(UTC))


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """A value that should be there and is not. `subject` None means every subject."""

    signal: str
    subject: str | None
    reason: GapReason
    detail: str
    noticed_at: datetime


Observation = Reading | Gap


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """What is known of one signal on one subject: readings oldest first, and the newest gap.

    `gap` is None when the provider has spoken of the series since.
    """

    readings: tuple[Reading, ...] = ()
    gap: Gap | None = None

    @property
    def newest(self) -> Reading | None:
        """The last reading, however old."""
        return self.readings[-1] if self.readings else None

    def until(self, instant: datetime) -> tuple[Reading, ...]:
        """Return the readings that are not later than `instant`."""
        if not self.readings or self.readings[-1].taken_at <= instant:
            return self.readings  # the usual case, without a copy
        return self.readings[: bisect_right(self.readings, instant, key=_taken_at)]


EMPTY_SERIES = Series()


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """The stored windows that a tick judges, by (signal, subject)."""

    series: dict[tuple[str, str], Series]
    _subjects: dict[str, frozenset[str]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Sort the subjects by signal once: every rule asks for them, some at every instant."""
        subjects: dict[str, set[str]] = {}
        for signal, subject in self.series:
            subjects.setdefault(signal, set()).add(subject)
        found = {signal: frozenset(several) for signal, several in subjects.items()}
        object.__setattr__(self, "_subjects", found)

    def of(self, signal: str, subject: str) -> Series:
        """Return the series, an empty one when nothing was ever seen."""
        return self.series.get((signal, subject), EMPTY_SERIES)

    def knows(self, signal: str, subject: str) -> bool:
        """Tell whether the signal was ever seen on the subject, if only as a gap."""
        return (signal, subject) in self.series

    def subjects(self, signal: str) -> frozenset[str]:
        """Return every subject on which the signal was ever seen."""
        return self._subjects.get(signal, frozenset())
