"""What a source saw: a value, or the reason why there is none."""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import overload

from xops_watch.core.columns import Columns, to_instant, to_micros
from xops_watch.errors import GapReason

NOTHING_THERE = frozenset({GapReason.NOT_APPLICABLE, GapReason.GONE})


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
SeriesKey = tuple[str, str]  # signal and subject


class Readings(Sequence[Reading]):
    """Readings of one series, oldest first: a part of its columns, from `start` to `stop`.

    A Reading is only made when one is asked for.
    """

    __slots__ = ("columns", "signal", "start", "stop", "subject")

    def __init__(self, key: SeriesKey, columns: Columns, start: int, stop: int) -> None:
        self.signal, self.subject = key
        self.columns = columns
        self.start = start
        self.stop = stop

    def __len__(self) -> int:
        return self.stop - self.start

    @overload
    def __getitem__(self, index: int) -> Reading: ...

    @overload
    def __getitem__(self, index: slice) -> "tuple[Reading, ...]": ...

    def __getitem__(self, index: int | slice) -> "Reading | tuple[Reading, ...]":
        places = range(self.start, self.stop)[index]
        if isinstance(places, range):
            return tuple(self._reading(place) for place in places)
        return self._reading(places)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Readings | tuple):
            return NotImplemented
        return tuple(self) == tuple(other)

    __hash__ = None  # type: ignore[assignment]  # as of a list: it is compared by what is in it

    def __repr__(self) -> str:
        return repr(tuple(self))

    def bound(self, instant: int) -> int:
        """Return the place after the last reading that is not later than `instant` (micros)."""
        instants = self.columns.instants
        if self.start == self.stop or instants[self.stop - 1] <= instant:
            return self.stop  # the usual case
        return bisect_right(instants, instant, self.start, self.stop)

    def _reading(self, place: int) -> Reading:
        return Reading(
            signal=self.signal,
            subject=self.subject,
            value=self.columns.values[place],
            taken_at=to_instant(self.columns.instants[place]),
        )


_NO_READINGS = Readings(("", ""), Columns(), 0, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """What is known of one signal on one subject: readings oldest first, and the newest gap.

    `gap` is None when the provider has spoken of the series since. `view` are the readings too,
    as what judges them wants them.
    """

    readings: Sequence[Reading] = ()
    gap: Gap | None = None
    view: Readings = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Take plain readings as well as columns."""
        view = self.readings
        if not isinstance(view, Readings):
            view = _columned(view)
            object.__setattr__(self, "readings", view)
        object.__setattr__(self, "view", view)

    def is_absent(self, *, at: int) -> bool:
        """Tell whether the provider's word at `at` (micros) was that nothing is there."""
        gap = self.gap
        return gap is not None and gap.reason in NOTHING_THERE and to_micros(gap.noticed_at) <= at

    def since(self, instant: int) -> "Series":
        """Return the series without the readings before `instant` (micros)."""
        view = self.view
        instants = view.columns.instants
        if view.start == view.stop or instants[view.start] >= instant:
            return self  # the usual case
        start = bisect_left(instants, instant, view.start, view.stop)
        key = view.signal, view.subject
        return Series(readings=Readings(key, view.columns, start, view.stop), gap=self.gap)

    @property
    def newest(self) -> Reading | None:
        """The last reading, however old."""
        return self.view[-1] if self.view else None

    def until(self, instant: datetime) -> Readings:
        """Return the readings that are not later than `instant`."""
        view = self.view
        stop = view.bound(to_micros(instant))
        if stop == view.stop:
            return view
        return Readings((view.signal, view.subject), view.columns, view.start, stop)


def _columned(readings: Sequence[Reading]) -> Readings:
    if not readings:
        return _NO_READINGS
    columns = Columns(
        (to_micros(reading.taken_at) for reading in readings),
        (reading.value for reading in readings),
    )
    return Readings((readings[0].signal, readings[0].subject), columns, 0, len(readings))


EMPTY_SERIES = Series()


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """The stored windows that a tick judges, by (signal, subject).

    `signal_gaps` are the newest gaps of whole signals: they invent no subject, but say that
    somebody looks.
    """

    series: dict[SeriesKey, Series]
    signal_gaps: dict[str, Gap] = field(default_factory=dict)
    _by_signal: dict[str, dict[str, Series]] = field(init=False, repr=False, compare=False)
    _recent: dict[tuple[str, int], dict[str, Series]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def __post_init__(self) -> None:
        """Sort the series by signal once: every rule asks for them, some at every instant."""
        found: dict[str, dict[str, Series]] = {}
        for (signal, subject), one in self.series.items():
            found.setdefault(signal, {})[subject] = one
        object.__setattr__(self, "_by_signal", found)

    def of(self, signal: str, subject: str) -> Series:
        """Return the series, an empty one when nothing was ever seen."""
        known = self.series.get((signal, subject))
        if known is not None:
            return known
        # Of a signal that was never read anywhere, the whole signal's gap says why.
        gap = None if signal in self._by_signal else self.signal_gaps.get(signal)
        return EMPTY_SERIES if gap is None else Series(gap=gap)

    def is_watched(self, signal: str) -> bool:
        """Tell whether the signal was ever seen on any subject, if only as a gap of it all."""
        return signal in self._by_signal or signal in self.signal_gaps

    def subjects(self, signal: str) -> frozenset[str]:
        """Return every subject on which the signal was ever seen."""
        return frozenset(self._by_signal.get(signal, ()))

    def of_signal(self, signal: str, *, since: int | None = None) -> Mapping[str, Series]:
        """Return every series of the signal, by subject, with its readings from `since` on."""
        every = self._by_signal.get(signal, {})
        if since is None:
            return every
        known = self._recent.get((signal, since))
        if known is None:
            known = {subject: series.since(since) for subject, series in every.items()}
            self._recent[signal, since] = known
        return known
