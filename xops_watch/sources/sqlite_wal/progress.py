"""What successive looks at the counters of a database add up to; no I/O, seconds from any start."""

from dataclasses import dataclass, field

from xops_watch.sources.sqlite_wal.layout import (
    MARK_UNUSED,
    Header,
    JournalMode,
    WalIndex,
    commits_between,
)

# SQLite tries a checkpoint at 1,000 frames: at twice as many, one has failed or is far behind.
CHECKPOINT_OVERDUE_FRAMES = 2000


@dataclass(slots=True, kw_only=True)
class Counts:
    """What happened within a window."""

    commits: int = 0
    frames: int = 0
    resets: int = 0
    mode_changes: int = 0
    schema_changes: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Log:
    """The write-ahead log as it is now; times in seconds."""

    backlog: int
    reader_lag: int
    readers_held: int
    oldest_reader: float
    stalled: float


@dataclass(slots=True)
class Progress:
    """Counts commits and frames over resets, recoveries, changes of mode and replaced files."""

    counts: Counts = field(default_factory=Counts)
    _header: Header | None = None
    _index: WalIndex | None = None
    _index_was_absent: bool = False
    _moved_at: float = 0.0  # when a checkpoint last copied a frame, or nothing held it back
    _held_since: dict[int, tuple[int, float]] = field(default_factory=dict)  # by slot: mark, time

    def take(self) -> Counts:
        """Return what was counted since it was last asked."""
        counts, self.counts = self.counts, Counts()
        return counts

    def restart(self) -> None:
        """Begin anew: it is another file."""
        self._header, self._index, self._index_was_absent = None, None, False
        self._held_since.clear()

    def see_header(self, header: Header) -> None:
        """Note the header; it counts commits in rollback mode only."""
        before, self._header = self._header, header
        if header.journal_mode is JournalMode.ROLLBACK:
            self._index, self._index_was_absent = None, False
            self._held_since.clear()
        if before is None:
            return
        self.counts.schema_changes += before.schema_cookie != header.schema_cookie
        if before.journal_mode is not header.journal_mode:
            self.counts.mode_changes += 1
        elif header.journal_mode is JournalMode.ROLLBACK:
            went = commits_between(before.change_counter, header.change_counter)
            self.counts.commits += went or 0

    def see_no_index(self) -> None:
        """Note that there is no wal-index: the next one counts from 0."""
        self._index, self._index_was_absent = None, True
        self._held_since.clear()

    def see_index(self, index: WalIndex, *, at: float) -> None:
        """Note a snapshot of the wal-index."""
        before, self._index = self._index, index
        if before is None:
            # An index that was already there when the watch began has counted for others.
            self.counts.commits += index.change if self._index_was_absent else 0
            self._index_was_absent = False
            self._moved_at = at
            return
        went = commits_between(before.change, index.change)
        # Set back: a process made it anew after a crash, and counts from 0.
        self.counts.commits += index.change if went is None else went
        if index.salt != before.salt:
            self.counts.resets += 1
            self.counts.frames += index.last_frame
        else:
            self.counts.frames += max(0, index.last_frame - before.last_frame)
        if index.salt != before.salt or index.backfilled != before.backfilled:
            self._moved_at = at

    def see_readers(self, held: tuple[bool, ...], *, at: float) -> Log | None:
        """Return how the log stands, given which read slots are held; None without an index."""
        index = self._index
        if index is None:
            return None
        behind = {
            slot: mark
            for slot, mark in enumerate(index.read_marks)
            if held[slot] and _holds_back(slot, mark, index)
        }
        for slot in range(len(held)):
            known = self._held_since.get(slot)
            if slot not in behind:
                self._held_since.pop(slot, None)
            elif known is None or known[0] != behind[slot]:
                self._held_since[slot] = (behind[slot], at)
        if not behind or index.backlog <= CHECKPOINT_OVERDUE_FRAMES:
            self._moved_at = at
        since = [began for _, began in self._held_since.values()]
        return Log(
            backlog=index.backlog,
            reader_lag=max((index.last_frame - mark for mark in behind.values()), default=0),
            readers_held=sum(held),
            oldest_reader=at - min(since, default=at),
            stalled=at - self._moved_at,
        )


def _holds_back(slot: int, mark: int, index: WalIndex) -> bool:
    """Tell whether a reader of this slot keeps frames from being copied or overwritten.

    One on slot 0 reads the database itself, into which nothing may be copied meanwhile.
    """
    if slot == 0:
        return index.backlog > 0
    return mark != MARK_UNUSED and mark < index.last_frame
