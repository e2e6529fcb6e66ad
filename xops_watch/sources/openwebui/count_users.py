"""Counts the users in Open WebUI's SQLite file. A program of its own, started by `database.py`.

It uses the standard library only, so that it starts fast, and lives for one count: SQLite's locks
belong to a process, and what hangs on a network filesystem can be killed. It looks at three
columns of one table, creates nothing and writes nothing. It prints one line of JSON: the counts,
or one word for why there are none.

    count_users.py PATH LIFE NOW ACCOUNT WINDOW...

PATH is the database, LIFE how many seconds this process may live, NOW seconds since 1970, ACCOUNT
the id of a user who does not count (may be empty), and each WINDOW how many seconds back somebody
counts as active.
"""

import contextlib
import fcntl
import json
import os
import resource
import signal
import sqlite3
import stat
import struct
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

BUSY_SECONDS = 0.2
# In rollback mode a reader holds up the writers: it gives up before any of them does.
READ_SECONDS = {"wal": 2.0, "rollback": 0.2}
STEPS_BETWEEN_LOOKS = 1000  # some 30 rows

COLUMNS = ("id", "role", "last_active_at")
_MAGIC = b"SQLite format 3\x00"
_HEADER_BYTES = 100
_WAL = 2
_OPENED_BYTE = 128  # of the -shm file: locked by every process that has the database open
_SHARED_BYTE, _SHARED_BYTES = 0x4000_0002, 510  # of the database: locked by every reader
_FLOCK = struct.Struct("hhqqi4x")
_NOBODY = 65_534
_LATEST_SECOND = 100_000_000_000  # past the year 5000: what is larger counts something shorter

_COUNT = """
SELECT count(*), coalesce(max(last_active_at), 0),
       coalesce(sum(typeof(last_active_at) NOT IN ('integer', 'null')), 0)
       {windows}
FROM "user" WHERE role IS NOT 'pending' AND id IS NOT ?
"""
_WINDOW = ", coalesce(sum(last_active_at >= ?), 0)"

_WORDS = {
    "SQLITE_BUSY": "locked",
    "SQLITE_LOCKED": "locked",
    "SQLITE_PROTOCOL": "locked",
    "SQLITE_READONLY_ROLLBACK": "hot_journal",
    "SQLITE_READONLY": "not_open",
    "SQLITE_CANTOPEN": "cannot_open",
    "SQLITE_NOTADB": "not_sqlite",
    "SQLITE_CORRUPT": "corrupt",
    "SQLITE_IOERR": "io_error",
    "SQLITE_INTERRUPT": "slow",
    "SQLITE_ERROR": "schema",
}


class RefusedError(Exception):
    """There is no count; the text is the word that says why."""


def count(
    path: Path, *, now: int, windows: Sequence[int], account: str = ""
) -> dict[str, int | list[int]]:
    """Return who is registered, and active in each window; raises RefusedError."""
    try:
        path = path.resolve()
        # Open until SQLite is done: closing it earlier would drop SQLite's locks.
        with _opened(path) as descriptor:
            mode = _examine(descriptor)
            if mode == "wal":
                _demand_open_elsewhere(path, descriptor)
            row = _read(path, mode, account, [now - window for window in windows])
            if not os.path.samestat(path.stat(), os.fstat(descriptor)):
                raise RefusedError("replaced")
    except FileNotFoundError as error:
        raise RefusedError("missing") from error
    except PermissionError as error:
        raise RefusedError("denied") from error
    except (OSError, RuntimeError) as error:  # RuntimeError: links that lead to each other
        raise RefusedError("io_error") from error
    registered, newest, no_integers, *active = row
    if no_integers or newest > _LATEST_SECOND:
        raise RefusedError("no_seconds")
    return {"registered": registered, "active": active}


def _examine(descriptor: int) -> str:
    """Return the journal mode, from the first bytes of the file."""
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        raise RefusedError("not_sqlite")
    head = os.pread(descriptor, _HEADER_BYTES, 0)
    if not head:
        raise RefusedError("empty")
    if len(head) < _HEADER_BYTES or not head.startswith(_MAGIC):
        raise RefusedError("not_sqlite")
    return "wal" if _WAL in head[18:20] else "rollback"


