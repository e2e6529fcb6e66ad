"""The table of users, counted by another process: right numbers, and no trace of the reader."""

import ast
import os
import signal
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.sources.openwebui.database_scene import (
    DAY,
    NOW,
    PEOPLE,
    REVISIONS,
    app,
    footprint,
    make_database,
)
from xops_watch.errors import GapReason, SourceError
from xops_watch.sources.openwebui import database
from xops_watch.sources.openwebui.database import COUNT_USERS, UserCounts, UserTable

AT = datetime.fromtimestamp(NOW, UTC)
PATIENCE = timedelta(seconds=60)  # of the parent: the machine of the tests may be busy
COUNTS = UserCounts(registered=6, active_7d=5, active_24h=4, active_now=2)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "data").mkdir()
    return tmp_path / "data" / "webui.db"


def table(path: Path, *, account: str = "", seconds: float = 180) -> UserTable:
    window = timedelta(seconds=seconds)
    return UserTable(path, window=window, account=account, life=PATIENCE)


def refusal(path: Path) -> tuple[GapReason, str]:
    with pytest.raises(SourceError) as caught:
        table(path).count(now=AT)
    error = caught.value
    assert error.hint
    assert f"{error.what}{error.hint}".isprintable()
    return error.reason, error.what.removeprefix("Open WebUI's database ")


@pytest.mark.parametrize("mode", ["WAL", "DELETE", "TRUNCATE", "PERSIST"])
@pytest.mark.parametrize("revision", REVISIONS)
def test_users_of_every_schema_are_counted_without_those_pending(
    path: Path, mode: str, revision: str
) -> None:
    make_database(path, mode=mode, columns=REVISIONS[revision])
    with app(path):
        assert table(path).count(now=AT) == COUNTS


def test_a_wider_window_counts_more_of_them_as_active(path: Path) -> None:
    make_database(path)
    with app(path):
        assert table(path, seconds=181).count(now=AT).active_now == 3
        assert table(path, seconds=179).count(now=AT).active_now == 1


def test_the_account_that_asks_does_not_count(path: Path) -> None:
    make_database(path)
    with app(path):
        counts = table(path, account="user-0").count(now=AT)
    assert counts == UserCounts(registered=5, active_7d=4, active_24h=3, active_now=1)


def test_nobody_is_a_count(path: Path) -> None:
    make_database(path)
    with app(path) as running:
        assert running.run('DELETE FROM "user"') == []
        counts = table(path).count(now=AT)
    assert counts == UserCounts(registered=0, active_7d=0, active_24h=0, active_now=0)


def test_rows_that_are_only_in_the_log_count(path: Path) -> None:
    make_database(path)
    with app(path) as running:
        running.update("last_active_at", NOW)
        assert (path.parent / "webui.db-wal").stat().st_size > 0
        assert table(path).count(now=AT).active_now == 6


@pytest.mark.parametrize("mode", ["WAL", "DELETE"])
def test_nothing_is_left_behind_and_nothing_is_touched(path: Path, mode: str) -> None:
    make_database(path, mode=mode)
    with app(path) as running:
        running.update("updated_at", NOW)
        before = footprint(path.parent)
        for _ in range(5):
            assert table(path).count(now=AT) == COUNTS
        assert footprint(path.parent) == before
        assert running.update("updated_at", NOW + 1) == []


def test_a_wal_that_nobody_has_open_is_not_opened(path: Path) -> None:
    make_database(path)
    before = footprint(path.parent)
    assert [*before] == ["data", "webui.db"]
    reason, what = refusal(path)
    assert reason is GapReason.UNREACHABLE
    assert what == "is not counted in: Open WebUI is not running"
    assert footprint(path.parent) == before


def test_what_a_crashed_writer_left_is_not_opened(path: Path) -> None:
    make_database(path)
    with app(path) as running:
        running.update("updated_at", NOW)
        running.kill()
    before = footprint(path.parent)
    assert [*before] == ["data", "webui.db", "webui.db-shm", "webui.db-wal"]
    assert refusal(path)[0] is GapReason.UNREACHABLE
    assert footprint(path.parent) == before


def test_a_write_that_goes_on_does_not_disturb_in_wal_mode(path: Path) -> None:
    make_database(path)
    with app(path) as running:
        running.run("BEGIN IMMEDIATE")
        running.run('DELETE FROM "user"')
        assert table(path).count(now=AT) == COUNTS
        assert running.run("COMMIT") == []
        assert table(path).count(now=AT).registered == 0


