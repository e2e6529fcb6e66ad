"""Two threads of one daemon, and two daemons on one file."""

import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from threading import Event, Timer

import pytest

from tests.store.samples import CPU, NOON, after, evaluation, notice, reading
from xops_watch.errors import StoreError
from xops_watch.store.filesystem import Journal, JournalMode
from xops_watch.store.sqlite import SqliteStore

STEPS = 40
MODES = pytest.mark.parametrize("mode", [JournalMode.WAL, JournalMode.DELETE])


def _open(path: Path, mode: JournalMode) -> SqliteStore:
    journal = Journal(mode=mode, filesystem="chosen", reason="by the test")
    return SqliteStore.open(path, journal=journal)


def _tick(store: SqliteStore, prefix: str) -> None:
    for step in range(STEPS):
        store.record([reading(at=after(seconds=step), subject=prefix)])
        store.history({CPU: NOON - after(hours=-1)}, now=NOON)
        store.commit(evaluation(notices=(notice(f"{prefix}{step}", at=after(seconds=step)),)))


def _deliver(store: SqliteStore, ticking: Callable[[], bool]) -> int:
    """Deliver all there is; stop when a pass that began after the last tick finds nothing."""
    delivered = 0
    while True:
        last = not ticking()
        owed = store.owed(now=after(days=1), limit=10)
        for one in owed:
            store.mark_failed(one.notice.key, error="first try", retry_at=NOON)
            store.mark_delivered(one.notice.key, at=after(seconds=1))
        delivered += len(owed)
        if last and not owed:
            return delivered


@MODES
def test_ticking_and_delivering_threads_never_lock_each_other_out(
    tmp_path: Path, mode: JournalMode
) -> None:
    with closing(_open(tmp_path / "state.db", mode)) as store, ThreadPoolExecutor(2) as pool:
        ticking = pool.submit(_tick, store, "a")
        delivering = pool.submit(_deliver, store, lambda: not ticking.done())
        ticking.result()
        assert delivering.result() == STEPS
        assert store.depth().notices == 0


@MODES
def test_two_daemons_on_one_file_wait_for_each_other(tmp_path: Path, mode: JournalMode) -> None:
    path = tmp_path / "state.db"
    with (
        closing(_open(path, mode)) as one,
        closing(_open(path, mode)) as other,
        ThreadPoolExecutor(2) as pool,
    ):
        ticking = [pool.submit(_tick, one, "a"), pool.submit(_tick, other, "b")]
        for tick in ticking:
            tick.result()
        assert one.depth().notices == other.depth().notices == 2 * STEPS


@MODES
def test_a_file_that_stays_locked_is_an_error_with_a_hint(
    tmp_path: Path, mode: JournalMode
) -> None:
    path = tmp_path / "state.db"
    with closing(_open(path, mode)) as store:
        store._db.execute("PRAGMA busy_timeout = 20")  # ten seconds would prove no more
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN EXCLUSIVE")
            with pytest.raises(StoreError) as refusal:
                store.record([reading()])
        assert refusal.value.what == f"{path}: cannot record observations: database is locked"
        assert "another process holds the file" in refusal.value.hint
        store.record([reading()])


def test_a_file_that_is_locked_for_a_moment_is_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    released = Event()
    with (
        closing(_open(path, JournalMode.WAL)) as store,
        closing(sqlite3.connect(path, isolation_level=None, check_same_thread=False)) as other,
    ):
        other.execute("BEGIN IMMEDIATE")

        def release() -> None:
            released.set()
            other.execute("ROLLBACK")

        timer = Timer(0.05, release)
        timer.start()
        store.record([reading()])
        assert released.is_set()
        timer.join()
