"""The program that counts: what it refuses, what it may see, and what it holds on to meanwhile."""

import ast
import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.sources.openwebui.database_scene import DAY, NOW, app, make_database
from xops_watch.sources.openwebui import count_users
from xops_watch.sources.openwebui.count_users import RefusedError, count
from xops_watch.sources.sqlite_wal import layout, locks
from xops_watch.sources.sqlite_wal.layout import Refusal, read_header

WINDOWS = (7 * DAY, DAY, 180)
PROGRAM = str(Path(str(count_users.__file__)))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "webui.db"


def refusal(path: Path) -> str:
    with pytest.raises(RefusedError) as caught:
        count(path, now=NOW, windows=WINDOWS)
    return str(caught.value)


@pytest.mark.parametrize("mode", ["WAL", "DELETE"])
def test_it_counts_in_both_journal_modes(path: Path, mode: str) -> None:
    make_database(path, mode=mode)
    with app(path):
        told = count(path, now=NOW, windows=WINDOWS)
    assert told == {"registered": 6, "active": [5, 4, 2]}


@pytest.mark.parametrize(
    ("statement", "word"),
    [
        ("BEGIN EXCLUSIVE", "locked"),
        ('ALTER TABLE "user" RENAME COLUMN role TO kind', "schema"),
        ('DROP TABLE "user"', "schema"),
        ("UPDATE \"user\" SET last_active_at = 'yesterday'", "no_seconds"),
        ('UPDATE "user" SET last_active_at = last_active_at * 1000', "no_seconds"),
    ],
)
def test_it_says_in_a_word_why_there_is_no_count(path: Path, statement: str, word: str) -> None:
    make_database(path, mode="DELETE")
    with app(path) as running:
        assert running.run(statement) == []
        assert refusal(path) == word


def test_it_says_in_a_word_why_there_is_no_file(path: Path) -> None:
    assert refusal(path) == "missing"
    path.touch()
    assert refusal(path) == "empty"
    path.unlink()
    path.mkdir()
    assert refusal(path) == "not_sqlite"
    path.rmdir()
    path.symlink_to(path)
    assert refusal(path) == "io_error"


def test_it_means_the_same_bytes_as_those_who_look_at_the_locks() -> None:
    assert count_users._MAGIC == layout.MAGIC
    assert count_users._HEADER_BYTES == layout.HEADER_BYTES
    assert locks.Range(start=count_users._OPENED_BYTE) == locks.OPEN
    assert count_users._FLOCK.format == locks._FLOCK
    shared = range(count_users._SHARED_BYTE, count_users._SHARED_BYTE + count_users._SHARED_BYTES)
    assert shared == range(locks.WRITER.start + 2, locks.WRITER.start + locks.WRITER.length)


def test_it_opens_to_read_and_takes_a_reader_s_lock_and_nothing_more() -> None:
    tree = ast.parse(Path(PROGRAM).read_text("utf-8"))
    attributes = [node for node in ast.walk(tree) if isinstance(node, ast.Attribute)]
    used = {f"{ast.unparse(node.value)}.{node.attr}" for node in attributes}
    flags = {name for name in used if name.startswith("os.O_")}
    assert flags == {"os.O_RDONLY", "os.O_CLOEXEC", "os.O_NONBLOCK"}
    commands = {name for name in used if name.startswith("fcntl.")}
    assert commands == {
        "fcntl.fcntl",
        "fcntl.F_OFD_GETLK",
        "fcntl.F_OFD_SETLK",
        "fcntl.F_RDLCK",  # what is set
        "fcntl.F_UNLCK",
        "fcntl.F_WRLCK",  # what is asked for
    }
    text = Path(PROGRAM).read_text("utf-8")
    assert text.count("F_OFD_SETLK") == text.count("F_RDLCK") == 1
    for word in ("immutable", "nolock", "mode=rw", "open(path,"):
        assert word not in text.replace("os.open(path, os.O_RDONLY | os.O_CLOEXEC", "")


