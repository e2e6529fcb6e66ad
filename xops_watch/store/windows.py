"""The windows that rules read, kept in memory beside the file: a tick only adds what is new.

What is in memory is what reading the file again would give. Every write goes to both; when
another process has written, or a write failed, all is forgotten and read again.
"""

import math
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from operator import itemgetter

from sqlite_utils import Database

from xops_watch.core.columns import Columns
from xops_watch.core.reading import Gap, History, Observation, Readings, Series
from xops_watch.errors import GapReason, StoreError
from xops_watch.store.codec import to_instant, to_micros, to_text
from xops_watch.store.observations import kept_since

READINGS_MAX = 20_000_000  # in one history: 320 MB as columns; more would end in an OOM kill

_SERIES = "SELECT id, subject, seen_at FROM series WHERE signal = ?"

_WINDOW = """
SELECT taken_at, value FROM readings WHERE series = ? AND taken_at >= ? ORDER BY taken_at LIMIT ?
"""

_GAPS = """
SELECT series.subject, gaps.reason, gaps.detail, gaps.noticed_at
FROM series CROSS JOIN gaps ON gaps.series = series.id WHERE series.signal = ?
"""

_SIGNAL_GAP = "SELECT reason, detail, noticed_at FROM signal_gaps WHERE signal = ?"

_READ_SINCE = """
SELECT 1 FROM readings WHERE taken_at BETWEEN :since AND :now
AND series = (SELECT id FROM series WHERE signal = :signal AND subject = :subject) LIMIT 1
"""


@dataclass(slots=True)
class _Track:
    """What is kept of one series: `gap` is the newest of its own, open or not."""

    columns: Columns
    seen_at: int | None = None
    gap: Gap | None = None

    def put(self, instant: int, value: float) -> None:
        """Add a reading; the newest value of an instant wins."""
        instants = self.columns.instants
        if not instants or instant > instants[-1]:
            instants.append(instant)
            self.columns.values.append(value)
            return
        place = bisect_left(instants, instant)
        known = instants[place] == instant
        if not known or self.columns.values[place] != value:
            # Whoever looks at the columns as they were must not see them change.
            self.columns = self.columns.changed(place, instant, value, replaces=known)


@dataclass(slots=True)
class _Window:
    """Everything of one signal from `since` on, the future too; `gap` is of the whole signal."""

    since: int
    tracks: dict[str, _Track]
    gap: Gap | None


