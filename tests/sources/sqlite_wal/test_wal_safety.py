"""Watching does not hurt: what the code may call at all, and what is left behind under load."""

import ast
import fcntl
import os
import struct
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.sources.sqlite_wal.child import Child
from tests.sources.sqlite_wal.scene import look, newest, sampling, until, value, watching
from tests.tidy.files import ROOT
from xops_watch.clock import monotonic
from xops_watch.sources.sqlite_wal.sampler import Report

PACKAGE = ROOT / "xops_watch/sources/sqlite_wal"
TREES = {path.name: ast.parse(path.read_text("utf-8")) for path in sorted(PACKAGE.glob("*.py"))}
MODES = ["wal", "delete"]
# Seconds under load: long enough for thousands of looks and every kind of survey.
LOAD_SECONDS = 2.5


def calls(tree: ast.Module, module: str) -> Iterator[tuple[str, ast.Call | None]]:
    """Yield the names that are used of a module, with the call if it is one."""
    called = {id(node.func): node for node in ast.walk(tree) if isinstance(node, ast.Call)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) == module:
            yield node.attr, called.get(id(node))


def imports(tree: ast.Module) -> set[str]:
    plain = {a.name for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names}
    parts = {str(n.module) for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)}
    return {name.split(".")[0] for name in plain | parts}


def test_there_is_something_to_be_looked_at() -> None:
    assert {"layout.py", "locks.py", "files.py", "sampler.py", "source.py"} <= set(TREES)


@pytest.mark.parametrize("name", TREES)
def test_neither_sqlite_nor_a_map_of_memory_nor_another_way_to_a_file_is_imported(
    name: str,
) -> None:
    forbidden = {
        "sqlite3",
        "sqlite_utils",
        "mmap",
        "ctypes",
        "shutil",
        "subprocess",
        "io",
        "tempfile",
    }
    assert imports(TREES[name]) & forbidden == set()


@pytest.mark.parametrize("name", TREES)
def test_the_kernel_is_only_asked_about_locks(name: str) -> None:
    used = {attribute for attribute, _ in calls(TREES[name], "fcntl")}
    assert used <= {"fcntl", "F_OFD_GETLK", "F_GETLK", "F_RDLCK", "F_WRLCK", "F_UNLCK"}
    for attribute, call in calls(TREES[name], "fcntl"):
        if attribute == "fcntl":
            assert call is not None
            assert ast.unparse(call.args[1]) in {"fcntl.F_OFD_GETLK", "fcntl.F_GETLK"}


@pytest.mark.parametrize("name", TREES)
def test_files_are_only_opened_to_be_read(name: str) -> None:
    tree = TREES[name]
    for attribute, call in calls(tree, "os"):
        assert attribute in {"open", "close", "pread", "fstat", "major", "minor"} | FLAGS
        if attribute == "open":
            assert call is not None
            assert ast.unparse(call.args[1]) == "_FLAGS"
    opened = {"open", "write_bytes", "write_text", "touch", "unlink", "rename", "mkdir", "chmod"}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            method = ast.unparse(node.func)
            if node.func.attr in opened and method != "os.open":
                # The tables of the kernel, in text and for reading, and our own method.
                assert method in {"MOUNTINFO.open", "LOCK_TABLE.open", "files.open"}
                assert all(keyword.arg != "mode" for keyword in node.keywords)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id not in {"open", "eval", "exec", "__import__"}


FLAGS = {"O_RDONLY", "O_CLOEXEC", "O_NOFOLLOW", "O_NONBLOCK"}


def test_the_flags_are_those_of_reading() -> None:
    flags = next(
        node.value
        for node in TREES["files.py"].body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "_FLAGS"
    )
    names = {node.attr for node in ast.walk(flags) if isinstance(node, ast.Attribute)}
    assert names == FLAGS


def left_behind(folder: Path) -> Mapping[str, tuple[int, int, int, int]]:
    """Return what writers do not change of their files: inode, mode, owner, number of names."""
    found = {path.name: path.stat() for path in folder.iterdir()}
    return {
        name: (one.st_ino, one.st_mode, one.st_uid, one.st_nlink) for name, one in found.items()
    }


def holders(inodes: set[int]) -> Iterator[tuple[str, int]]:
    """Yield, for each lock that is held on one of the files, its kind and its process.

    A lock of an open descriptor has no process: the kernel calls it -1.
    """
    for line in Path("/proc/locks").read_text("ascii").splitlines():
        _, kind, _, _, process, where, *_ = line.replace("-> ", "").split()
        if int(where.split(":")[2]) in inodes:
            yield kind, int(process)


