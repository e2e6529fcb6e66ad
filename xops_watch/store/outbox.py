"""Notices that wait for their receiver, and those that it took."""

from collections.abc import Sequence
from datetime import datetime

from sqlite_utils import Database

from xops_watch.core.notice import Notice
from xops_watch.ports import OutboxDepth, Owed
from xops_watch.store.codec import (
    decode_notice,
    encode_notice,
    to_instant_or_none,
    to_micros,
    to_text,
)

ERROR_CHARACTERS_MAX = 1_000  # a receiver's error page must not fill the file, retry by retry

# `next_attempt_at` stays NULL until the first failure: due at once, whatever the clock does.
_ADD = "INSERT INTO notices (key, content, made_at) VALUES (?, ?, ?) ON CONFLICT (key) DO NOTHING"

_OWED = """
SELECT content, attempts FROM notices
WHERE delivered_at IS NULL AND (next_attempt_at IS NULL OR next_attempt_at <= ?)
ORDER BY made_at, id LIMIT ?
"""

_DELIVERED = """
UPDATE notices SET delivered_at = ?, next_attempt_at = NULL WHERE key = ? AND delivered_at IS NULL
"""

_FAILED = """
UPDATE notices SET attempts = attempts + 1, last_error = ?, next_attempt_at = ?
WHERE key = ? AND delivered_at IS NULL
"""

_DEPTH = "SELECT count(*), min(made_at) FROM notices WHERE delivered_at IS NULL"

_DROP = "DELETE FROM notices WHERE delivered_at < ?"


def put(db: Database, notices: Sequence[Notice]) -> None:
    """Put notices into the outbox; one whose key is known is the same one and stays as it is."""
    db.conn.executemany(
        _ADD, ((notice.key, encode_notice(notice), to_micros(notice.at)) for notice in notices)
    )


def owed(db: Database, *, now: datetime, limit: int) -> Sequence[Owed]:
    """Return undelivered notices whose next attempt is due, oldest first."""
    return tuple(
        Owed(notice=decode_notice(content), attempts=attempts)
        for content, attempts in db.execute(_OWED, (to_micros(now), limit))
    )


def mark_delivered(db: Database, key: str, *, at: datetime) -> bool:
    """Note the delivery, of which the first stands; tell whether the key is known."""
    marked = db.execute(_DELIVERED, (to_micros(at), key)).rowcount
    return marked > 0 or _is_known(db, key)


def mark_failed(db: Database, key: str, *, error: str, retry_at: datetime) -> bool:
    """Note a failed attempt unless it was delivered; tell whether the key is known."""
    row = (to_text(error[:ERROR_CHARACTERS_MAX]), to_micros(retry_at), key)
    marked = db.execute(_FAILED, row).rowcount
    return marked > 0 or _is_known(db, key)


def depth(db: Database) -> OutboxDepth:
    """Return how many notices are undelivered, due or not, and since when the oldest is."""
    notices, oldest = db.execute(_DEPTH).fetchone()
    return OutboxDepth(notices=notices, oldest_at=to_instant_or_none(oldest))


def prune(db: Database, *, before: datetime) -> int:
    """Drop notices delivered before that, return how many; what is owed is never dropped."""
    return db.execute(_DROP, (to_micros(before),)).rowcount


def _is_known(db: Database, key: str) -> bool:
    return db.execute("SELECT 1 FROM notices WHERE key = ?", (key,)).fetchone() is not None