def test_a_writer_that_has_reserved_the_file_does_not_disturb_in_rollback_mode(
    path: Path,
) -> None:
    make_database(path, mode="DELETE")
    with app(path) as running:
        running.run("BEGIN IMMEDIATE")
        running.run('UPDATE "user" SET updated_at = 1')
        assert table(path).count(now=AT) == COUNTS
        assert running.run("COMMIT") == []


def test_a_database_that_is_locked_is_a_timeout(path: Path) -> None:
    make_database(path, mode="DELETE")
    with app(path) as running:
        running.run("BEGIN EXCLUSIVE")
        reason, what = refusal(path)
        assert (reason, what) == (GapReason.TIMEOUT, "was locked for 0.2 s")
        running.run("COMMIT")
        assert table(path).count(now=AT) == COUNTS


def test_a_database_of_one_exclusive_owner_is_a_timeout(path: Path) -> None:
    make_database(path)
    with app(path) as running:
        running.run("PRAGMA locking_mode=EXCLUSIVE")
        running.update("updated_at", NOW)
        assert refusal(path)[0] is GapReason.TIMEOUT


@pytest.mark.parametrize("mode", ["WAL", "DELETE"])
def test_a_migration_shows_the_old_schema_until_it_is_done(path: Path, mode: str) -> None:
    make_database(path, mode=mode)
    with app(path) as running:
        running.run("BEGIN")
        running.run('ALTER TABLE "user" RENAME COLUMN last_active_at TO seen_at')
        assert table(path).count(now=AT) == COUNTS
        running.run("COMMIT")
        reason, what = refusal(path)
    assert reason is GapReason.INVALID
    assert what == "has no table `user` with id, role and last_active_at"


@pytest.mark.parametrize(
    "change",
    [
        'ALTER TABLE "user" RENAME TO users',
        'ALTER TABLE "user" RENAME COLUMN role TO kind',
        'DROP TABLE "user"',
    ],
)
def test_a_schema_that_is_unknown_is_said(path: Path, change: str) -> None:
    make_database(path)
    with app(path) as running:
        assert running.run(change) == []
        assert refusal(path) == (
            GapReason.INVALID,
            "has no table `user` with id, role and last_active_at",
        )


@pytest.mark.parametrize(
    "moment", [f"{NOW}000", f"{NOW}000000000", "'2026-03-02 03:04:20'", "1.5", "x'00'"]
)
def test_times_that_are_no_seconds_are_no_count(path: Path, moment: str) -> None:
    make_database(path)
    with app(path) as running:
        assert running.update("last_active_at", moment) == []
        assert refusal(path) == (
            GapReason.INVALID,
            "has times that are no seconds since 1970",
        )


def test_a_missing_file_is_not_made(path: Path) -> None:
    assert refusal(path) == (GapReason.UNREACHABLE, "is not there")
    assert [*path.parent.iterdir()] == []


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"", "is an empty file"),
        (b"SQLite format 3\x00", "is encrypted, or no SQLite file"),
        (b"SQLite format 3\x00" + b"\x00" * 4080, "is encrypted, or no SQLite file"),
        (bytes(range(1, 256)) * 32, "is encrypted, or no SQLite file"),
    ],
)
def test_what_is_no_database_is_said(path: Path, content: bytes, what: str) -> None:
    path.write_bytes(content)
    before = footprint(path.parent)
    assert refusal(path) == (GapReason.INVALID, what)
    assert footprint(path.parent) == before


def test_a_body_of_garbage_is_malformed(path: Path) -> None:
    make_database(path, mode="DELETE")
    whole = path.read_bytes()
    path.write_bytes(whole[:4096] + b"\x5a" * (len(whole) - 4096))
    assert refusal(path) == (GapReason.INVALID, "is malformed")


def test_a_database_that_was_cut_off_is_malformed(path: Path) -> None:
    make_database(path, mode="DELETE")
    os.truncate(path, 8192)
    assert refusal(path) == (GapReason.INVALID, "is malformed")


@pytest.mark.parametrize("kind", ["directory", "pipe"])
def test_what_is_no_file_is_not_waited_for(path: Path, kind: str) -> None:
    if kind == "directory":
        path.mkdir()
    else:
        os.mkfifo(path)
    assert refusal(path) == (GapReason.INVALID, "is encrypted, or no SQLite file")


