"""Schemas follow one another, each whole or not at all."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from threading import Barrier, Thread

import pytest
from sqlite_utils import Database

from tests.store.samples import FULL_NOTICE, NOTICE_OF_SCHEMA_1
from xops_watch.errors import StoreError
from xops_watch.store.codec import decode_notice
from xops_watch.store.migrations import APPLICATION_ID, MIGRATIONS, migrate, schema_version

FIRST = "CREATE TABLE one (a INTEGER); INSERT INTO one VALUES (1);"
SECOND = "ALTER TABLE one ADD COLUMN b TEXT DEFAULT 'x;y'; CREATE TABLE two (c);"
BROKEN = "CREATE TABLE three (d); INSERT INTO nonesuch VALUES (1);"


def _database(path: Path) -> Database:
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=20)
    return Database(connection, execute_plugins=False, recursive_triggers=False)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "some.db"


@pytest.fixture
def db(path: Path) -> Iterator[Database]:
    with closing(_database(path)) as made:
        yield made


def test_a_new_file_gets_every_step_and_says_whose_it_is(db: Database) -> None:
    migrate(db, "f", [FIRST, SECOND])
    assert schema_version(db) == 2
    assert db.execute("PRAGMA application_id").fetchone() == (APPLICATION_ID,)
    assert db.execute("SELECT a, b FROM one").fetchall() == [(1, "x;y")]


def test_an_older_file_gets_only_what_it_lacks(db: Database) -> None:
    migrate(db, "f", [FIRST])
    migrate(db, "f", [FIRST, SECOND])
    migrate(db, "f", [FIRST, SECOND])
    assert schema_version(db) == 2
    assert db.execute("SELECT count(*) FROM one").fetchone() == (1,)


def test_a_step_that_fails_leaves_nothing_and_keeps_those_before(db: Database) -> None:
    with pytest.raises(sqlite3.OperationalError, match="nonesuch"):
        migrate(db, "f", [FIRST, BROKEN])
    assert schema_version(db) == 1
    assert db.table_names() == ["one"]
    assert not db.conn.in_transaction


def test_a_newer_file_is_refused_and_left_alone(db: Database, path: Path) -> None:
    migrate(db, "f", [FIRST, SECOND])
    before = path.read_bytes()
    with pytest.raises(StoreError) as refusal:
        migrate(db, "/data/state.db", [FIRST])
    assert refusal.value.what == (
        "/data/state.db: made by a newer xops-watch (schema 2, this one knows 1)"
    )
    assert "run that version or a newer one" in refusal.value.hint
    assert path.read_bytes() == before


def test_two_processes_that_migrate_at_once_do_each_step_once(path: Path) -> None:
    start = Barrier(4)
    failures: list[Exception] = []

    def run() -> None:
        with closing(_database(path)) as mine:
            start.wait(10)
            try:
                migrate(mine, "f", [FIRST, SECOND])
            except (sqlite3.Error, StoreError) as error:
                failures.append(error)

    threads = [Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    with closing(_database(path)) as mine:
        assert mine.execute("SELECT count(*) FROM one").fetchone() == (1,)


def test_the_shipped_schema_passes_sqlites_own_check(db: Database) -> None:
    migrate(db, "f")
    assert schema_version(db) == len(MIGRATIONS)
    assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_notices_of_the_first_schema_come_along(db: Database) -> None:
    migrate(db, "f", MIGRATIONS[:1])
    db.execute(
        "INSERT INTO notices (key, content, made_at) VALUES (?, ?, 0), ('torn', '{', 0)",
        [FULL_NOTICE.key, NOTICE_OF_SCHEMA_1],
    )
    migrate(db, "f")
    whole, torn = (row[0] for row in db.execute("SELECT content FROM notices ORDER BY id"))
    assert decode_notice(whole) == FULL_NOTICE
    assert torn == "{"
