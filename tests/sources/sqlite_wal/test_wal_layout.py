"""What bytes say, for bytes of real files, of files in the making, and for any bytes at all."""

import os
import sqlite3
import struct
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xops_watch.sources.sqlite_wal.layout import (
    HEADER_BYTES,
    INDEX_BYTES,
    MAGIC,
    MARK_UNUSED,
    Header,
    JournalMode,
    Refusal,
    WalIndex,
    commits_between,
    read_header,
    read_index,
)

PAGE_SIZES = [512, 1024, 2048, 4096, 8192, 16384, 32768, 65536]


def database(path: Path, *, mode: str, page: int) -> sqlite3.Connection:
    """Return a connection to a new database with one table and three more commits."""
    db = sqlite3.connect(path, isolation_level=None)
    db.execute(f"PRAGMA page_size = {page}")
    db.execute(f"PRAGMA journal_mode = {mode}")
    db.execute("CREATE TABLE t (a)")
    for row in range(3):
        db.execute("INSERT INTO t VALUES (?)", (row,))
    return db


@pytest.mark.parametrize("page", PAGE_SIZES)
def test_a_rollback_database_tells_its_mode_its_commits_and_its_schema(
    tmp_path: Path, page: int
) -> None:
    with closing(database(tmp_path / "a.db", mode="DELETE", page=page)):
        found = read_header((tmp_path / "a.db").read_bytes()[:HEADER_BYTES])
    assert found == Header(journal_mode=JournalMode.ROLLBACK, change_counter=4, schema_cookie=1)


@pytest.mark.parametrize("page", PAGE_SIZES)
def test_a_wal_index_tells_commits_frames_and_marks(tmp_path: Path, page: int) -> None:
    with closing(database(tmp_path / "a.db", mode="WAL", page=page)):
        header = read_header((tmp_path / "a.db").read_bytes()[:HEADER_BYTES])
        found = read_index((tmp_path / "a.db-shm").read_bytes()[:INDEX_BYTES])
        salt = (tmp_path / "a.db-wal").read_bytes()[16:24]
    assert isinstance(header, Header)
    assert header.journal_mode is JournalMode.WAL
    assert isinstance(found, WalIndex)
    assert (found.change, found.last_frame, found.backfilled) == (4, 5, 0)
    assert (found.salt, found.backlog) == (salt, 5)
    assert found.read_marks == (0, 4, MARK_UNUSED, MARK_UNUSED, MARK_UNUSED)


def test_a_wal_index_of_one_who_only_read_is_whole(tmp_path: Path) -> None:
    database(tmp_path / "a.db", mode="WAL", page=4096).close()
    with closing(sqlite3.connect(tmp_path / "a.db")) as db:
        assert db.execute("SELECT count(*) FROM t").fetchone() == (3,)
        found = read_index((tmp_path / "a.db-shm").read_bytes()[:INDEX_BYTES])
    assert isinstance(found, WalIndex)
    assert (found.change, found.last_frame, found.backfilled) == (0, 0, 0)


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    folder = tmp_path_factory.mktemp("index")
    with closing(database(folder / "a.db", mode="WAL", page=4096)):
        return (folder / "a.db-shm").read_bytes()[:INDEX_BYTES]


@pytest.fixture(scope="module")
def header(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    folder = tmp_path_factory.mktemp("header")
    with closing(database(folder / "a.db", mode="DELETE", page=4096)):
        return (folder / "a.db").read_bytes()[:HEADER_BYTES]


@pytest.mark.parametrize(
    ("data", "refusal"),
    [
        (b"", Refusal.EMPTY),
        (MAGIC, Refusal.SHORT),
        (MAGIC[:7], Refusal.SHORT),
        (b"PK", Refusal.NOT_SQLITE),
        (b"\0" * 100, Refusal.NOT_SQLITE),
        (MAGIC + b"\0" * 84, Refusal.NOT_SQLITE),
    ],
)
def test_a_header_that_is_none_is_refused(data: bytes, refusal: Refusal) -> None:
    assert read_header(data) is refusal


def test_an_encrypted_header_is_refused() -> None:
    assert read_header(bytes(range(7, 107))) is Refusal.NOT_SQLITE


@pytest.mark.parametrize("size", [0, 2, 511, 513, 3000])
def test_a_page_size_that_no_database_has_is_refused(header: bytes, size: int) -> None:
    forged = header[:16] + struct.pack(">H", size) + header[18:]
    assert read_header(forged) is Refusal.NOT_SQLITE


@pytest.mark.parametrize("version", [0, 3, 255])
def test_a_form_of_tomorrow_is_refused(header: bytes, version: int) -> None:
    forged = header[:19] + bytes([version]) + header[20:]
    assert read_header(forged) is Refusal.NOT_SQLITE


@pytest.mark.parametrize("place", range(96))
def test_an_index_with_one_byte_changed_is_torn(index: bytes, place: int) -> None:
    changed = index[:place] + bytes([index[place] ^ 0x55]) + index[place + 1 :]
    assert read_index(changed) is Refusal.TORN


def both_copies(index: bytes, place: int, data: bytes) -> bytes:
    copy = index[:place] + data + index[place + len(data) : 48]
    return copy + copy + index[96:]


def test_two_copies_that_agree_on_a_lie_are_torn_by_their_checksum(index: bytes) -> None:
    assert read_index(both_copies(index, 16, struct.pack("=I", 999))) is Refusal.TORN


def test_an_index_that_is_not_made_yet_is_not_ready(index: bytes) -> None:
    assert read_index(both_copies(index, 12, b"\0")) is Refusal.NOT_READY
    assert read_index(b"\0" * INDEX_BYTES) is Refusal.NOT_READY
    assert read_index(index[:3]) is Refusal.NOT_READY
    assert read_index(b"") is Refusal.NOT_READY


@given(st.binary(max_size=300))
def test_no_bytes_ever_raise(data: bytes) -> None:
    assert isinstance(read_header(data), Header | Refusal)
    assert isinstance(read_index(data), WalIndex | Refusal)


@given(st.binary(min_size=84, max_size=84))
def test_no_bytes_after_the_magic_ever_raise(data: bytes) -> None:
    assert isinstance(read_header(MAGIC + data), Header | Refusal)


@given(st.data())
def test_a_real_index_with_anything_written_over_it_never_raises(data: st.DataObject) -> None:
    whole = bytearray(os.urandom(INDEX_BYTES))
    copy = data.draw(st.binary(min_size=48, max_size=48))
    whole[:96] = copy * 2
    assert isinstance(read_index(bytes(whole)), WalIndex | Refusal)


@pytest.mark.parametrize(
    ("before", "after", "commits"),
    [
        (7, 7, 0),
        (7, 9, 2),
        (0xFFFFFFFF, 1, 2),  # it went round
        (9, 7, None),  # it was set back
        (5000, 0, None),
    ],
)
def test_how_far_a_counter_went(before: int, after: int, commits: int | None) -> None:
    assert commits_between(before, after) == commits
