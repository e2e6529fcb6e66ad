"""The journal that a file gets, and how it changes over without losing anything."""

import sqlite3
from contextlib import closing
from pathlib import Path
from shutil import copy

import pytest

from tests.store.samples import CPU, NOON, reading
from xops_watch.errors import StoreError
from xops_watch.store import opening
from xops_watch.store.filesystem import Journal, JournalMode
from xops_watch.store.sqlite import SqliteStore

WAL = Journal(mode=JournalMode.WAL, filesystem="ext4", reason="by the test")
DELETE = Journal(mode=JournalMode.DELETE, filesystem="nfs4", reason="by the test")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state.db"


def _written_and_read(store: SqliteStore) -> bool:
    store.record([reading(at=NOON)])
    return bool(store.history({CPU: NOON - NOON}, now=NOON).series)


def _header_journal(path: Path) -> bytes:
    """Return the file format's own answer: 1, 1 is a rollback journal, 2, 2 is WAL."""
    return path.read_bytes()[18:20]


@pytest.mark.parametrize(
    ("journal", "header"), [(WAL, b"\x02\x02"), (DELETE, b"\x01\x01")], ids=["wal", "delete"]
)
def test_a_new_file_gets_the_wanted_journal(path: Path, journal: Journal, header: bytes) -> None:
    with closing(SqliteStore.open(path, journal=journal)) as store:
        assert store.journal == journal
        assert store._db.execute("PRAGMA journal_mode").fetchone() == (journal.mode.value,)
        assert store._db.execute("PRAGMA synchronous").fetchone() == (2,)
    assert _header_journal(path) == header


def test_the_journal_suits_the_filesystem_when_nobody_chooses(path: Path) -> None:
    with closing(SqliteStore.open(path)) as store:
        assert store.journal.filesystem != ""
        assert store._db.execute("PRAGMA journal_mode").fetchone() == (store.journal.mode.value,)


@pytest.mark.parametrize(
    ("old", "new"), [(WAL, DELETE), (DELETE, WAL)], ids=["to delete", "to wal"]
)
def test_a_file_with_the_other_journal_is_converted(path: Path, old: Journal, new: Journal) -> None:
    with closing(SqliteStore.open(path, journal=old)) as store:
        store.record([reading()])
    with closing(SqliteStore.open(path, journal=new)) as store:
        assert store.journal.mode is new.mode
        assert store.history({CPU: NOON - NOON}, now=NOON).of(CPU, "xops/api").newest == reading()
        with closing(sqlite3.connect(path, timeout=0)) as other:
            other.execute("UPDATE readings SET value = value")  # no lock was kept
    assert _header_journal(path) == (b"\x01\x01" if new is DELETE else b"\x02\x02")


def test_what_only_the_wal_holds_survives_the_conversion(path: Path, tmp_path: Path) -> None:
    killed = tmp_path / "killed"
    killed.mkdir()
    with closing(SqliteStore.open(path, journal=WAL)) as store:
        store.record([reading()])
        # What kill -9 leaves: the commit is in the -wal file alone.
        copy(path, killed)
        copy(f"{path}-wal", killed)
    with closing(SqliteStore.open(killed / "state.db", journal=DELETE)) as store:
        assert store.history({CPU: NOON - NOON}, now=NOON).of(CPU, "xops/api").newest == reading()
    assert [entry.name for entry in killed.iterdir()] == ["state.db"]


def test_leaving_wal_takes_no_shared_memory(path: Path) -> None:
    SqliteStore.open(path, journal=WAL).close()
    path.with_name("state.db-shm").mkdir()  # in the way of whoever wants to map it
    with pytest.raises(StoreError):
        SqliteStore.open(path, journal=WAL)
    with closing(SqliteStore.open(path, journal=DELETE)) as store:
        assert _written_and_read(store)


def test_wal_in_use_by_another_process_is_not_converted_under_it(path: Path) -> None:
    SqliteStore.open(path, journal=WAL).close()
    with (
        closing(sqlite3.connect(path, isolation_level=None)) as other,
        closing(opening._connect(f"{path.as_uri()}?mode=rw")) as db,
    ):
        other.execute("BEGIN")
        other.execute("SELECT * FROM readings").fetchall()
        db.execute("PRAGMA busy_timeout = 50")
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            opening._use_journal(db, DELETE, path)


def test_a_store_in_memory_says_that_it_keeps_nothing() -> None:
    with closing(SqliteStore.in_memory()) as store:
        assert store.journal.mode is JournalMode.MEMORY
        assert store.journal.reason == "nothing is kept"
        assert _written_and_read(store)