@pytest.mark.parametrize("mode", MODES)
def test_under_load_no_lock_is_taken_and_no_file_is_made_or_changed(
    tmp_path: Path, mode: str
) -> None:
    path = tmp_path / "webui.db"
    with Child(path, mode=mode) as one, Child(path) as other:
        one.sql("CREATE TABLE t (a)")
        before = left_behind(tmp_path)
        with sampling(path, rate=1000) as sampler:
            one.send("duty", 0.002, 0.001, LOAD_SECONDS)
            other.send("duty", 0.002, 0.001, LOAD_SECONDS)
            held: set[tuple[str, int]] = set()
            inodes, end = {inode for inode, *_ in before.values()}, monotonic() + LOAD_SECONDS
            while monotonic() < end:
                held |= set(holders(inodes))
            assert len(one.answer()) + len(other.answer()) > 10
            report = sampler.report(until=monotonic())
        assert report.looks > 100
        # The looks saw locks; every one of them was a writer's.
        assert {("POSIX", child.process.pid) for child in (one, other)} == held
        # The journal of a rollback comes and goes with the writers; nothing else is there.
        names = {name: found for name, found in left_behind(tmp_path).items() if name in before}
        assert names == before
        assert set(left_behind(tmp_path)) <= {*before, "webui.db-journal"}
        assert one.sql("PRAGMA integrity_check") == [["ok"]]


@pytest.mark.parametrize("mode", MODES)
def test_a_database_at_rest_keeps_every_time_and_every_byte(tmp_path: Path, mode: str) -> None:
    path = tmp_path / "webui.db"
    with Child(path, mode=mode) as app:
        app.sql("CREATE TABLE t (a)")
        app.ask("commit", 20, 0)
        os.sync()
        before = {
            one.name: (one.stat().st_mtime_ns, one.stat().st_ctime_ns, one.read_bytes())
            for one in tmp_path.iterdir()
        }
        with sampling(path, rate=1000) as sampler:
            looks: list[int] = []
            until(lambda: _add(looks, newest(sampler)) > 1500)
        after = {
            one.name: (one.stat().st_mtime_ns, one.stat().st_ctime_ns, one.read_bytes())
            for one in tmp_path.iterdir()
        }
    assert after == before


def _add(looks: list[int], report: Report) -> int:
    looks.append(report.looks if report.window else 0)
    return sum(looks)


def test_a_missing_database_is_not_made(tmp_path: Path) -> None:
    with watching(tmp_path / "webui.db") as source:
        look(source)
        look(source)
    assert list(tmp_path.iterdir()) == []


def test_the_log_of_a_closed_database_is_not_made(tmp_path: Path) -> None:
    path = tmp_path / "webui.db"
    with Child(path, mode="wal") as app:
        app.sql("CREATE TABLE t (a)")
        app.process.communicate()
    with watching(path) as source:
        look(source)
        look(source)
    assert [one.name for one in tmp_path.iterdir()] == ["webui.db"]


def test_a_descriptor_for_reading_cannot_take_a_writers_lock(tmp_path: Path) -> None:
    path = tmp_path / "webui.db"
    path.touch()
    fd = os.open(path, os.O_RDONLY)
    try:
        lock = struct.pack("hhqqi4x", fcntl.F_WRLCK, 0, 120, 1, 0)
        with pytest.raises(OSError, match="Bad file descriptor"):
            fcntl.fcntl(fd, fcntl.F_OFD_SETLK, lock)
    finally:
        os.close(fd)


def test_what_is_in_the_rows_and_in_the_name_of_no_table_is_ever_told(tmp_path: Path) -> None:
    path = tmp_path / "webui.db"
    with Child(path, mode="wal") as app:
        app.sql("CREATE TABLE api_key_of_people (a)")
        app.sql("INSERT INTO api_key_of_people VALUES ('sk-very-secret')")
        with watching(path) as source:
            told = repr(look(source))
    assert "secret" not in told
    assert "api_key" not in told


def test_a_writer_is_not_refused_while_it_is_looked_at(tmp_path: Path) -> None:
    path = tmp_path / "webui.db"
    with Child(path, mode="wal") as app, watching(path, rate=1000) as source:
        app.sql("CREATE TABLE t (a)")
        look(source)
        for _ in range(20):
            assert app.sql("BEGIN EXCLUSIVE") == []
            assert app.sql("INSERT INTO t VALUES (1)") == []
            assert app.sql("COMMIT") == []
            assert app.sql("PRAGMA wal_checkpoint(TRUNCATE)")[0][0] == 0
        assert value(until(lambda: look(source))["readers_held"]) >= 0
