"""A database file that is not there, not one, not readable, not ready, or another one by now."""

import errno
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.sources.sqlite_wal.child import Child
from tests.sources.sqlite_wal.scene import (
    NOW,
    comes_to,
    commits_of,
    look,
    newest,
    reason,
    sampling,
    until,
    value,
    watching,
    word,
)
from xops_watch.core.reading import Gap, Reading
from xops_watch.errors import GapReason
from xops_watch.sources.sqlite_wal.sampler import Sampler
from xops_watch.sources.sqlite_wal.source import SqliteWalSource
from xops_watch.sources.sqlite_wal.state import FileState, Standing, of_error
from xops_watch.sources.sqlite_wal.values import SIGNALS

SCHEMAS: dict[str, list[str]] = json.loads(
    (Path(__file__).parent / "data/open_webui_revisions.json").read_text("utf-8")
)
STATE = "file_state"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "webui.db"


def cut_header(path: Path) -> None:
    with Child(path, mode="delete") as app:
        app.sql("CREATE TABLE t (a)")
    path.write_bytes(path.read_bytes()[:60])


def fifo(path: Path) -> None:
    os.mkfifo(path)


def link(path: Path) -> None:
    path.symlink_to(path.with_name("elsewhere.db"))
    path.with_name("elsewhere.db").touch()


def encrypted(path: Path) -> None:
    path.write_bytes(bytes((number * 37 + 11) % 256 for number in range(8192)))


@pytest.mark.parametrize(
    ("make", "state", "why"),
    [
        (lambda _: None, "missing", GapReason.UNREACHABLE),
        (Path.touch, "empty", GapReason.STALE),
        (cut_header, "short", GapReason.INVALID),
        (encrypted, "not_sqlite", GapReason.INVALID),
        (Path.mkdir, "not_sqlite", GapReason.INVALID),
        (fifo, "not_sqlite", GapReason.INVALID),
        (link, "denied", GapReason.DENIED),
    ],
)
def test_what_is_no_database_has_a_state_and_no_values(
    path: Path, make: Callable[[Path], None], state: str, why: GapReason
) -> None:
    make(path)
    with watching(path) as source:
        told = look(source)
    assert reason(told["commit_latency"]) is GapReason.NOT_ENABLED
    seen = {name: one for name, one in told.items() if name != "commit_latency"}
    assert word(seen[STATE]) == state
    values = {name for name, one in seen.items() if isinstance(one, Reading)}
    assert values <= {STATE, "filesystem"}
    assert {reason(one) for one in seen.values() if isinstance(one, Gap)} == {why}
    assert len(seen) == len(SIGNALS)