def test_links_that_lead_to_each_other_end(path: Path) -> None:
    path.symlink_to(path)
    assert refusal(path)[0] is GapReason.UNREACHABLE


def test_a_link_to_the_database_is_followed(path: Path) -> None:
    make_database(path)
    link = path.parent.parent / "link.db"
    link.symlink_to(path)
    with app(path):
        before = footprint(path.parent)
        assert table(link).count(now=AT) == COUNTS
        assert footprint(path.parent) == before


def test_a_name_full_of_signs_is_a_name(path: Path) -> None:
    odd = path.with_name("a b?mode=rwc#%41&immutable=1.db")
    make_database(odd)
    with app(odd):
        assert table(odd).count(now=AT) == COUNTS


def test_a_hot_journal_is_left_alone(path: Path) -> None:
    make_database(path, mode="DELETE")
    with app(path) as running:
        running.run("PRAGMA cache_size=1")  # spill into the file before the commit
        running.run("BEGIN")
        running.run("UPDATE \"user\" SET profile_image_url = profile_image_url || 'x'")
        running.kill()
    before = footprint(path.parent)
    assert [*before] == ["data", "webui.db", "webui.db-journal"]
    assert refusal(path) == (GapReason.UNREACHABLE, "waits for its repair after a crash")
    assert footprint(path.parent) == before


def test_a_database_that_was_replaced_is_read_anew(path: Path) -> None:
    make_database(path)
    with app(path):
        assert table(path).count(now=AT) == COUNTS
    new = path.with_name("new.db")
    make_database(new, mode="DELETE")
    with closing(sqlite3.connect(new)) as connection, connection:
        connection.execute("DELETE FROM \"user\" WHERE role = 'admin'")
    for left in path.parent.glob("webui.db-*"):
        left.unlink()
    new.rename(path)
    assert table(path).count(now=AT).registered == 5


def test_writers_with_little_patience_are_not_disturbed(path: Path) -> None:
    make_database(path, mode="DELETE")
    users = table(path)
    over = threading.Event()
    failures: list[str] = []

    def keep_counting() -> None:
        while not over.is_set():
            try:
                users.count(now=AT)
            except SourceError as error:
                failures.append(error.what)

    reader = threading.Thread(target=keep_counting)
    reader.start()
    try:
        with app(path) as running:
            said = [running.update("updated_at", n) for n in range(150)]
    finally:
        over.set()
        reader.join()
    assert said == [[]] * 150  # none of them was told that the database is locked
    assert {*failures} <= {"Open WebUI's database was locked for 0.2 s"}


# As root: without the two capabilities that pass by the permissions of files.
AS_ANYBODY = (
    "import ctypes, os, sys; prctl = ctypes.CDLL(None).prctl;"
    " os.geteuid() or [prctl(24, capability, 0, 0, 0) for capability in (1, 2)];"
    " os.execv(sys.argv[1], sys.argv[1:])"
)


def bound_table(path: Path) -> UserTable:
    """Return a table whose process is bound by the permissions of files."""
    command = (sys.executable, "-I", "-c", AS_ANYBODY, *COUNT_USERS)
    return UserTable(path, window=timedelta(seconds=180), life=PATIENCE, command=command)


def test_in_a_directory_that_is_read_only_it_counts_while_the_app_runs(path: Path) -> None:
    make_database(path)
    with app(path):
        for file in path.parent.iterdir():
            file.chmod(0o444)
        path.parent.chmod(0o555)
        try:
            before = footprint(path.parent)
            assert bound_table(path).count(now=AT) == COUNTS
            assert footprint(path.parent) == before
        finally:
            path.parent.chmod(0o755)


@pytest.mark.parametrize("name", ["webui.db", "webui.db-shm"])
def test_a_file_that_may_not_be_read_is_denied(path: Path, name: str) -> None:
    make_database(path)
    with app(path):
        path.with_name(name).chmod(0o200)
        with pytest.raises(SourceError) as caught:
            bound_table(path).count(now=AT)
    assert caught.value.reason is GapReason.DENIED
    assert str(os.getuid()) in caught.value.hint


