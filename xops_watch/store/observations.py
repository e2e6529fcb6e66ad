"""Readings and gaps: what the sources saw.

Nothing is decided when an observation is written, only when it is asked for (`windows`). What
a history says depends on which observations were recorded, not on their order: late points,
replays and restarts give the same answer.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlite_utils import Database

from xops_watch.core.reading import Gap, Observation, Reading, SeriesKey
from xops_watch.errors import GapReason
from xops_watch.store.codec import to_micros, to_text

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

_ALIVE = """
SELECT signal, subject FROM series WHERE NOT EXISTS (
    SELECT 1 FROM gaps WHERE gaps.series = series.id AND gaps.reason = ?
    AND (series.seen_at IS NULL OR series.seen_at < gaps.noticed_at)
    AND NOT EXISTS (SELECT 1 FROM readings
        WHERE readings.series = series.id AND readings.taken_at >= gaps.noticed_at)
)
"""

_SIGNALS = "SELECT signal FROM series UNION SELECT signal FROM signal_gaps"

# By series, because no index leads with the instant: each deletes one stretch of the key.
_DROP_READINGS = """
DELETE FROM readings
WHERE series IN (SELECT id FROM series WHERE signal = :signal) AND taken_at < :cutoff
"""
_DROP_GAPS = """
DELETE FROM gaps
WHERE series IN (SELECT id FROM series WHERE signal = :signal) AND noticed_at < :cutoff
"""
_DROP_SIGNAL_GAPS = "DELETE FROM signal_gaps WHERE signal = :signal AND noticed_at < :cutoff"

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


def series(db: Database) -> frozenset[SeriesKey]:
    """Return every known series but those whose subject is gone."""
    return frozenset(db.execute(_ALIVE, (GapReason.GONE.value,)))


def prune(db: Database, *, before: datetime, needed: Mapping[str, datetime]) -> int:
    """Drop old readings and gaps, then the series of which nothing is left.

    Returns the number of readings. Gaps stay as long as the readings that they follow, and a
    series as long as a gap of its whole signal does: the silence of its subject may be ours.
    """
    cutoffs = [
        {"signal": signal, "cutoff": to_micros(kept_since(signal, before, needed))}
        for (signal,) in db.execute(_SIGNALS).fetchall()
    ]
    dropped = db.conn.executemany(_DROP_READINGS, cutoffs).rowcount if cutoffs else 0
    db.conn.executemany(_DROP_GAPS, cutoffs)
    db.conn.executemany(_DROP_SIGNAL_GAPS, cutoffs)
    db.execute(_DROP_SERIES)
    return dropped


def kept_since(signal: str, before: datetime, needed: Mapping[str, datetime]) -> datetime:
    """Return from when on what was seen of a signal is kept."""
    return min(before, needed.get(signal, before))


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
