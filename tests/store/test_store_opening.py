"""What may lie at the path of the state file, and what each kind of trouble says."""

import os
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path, PosixPath
from threading import Barrier

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


@contextmanager
def _refused(path: Path) -> Iterator[pytest.ExceptionInfo[StoreError]]:
    """Expect a StoreError that names the path, gives a hint, and touches nothing."""
    before = _content(path.parent)
    with pytest.raises(StoreError) as refusal:
        yield refusal
    assert str(path) in refusal.value.what
    assert refusal.value.hint
    assert _content(path.parent) == before


def _content(folder: Path) -> dict[str, tuple[int, bytes]]:
    return {
        entry.name: (entry.stat().st_mtime_ns, entry.read_bytes())
        for entry in folder.iterdir()
        if entry.is_file()
    }


def _written_and_read(store: SqliteStore) -> bool:
    store.record([reading(at=NOON)])
    return bool(store.history({CPU: NOON - NOON}, now=NOON).series)


def test_a_new_file_is_made_and_nothing_else_is_left(path: Path) -> None:
    with closing(SqliteStore.open(path, journal=DELETE)) as store:
        assert _written_and_read(store)
    assert [entry.name for entry in path.parent.iterdir()] == ["state.db"]


def test_what_was_recorded_is_there_after_opening_again(path: Path) -> None:
    with closing(SqliteStore.open(path)) as store:
        store.record([reading()])
    with closing(SqliteStore.open(path)) as store:
        history = store.history({CPU: NOON - NOON}, now=NOON)
    assert history.of(CPU, "xops/api").readings == (reading(),)


def test_a_path_with_signs_that_urls_escape_is_fine(tmp_path: Path) -> None:
    odd = tmp_path / "a b%20c?d#e&mode=ro ü.db"
    with closing(SqliteStore.open(odd)) as store:
        assert _written_and_read(store)
    assert odd.stat().st_size > 0


def test_a_link_is_followed_even_before_its_file_exists(path: Path, tmp_path: Path) -> None:
    link = tmp_path / "link.db"
    link.symlink_to(path)
    with closing(SqliteStore.open(link)) as store:
        assert _written_and_read(store)
    assert path.stat().st_size > 0
    assert link.is_symlink()


def test_a_loop_of_links_is_refused(path: Path) -> None:
    path.symlink_to(path)
    with pytest.raises(StoreError, match=r"state\.db"):
        SqliteStore.open(path)


def test_a_missing_directory_is_refused_with_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "not" / "there" / "state.db"
    with pytest.raises(StoreError, match=f"there is no directory {path.parent}") as refusal:
        SqliteStore.open(path)
    assert "mount the volume" in refusal.value.hint
    assert not path.parent.exists()


def test_a_name_longer_than_the_filesystem_takes_is_refused(tmp_path: Path) -> None:
    for path in (tmp_path / ("x" * 300), tmp_path / ("x" * 300) / "state.db"):
        with pytest.raises(StoreError, match="File name too long") as refusal:
            SqliteStore.open(path)
        assert str(path) in refusal.value.what


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "is empty"),
        (b"notes of somebody\n", "file is not a database"),
        (b"notes of somebody\n" * 1_000, "file is not a database"),
        (b"SQLite format 3\0", "file is not a database"),
        (b"\0" * 8192, "file is not a database"),
    ],
)
def test_what_is_no_database_is_refused_and_kept(path: Path, content: bytes, why: str) -> None:
    path.write_bytes(content)
    with _refused(path) as refusal:
        SqliteStore.open(path)
    assert why in refusal.value.what


@pytest.mark.parametrize("mode", ["wal", "delete"])
@pytest.mark.parametrize("application_id", [0, 252006675])
def test_a_database_of_another_program_is_refused_and_not_touched(
    path: Path, mode: str, application_id: int
) -> None:
    with closing(sqlite3.connect(path)) as other:
        other.execute(f"PRAGMA journal_mode = {mode}")
        other.execute(f"PRAGMA application_id = {application_id}")
        other.execute("CREATE TABLE chats (id)")
    with _refused(path) as refusal:
        SqliteStore.open(path)
    assert "another program" in refusal.value.what


def test_a_directory_in_the_place_of_the_file_is_refused(path: Path) -> None:
    path.mkdir()
    with _refused(path) as refusal:
        SqliteStore.open(path)
    assert "not a regular file" in refusal.value.what


def test_a_pipe_in_the_place_of_the_file_is_refused_without_waiting_for_a_writer(
    path: Path,
) -> None:
    os.mkfifo(path)
    with _refused(path) as refusal:
        SqliteStore.open(path)
    assert "not a regular file" in refusal.value.what


def test_a_file_of_a_newer_version_is_refused(path: Path) -> None:
    SqliteStore.open(path, journal=DELETE).close()
    with closing(sqlite3.connect(path)) as newer:
        newer.execute("PRAGMA user_version = 99")
    with _refused(path) as refusal:
        SqliteStore.open(path, journal=DELETE)
    assert refusal.value.what.endswith("made by a newer xops-watch (schema 99, this one knows 4)")


@pytest.mark.parametrize("journal", [WAL, DELETE])
def test_half_a_state_file_is_refused_and_kept(path: Path, journal: Journal) -> None:
    SqliteStore.open(path, journal=journal).close()
    os.truncate(path, path.stat().st_size // 2)
    with _refused(path) as refusal:
        SqliteStore.open(path, journal=journal)
    assert "malformed" in refusal.value.what
    assert "restore a copy" in refusal.value.hint


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_directory_that_may_not_be_written_is_refused(path: Path) -> None:
    path.parent.chmod(0o555)
    try:
        with _refused(path) as refusal:
            SqliteStore.open(path)
    finally:
        path.parent.chmod(0o755)
    assert "must be writable" in refusal.value.hint


def test_a_closed_store_says_so(path: Path) -> None:
    store = SqliteStore.open(path)
    store.close()
    store.close()
    with pytest.raises(StoreError, match=r"state\.db: cannot read the triggers: .*closed"):
        store.triggers()


def test_many_that_start_at_once_share_one_new_file(path: Path) -> None:
    start = Barrier(6)

    def run(number: int) -> None:
        start.wait(10)
        with closing(SqliteStore.open(path)) as store:
            store.record([reading(subject=f"s{number}")])

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(run, range(6)))
    with closing(SqliteStore.open(path)) as store:
        assert len(store.history({CPU: NOON - NOON}, now=NOON).series) == 6
    assert [entry.name for entry in path.parent.iterdir()] == ["state.db"]


class _PathWithoutLinks(PosixPath):
    """A path on a filesystem that knows no hard links, as some network ones."""

    def hardlink_to(self, target: object) -> None:
        raise PermissionError(1, "Operation not permitted", str(target))


def test_a_filesystem_without_hard_links_is_fine(path: Path) -> None:
    opening._make(_PathWithoutLinks(path))
    with closing(SqliteStore.open(path)) as store:
        assert _written_and_read(store)
    assert [entry.name for entry in path.parent.iterdir() if "-" not in entry.name] == ["state.db"]


def test_without_hard_links_the_file_of_a_faster_process_is_kept(path: Path) -> None:
    draft = path.with_name("draft")
    draft.write_text("mine")
    path.write_text("theirs")
    opening._put_in_place(draft, _PathWithoutLinks(path))
    assert path.read_text() == "theirs"