def _demand_open_elsewhere(path: Path, descriptor: int) -> None:
    """Refuse a WAL that nobody has open: SQLite would make files that lock the app out.

    The lock is the one of every reader. Whoever leaves last needs it alone to remove the files:
    what is there now stays until this process is done.
    """
    shared = _FLOCK.pack(fcntl.F_RDLCK, os.SEEK_SET, _SHARED_BYTE, _SHARED_BYTES, 0)
    try:
        fcntl.fcntl(descriptor, fcntl.F_OFD_SETLK, shared)
    except (BlockingIOError, PermissionError) as error:
        raise RefusedError("locked") from error
    try:
        present = Path(f"{path}-wal").exists()
        with _opened(Path(f"{path}-shm")) as index:
            held = _is_held(index, _OPENED_BYTE)
    except FileNotFoundError as error:
        raise RefusedError("not_open") from error
    if not (present and held):
        raise RefusedError("not_open")


def _is_held(descriptor: int, byte: int) -> bool:
    question = _FLOCK.pack(fcntl.F_WRLCK, os.SEEK_SET, byte, 1, 0)
    answer = fcntl.fcntl(descriptor, fcntl.F_OFD_GETLK, question)
    kind: int = _FLOCK.unpack(answer)[0]
    return kind != fcntl.F_UNLCK


def _read(path: Path, mode: str, account: str, since: Sequence[int]) -> tuple[int, ...]:
    # readonly_shm: the index is read as it is, and never made.
    address = f"{path.as_uri()}?mode=ro&readonly_shm=1"
    deadline = time.monotonic() + READ_SECONDS[mode]
    try:
        with contextlib.closing(
            sqlite3.connect(address, uri=True, timeout=BUSY_SECONDS, isolation_level=None)
        ) as connection:
            for pragma in ("query_only=1", "trusted_schema=0", "mmap_size=0"):
                connection.execute(f"PRAGMA {pragma}")
            connection.set_progress_handler(
                lambda: time.monotonic() > deadline, STEPS_BETWEEN_LOOKS
            )
            connection.set_authorizer(_allow)
            table = connection.execute("PRAGMA table_info('user')").fetchall()
            if not set(COLUMNS) <= {column[1] for column in table}:
                raise RefusedError("schema")
            statement = _COUNT.format(windows=_WINDOW * len(since))
            row: tuple[int, ...] = connection.execute(statement, (*since, account)).fetchone()
            return row
    except sqlite3.Error as error:
        name = getattr(error, "sqlite_errorname", "")
        first = "_".join(name.split("_")[:2])
        word = _WORDS.get(name) or _WORDS.get(first) or "failed"
        raise RefusedError(word) from error


def _allow(action: int, first: str | None, second: str | None, *_: str | None) -> int:
    """Let SQLite read three columns of the table `user`, whatever is asked for."""
    allowed = (
        (action == sqlite3.SQLITE_READ and first == "user" and second in {*COLUMNS, ""})
        or (action == sqlite3.SQLITE_PRAGMA and first == "table_info")
        or action in {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_FUNCTION}
    )
    return sqlite3.SQLITE_OK if allowed else sqlite3.SQLITE_DENY


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[int]:
    # Without waiting: it may be a pipe.
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _hide_root() -> None:
    """Look like nobody to SQLite, and stay root to the filesystem.

    Run by root, SQLite gives each log and index that it opens to the owner of the database: even
    where they are his already, the times of the files show it.
    """
    if os.geteuid() != 0:
        return
    import ctypes  # noqa: PLC0415 - only root pays for it

    with contextlib.suppress(OSError):
        os.seteuid(_NOBODY)
        ctypes.CDLL(None).setfsuid(0)


def main(arguments: Sequence[str]) -> None:
    """Print the counts, or why there are none, and end; whatever hangs is killed by the alarm."""
    path, life, now, account, *windows = arguments
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.alarm(int(life))
    # No byte of any file can be written from here on, whatever SQLite would want to.
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    _hide_root()
    told: dict[str, int | list[int]] | dict[str, str]
    try:
        told = count(
            Path(path), now=int(now), windows=[int(window) for window in windows], account=account
        )
    except RefusedError as error:
        told = {"refused": str(error)}
    sys.stdout.write(json.dumps(told))


if __name__ == "__main__":
    main(sys.argv[1:])