class Windows:
    """Reads histories and remembers what they are made of. Not safe to share between threads."""

    def __init__(self, *, readings_max: int = READINGS_MAX) -> None:
        self._windows: dict[str, _Window] = {}
        self._readings_max = readings_max

    def forget(self) -> None:
        """Read everything from the file again when it is next asked for."""
        self._windows.clear()

    def history(self, db: Database, needs: Mapping[str, timedelta], *, now: datetime) -> History:
        """Return the readings in [now - duration, now] and the open gap of every known series.

        Raises StoreError when that is more than is meant to be kept in memory.
        """
        upto, room = to_micros(now), self._readings_max
        series: dict[tuple[str, str], Series] = {}
        gaps: dict[str, Gap] = {}
        for signal, duration in needs.items():
            window = self._window(db, signal, since=to_micros(now - duration), room=room)
            if window.gap is not None and to_micros(window.gap.noticed_at) <= upto:
                gaps[signal] = window.gap
            first = to_micros(now - duration)
            for subject, track in window.tracks.items():
                key = signal, subject
                instants = track.columns.instants
                start, stop = bisect_left(instants, first), bisect_left(instants, upto + 1)
                room -= stop - start
                view = Readings(key, track.columns, start, max(start, stop))
                gap = _Open(db=db, key=key, track=track, window=window, upto=upto).gap()
                series[key] = Series(readings=view, gap=gap)
            self._demand(room)
        return History(series=series, signal_gaps=gaps)

    def record(self, observations: Sequence[Observation]) -> None:
        """Add to what is in memory what was written to the file."""
        for seen in observations:
            window = self._windows.get(seen.signal)
            if window is None:
                continue
            if seen.subject is None:
                window.gap = _newer(window.gap, seen)
                continue
            track = window.tracks.setdefault(seen.subject, _Track(columns=Columns()))
            if isinstance(seen, Gap):
                track.gap = _newer(track.gap, seen)
                continue
            instant = to_micros(seen.taken_at)
            if instant >= window.since:
                track.put(instant, float(seen.value) + 0.0)  # as SQLite does: -0.0 is 0.0
            if seen.seen_at is not None:
                seen_at = to_micros(seen.seen_at)
                track.seen_at = max(seen_at, track.seen_at or seen_at)

    def prune(self, db: Database, *, before: datetime, needed: Mapping[str, datetime]) -> None:
        """Drop what was dropped from the file."""
        for signal, window in self._windows.items():
            since = kept_since(signal, before, needed)
            cutoff = to_micros(since)
            window.gap = _not_before(window.gap, since)
            left = {subject for _, subject, _ in db.execute(_SERIES, (signal,))}
            window.tracks = {s: track for s, track in window.tracks.items() if s in left}
            for track in window.tracks.values():
                track.gap = _not_before(track.gap, since)
                dropped = bisect_left(track.columns.instants, cutoff)
                track.columns = track.columns.since(dropped) if dropped else track.columns

    def _window(self, db: Database, signal: str, *, since: int, room: int) -> _Window:
        window = self._windows.get(signal)
        if window is None or since < window.since:
            window = self._windows[signal] = self._read(db, signal, since=since, room=room)
        for track in window.tracks.values():
            old = bisect_left(track.columns.instants, since)
            if old * 2 > len(track.columns.instants):  # seldom enough to cost nothing
                track.columns = track.columns.since(old)
                window.since = since
        return window

    def _read(self, db: Database, signal: str, *, since: int, room: int) -> _Window:
        window = _Window(since=since, tracks={}, gap=None)
        for number, subject, seen_at in db.execute(_SERIES, (signal,)).fetchall():
            rows = db.execute(_WINDOW, (number, since, room + 1)).fetchall()
            room -= len(rows)
            self._demand(room)
            columns = Columns(map(itemgetter(0), rows), map(itemgetter(1), rows))
            _demand_sound(columns)
            window.tracks[subject] = _Track(columns=columns, seen_at=seen_at)
        for subject, reason, detail, noticed_at in db.execute(_GAPS, (signal,)):
            window.tracks[subject].gap = _gap(signal, subject, reason, detail, noticed_at)
        for reason, detail, noticed_at in db.execute(_SIGNAL_GAP, (signal,)):
            window.gap = _gap(signal, None, reason, detail, noticed_at)
        return window

    def _demand(self, room: int) -> None:
        if room < 0:
            raise StoreError(
                f"the windows of the rules hold more than {self._readings_max:,} readings",
                hint="shorten the longest windows or holds, or watch fewer subjects",
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Open:
    """Finds the gap of a series that nothing has closed at `upto`."""

    db: Database
    key: tuple[str, str]
    track: _Track
    window: _Window
    upto: int

    def gap(self) -> Gap | None:
        """Return the open gap: the newest, its own or its signal's.

        What ails the whole signal says nothing of a subject that is no more.
        """
        own, everywhere = self._known(self.track.gap), self._known(self.window.gap)
        if own is not None and own.reason is GapReason.GONE and self._is_open(own):
            return own
        newest = own or everywhere
        if own and everywhere and own.noticed_at < everywhere.noticed_at:
            newest = everywhere
        return newest if newest and self._is_open(newest) else None

    def _known(self, gap: Gap | None) -> Gap | None:
        return gap if gap and to_micros(gap.noticed_at) <= self.upto else None

    def _is_open(self, gap: Gap) -> bool:
        """A reading of the gap's own instant or a later one, but none of the future, closes it.

        So does an older reading that its provider gave at such an instant.
        """
        noticed, seen_at = to_micros(gap.noticed_at), self.track.seen_at
        if seen_at is not None and noticed <= seen_at <= self.upto:
            return False
        instants = self.track.columns.instants
        if bisect_left(instants, noticed) < bisect_left(instants, self.upto + 1):
            return False
        if noticed >= self.window.since:
            return True
        signal, subject = self.key
        span = {"signal": signal, "subject": subject, "since": noticed, "now": self.upto}
        return self.db.execute(_READ_SINCE, span).fetchone() is None


def _newer(known: Gap | None, seen: Gap) -> Gap:
    """Return the newer gap, of two at one instant the last written, as the file would give it."""
    if known is not None and seen.noticed_at < known.noticed_at:
        return known
    noticed_at = to_instant(to_micros(seen.noticed_at))
    return replace(seen, detail=to_text(seen.detail), noticed_at=noticed_at)


def _not_before(gap: Gap | None, before: datetime) -> Gap | None:
    return gap if gap and gap.noticed_at >= before else None


def _demand_sound(columns: Columns) -> None:
    """Raise ValueError or OverflowError for what is no reading: the file may be damaged."""
    if not all(map(math.isfinite, columns.values)):
        raise ValueError("a reading that is no number")
    for instant in (*columns.instants[:1], *columns.instants[-1:]):
        to_instant(instant)


def _gap(signal: str, subject: str | None, reason: str, detail: str, noticed_at: int) -> Gap:
    return Gap(
        signal=signal,
        subject=subject,
        reason=GapReason(reason),
        detail=detail,
        noticed_at=to_instant(noticed_at),
    )
