"""The files of one database, open for reading only.

The descriptors live long: each look is one or two calls. They belong to the process that watches,
and no SQLite connection to the same file may ever be opened in it: closing one of two descriptors
of a process drops the locks of the other (POSIX).
"""

import os
import stat
from dataclasses import dataclass
from pathlib import Path

from xops_watch.sources.sqlite_wal.layout import (
    CHANGE_COUNTER_AT,
    HEADER_BYTES,
    INDEX_BYTES,
    INDEX_CHANGE_AT,
    Header,
    Refusal,
    WalIndex,
    read_header,
    read_index,
)

# Not to block on a FIFO that somebody put there; not to be led elsewhere by a link.
_FLAGS = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
_TORN_TRIES_MAX = 20
_COUNTER_BYTES = 4


@dataclass(slots=True)
class DatabaseFiles:
    """Descriptors of a database and, in WAL mode, of its wal-index; methods raise OSError."""

    path: Path
    database: int = -1
    index: int = -1

    def open(self) -> Refusal | None:
        """Open the database if it is not yet; return why it is none."""
        if self.database < 0:
            self.database = _open(self.path)
        if self.database < 0:
            return Refusal.NOT_SQLITE  # a directory or a device
        return None

    def open_index(self) -> bool:
        """Open the wal-index if it is not yet; tell whether there is one."""
        if self.index < 0:
            try:
                self.index = _open(_beside(self.path, "-shm"))
            except FileNotFoundError:
                return False
        return self.index >= 0

    def close_index(self) -> None:
        """Let go of the wal-index."""
        self.index = _closed(self.index)

    def close(self) -> None:
        """Let go of everything."""
        self.index, self.database = _closed(self.index), _closed(self.database)

    def is_replaced(self) -> bool:
        """Tell whether the path leads to another file than the open one."""
        return _is_other(self.path, self.database)

    def is_index_replaced(self) -> bool:
        """Tell whether the wal-index is another one by now, or none."""
        return _is_other(_beside(self.path, "-shm"), self.index)

    def header(self) -> Header | Refusal:
        """Read the header of the database."""
        return read_header(os.pread(self.database, HEADER_BYTES, 0))

    def wal_index(self) -> WalIndex | Refusal:
        """Read the header of the wal-index, again while writers change it."""
        for _ in range(_TORN_TRIES_MAX):
            found = read_index(os.pread(self.index, INDEX_BYTES, 0))
            if found is not Refusal.TORN:
                return found
        return Refusal.TORN

    def change(self) -> bytes:
        """Return the raw count of commits: two that are equal have no commit between them."""
        if self.index >= 0:
            return os.pread(self.index, _COUNTER_BYTES, INDEX_CHANGE_AT)
        return os.pread(self.database, _COUNTER_BYTES, CHANGE_COUNTER_AT)

    def device(self) -> int:
        """Return the number of the device that the database lies on."""
        return os.fstat(self.database).st_dev

    def inode(self, fd: int) -> int:
        """Return the inode of one of the descriptors."""
        return os.fstat(fd).st_ino

    def sizes(self) -> tuple[int, int]:
        """Return the bytes of the database and of the write-ahead log (0 when there is none)."""
        try:
            log = _beside(self.path, "-wal").lstat().st_size
        except FileNotFoundError:
            log = 0
        return os.fstat(self.database).st_size, log


def _open(path: Path) -> int:
    """Return a descriptor, -1 when it is no regular file."""
    fd = os.open(path, _FLAGS)
    if stat.S_ISREG(os.fstat(fd).st_mode):
        return fd
    os.close(fd)
    return -1


def _closed(fd: int) -> int:
    if fd >= 0:
        os.close(fd)
    return -1


def _is_other(path: Path, fd: int) -> bool:
    try:
        there = path.lstat()
    except FileNotFoundError:
        return True
    ours = os.fstat(fd)
    return (there.st_dev, there.st_ino) != (ours.st_dev, ours.st_ino)


def _beside(path: Path, suffix: str) -> Path:
    return path.with_name(path.name + suffix)
