"""What the doctor sees of a watched database, without touching it."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from xops_watch.doctor.check import Check, Health
from xops_watch.doctor.databases import look_at_databases


def look(path: Path) -> Check:
    (check,) = look_at_databases([str(path)])
    return check


@contextmanager
def opened(path: Path, mode: str) -> Iterator[sqlite3.Connection]:
    db = sqlite3.connect(path)
    db.execute(f"PRAGMA journal_mode={mode}")
    db.execute("CREATE TABLE chat (id INTEGER)")
    db.commit()
    try:
        yield db
    finally:
        db.close()


def test_a_database_with_a_rollback_journal_is_fine(tmp_path: Path) -> None:
    path = tmp_path / "webui.db"
    with opened(path, "DELETE"):
        check = look(path)
    assert check.health is Health.OK
    assert f"{path}: rollback journal, on " in check.found


def test_a_database_in_wal_is_fine_while_it_is_open(tmp_path: Path) -> None:
    path = tmp_path / "webui.db"
    with opened(path, "WAL"):
        before = {one: one.stat().st_mtime_ns for one in tmp_path.iterdir()}
        check = look(path)
        after = {one: one.stat().st_mtime_ns for one in tmp_path.iterdir()}
    assert check.health is Health.OK
    assert "WAL, on " in check.found
    assert after == before


def test_a_database_in_wal_that_nobody_has_open_is_a_warning(tmp_path: Path) -> None:
    path = tmp_path / "webui.db"
    with opened(path, "WAL"):
        pass
    check = look(path)
    assert (check.health, "nobody has it open" in check.found) == (Health.WARNING, True)
    assert [one.name for one in tmp_path.iterdir()] == ["webui.db"]


@pytest.mark.parametrize(
    ("content", "health", "found"),
    [
        (b"", Health.WARNING, "is empty"),
        (b"not a database" * 50, Health.FAILED, "is not an SQLite database"),
        (b"SQLite format 3\0", Health.FAILED, "is not an SQLite database"),
    ],
)
def test_what_is_no_database_is_told(
    tmp_path: Path, content: bytes, health: Health, found: str
) -> None:
    path = tmp_path / "webui.db"
    path.write_bytes(content)
    check = look(path)
    assert (check.health, found in check.found, bool(check.fix)) == (health, True, True)


def test_a_database_that_is_not_there_is_told_with_what_to_do(tmp_path: Path) -> None:
    check = look(tmp_path / "webui.db")
    assert check.health is Health.FAILED
    assert "No such file" in check.found
    assert "mount the volume" in check.fix


def test_a_directory_is_no_database(tmp_path: Path) -> None:
    assert look(tmp_path).health is Health.FAILED
