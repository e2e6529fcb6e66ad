"""What the first bytes of a database and of its wal-index say; no file is touched here.

The formats are SQLite's own: sqlite.org/fileformat2.html and sqlite.org/walformat.html. Bytes may
be anything at all (encrypted, torn, of another program): whatever they are, a value or a Refusal
is returned and nothing is raised.
"""

import struct
from dataclasses import dataclass
from enum import StrEnum

HEADER_BYTES = 100
MAGIC = b"SQLite format 3\0"
# Where the count of commits lies: in the header of the database, and in the wal-index.
CHANGE_COUNTER_AT = 24
INDEX_CHANGE_AT = 8

INDEX_BYTES = 136
READ_SLOTS = 5
MARK_UNUSED = 0xFFFFFFFF
_INDEX_VERSION = 3_007_000
_COPY_BYTES = 48
_SUMMED_BYTES = 40
_COUNTER_RANGE = 1 << 32

_PAGE_SIZE_LEAST = 512
_ROLLBACK, _WAL = 1, 2


class Refusal(StrEnum):
    """Why bytes say nothing."""

    EMPTY = "empty"
    SHORT = "short"
    NOT_SQLITE = "not_sqlite"
    NOT_READY = "not_ready"  # the wal-index is being made
    TORN = "torn"  # a writer was at work: read again


class JournalMode(StrEnum):
    """How SQLite makes a transaction whole; the words of the signal's states."""

    ROLLBACK = "rollback"
    WAL = "wal"


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """The header of a database file. `change_counter` counts commits in rollback mode only."""

    journal_mode: JournalMode
    change_counter: int
    schema_cookie: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WalIndex:
    """The header of the wal-index, whole and checked.

    `change` counts the commits since the index was made, `last_frame` is the newest frame of the
    log, `backfilled` how many of them are in the database already. `read_marks` are the frames
    up to which the readers of each slot look; a mark counts only while its slot's lock is held.
    """

    change: int
    last_frame: int
    backfilled: int
    salt: bytes
    read_marks: tuple[int, ...]

    @property
    def backlog(self) -> int:
        """Frames that are not in the database yet."""
        return max(0, self.last_frame - self.backfilled)


def read_header(data: bytes) -> Header | Refusal:
    """Return what the first 100 bytes of a database file say."""
    if not data:
        return Refusal.EMPTY
    if len(data) < HEADER_BYTES:
        return Refusal.SHORT if MAGIC.startswith(data[: len(MAGIC)]) else Refusal.NOT_SQLITE
    if data[: len(MAGIC)] != MAGIC:
        return Refusal.NOT_SQLITE
    size, _, read_version = struct.unpack_from(">HBB", data, 16)
    if not _is_page_size(size) or read_version not in {_ROLLBACK, _WAL}:
        return Refusal.NOT_SQLITE
    (change_counter,) = struct.unpack_from(">I", data, CHANGE_COUNTER_AT)
    (schema_cookie,) = struct.unpack_from(">I", data, 40)
    return Header(
        journal_mode=JournalMode.WAL if read_version == _WAL else JournalMode.ROLLBACK,
        change_counter=change_counter,
        schema_cookie=schema_cookie,
    )


def read_index(data: bytes) -> WalIndex | Refusal:
    """Return what the first 136 bytes of a wal-index (`-shm`) say.

    They are in this machine's byte order. The writer stores the second copy before the first, so
    that two equal copies with their checksum are whole.
    """
    if len(data) < INDEX_BYTES:
        return Refusal.NOT_READY  # the first who opens it cuts it to 3 bytes
    copy, twin = data[:_COPY_BYTES], data[_COPY_BYTES : 2 * _COPY_BYTES]
    if copy != twin:
        return Refusal.TORN
    # A page size of 0 is no fault: the log is empty, and nobody has written yet.
    version, _, change, is_made, _, _, last_frame, _ = struct.unpack_from("=IIIBBHII", copy)
    if not is_made:
        return Refusal.NOT_READY
    if struct.unpack_from("=II", copy, _SUMMED_BYTES) != _checksum(copy[:_SUMMED_BYTES]):
        return Refusal.TORN
    if version != _INDEX_VERSION:
        return Refusal.NOT_SQLITE
    (backfilled,) = struct.unpack_from("=I", data, 96)
    return WalIndex(
        change=change,
        last_frame=last_frame,
        backfilled=backfilled,
        salt=copy[32:40],
        read_marks=struct.unpack_from(f"={READ_SLOTS}I", data, 100),
    )


def commits_between(before: int, after: int) -> int | None:
    """Return how far a 32-bit counter went, None when it was set back."""
    went = (after - before) % _COUNTER_RANGE
    return went if went < _COUNTER_RANGE // 2 else None


def _is_page_size(size: int) -> bool:
    # 65,536 does not fit into the field, and is written 1.
    return size == 1 or (size >= _PAGE_SIZE_LEAST and size & (size - 1) == 0)


def _checksum(data: bytes) -> tuple[int, int]:
    first = second = 0
    for one, other in struct.iter_unpack("=II", data):
        first = (first + one + second) % _COUNTER_RANGE
        second = (second + other + first) % _COUNTER_RANGE
    return first, second
