"""The probe times a commit in a file of its own, and touches no other."""

import sqlite3
import sys
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.contract.source_promises import assert_described, assert_line, assert_promises_kept
from xops_watch.core.reading import Gap, Reading
from xops_watch.errors import GapReason, SourceError
from xops_watch.sources.commit_probe import CommitProbeSource
from xops_watch.sources.commit_probe.time_commit import APPLICATION_ID, main

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
SUBJECTS = ("xops/webui.db", "xops/other.db")
LATENCY = "sqlite.commit_latency"


def saying(text: str) -> tuple[str, ...]:
    """Return a program that says this, whatever it is asked."""
    return (sys.executable, "-I", "-S", "-c", f"print({text!r}, end='')")


def test_a_commit_is_timed_for_each_database(tmp_path: Path) -> None:
    source = CommitProbeSource(SUBJECTS, tmp_path / "probe.db")
    assert_described(source)
    for minute in range(2):
        now = NOW + minute * MINUTE
        seen = source.observe(now=now)
        assert_promises_kept(source, seen, now=now)
        values = {one.subject: one.value for one in seen if isinstance(one, Reading)}
        assert set(values) == set(SUBJECTS)
        assert all(0 < seconds < 8 for seconds in values.values())
    assert [path.name for path in tmp_path.iterdir()] == ["probe.db"]
    with closing(sqlite3.connect(tmp_path / "probe.db")) as db:
        assert db.execute("SELECT turn FROM probe").fetchall() == [(2,)]
        assert db.execute("PRAGMA application_id").fetchone() == (APPLICATION_ID,)


def test_the_median_of_the_last_five_minutes_is_kept() -> None:
    source = CommitProbeSource(SUBJECTS, Path("/any"))
    assert source.commit_seconds() is None
    for minute, seconds in enumerate((0.5, 0.1, 0.3)):
        source._command = saying(f'{{"seconds": {seconds}}}')
        source.observe(now=NOW + minute * MINUTE)
    assert source.commit_seconds() == 0.3
    source._command = saying("")
    with pytest.raises(SourceError):
        source.observe(now=NOW + 20 * MINUTE)
    assert source.commit_seconds() is None


def test_a_database_that_is_watched_no_more_is_gone_once() -> None:
    seen = {(LATENCY, "xops/old.db"), ("sqlite.file_state", "xops/older.db")}
    source = CommitProbeSource(SUBJECTS, Path("/any"), command=saying("{"), seen=seen)
    with pytest.raises(SourceError):
        source.observe(now=NOW)
    source._command = saying('{"seconds": 0.1}')
    first, second = source.observe(now=NOW), source.observe(now=NOW)
    assert first[-1].subject == "xops/old.db"
    assert isinstance(first[-1], Gap)
    assert first[-1].reason is GapReason.GONE
    assert len(second) == len(first) - 1 == len(SUBJECTS)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ('{"refused": "not_ours"}', GapReason.INVALID),
        ('{"refused": "denied"}', GapReason.DENIED),
        ('{"refused": "read_only"}', GapReason.DENIED),
        ('{"refused": "missing"}', GapReason.UNREACHABLE),
        ('{"refused": "io_error"}', GapReason.UNREACHABLE),
        ('{"refused": "failed"}', GapReason.INVALID),
        ('{"refused": "word of tomorrow"}', GapReason.INVALID),
        ('{"seconds": -1}', GapReason.INVALID),
        ('{"seconds": NaN}', GapReason.INVALID),
        ('{"seconds": "0.1"}', GapReason.INVALID),
        ("", GapReason.INVALID),
        ("garbage", GapReason.INVALID),
    ],
)
def test_what_is_no_time_is_a_failure_in_one_line(answer: str, reason: GapReason) -> None:
    source = CommitProbeSource(SUBJECTS, Path("/any"), command=saying(answer))
    with pytest.raises(SourceError) as caught:
        source.observe(now=NOW)
    assert caught.value.reason is reason
    assert_line(caught.value.what)
    assert_line(caught.value.hint)


def test_a_commit_that_takes_too_long_is_ended() -> None:
    slow = (sys.executable, "-I", "-S", "-c", "import time; time.sleep(60)")
    source = CommitProbeSource(
        SUBJECTS, Path("/any"), command=slow, life=timedelta(milliseconds=200)
    )
    with pytest.raises(SourceError) as caught:
        source.observe(now=NOW)
    assert caught.value.reason is GapReason.TIMEOUT


def test_a_program_that_cannot_be_started_is_unreachable() -> None:
    source = CommitProbeSource(SUBJECTS, Path("/any"), command=("/no/such/program",))
    with pytest.raises(SourceError) as caught:
        source.observe(now=NOW)
    assert caught.value.reason is GapReason.UNREACHABLE


def test_the_database_of_another_program_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "webui.db"
    with closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE chat (a)")
    before = path.read_bytes(), path.stat().st_mtime_ns
    assert main(path) == {"refused": "not_ours"}
    assert (path.read_bytes(), path.stat().st_mtime_ns) == before
    assert [one.name for one in tmp_path.iterdir()] == ["webui.db"]


def test_a_text_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("do not lose this", "utf-8")
    assert main(path) == {"refused": "not_ours"}
    assert path.read_text("utf-8") == "do not lose this"


def test_a_link_and_a_folder_are_refused(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    assert main(tmp_path / "link") == {"refused": "io_error"}
    assert main(tmp_path) == {"refused": "io_error"}
    assert main(tmp_path / "no" / "probe.db") == {"refused": "missing"}
    assert not (tmp_path / "elsewhere").exists()


def test_a_file_of_its_own_that_is_locked_or_damaged_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "probe.db"
    assert "seconds" in main(path)
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("BEGIN EXCLUSIVE")
        assert main(path) == {"refused": "failed"}
    path.write_bytes(path.read_bytes()[:200])
    assert main(path) == {"refused": "failed"}
