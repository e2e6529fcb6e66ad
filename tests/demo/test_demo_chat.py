"""Open WebUI's stand-in: a real database, real writers, and nothing of it left afterwards."""

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from signal import SIGKILL

import psutil
import pytest

from tests.demo.showing import WAIT_SECONDS
from tests.system.daemons import eventually
from xops_watch.clock import ScaledClock, machine_now
from xops_watch.core.reading import Reading
from xops_watch.demo.chat import Chat, chatting
from xops_watch.demo.writers import REGISTERED, Work
from xops_watch.errors import SourceError
from xops_watch.sources.openwebui import UserTable
from xops_watch.sources.openwebui.database import UserCounts
from xops_watch.sources.sqlite_wal import SqliteWalSource, Watched

THREE_MINUTES = timedelta(minutes=3)


@pytest.fixture
def clock() -> ScaledClock:
    return ScaledClock(anchor=machine_now(), speed=60)


@pytest.fixture
def chat(tmp_path: Path, clock: ScaledClock) -> Iterator[Chat]:
    with chatting(tmp_path, clock, people=41) as running:
        logged: list[str] = []

        def is_ready() -> bool:
            logged.extend(running.logged())
            return logged == ["Started server process"]

        eventually(is_ready, "it has made its tables")
        yield running


def _counts(chat: Chat, clock: ScaledClock) -> UserCounts | None:
    """Return what the daemon would count; None while the tables are not there."""
    try:
        return UserTable(chat.database, window=THREE_MINUTES).count(now=clock.now())
    except SourceError:
        return None


def _active(chat: Chat, clock: ScaledClock) -> int:
    counted = _counts(chat, clock)
    return 0 if counted is None else counted.active_24h


def test_the_people_who_are_there_are_counted_as_active(chat: Chat, clock: ScaledClock) -> None:
    before = _counts(chat, clock)
    assert before is not None
    assert (before.registered, before.active_24h) == (REGISTERED, 41)
    chat.order(people=57, writes_per_second=40)
    eventually(lambda: _active(chat, clock) == 57, "57 people are written down")
    after = _counts(chat, clock)
    assert after is not None
    assert after.registered == REGISTERED


def test_the_writers_contend_for_the_lock_and_nobody_fails(chat: Chat, clock: ScaledClock) -> None:
    source = SqliteWalSource(
        [Watched(subject="demo/webui.db", path=chat.database)],
        interval=timedelta(minutes=1),
        rate=200,
    )
    seen: dict[str, float] = {}

    def look() -> dict[str, float]:
        told = source.observe(now=clock.now())
        seen.update({one.signal: one.value for one in told if isinstance(one, Reading)})
        return seen

    try:
        chat.order(people=57, writes_per_second=40)
        eventually(lambda: look().get("sqlite.write_lock_busy", 0) >= 0.5, "the lock is busy")
        eventually(lambda: look().get("sqlite.commits_per_second", 0) >= 10, "they commit")
        chat.order(people=57, writes_per_second=6)
        eventually(lambda: look()["sqlite.write_lock_busy"] < 0.3, "the lock rests again")
    finally:
        source.stop()
    assert seen["sqlite.journal_mode"] == 1
    assert not [line for line in chat.logged() if "Error" in line]


def test_it_ends_with_the_block_and_leaves_a_sound_database(
    tmp_path: Path, clock: ScaledClock
) -> None:
    with chatting(tmp_path, clock, people=41) as chat:
        chat.order(people=57, writes_per_second=40)
        eventually(lambda: _active(chat, clock) == 57, "all are there")
        assert chat.ended() is None
    assert chat.process.returncode == 0
    assert [one.name for one in chat.database.parent.iterdir()] == ["webui.db"]
    with closing(sqlite3.connect(chat.database)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


# Starts the writers as the demo does, tells their number, and waits to be killed.
PARENT = """
import sys, time
from pathlib import Path
from xops_watch.clock import ScaledClock, machine_now
from xops_watch.demo.chat import chatting
with chatting(Path(sys.argv[1]), ScaledClock(anchor=machine_now(), speed=60), people=41) as chat:
    chat.order(people=57, writes_per_second=40)
    print(chat.process.pid, flush=True)
    time.sleep(600)
"""


def test_it_ends_when_whoever_started_it_is_killed(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PARENT, str(tmp_path)], stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        writers = psutil.Process(int(parent.stdout.readline()))
        parent.kill()
        parent.wait()
        gone, _ = psutil.wait_procs([writers], timeout=WAIT_SECONDS)
    assert gone == [writers]


def test_one_that_is_killed_is_told_once_and_takes_no_more_orders(chat: Chat) -> None:
    chat.process.send_signal(SIGKILL)
    chat.process.wait()
    chat.order(people=3, writes_per_second=1)
    assert [chat.ended(), chat.ended()] == [-SIGKILL, None]


def test_its_log_is_given_once_and_by_whole_lines(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_bytes(b"one\ntwo\nthr")
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        chat = Chat(process=process, database=tmp_path / "none", log=log)
        assert chat.logged() == ["one", "two"]
        assert chat.logged() == []
        log.write_bytes(b"one\ntwo\nthree\n\xff\n")
        assert chat.logged() == ["three", "\ufffd"]


def test_whoever_came_in_is_written_down_first(clock: ScaledClock) -> None:
    work = Work(clock=clock)
    work.obey('{"people": 2, "writes_per_second": 1}')
    work.obey('{"people": 4, "writes_per_second": 1}')
    assert [work.next_person() for _ in range(4)] == [0, 1, 2, 3]
    assert {work.next_person() for _ in range(200)} == {0, 1, 2, 3}


def test_nobody_rests_so_long_that_the_next_order_is_missed(clock: ScaledClock) -> None:
    work = Work(clock=clock)
    assert work.pause() == 1.0
    work.obey('{"people": 1, "writes_per_second": 0.01}')
    assert all(work.pause() <= 1.0 for _ in range(100))
    work.obey('{"people": 1, "writes_per_second": 1000000}')
    assert work.pause() == 0.0
