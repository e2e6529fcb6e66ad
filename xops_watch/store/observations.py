"""Readings and gaps: what the sources saw.

Nothing is decided when an observation is written, only when it is asked for. What `history`
says depends on which observations were recorded, not on their order: late points, replays
and restarts give the same answer.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlite_utils import Database

from xops_watch.core.reading import Gap, History, Observation, Reading, Series
from xops_watch.errors import GapReason, StoreError
from xops_watch.store.codec import to_instant, to_micros, to_text

READINGS_MAX = 2_000_000  # in one history: some 300 MB as values; more would end in an OOM kill

_ADD_SERIES = "INSERT INTO series (signal, subject) VALUES (?, ?) ON CONFLICT DO NOTHING"

# Providers that speak of the past say when they did; the latest time is kept.
_PUT_SEEN = """
UPDATE series SET seen_at = :seen_at
WHERE signal = :signal AND subject = :subject AND (seen_at IS NULL OR seen_at < :seen_at)
"""

# A value fetched again, which is the usual case, is not written: SQLite leaves a page alone
# whose content stays as it is.
_PUT_READING = """
INSERT INTO readings (series, taken_at, value)
SELECT id, :taken_at, :value FROM series WHERE signal = :signal AND subject = :subject
ON CONFLICT (series, taken_at) DO UPDATE SET value = excluded.value
"""

_PUT_GAP = """
INSERT INTO gaps (series, reason, detail, noticed_at)
SELECT id, :reason, :detail, :noticed_at FROM series
WHERE signal = :signal AND subject = :subject
ON CONFLICT (series) DO UPDATE SET
    reason = excluded.reason, detail = excluded.detail, noticed_at = excluded.noticed_at
WHERE excluded.noticed_at >= gaps.noticed_at
"""

_PUT_SIGNAL_GAP = """
INSERT INTO signal_gaps (signal, reason, detail, noticed_at)
VALUES (:signal, :reason, :detail, :noticed_at)
ON CONFLICT (signal) DO UPDATE SET
    reason = excluded.reason, detail = excluded.detail, noticed_at = excluded.noticed_at
