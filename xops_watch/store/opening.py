"""Making, recognising and opening the state file, without ever harming another file."""

import os
import secrets
import sqlite3
import stat
from dataclasses import replace
from pathlib import Path

from sqlite_utils import Database

from xops_watch.errors import StoreError
from xops_watch.store.failure import translated
from xops_watch.store.filesystem import Journal, JournalMode
from xops_watch.store.migrations import APPLICATION_ID, migrate, schema_version

# How long to wait for another process. Transactions take milliseconds; a prune of a whole
# week takes a second or two, and a network filesystem adds to each.
BUSY_TIMEOUT_SECONDS = 10.0
WAL_BYTES_MAX = 16_000_000  # what a big transaction leaves of its -wal file once it is copied

_ANOTHER_FILE = "name another state file, or move this one away if nobody needs it"


def in_memory() -> Database:
    """Return a database that ends with the process."""
    db = _connect(":memory:")
    migrate(db, ":memory:")
    return db


# The database header (sqlite.org/fileformat2.html): where it says which program the file is of.
_MAGIC = b"SQLite format 3\0"
_HEADER_BYTES = 100
_APPLICATION_ID_AT = 68


def located(path: Path) -> Path:
    """Return the absolute path without symbolic links, below an existing directory.

    Raises StoreError when there is no such directory or it may not be looked into.
    """
    with translated(str(path), "find the state file"):
        try:
            resolved = path.resolve()
        except RuntimeError as error:  # a loop of links, up to Python 3.12
            raise StoreError(f"{path}: cannot follow it: {error}", hint=_ANOTHER_FILE) from error
        found = resolved.parent.is_dir()
    if not found:
        raise StoreError(
            f"{path}: there is no directory {resolved.parent}",
            hint="create it, or mount the volume that should hold the state file there",
        )
    return resolved


def open_file(path: Path, journal: Journal) -> tuple[Database, Journal]:
    """Return the database at `path`, made if need be, and the journal that it has now.

    Raises StoreError when the file is not ours, is damaged, or cannot be made or written.
    """
    with translated(str(path), "open the state file"):
        if not os.path.lexists(path):
            _make(path)
        _demand_ours(path)
        db = _connect(f"{path.as_uri()}?mode=rw")
        try:
            chosen = _use_journal(db, journal, path)
            migrate(db, str(path))
            _demand_writable(db)
        except BaseException:
            db.close()
            raise
    return db, chosen


def _connect(target: str) -> Database:
    """Return a connection that starts transactions only when told to.

    Threads may share it because SqliteStore lets in one at a time. Plugins of sqlite-utils are
    not asked for: looking for them reads the metadata of every installed package.
    """
    connection = sqlite3.connect(
        target,
        uri=target != ":memory:",
        isolation_level=None,
        check_same_thread=False,
        timeout=BUSY_TIMEOUT_SECONDS,
    )
    return Database(connection, execute_plugins=False, recursive_triggers=False)


def _make(path: Path) -> None:
    """Make the file under another name and link it into place when it is whole.

    A crash or a full disk leaves no file at `path` rather than half of one. Two processes
    that start at once both go on with the file of the faster.
    """
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        db = _connect(f"{draft.as_uri()}?mode=rwc")
        try:
            # Must come before the first table: lets `prune` hand free pages back.
            db.execute("PRAGMA auto_vacuum = INCREMENTAL")
            migrate(db, str(path))
        finally:
            db.close()
        _put_in_place(draft, path)
    finally:
        draft.unlink(missing_ok=True)


def _put_in_place(draft: Path, path: Path) -> None:
    try:
        path.hardlink_to(draft)
    except FileExistsError:
        return
    except OSError:
        # Some network filesystems have no hard links. Renaming could replace a file that
        # another process makes in this very moment, but nothing older.
        if not path.exists():
            draft.rename(path)


def _demand_ours(path: Path) -> None:
    """Raise StoreError unless the file says that xops-watch made it.

    A database of somebody else must not notice: it is not locked, and no -wal or -shm is put
    beside it.
    """
    if not stat.S_ISREG(path.stat().st_mode):
        raise StoreError(f"{path}: is not a regular file", hint=_ANOTHER_FILE)
    if path.stat().st_size == 0:
        raise StoreError(f"{path}: is empty, which no state file ever is", hint=_ANOTHER_FILE)
    if _application_id(path) != APPLICATION_ID:
        raise StoreError(f"{path}: is a database of another program", hint=_ANOTHER_FILE)


def _application_id(path: Path) -> int:
    """Return the number in the header that says whose file it is.

    SQLite is not asked where it would refuse what only looks damaged: a process that was killed
    while it copied its write-ahead log into the file leaves a header that counts more pages than
    the file has. The log beside it completes them.
    """
    with path.open("rb") as file:
        header = file.read(_HEADER_BYTES)
    if len(header) == _HEADER_BYTES and header.startswith(_MAGIC):
        return int.from_bytes(header[_APPLICATION_ID_AT : _APPLICATION_ID_AT + 4], signed=True)
    db = _connect(f"{path.as_uri()}?mode=ro&immutable=1")  # no database: SQLite says why
    try:
        found: int = db.execute("PRAGMA application_id").fetchone()[0]
    finally:
        db.close()
    return found


def _use_journal(db: Database, journal: Journal, path: Path) -> Journal:
    """Convert the file to the wanted journal and return what it has in the end."""
    in_use = _use_wal(db, journal) if journal.mode is JournalMode.WAL else _leave_wal(db, journal)
    if in_use.mode is JournalMode.WAL and journal.mode is not JournalMode.WAL:
        raise StoreError(
            f"{path}: still has a write-ahead log, which is not safe on {journal.filesystem}",
            hint="end the other process that has the file open",
        )
    # Every commit reaches the disk: a page sent must not be forgotten by a power cut.
    db.execute("PRAGMA synchronous = FULL")
    db.execute(f"PRAGMA journal_size_limit = {WAL_BYTES_MAX}")
    return in_use


def _leave_wal(db: Database, journal: Journal) -> Journal:
    """Use a rollback journal, and read a WAL file one last time without shared memory.

    For that, EXCLUSIVE must come before whatever looks at the file, as most pragmas do.
    """
    db.execute("PRAGMA locking_mode = EXCLUSIVE")
    mode = db.execute("PRAGMA journal_mode = DELETE").fetchone()[0]
    db.execute("PRAGMA locking_mode = NORMAL")  # the next read lets go of the lock
    return replace(journal, mode=JournalMode(mode))


def _use_wal(db: Database, journal: Journal) -> Journal:
    mode = db.execute("PRAGMA journal_mode = WAL").fetchone()[0]
    if mode == JournalMode.WAL:
        return journal
    reason = f"{journal.filesystem} would allow wal, but SQLite kept {mode}"
    return replace(journal, mode=JournalMode(mode), reason=reason)


def _demand_writable(db: Database) -> None:
    """Fail now rather than at the first tick: write what is there already, and take it back.

    Taking the write lock would prove nothing: on a read-only mount SQLite grants it.
    """
    db.execute("BEGIN IMMEDIATE")
    try:
        db.execute(f"PRAGMA user_version = {schema_version(db)}")
    finally:
        db.rollback()
