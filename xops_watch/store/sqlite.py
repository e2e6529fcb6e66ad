"""The store and the outbox in one SQLite file."""

import threading
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from sqlite_utils import Database

from xops_watch.core.decision import Decision, Kept
from xops_watch.core.evaluate import Evaluation, TriggerKey
from xops_watch.core.reading import History, Observation, SeriesKey
from xops_watch.core.trigger import Transition, Trigger
from xops_watch.errors import StoreError
from xops_watch.ports import NOTHING_NEEDED, OutboxDepth, Owed
from xops_watch.store import decisions, memories, opening, outbox, triggers
from xops_watch.store import observations as seen
from xops_watch.store.failure import legible, translated
from xops_watch.store.filesystem import IN_MEMORY, Journal, suitable_journal
from xops_watch.store.transactions import reading, writing
from xops_watch.store.windows import Windows

USED_PER_FREE_PAGE = 3  # a quarter of the file may stay free for the readings to come
VACUUM_PAGES_MAX = 5_000  # 20 MB handed back at a time, so that a tick waits well under a second


class SqliteStore:
    """Satisfies `ports.Store`, `Outbox`, `Memory` and `Decisions`; every failure is a StoreError.

    All threads share one connection, one at a time: SQLite lets one write anyway, and so none
    ever finds the database locked by another. Another process
    is waited for, `opening.BUSY_TIMEOUT_SECONDS` at most.
    """

    def __init__(self, db: Database, *, place: str, journal: Journal) -> None:
        self._db = db
        self._place = place
        self._lock = threading.Lock()
        self._memory = _Memory()
        self.journal = journal

    @classmethod
    def open(cls, path: Path, *, journal: Journal | None = None) -> "SqliteStore":
        """Open the state file, made if need be; `journal` None suits it to the filesystem.

        Raises StoreError when it is not ours, newer, damaged, or not writable.
        """
        place = opening.located(path)
        db, in_use = opening.open_file(place, journal or suitable_journal(place))
        return cls(db, place=str(place), journal=in_use)

    @classmethod
    def in_memory(cls) -> "SqliteStore":
        """Return a store that keeps nothing beyond the process."""
        return cls(opening.in_memory(), place=":memory:", journal=IN_MEMORY)

    def close(self) -> None:
        """Let go of the file; every later call raises StoreError."""
        with self._lock, translated(self._place, "close"):
            self._db.close()

    def record(self, observations: Sequence[Observation]) -> None:
        """Keep readings (the last value written for an instant wins) and the newest gaps."""
        with self._writing("record observations"):
            seen.record(self._db, observations)
            self._memory.windows.record(observations)

    def history(self, needs: Mapping[str, timedelta], *, now: datetime) -> History:
        """Return, per signal, the readings of the asked time up to `now`, and the open gaps.

        Every subject known of a signal is there, if need be with no reading. What lies in the
        future of `now` is left out.
        """
        with self._reading("read the history"):
            self._memory.check(self._db)
            return self._memory.windows.history(self._db, needs, now=now)

    def series(self) -> Collection[SeriesKey]:
        """Return every series that was ever seen and is not gone."""
        with self._reading("read what was seen"):
            return seen.series(self._db)

    def triggers(self) -> Mapping[TriggerKey, Trigger]:
        """Return every trigger."""
        with self._reading("read the triggers"):
            self._memory.check(self._db)
            if self._memory.triggers is None:
                self._memory.triggers = triggers.triggers(self._db)
            return dict(self._memory.triggers)

    def commit(self, evaluation: Evaluation) -> None:
        """Write triggers, transitions, notices and ended decisions in one transaction."""
        with self._writing("commit an evaluation"):
            self._memory.check(self._db)
            known = self._memory.triggers
            triggers.put(self._db, evaluation, known=known or {})
            outbox.put(self._db, evaluation.notices)
            decisions.end(self._db, evaluation.ended)
            if known is not None:
                self._memory.triggers = triggers.after(known, evaluation)

    def transitions(self, *, limit: int) -> Sequence[Transition]:
        """Return the newest transitions, newest first."""
        with self._reading("read the transitions"):
            return triggers.transitions(self._db, limit=max(limit, 0))

    def standing(self) -> Mapping[str, Decision]:
        """Return the decisions that stand, by evolution."""
        with self._reading("read the decisions"):
            return decisions.standing(self._db)

    def decide(self, decision: Decision) -> None:
        """Keep a decision; what stood on its evolution is ended by it."""
        with self._writing("keep a decision"):
            decisions.decide(self._db, decision)

    def decisions(self, *, limit: int) -> Sequence[Kept]:
        """Return the newest decisions, newest first, those that ended too."""
        with self._reading("read the decisions"):
            return decisions.newest(self._db, limit=max(limit, 0))

    def prune(self, *, before: datetime, needed: Mapping[str, datetime] = NOTHING_NEEDED) -> int:
        """Drop readings, transitions and delivered notices older than `before`; return how many.

        Of the signals in `needed`, what was seen from that instant on is kept, if it is earlier.
        Gaps and subjects of which nothing newer is known go too, uncounted.
        """
        with self._writing("prune"):
            dropped = seen.prune(self._db, before=before, needed=needed)
            self._memory.windows.prune(self._db, before=before, needed=needed)
            dropped += triggers.prune(self._db, before=before)
            dropped += outbox.prune(self._db, before=before)
        self._shrink()
        return dropped

    def owed(self, *, now: datetime, limit: int) -> Sequence[Owed]:
        """Return notices whose next attempt is due, oldest first."""
        with self._reading("read the outbox"):
            return outbox.owed(self._db, now=now, limit=max(limit, 0))

    def mark_delivered(self, key: str, *, at: datetime) -> None:
        """Note that the receiver took it; StoreError when there is no such notice."""
        with self._writing("mark a notice delivered"):
            known = outbox.mark_delivered(self._db, key, at=at)
        self._demand(known, key)

    def mark_failed(self, key: str, *, error: str, retry_at: datetime) -> None:
        """Note one failed attempt and when the next is due; nothing once it is delivered."""
        with self._writing("mark a notice failed"):
            known = outbox.mark_failed(self._db, key, error=error, retry_at=retry_at)
        self._demand(known, key)

    def depth(self) -> OutboxDepth:
        """Return how much is owed, due or not."""
        with self._reading("read the outbox"):
            return outbox.depth(self._db)

    def recall(self, name: str) -> str | None:
        """Return what was kept last under the name, None when nothing was."""
        with self._reading("recall"):
            return memories.recall(self._db, name)

    def keep(self, name: str, text: str) -> None:
        """Keep the text under the name, in the place of what was there."""
        with self._writing("keep a memory"):
            memories.keep(self._db, name, text)

    @contextmanager
    def _writing(self, doing: str) -> Iterator[None]:
        with self._lock:
            try:
                with translated(self._place, doing), writing(self._db):
                    yield
            except BaseException:
                self._memory.forget()  # what was written is not known
                raise

    @contextmanager
    def _reading(self, doing: str) -> Iterator[None]:
        with (
            self._lock,
            translated(self._place, doing),
            legible(self._place, doing),
            reading(self._db),
        ):
            yield

    def _shrink(self) -> None:
        """Hand pages back to the filesystem when far more are free than will soon be used."""
        with self._lock, translated(self._place, "shrink"):
            free = self._db.execute("PRAGMA freelist_count").fetchone()[0]
            pages = self._db.execute("PRAGMA page_count").fetchone()[0]
            spare = (pages - free) // USED_PER_FREE_PAGE
            surplus = min(free - spare, VACUUM_PAGES_MAX)
            if surplus > 0:
                # A script, because `execute` takes one step of this pragma: one page.
                self._db.executescript(f"PRAGMA incremental_vacuum({surplus});")

    def _demand(self, known: bool, key: str) -> None:  # noqa: FBT001 - what is demanded
        if not known:
            raise StoreError(
                f"{self._place}: no notice has the key {key}",
                hint="only what `owed` returned can be marked: was the file replaced?",
            )


@dataclass(slots=True)
class _Memory:
    """What need not be read from the file again, as long as nobody else writes to it."""

    windows: Windows = field(default_factory=Windows)
    triggers: Mapping[TriggerKey, Trigger] | None = None
    version: int | None = None

    def check(self, db: Database) -> None:
        """Forget everything when another connection has written since the last time."""
        version: int = db.execute("PRAGMA data_version").fetchone()[0]
        if version != self.version:
            self.forget()
            self.version = version

    def forget(self) -> None:
        """Read everything from the file again when it is next asked for."""
        self.windows.forget()
        self.triggers = None
