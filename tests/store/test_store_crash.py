"""Killed at any moment, the file holds whole steps only."""

import random
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from tests.store.commit_loop import READINGS_PER_STEP, SECOND, key_of, status_of
from tests.store.samples import CPU, NOON, reading
from xops_watch.store.filesystem import Journal, JournalMode
from xops_watch.store.sqlite import SqliteStore

REPOSITORY = Path(__file__).parents[2]
ROUNDS = 10
STEPS_MAX = 1_000_000  # more than any run makes


@pytest.mark.parametrize("mode", [JournalMode.WAL, JournalMode.DELETE])
def test_kill_9_leaves_all_of_a_step_or_nothing(tmp_path: Path, mode: JournalMode) -> None:
    path = tmp_path / "state.db"
    journal = Journal(mode=mode, filesystem="chosen", reason="by the test")
    steps = [0]
    for number in range(ROUNDS):
        # Every other time it is let into its stride, else it may die before its first step.
        _run_and_kill(path, mode, after_lines=1 + number % 2 * random.randint(1, 9))  # noqa: S311 - no secret
        with closing(SqliteStore.open(path, journal=journal)) as store:
            steps.append(_whole_steps(store))
        with closing(sqlite3.connect(path)) as raw:
            assert raw.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert steps == sorted(steps)
    assert steps[-1] >= ROUNDS // 2


def _run_and_kill(path: Path, mode: JournalMode, *, after_lines: int) -> None:
    command = [sys.executable, "-m", "tests.store.commit_loop", str(path), mode.value]
    with subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert all(process.stdout.readline() for _ in range(after_lines))
        time.sleep(random.uniform(0, 0.02 if after_lines > 1 else 0.15))  # noqa: S311 - no secret
        process.kill()
    assert process.returncode == -9


def _whole_steps(store: SqliteStore) -> int:
    """Return the newest step after checking that every part of the file agrees on it."""
    transitions = store.transitions(limit=STEPS_MAX)
    if not transitions:
        assert store.triggers() == {}
        assert store.depth().notices == 0
        return 0
    newest = (transitions[0].at - NOON) // SECOND
    known = {(transition.at - NOON) // SECOND for transition in transitions}
    assert known == set(range(min(known), newest + 1))
    _check_triggers(store, newest)
    _check_notices(store, newest, known)
    _check_readings(store, newest)
    return newest


def _check_triggers(store: SqliteStore, newest: int) -> None:
    triggers = store.triggers()
    assert triggers.keys() == {("ecs-cpu-sustained", "xops/api"), ("passing", key_of(newest))}
    assert triggers["ecs-cpu-sustained", "xops/api"].status is status_of(newest)


def _check_notices(store: SqliteStore, newest: int, known: set[int]) -> None:
    """Every transition has its notice, unless that was delivered; and there is no other."""
    owed = {o.notice.key for o in store.owed(now=NOON, limit=STEPS_MAX)}
    assert all(key_of(step) in owed for step in known if step % 7)
    assert owed <= {key_of(step) for step in range(1, newest + 1)}


def _check_readings(store: SqliteStore, newest: int) -> None:
    history = store.history({CPU: STEPS_MAX * SECOND}, now=NOON + STEPS_MAX * SECOND)
    per_step = Counter(
        reading.value for series in history.series.values() for reading in series.readings
    )
    assert set(per_step.values()) == {READINGS_PER_STEP}
    assert newest <= max(per_step) <= newest + 1


def test_a_file_that_was_killed_in_the_middle_of_a_checkpoint_is_opened(tmp_path: Path) -> None:
    """Its header counts the pages that its log has, and the file has not."""
    path, killed = tmp_path / "state.db", tmp_path / "killed.db"
    journal = Journal(mode=JournalMode.WAL, filesystem="chosen", reason="by the test")
    with closing(SqliteStore.open(path, journal=journal)) as store:
        store.record([reading(float(n), at=NOON + n * SECOND) for n in range(2_000)])
        log = path.with_name("state.db-wal").read_bytes()
        file = path.read_bytes()
    page_bytes = int.from_bytes(file[16:18])
    header = _newest_of_page_1(log, page_bytes)
    assert int.from_bytes(header[28:32]) > len(file) // page_bytes
    killed.write_bytes(header + file[page_bytes:])
    killed.with_name("killed.db-wal").write_bytes(log)
    with closing(SqliteStore.open(killed, journal=journal)) as store:
        history = store.history({CPU: timedelta(hours=1)}, now=NOON + timedelta(hours=1))
    assert [len(series.readings) for series in history.series.values()] == [2_000]


def _newest_of_page_1(log: bytes, page_bytes: int) -> bytes:
    """Return the page as the last frame of a write-ahead log has it (SQLite's file format 4.1)."""
    newest = b""
    for at in range(32, len(log), 24 + page_bytes):
        if int.from_bytes(log[at : at + 4]) == 1:
            newest = log[at + 24 : at + 24 + page_bytes]
    return newest