WHERE excluded.noticed_at >= signal_gaps.noticed_at
"""

_SUBJECTS = "SELECT id, subject FROM series WHERE signal = ?"

# CROSS JOIN keeps this order: few series, and of each one stretch of the primary key. Sorted by
# the very keys that are walked, so that nothing is sorted at all.
_WINDOW = """
SELECT readings.series, readings.taken_at, readings.value
FROM series CROSS JOIN readings ON readings.series = series.id
WHERE series.signal = ? AND readings.taken_at BETWEEN ? AND ?
ORDER BY series.subject, readings.taken_at
LIMIT ?
"""

_GAPS = """
SELECT gaps.series, gaps.reason, gaps.detail, gaps.noticed_at
FROM series CROSS JOIN gaps ON gaps.series = series.id
WHERE series.signal = ? AND gaps.noticed_at <= ?
"""

_SIGNAL_GAP = (
    "SELECT reason, detail, noticed_at FROM signal_gaps WHERE signal = ? AND noticed_at <= ?"
)

_SEEN_SINCE = """
SELECT 1 FROM readings WHERE series = :series AND taken_at BETWEEN :since AND :now
UNION ALL SELECT 1 FROM series WHERE id = :series AND seen_at BETWEEN :since AND :now
LIMIT 1
"""

# By series, because no index leads with the instant: each deletes one stretch of the key.
_DROP_READINGS = "DELETE FROM readings WHERE series IN (SELECT id FROM series) AND taken_at < ?"

_DROP_SERIES = """
DELETE FROM series WHERE NOT EXISTS (SELECT 1 FROM readings WHERE readings.series = series.id)
AND NOT EXISTS (SELECT 1 FROM gaps WHERE gaps.series = series.id)
AND NOT EXISTS (SELECT 1 FROM signal_gaps WHERE signal_gaps.signal = series.signal)
"""


def record(db: Database, observations: Sequence[Observation]) -> None:
    """Keep every reading, and of gaps the newest per series and per signal."""
    readings = [seen for seen in observations if isinstance(seen, Reading)]
    gaps = [seen for seen in observations if isinstance(seen, Gap)]
    series = {(seen.signal, seen.subject) for seen in observations if seen.subject is not None}
    db.conn.executemany(_ADD_SERIES, sorted(series))
    db.conn.executemany(_PUT_READING, map(_reading_row, readings))
    db.conn.executemany(_PUT_SEEN, _seen_rows(readings))
    db.conn.executemany(_PUT_GAP, (_gap_row(gap) for gap in gaps if gap.subject is not None))
    db.conn.executemany(_PUT_SIGNAL_GAP, (_gap_row(gap) for gap in gaps if gap.subject is None))


def history(
    db: Database,
    needs: Mapping[str, timedelta],
    *,
    now: datetime,
    readings_max: int = READINGS_MAX,
) -> History:
    """Return the readings in [now - duration, now] and the open gap of every known series.

    Raises StoreError when that is more than `readings_max` readings.
    """
    series: dict[tuple[str, str], Series] = {}
    room = readings_max
    for signal, duration in needs.items():
        of_signal = _of_signal(db, signal, since=now - duration, now=now, limit=room + 1)
        room -= sum(len(one.readings) for one in of_signal.values())
        if room < 0:
            raise StoreError(
                f"the windows of the rules hold more than {readings_max:,} readings",
                hint="shorten the longest windows or holds, or watch fewer subjects",
            )
        series.update({(signal, subject): one for subject, one in of_signal.items()})
    return History(series=series)


def prune(db: Database, *, before: datetime) -> int:
    """Drop old readings and gaps, then the series of which nothing is left.

    Returns the number of readings. A series stays as long as a gap of its whole signal does:
    the silence of its subject may be ours.
    """
    cutoff = (to_micros(before),)
    dropped = db.execute(_DROP_READINGS, cutoff).rowcount
    db.execute("DELETE FROM gaps WHERE noticed_at < ?", cutoff)
    db.execute("DELETE FROM signal_gaps WHERE noticed_at < ?", cutoff)
    db.execute(_DROP_SERIES)
    return dropped


def _reading_row(reading: Reading) -> dict[str, object]:
    return {
        "signal": reading.signal,
        "subject": reading.subject,
        "taken_at": to_micros(reading.taken_at),
        "value": float(reading.value),
    }


def _seen_rows(readings: Sequence[Reading]) -> list[dict[str, object]]:
    """Return when each series was last spoken of."""
    latest: dict[tuple[str, str], datetime] = {}
    for reading in readings:
        key = reading.signal, reading.subject
        if reading.seen_at is not None:
            latest[key] = max(reading.seen_at, latest.get(key, reading.seen_at))
    return [
        {"signal": signal, "subject": subject, "seen_at": to_micros(seen_at)}
        for (signal, subject), seen_at in latest.items()
    ]


def _gap_row(gap: Gap) -> dict[str, object]:
    return {
        "signal": gap.signal,
        "subject": gap.subject,
        "reason": gap.reason.value,
        "detail": to_text(gap.detail),
        "noticed_at": to_micros(gap.noticed_at),
    }


def _of_signal(
    db: Database, signal: str, *, since: datetime, now: datetime, limit: int
) -> dict[str, Series]:
    subjects: dict[int, str] = dict(db.execute(_SUBJECTS, (signal,)))
    readings: dict[int, list[Reading]] = {number: [] for number in subjects}
    instants: dict[int, datetime] = {}  # subjects of one source share their instants
    window = (signal, to_micros(since), to_micros(now), limit)
    for number, micros, value in db.execute(_WINDOW, window):
        taken_at = instants.get(micros) or instants.setdefault(micros, to_instant(micros))
        readings[number].append(
            Reading(signal=signal, subject=subjects[number], value=value, taken_at=taken_at)
        )
    gaps = _gaps(db, signal, subjects, now=now)
    return {
        subject: Series(readings=tuple(readings[number]), gap=gaps.get(number))
        for number, subject in subjects.items()
    }


def _gaps(
    db: Database, signal: str, subjects: Mapping[int, str], *, now: datetime
) -> dict[int, Gap]:
    """Return the open gap of each series: the newest, its own or its signal's."""
    gaps: dict[int, Gap] = {}
    for reason, detail, noticed_at in db.execute(_SIGNAL_GAP, (signal, to_micros(now))):
        everywhere = _gap(signal, None, reason, detail, noticed_at)
        gaps = dict.fromkeys(subjects, everywhere)
    for number, reason, detail, noticed_at in db.execute(_GAPS, (signal, to_micros(now))):
        own = _gap(signal, subjects[number], reason, detail, noticed_at)
        if number not in gaps or own.noticed_at >= gaps[number].noticed_at:
            gaps[number] = own
    return {number: gap for number, gap in gaps.items() if _is_open(db, number, gap, now=now)}


def _is_open(db: Database, series: int, gap: Gap, *, now: datetime) -> bool:
    """A reading of the gap's own instant or a later one, but none of the future, closes it.

    So does an older reading that its provider gave at such an instant.
    """
    span = {"series": series, "since": to_micros(gap.noticed_at), "now": to_micros(now)}
    return db.execute(_SEEN_SINCE, span).fetchone() is None


def _gap(signal: str, subject: str | None, reason: str, detail: str, noticed_at: int) -> Gap:
    return Gap(
        signal=signal,
        subject=subject,
        reason=GapReason(reason),
        detail=detail,
        noticed_at=to_instant(noticed_at),
    )
