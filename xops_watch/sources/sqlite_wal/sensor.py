"""The eyes on one database: what a survey of its files says, and what one look at its lock says.

Every call here may hang with the filesystem: only the sampler's thread makes them. What they find
is put down under the lock, in memory.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from xops_watch.sources.sqlite_wal import foreign, locks
from xops_watch.sources.sqlite_wal.files import DatabaseFiles
from xops_watch.sources.sqlite_wal.layout import JournalMode, Refusal, WalIndex
from xops_watch.sources.sqlite_wal.mounts import UNKNOWN, Filesystem, filesystem_of, read_mountinfo
from xops_watch.sources.sqlite_wal.progress import Counts, Log, Progress
from xops_watch.sources.sqlite_wal.state import (
    FINE,
    NO_INDEX,
    Standing,
    of_database,
    of_error,
    of_index,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """What is known of a database after a survey; None is not known, or not there to be known."""

    standing: Standing
    journal_mode: JournalMode | None = None
    filesystem: Filesystem = UNKNOWN
    database_bytes: int = 0
    log_bytes: int = 0
    log: Log | None = None
    is_open: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class System:
    """What the kernel tells about itself, and whether locks of other machines can be told."""

    mountinfo: Callable[[], str] = read_mountinfo
    lock_table: Callable[[], str] = foreign.read_table
    sees_all_processes: bool = False


@dataclass(slots=True)
class Sensor:
    """Looks at one database. `lock` guards what another thread may read meanwhile."""

    path: Path
    system: System
    lock: threading.Lock = field(default_factory=threading.Lock)
    progress: Progress = field(default_factory=Progress)
    survey: Survey | None = None
    was_replaced: bool = False
    foreign_locks: int = 0
    counted_from: float | None = None  # the survey that counting began at
    counted_to: float = 0.0
    _files: DatabaseFiles = field(init=False)
    _filesystem: Filesystem = UNKNOWN

    def __post_init__(self) -> None:
        """Open nothing yet: that may hang."""
        self._files = DatabaseFiles(self.path)

    @property
    def can_look(self) -> bool:
        """Whether there is a lock to be looked at."""
        return self.survey is not None and self.survey.standing == FINE

    @property
    def is_counting(self) -> bool:
        """Whether there were two surveys that can be compared."""
        return self.counted_from is not None and self.counted_to > self.counted_from

    def examine(self, *, at: float) -> None:
        """Survey the files; what the kernel refuses is a state, and nothing is raised."""
        try:
            survey = self._examine(at)
        except OSError as error:
            self.fail(error)
        else:
            with self.lock:
                self.survey = survey
                if survey.standing == FINE:
                    self.counted_from = at if self.counted_from is None else self.counted_from
                    self.counted_to = at

    def take_counts(self) -> tuple[Counts, float] | None:
        """Return what was counted, and in how many seconds; None before a second survey."""
        if self.counted_from is None or not self.is_counting:
            return None
        seconds = self.counted_to - self.counted_from
        self.counted_from = self.counted_to
        return self.progress.take(), seconds

    def fail(self, error: OSError) -> None:
        """Note that the kernel refused: the next survey opens everything anew."""
        self._files.close()
        with self.lock:
            self.survey = Survey(standing=of_error(error), filesystem=self._filesystem)

    def close(self) -> None:
        """Let go of the files."""
        self._files.close()

    def is_write_locked(self) -> bool:
        """Look at the write lock; raises OSError."""
        if self._files.index >= 0:
            return locks.is_held(self._files.index, locks.WRITE)
        return locks.is_held(self._files.database, locks.WRITER)

    def is_checkpointing(self) -> bool | None:
        """Look at the checkpoint lock, which only WAL has; raises OSError."""
        if self._files.index < 0:
            return None
        return locks.is_held(self._files.index, locks.CHECKPOINT)

    def change(self) -> bytes:
        """Return the raw count of commits; raises OSError."""
        return self._files.change()

    def _examine(self, at: float) -> Survey:
        files = self._files
        if files.database >= 0 and files.is_replaced():
            files.close()
            with self.lock:
                self.progress.restart()
                self.counted_from = None
                self.was_replaced = True
        is_new = files.database < 0
        refusal = files.open()
        if refusal is not None:
            return self._standing(of_database(refusal))
        if is_new:
            device = files.device()
            self._filesystem = filesystem_of(self.path, device, self.system.mountinfo())
        header = files.header()
        if isinstance(header, Refusal):
            return self._standing(of_database(header))
        with self.lock:
            self.progress.see_header(header)
        database_bytes, log_bytes = files.sizes()
        survey = Survey(
            standing=FINE,
            journal_mode=header.journal_mode,
            filesystem=self._filesystem,
            database_bytes=database_bytes,
            log_bytes=log_bytes,
        )
        if header.journal_mode is JournalMode.WAL:
            return self._with_log(survey, at)
        files.close_index()
        self._look_for_foreign(files.database, locks.WRITER, shared=False)
        return survey

    def _with_log(self, survey: Survey, at: float) -> Survey:
        files = self._files
        if files.index >= 0 and files.is_index_replaced():
            self._see_index(files.wal_index(), at)  # the last word of the old one
            files.close_index()
            with self.lock:
                self.progress.see_no_index()
        if not files.open_index():
            with self.lock:
                self.progress.see_no_index()
            return replace(survey, standing=NO_INDEX)
        index = files.wal_index()
        if isinstance(index, Refusal):
            return replace(survey, standing=of_index(index))
        self._see_index(index, at)
        held = tuple(
            locks.is_held(files.index, slot, exclusive_only=False) for slot in locks.READERS
        )
        is_open = locks.is_held(files.index, locks.OPEN, exclusive_only=False)
        self._look_for_foreign(files.index, locks.OPEN, shared=True)
        self._look_for_foreign(files.index, locks.WRITE, shared=False)
        with self.lock:
            log = self.progress.see_readers(held, at=at)
        return replace(survey, log=log, is_open=is_open)

    def _see_index(self, index: WalIndex | Refusal, at: float) -> None:
        if isinstance(index, WalIndex):
            with self.lock:
                self.progress.see_index(index, at=at)

    def _standing(self, standing: Standing) -> Survey:
        return Survey(standing=standing, filesystem=self._filesystem)

    def _look_for_foreign(self, fd: int, where: locks.Range, *, shared: bool) -> None:
        """Count a lock that is held here and not by a process of this machine.

        It counts only if nobody committed meanwhile: a lock that changes hands may be in nobody's
        at the moment when the table is read.
        """
        if not self.system.sees_all_processes:
            return
        before = self._files.change()
        if not locks.is_held(fd, where, exclusive_only=not shared):
            return
        table = self.system.lock_table()
        if not table.strip():
            return  # not even one lock of this machine is shown: the table tells nothing
        is_local = any(
            foreign.is_in_table(table, inode=self._files.inode(fd), start=where.start + offset)
            for offset in range(min(where.length, 3))
        )
        is_still_held = locks.is_held(fd, where, exclusive_only=not shared)
        if not is_local and is_still_held and self._files.change() == before:
            with self.lock:
                self.foreign_locks += 1
