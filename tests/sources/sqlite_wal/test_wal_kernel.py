"""What the kernel is asked: locks, the table of locks, the table of mounts."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.sources.sqlite_wal.child import Child
from tests.sources.sqlite_wal.scene import look, newest, sampling, until, watching, word
from xops_watch.core.reading import Gap
from xops_watch.sources.sqlite_wal.foreign import is_in_table, read_table
from xops_watch.sources.sqlite_wal.locks import CHECKPOINT, OPEN, READERS, WRITE, WRITER, is_held
from xops_watch.sources.sqlite_wal.mounts import UNKNOWN, filesystem_of, read_mountinfo
from xops_watch.sources.sqlite_wal.sensor import System
from xops_watch.sources.sqlite_wal.values import Context


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "webui.db"


@pytest.fixture
def app(path: Path) -> Iterator[Child]:
    with Child(path, mode="wal") as child:
        child.sql("CREATE TABLE t (a)")
        yield child


def test_locks_of_wal_are_seen_and_end_with_their_process(path: Path, app: Child) -> None:
    fd = os.open(f"{path}-shm", os.O_RDONLY)
    try:
        app.sql("BEGIN IMMEDIATE")
        app.sql("SELECT * FROM t")
        assert is_held(fd, WRITE)
        assert not is_held(fd, CHECKPOINT)
        assert is_held(fd, OPEN, exclusive_only=False)
        assert not is_held(fd, OPEN)
        assert sum(is_held(fd, slot, exclusive_only=False) for slot in READERS) == 1
        app.kill()
        assert not is_held(fd, WRITE)
        assert not is_held(fd, OPEN, exclusive_only=False)
    finally:
        os.close(fd)


@pytest.mark.parametrize(
    ("statement", "held"),
    [("BEGIN", False), ("BEGIN IMMEDIATE", True), ("BEGIN EXCLUSIVE", True)],
)
def test_a_writer_of_a_rollback_database_is_seen_and_a_reader_is_none(
    path: Path, statement: str, *, held: bool
) -> None:
    with Child(path, mode="delete") as child:
        child.sql("CREATE TABLE t (a)")
        child.sql(statement)
        child.sql("SELECT * FROM t")
        fd = os.open(path, os.O_RDONLY)
        try:
            assert is_held(fd, WRITER) is held
            assert is_held(fd, WRITER, exclusive_only=False)
        finally:
            os.close(fd)


def test_who_cannot_be_asked_raises_what_the_kernel_says() -> None:
    with pytest.raises(OSError, match="Bad file descriptor"):
        is_held(999_999, WRITE)


TABLE = """\
1: POSIX  ADVISORY  WRITE 812 fd:00:3407 120 120
1: -> POSIX  ADVISORY  WRITE 813 fd:00:3407 121 121
2: OFDLCK ADVISORY  READ  -1 00:2f:77 1073741826 1073742335
3: FLOCK  ADVISORY  WRITE 812 fd:00:99 0 EOF
rubbish
"""


@pytest.mark.parametrize(
    ("inode", "start", "found"),
    [
        (3407, 120, True),
        (3407, 121, False),  # it only waits
        (3407, 128, False),
        (77, 0x40000002, True),
        (77, 0x40000001, False),
        (99, 5000, True),
        (98, 0, False),
    ],
)
def test_a_lock_in_the_table(inode: int, start: int, *, found: bool) -> None:
    assert is_in_table(TABLE, inode=inode, start=start) is found


@given(st.text())
def test_no_table_ever_raises(text: str) -> None:
    assert is_in_table(text, inode=1, start=1) in {True, False}
    assert filesystem_of(Path("/data/a.db"), 5, text) == UNKNOWN


def test_the_lock_of_a_child_is_in_the_table(path: Path, app: Child) -> None:
    app.sql("BEGIN IMMEDIATE")
    inode = Path(f"{path}-shm").stat().st_ino
    assert is_in_table(read_table(), inode=inode, start=120)


@pytest.mark.parametrize("mode", ["wal", "delete"])
def test_a_lock_that_no_process_of_this_machine_has_is_foreign(path: Path, mode: str) -> None:
    elsewhere = "1: POSIX  ADVISORY  WRITE 1 fd:00:1 0 EOF\n"
    with Child(path, mode=mode) as child:
        child.sql("CREATE TABLE t (a)")
        child.sql("BEGIN IMMEDIATE")
        system = System(lock_table=lambda: elsewhere, sees_all_processes=True)
        with sampling(path, rate=20, system=system) as sampler:
            until(lambda: newest(sampler).foreign_locks >= 2)


@pytest.mark.parametrize("mode", ["wal", "delete"])
def test_locks_of_this_machine_are_not_foreign(path: Path, mode: str) -> None:
    with Child(path, mode=mode) as child:
        child.sql("CREATE TABLE t (a)")
        child.send("duty", 0.01, 0.001, 1.5)
        with sampling(path, system=System(sees_all_processes=True)) as sampler:
            child.answer()
            report = newest(sampler)
        assert report.window is not None
        assert len(report.window.batches) > 5
        assert report.foreign_locks == 0


def test_with_the_setting_no_foreign_lock_is_a_state(path: Path, app: Child) -> None:
    assert app.sql("SELECT 1") == [[1]]
    with watching(path, context=Context(sees_all_processes=True)) as source:
        assert word(look(source)["foreign_lock"]) == "none"


def test_a_table_without_any_lock_tells_nothing(path: Path, app: Child) -> None:
    app.sql("BEGIN IMMEDIATE")
    system = System(lock_table=lambda: "", sees_all_processes=True)
    with sampling(path, system=system) as sampler:
        looks = until(lambda: newest(sampler).window)
        assert looks.busy == 1.0
        assert newest(sampler).foreign_locks == 0


def test_whose_locks_are_whose_is_not_known_without_the_setting(path: Path, app: Child) -> None:
    assert app.sql("SELECT 1") == [[1]]
    with watching(path) as source:
        gap = look(source)["foreign_lock"]
    assert isinstance(gap, Gap)
    assert "XOPS_WATCH_SQLITE__SEES_ALL_PROCESSES=true" in gap.detail


MOUNTS = """\
22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/root rw
40 22 0:38 / /data rw,relatime shared:9 - nfs4 127.0.0.1:/ rw,vers=4.1
41 40 0:39 / /data/scratch rw - tmpfs tmpfs rw
42 22 0:50 / /with\\040space rw - fuse.s3fs s3fs rw
43 22 0:51 / /odd rw - newfs x rw
44 22 0:52 / /twice rw - tmpfs a rw
45 22 0:53 / /twice rw - cifs b rw
not a mount
"""
NFS_DEVICE = os.makedev(0, 38)


@pytest.mark.parametrize(
    ("path", "device", "kind", "is_network"),
    [
        ("/data/webui.db", NFS_DEVICE, "nfs4", True),
        ("/data/webui.db", 999_999, "nfs4", True),  # layers have numbers of their own
        ("/data/scratch/a.db", os.makedev(0, 39), "tmpfs", False),
        ("/home/a.db", os.makedev(254, 0), "ext4", False),
        ("/with space/a.db", 1, "fuse.s3fs", True),
        ("/odd/a.db", os.makedev(0, 51), "newfs", None),
        ("/twice/a.db", 1, "cifs", True),
        ("/twice/a.db", os.makedev(0, 52), "tmpfs", False),
    ],
)
def test_the_filesystem_of_a_path(
    path: str, device: int, kind: str, *, is_network: bool | None
) -> None:
    found = filesystem_of(Path(path), device, MOUNTS)
    assert (found.kind, found.is_network) == (kind, is_network)


def test_the_filesystem_of_this_file_is_known() -> None:
    here = Path(__file__).resolve()
    assert filesystem_of(here, here.stat().st_dev, read_mountinfo()) != UNKNOWN


@pytest.mark.parametrize(
    ("kind", "state"), [("nfs4", "network"), ("ext4", "local"), ("newfs", None)]
)
def test_a_filesystem_that_is_not_known_is_a_gap(
    path: Path, app: Child, kind: str, state: str | None
) -> None:
    assert app.sql("SELECT 1") == [[1]]
    mounts = f"22 1 254:0 / / rw - {kind} x rw"
    with sampling(path, system=System(mountinfo=lambda: mounts)) as sampler:
        found = newest(sampler).survey.filesystem
    assert {True: "network", False: "local", None: None}[found.is_network] == state
