"""The file of a ledger: entries are added under a lock and reach the disk before anybody is told.

A process that dies while it adds an entry leaves a line without its end. The next entry begins on
a line of its own and names what was left, so that nothing is ever cut off or overwritten: the
file may be one that can only grow (`chattr +a`).
"""

import errno
import fcntl
import os
import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from xops_watch.errors import LedgerError
from xops_watch.ledger.chain import (
    ENTRY_BYTES_MAX,
    Chain,
    Entry,
    Fields,
    Head,
    read_chain,
    sha256_of,
)

LOCK_SECONDS_MAX = 5.0  # an entry takes milliseconds; who holds the lock longer hangs
BYTES_MAX = 64 * 1024 * 1024  # some hundred thousand entries: centuries of mandates
_TRY_AGAIN_SECONDS = 0.05
_MODE = 0o640
_ADD = os.O_RDWR | os.O_APPEND | os.O_CREAT
_HINT = (
    "the file and its directory must be writable for the user that runs xops-watch;"
    " XOPS_WATCH_LEDGER__PATH names another"
)


class Ledger:
    """The ledger in one file, which is made with its first entry.

    Any number of processes may add to it: each entry is written whole, under a lock. Several
    stacks may, too: with `stack`, each entry says which one it is of.
    """

    def __init__(self, path: Path, *, stack: str = "") -> None:
        self.path = path
        self._of = {"stack": stack} if stack else {}

    def append(self, kind: str, fields: Fields, *, now: datetime) -> Head:
        """Add an entry, and return the end of the chain once it is on the disk.

        Raises LedgerError, and ValueError for an entry of a wrong form or size. A chain that is
        broken goes on after its last entry: the break stays where it is.
        """
        with self._translated("add to it"), self._opened(_ADD) as file, _locked(file, self.path):
            chain = _read(file, self.path)
            whole = chain.tail == b""
            entry = Entry(
                number=chain.head.number + 1,
                at=now,
                kind=kind,
                fields={**fields, **self._of},
                before=chain.head.sha256,
                torn=None if whole else sha256_of(chain.tail),
            )
            line = entry.line()
            start = b"" if _ends_with_line_end(file) else b"\n"
            _write(file, start + line + b"\n")
            return Head(number=entry.number, sha256=sha256_of(line))

    def verify(self, *, known: Head | None = None) -> Chain:
        """Return what is in it and where it breaks; `known` is an end of it that was seen before.

        A file that is not there holds nothing. Raises LedgerError when it cannot be read.
        """
        with self._translated("read it"):
            try:
                with self._opened(os.O_RDONLY) as file:
                    return _read(file, self.path).against(known)
            except FileNotFoundError:
                return Chain().against(known)

    @contextmanager
    def _opened(self, how: int) -> Iterator[int]:
        """Yield a descriptor; a pipe or a device is neither waited for nor read."""
        made = bool(how & os.O_CREAT) and not self.path.exists()
        file = os.open(self.path, how | os.O_CLOEXEC | os.O_NONBLOCK, _MODE)
        try:
            if not stat.S_ISREG(os.fstat(file).st_mode):
                raise OSError(errno.EINVAL, "it is not a regular file")
            if made:
                _hand_over(file, self.path.parent)
                _sync_directory(self.path.parent)
            yield file
        finally:
            os.close(file)

    @contextmanager
    def _translated(self, doing: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            why = error.strerror or str(error)
            raise LedgerError(f"{self.path}: cannot {doing}: {why}", hint=_HINT) from error


def _read(file: int, path: Path) -> Chain:
    if os.fstat(file).st_size > BYTES_MAX:
        hint = "keep a copy, move the file away, and say so in the new one's first entry"
        raise LedgerError(f"{path}: is larger than {BYTES_MAX} bytes", hint=hint)
    os.lseek(file, 0, os.SEEK_SET)
    with os.fdopen(os.dup(file), "rb") as copy:
        return read_chain(_lines(copy))


def _lines(file: BinaryIO) -> Iterator[bytes]:
    """Yield each line with its end; of one that is too long its beginning, which is no entry."""
    while line := file.readline(ENTRY_BYTES_MAX + 2):
        cut = not line.endswith(b"\n")
        while cut and (more := file.readline(ENTRY_BYTES_MAX)):
            cut = not more.endswith(b"\n")
            if not cut:
                line += b"\n"
        yield line


def _ends_with_line_end(file: int) -> bool:
    size = os.fstat(file).st_size
    return size == 0 or os.pread(file, 1, size - 1) == b"\n"


def _write(file: int, data: bytes) -> None:
    """Write at the end and wait for the disk; what was written in part stays, as after a crash."""
    written = os.write(file, data)
    os.fsync(file)
    if written != len(data):
        raise OSError(errno.ENOSPC, "no space left for the whole entry")


def _hand_over(file: int, directory: Path) -> None:
    """Give what root made to the owner of the directory, or the daemon could add nothing to it."""
    if os.geteuid() == 0:
        owner = directory.stat()
        os.fchown(file, owner.st_uid, owner.st_gid)


def _sync_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _locked(file: int, path: Path) -> Iterator[None]:
    """Hold the lock of the file; it ends with the process, however that ends."""
    waited = 0.0
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            break
        except BlockingIOError as error:
            if waited >= LOCK_SECONDS_MAX:
                hint = "another xops-watch adds to it and hangs; end that one"
                raise LedgerError(f"{path}: is locked by another process", hint=hint) from error
        threading.Event().wait(_TRY_AGAIN_SECONDS)
        waited += _TRY_AGAIN_SECONDS
    try:
        yield
    finally:
        fcntl.flock(file, fcntl.LOCK_UN)