@given(versions=st.binary(min_size=2, max_size=2))
def test_it_reads_a_header_as_those_do_who_look_at_the_locks(
    tmp_path_factory: pytest.TempPathFactory, *, versions: bytes
) -> None:
    # The program has a few lines of its own, so that it loads nothing but the standard library.
    path = tmp_path_factory.getbasetemp() / "header.db"
    header = b"SQLite format 3\x00" + b"\x10\x00" + versions + bytes(80)
    path.write_bytes(header)
    descriptor = os.open(path, os.O_RDONLY)
    try:
        mode = count_users._examine(descriptor)
    finally:
        os.close(descriptor)
    known = read_header(header)
    # In doubt it takes a database for one in WAL mode, which asks for more before it is opened.
    assert isinstance(known, Refusal) or mode in {known.journal_mode, "wal"}


def test_a_view_in_the_place_of_the_table_is_not_looked_through(path: Path) -> None:
    make_database(path, mode="DELETE")
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute('ALTER TABLE "user" RENAME TO people')
        connection.execute(
            'CREATE VIEW "user" AS SELECT password AS id, id AS role, 0 AS last_active_at FROM auth'
        )
    assert refusal(path) == "failed"


def test_a_wal_without_its_index_or_its_log_is_not_opened(path: Path) -> None:
    make_database(path)
    assert refusal(path) == "not_open"
    path.with_name("webui.db-wal").touch()
    assert refusal(path) == "not_open"
    path.with_name("webui.db-shm").write_bytes(bytes(32_768))
    assert refusal(path) == "not_open"
    path.with_name("webui.db-wal").unlink()
    assert refusal(path) == "not_open"
    assert sorted(file.name for file in path.parent.iterdir()) == ["webui.db", "webui.db-shm"]