def test_a_parent_that_is_a_file_is_missing(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with watching(tmp_path / "file" / "webui.db") as source:
        assert word(look(source)[STATE]) == "missing"


@pytest.mark.parametrize(
    ("code", "state"),
    [
        (errno.ENOENT, FileState.MISSING),
        (errno.EACCES, FileState.DENIED),
        (errno.EPERM, FileState.DENIED),
        (errno.ESTALE, FileState.IO_ERROR),
        (errno.EIO, FileState.IO_ERROR),
        (errno.ENOLCK, FileState.IO_ERROR),
        (99_999, FileState.IO_ERROR),
        (None, FileState.IO_ERROR),
    ],
)
def test_an_error_of_the_kernel_is_a_state(code: int | None, state: FileState) -> None:
    found = of_error(OSError() if code is None else OSError(code, "why"))
    assert found.state is state
    assert found.detail


def test_every_state_has_a_reason_and_is_a_state_of_the_signal() -> None:
    assert {Standing(state=state).reason for state in FileState}
    assert (
        word(Reading(signal="sqlite.file_state", subject="a", value=10, taken_at=NOW))
        == list(FileState)[10]
    )


def test_a_file_that_comes_later_is_watched_from_then_on(path: Path) -> None:
    with watching(path) as source:
        assert word(look(source)[STATE]) == "missing"
        with Child(path, mode="wal") as app:
            app.sql("CREATE TABLE t (a)")
            assert word(comes_to(source, STATE, "ok")["journal_mode"]) == "wal"


def test_a_database_that_nobody_has_open_has_no_index_and_no_values(path: Path) -> None:
    with Child(path, mode="wal") as app:
        app.sql("CREATE TABLE t (a)")
        app.process.communicate()  # it ends in peace: the last one takes the log with it
    with watching(path) as source:
        seen = look(source)
        assert word(seen[STATE]) == "no_shm"
        assert word(seen["journal_mode"]) == "wal"
        assert reason(seen["write_lock_busy"]) is GapReason.STALE
        with Child(path) as again:
            again.sql("SELECT * FROM t")
            comes_to(source, STATE, "ok")


def test_commits_of_one_who_opens_and_closes_are_counted_by_the_last_word_of_the_index(
    path: Path,
) -> None:
    with Child(path, mode="wal") as app:
        app.sql("CREATE TABLE t (a)")
        with sampling(path) as sampler:
            counted: list[int] = []
            app.ask("commit", 300, 0)
            app.process.communicate()
            until(lambda: _counting(sampler, counted) == "no_shm")
            with Child(path) as again:
                again.ask("commit", 7, 0)
                until(lambda: _counting(sampler, counted) and sum(counted) == 307)


def _counting(sampler: Sampler, counted: list[int]) -> str:
    report = newest(sampler)
    counted.append(commits_of(report))
    return report.survey.standing.state


def test_an_index_that_is_being_made_is_recovering(path: Path) -> None:
    with Child(path, mode="wal") as app:
        app.sql("CREATE TABLE t (a)")
        app.kill()
    path.with_name("webui.db-shm").write_bytes(b"\0\0\0")
    with watching(path) as source:
        assert word(look(source)[STATE]) == "recovering"
        with Child(path) as again:
            assert again.sql("SELECT count(*) FROM t") == [[0]]
            comes_to(source, STATE, "ok")


def test_an_index_that_never_agrees_with_itself_is_torn(path: Path) -> None:
    with Child(path, mode="wal") as app:
        app.sql("CREATE TABLE t (a)")
        app.kill()
    index = path.with_name("webui.db-shm")
    whole = bytearray(index.read_bytes())
    whole[20] ^= 1
    index.write_bytes(whole)
    with watching(path) as source:
        seen = look(source)
    assert word(seen[STATE]) == "torn"
    assert reason(seen["checkpoint_backlog"]) is GapReason.STALE


@pytest.mark.parametrize("mode", ["wal", "delete"])
def test_a_file_that_was_put_in_its_place_is_noticed_and_counted_anew(
    path: Path, mode: str
) -> None:
    other = path.with_name("restored.db")
    for each, rows in ((path, 3), (other, 50)):
        with Child(each, mode=mode) as app:
            app.sql("CREATE TABLE t (a)")
            app.ask("commit", rows, 0)
            app.process.communicate()
    with Child(path) as app:
        app.sql("SELECT * FROM t")
        with watching(path) as source:
            assert word(look(source)[STATE]) == "ok"
            app.process.communicate()
            shutil.move(other, path)
            with Child(path) as restored:
                restored.sql("SELECT * FROM t")
                seen = comes_to(source, STATE, "replaced")
                commits = seen["commits_per_second"]
                assert isinstance(commits, Gap) or commits.value == 0
                assert word(look(source)[STATE]) == "ok"
                restored.sql("BEGIN IMMEDIATE")
                until(lambda: _busy(source))


def _busy(source: SqliteWalSource) -> bool:
    busy = look(source)["write_lock_busy"]
    return isinstance(busy, Reading) and busy.value > 0.9


def test_the_files_of_a_read_only_connection_are_sensed_alike(path: Path) -> None:
    with Child(path, mode="wal") as app:
        app.sql("CREATE TABLE t (a)")
        with Child(path, uri=f"file:{path}?mode=ro") as reader, watching(path) as source:
            reader.sql("BEGIN")
            reader.sql("SELECT * FROM t")
            seen = look(source)
    assert word(seen[STATE]) == "ok"
    assert value(seen["readers_held"]) == 1


def test_a_read_only_file_in_a_read_only_folder_is_sensed(path: Path) -> None:
    with Child(path, mode="delete") as app:
        app.sql("CREATE TABLE t (a)")
        path.chmod(0o444)
        path.parent.chmod(0o555)
        try:
            with watching(path) as source:
                assert word(look(source)[STATE]) == "ok"
        finally:
            path.parent.chmod(0o755)


@pytest.mark.parametrize("mode", ["wal", "delete"])
@pytest.mark.parametrize("revision", sorted(SCHEMAS))
def test_a_database_of_open_webui_is_sensed_while_it_migrates(
    path: Path, mode: str, revision: str
) -> None:
    with Child(path, mode=mode) as app:
        for statement in SCHEMAS[revision]:
            assert app.sql(statement) == []
        with watching(path) as source:
            look(source)
            app.sql("BEGIN IMMEDIATE")
            app.sql('ALTER TABLE "user" ADD COLUMN of_tomorrow TEXT')
            seen = until(lambda: look(source) if _busy(source) else None)
            assert word(seen[STATE]) == "ok"
            app.sql("COMMIT")
            assert app.sql('SELECT count(*) FROM "user"') == [[0]]