def test_a_count_that_hangs_is_killed(path: Path, tmp_path: Path) -> None:
    noted = tmp_path / "pid"
    hang = (
        "import os, signal, sys, pathlib; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
        f" pathlib.Path({str(noted)!r}).write_text(str(os.getpid())); signal.pause()"
    )
    users = UserTable(
        path,
        window=timedelta(seconds=180),
        life=timedelta(seconds=2),
        command=(sys.executable, "-I", "-S", "-c", hang),
    )
    with pytest.raises(SourceError) as caught:
        users.count(now=AT)
    assert caught.value.reason is GapReason.TIMEOUT
    assert caught.value.what == "Open WebUI's database could not be counted in within 2 s"
    with pytest.raises(ProcessLookupError):
        os.kill(int(noted.read_text()), 0)


def test_while_one_cannot_be_killed_no_other_is_begun(path: Path) -> None:
    make_database(path, mode="DELETE")
    users = table(path)
    sleep = [sys.executable, "-c", "import signal; signal.pause()"]
    with subprocess.Popen(sleep) as stuck:  # stands for one that waits for a dead filesystem
        users._stuck = stuck
        with pytest.raises(SourceError) as caught:
            users.count(now=AT)
        stuck.kill()
        stuck.wait()
    assert caught.value.reason is GapReason.TIMEOUT
    assert users.count(now=AT) == COUNTS


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("", GapReason.INVALID),
        ("no JSON", GapReason.INVALID),
        ('{"refused": "a word of tomorrow"}', GapReason.INVALID),
        ('{"registered": -1, "active": [0, 0, 0]}', GapReason.INVALID),
        ('{"registered": 1, "active": [0, 0]}', GapReason.INVALID),
        ('{"registered": "1", "active": [0, 0, 0]}', GapReason.INVALID),
    ],
)
def test_what_the_process_says_is_checked(path: Path, said: str, reason: GapReason) -> None:
    command = (sys.executable, "-I", "-S", "-c", f"print({said!r}, end='')")
    users = UserTable(path, window=timedelta(seconds=180), life=PATIENCE, command=command)
    with pytest.raises(SourceError) as caught:
        users.count(now=AT)
    assert caught.value.reason is reason


@pytest.mark.parametrize(
    ("number", "reason"),
    [(signal.SIGALRM, GapReason.TIMEOUT), (signal.SIGSEGV, GapReason.INVALID)],
)
def test_a_process_that_its_alarm_ends_was_too_slow(
    path: Path, number: signal.Signals, reason: GapReason
) -> None:
    die = f"import os, signal; os.kill(os.getpid(), {int(number)})"
    command = (sys.executable, "-I", "-S", "-c", die)
    users = UserTable(path, window=timedelta(seconds=180), life=PATIENCE, command=command)
    with pytest.raises(SourceError) as caught:
        users.count(now=AT)
    assert caught.value.reason is reason


def test_a_process_that_cannot_be_started_is_unreachable(path: Path) -> None:
    users = UserTable(path, window=timedelta(seconds=180), command=("/nowhere/python",))
    with pytest.raises(SourceError) as caught:
        users.count(now=AT)
    assert caught.value.reason is GapReason.UNREACHABLE


def test_no_secret_of_the_environment_is_passed_on(
    path: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("XOPS_WATCH_OPENWEBUI__TOKEN", "secret")
    noted = tmp_path / "environment"
    tell = f"import os, pathlib; pathlib.Path({str(noted)!r}).write_text(repr(dict(os.environ)))"
    command = (sys.executable, "-I", "-S", "-c", tell)
    users = UserTable(path, window=timedelta(seconds=180), life=PATIENCE, command=command)
    with pytest.raises(SourceError):
        users.count(now=AT)
    assert "secret" not in noted.read_text()
    assert "PATH" in noted.read_text()


def test_the_daemon_never_opens_the_database_itself() -> None:
    tree = ast.parse(Path(str(database.__file__)).read_text("utf-8"))
    imported = {
        name.name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in node.names
    }
    assert not imported & {"sqlite3", "sqlite_utils", "count_users", "fcntl", "mmap"}
    called = {
        node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
    }
    assert not called & {"open", "read_bytes", "read_text", "stat", "exists", "connect"}


def test_the_people_of_the_scene_are_who_they_are_meant_to_be() -> None:
    users = [ago for role, ago in PEOPLE if role != "pending"]
    assert len(users) == COUNTS.registered
    assert sum(ago <= 7 * DAY for ago in users) == COUNTS.active_7d
    assert sum(ago <= DAY for ago in users) == COUNTS.active_24h
    assert sum(ago <= 180 for ago in users) == COUNTS.active_now