def test_somebody_who_has_the_whole_database_locked_is_waited_for_by_nobody(path: Path) -> None:
    make_database(path)
    holder = (
        "import fcntl, struct, sys; file = open(sys.argv[1], 'r+b');"
        " fcntl.fcntl(file, fcntl.F_OFD_SETLK,"
        " struct.pack('hhqqi4x', fcntl.F_WRLCK, 0, 0x40000002, 510, 0));"
        " print('held', flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", holder, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"held\n"
        assert refusal(path) == "locked"
        process.communicate()


def test_a_count_that_takes_long_gives_up_before_it_holds_up_writers(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_database(path, mode="DELETE")
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executemany(
            'INSERT INTO "user" (id, name, email, role, profile_image_url, created_at, updated_at,'
            " last_active_at) VALUES (?, '', '', 'user', '', 0, 0, 0)",
            [(f"more-{number}",) for number in range(1000)],
        )
    assert count(path, now=NOW, windows=WINDOWS)["registered"] == 1006
    monkeypatch.setitem(count_users.READ_SECONDS, "rollback", 0)
    assert refusal(path) == "slow"


def test_a_file_that_is_replaced_meanwhile_is_not_counted(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_database(path, mode="DELETE")
    other = path.with_name("other.db")
    make_database(other, mode="DELETE")
    read = count_users._read

    def read_and_replace(*arguments: object) -> tuple[int, ...]:
        row = read(*arguments)  # type: ignore[arg-type]  # handed through
        other.rename(path)
        return row

    monkeypatch.setattr(count_users, "_read", read_and_replace)
    assert refusal(path) == "replaced"


@pytest.mark.parametrize(
    "statement",
    [
        'SELECT email FROM "user"',
        'SELECT * FROM "user"',
        'SELECT settings FROM "user"',
        "SELECT password FROM auth",
        "SELECT sql FROM sqlite_master",
        'DELETE FROM "user"',
        "ATTACH ':memory:' AS other",
        "PRAGMA journal_mode=DELETE",
        "PRAGMA wal_checkpoint",
    ],
)
def test_nothing_but_three_columns_can_be_read(path: Path, statement: str) -> None:
    make_database(path)
    with closing(sqlite3.connect(path)) as connection:
        connection.set_authorizer(count_users._allow)
        with pytest.raises(sqlite3.DatabaseError, match=r"not authorized|is prohibited"):
            connection.execute(statement)
        assert connection.execute('SELECT count(id) FROM "user"').fetchone() == (8,)


_PAUSED = """
import importlib.util, pathlib, sys
spec = importlib.util.spec_from_file_location("count_users", sys.argv[1])
program = importlib.util.module_from_spec(spec)
spec.loader.exec_module(program)
demand = program._demand_open_elsewhere

def demand_and_pause(path, descriptor):
    demand(path, descriptor)
    print("ready", flush=True)
    sys.stdin.readline()

program._demand_open_elsewhere = demand_and_pause
print(program.count(pathlib.Path(sys.argv[2]), now=int(sys.argv[3]), windows=[180]))
"""


def test_an_app_that_leaves_meanwhile_leaves_its_files(path: Path) -> None:
    make_database(path)
    command = [sys.executable, "-c", _PAUSED, PROGRAM, str(path), str(NOW)]
    with (
        app(path) as running,
        subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as counting,
    ):
        assert counting.stdout is not None
        assert counting.stdout.readline() == "ready\n"
        inodes = {file.name: file.stat().st_ino for file in path.parent.iterdir()}
        running.process.communicate()  # the last one closes the database, as at a shutdown
        told, _ = counting.communicate("\n")
    assert told == "{'registered': 6, 'active': [2]}\n"
    assert {file.name: file.stat().st_ino for file in path.parent.iterdir()} == inodes
    with app(path) as again:
        assert again.update("updated_at", NOW) == []


def test_the_program_can_write_no_file(path: Path) -> None:
    attempt = (
        "import importlib.util, pathlib, sys\n"
        "spec = importlib.util.spec_from_file_location('count_users', sys.argv[1])\n"
        "program = importlib.util.module_from_spec(spec)\n"
        "spec.loader.exec_module(program)\n"
        "program.count = lambda path, **_: path.write_bytes(b'x')\n"
        "program.main(sys.argv[2:])\n"
    )
    command = [sys.executable, "-c", attempt, PROGRAM, str(path), "60", "0", "", "180"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "File too large" in done.stderr
    assert path.read_bytes() == b""


def test_the_program_needs_no_more_than_the_standard_library(path: Path) -> None:
    make_database(path, mode="DELETE")
    command = [sys.executable, "-I", "-S", PROGRAM, str(path), "60", str(NOW), "user-0", "180"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env={})
    assert (done.stdout, done.stderr) == ('{"registered": 5, "active": [1]}', "")


def test_the_program_ends_when_its_life_is_over(path: Path) -> None:
    hang = (
        "import importlib.util, signal, sys\n"
        "spec = importlib.util.spec_from_file_location('count_users', sys.argv[1])\n"
        "program = importlib.util.module_from_spec(spec)\n"
        "spec.loader.exec_module(program)\n"
        "program.count = lambda path, **_: signal.sigwait([signal.SIGUSR1])\n"
        "signal.signal(signal.SIGALRM, signal.SIG_IGN)\n"
        "program.main(sys.argv[2:])\n"
    )
    command = [sys.executable, "-c", hang, PROGRAM, str(path), "1", "0", "", "180"]
    assert subprocess.run(command, check=False).returncode == -signal.SIGALRM


@given(content=st.binary(max_size=300), looks_right=st.booleans())
def test_no_bytes_make_it_raise_anything_else(
    tmp_path_factory: pytest.TempPathFactory, *, content: bytes, looks_right: bool
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.db"
    path.write_bytes(content if not looks_right else b"SQLite format 3\x00" + content)
    assert refusal(path) in {"empty", "not_sqlite", "not_open", "schema", "corrupt", "failed"}
