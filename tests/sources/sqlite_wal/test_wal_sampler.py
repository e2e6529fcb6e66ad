"""The thread: a filesystem that hangs, is slow or fails, and a fault of our own."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest

from tests.sources.sqlite_wal.scene import MINUTE, NOW, by_signal, newest, reason, until
from xops_watch.clock import monotonic
from xops_watch.core.reading import Gap
from xops_watch.errors import GapReason, SourceError
from xops_watch.sources.sqlite_wal.layout import JournalMode
from xops_watch.sources.sqlite_wal.mounts import Filesystem
from xops_watch.sources.sqlite_wal.sampler import NETWORK_RATE, Pace, Sampler
from xops_watch.sources.sqlite_wal.sensor import Sensor, Survey, System
from xops_watch.sources.sqlite_wal.source import SqliteWalSource, Watched
from xops_watch.sources.sqlite_wal.state import FINE
from xops_watch.sources.sqlite_wal.values import SIGNALS

EXT4 = Filesystem(kind="ext4")
NFS = Filesystem(kind="nfs4")


@dataclass(slots=True)
class Eye(Sensor):
    """A sensor whose filesystem does as the test says."""

    filesystem: Filesystem = EXT4
    held: bool = False
    counter: bytes = b"1"
    hang: threading.Event | None = None
    slow: float = 0.0
    failing: OSError | None = None
    bug: Exception | None = None
    turn: threading.Event = field(default_factory=threading.Event)

    def examine(self, *, at: float) -> None:
        assert at >= 0
        if self.hang is not None:
            self.hang.wait()
        if self.bug is not None:
            bug, self.bug = self.bug, None
            raise bug
        survey = Survey(
            standing=FINE, journal_mode=JournalMode.ROLLBACK, filesystem=self.filesystem
        )
        with self.lock:
            self.survey = survey

    def is_write_locked(self) -> bool:
        if self.slow:
            self.turn.wait(self.slow)
        if self.failing is not None:
            raise self.failing
        return self.held

    def is_checkpointing(self) -> bool | None:
        return None

    def change(self) -> bytes:
        return self.counter


def eye() -> Eye:
    return Eye(Path("/data/webui.db"), System())


@contextmanager
def running(
    sensor: Eye, *, rate: float | None = 500, pace: Pace | None = None
) -> Iterator[Sampler]:
    sampler = Sampler(sensor, rate=rate, pace=pace)
    sampler.start()
    try:
        yield sampler
    finally:
        if sensor.hang is not None:
            sensor.hang.set()
        sampler.stop()


def threads() -> int:
    return sum(thread.name == "sqlite-sampler" for thread in threading.enumerate())


def test_a_filesystem_that_hangs_is_unreachable_and_hangs_one_thread() -> None:
    sensor, before = eye(), threads()
    with running(sensor, pace=Pace(hung=0.5, survey=0.05)) as sampler:
        until(lambda: newest(sampler).window)
        sensor.hang = threading.Event()
        caught = until(lambda: refusal(sampler))
        for _ in range(5):
            sampler.start()
            assert refusal(sampler) is not None
        assert threads() == before + 1
        assert caught.reason is GapReason.UNREACHABLE
        assert caught.what.startswith("the filesystem of '/data/webui.db' has not answered for")
        sensor.hang.set()
        until(lambda: refusal(sampler) is None)
        assert threads() == before + 1
    assert threads() == before


def refusal(sampler: Sampler) -> SourceError | None:
    try:
        newest(sampler)
    except SourceError as error:
        return error
    return None


def test_a_filesystem_that_hangs_from_the_start_is_unreachable() -> None:
    sensor = eye()
    sensor.hang = threading.Event()
    with running(sensor) as sampler:
        found = refusal(sampler)
    assert found is not None
    assert found.reason is GapReason.UNREACHABLE


def test_a_database_that_hangs_makes_gaps_and_leaves_the_other_alone(tmp_path: Path) -> None:
    both = [
        Watched(subject="xops/hangs.db", path=tmp_path / "hangs.db"),
        Watched(subject="xops/other.db", path=tmp_path / "other.db"),
    ]
    source = SqliteWalSource(both, interval=MINUTE)
    hanging = eye()
    hanging.hang = threading.Event()
    source._samplers["xops/hangs.db"] = Sampler(hanging, pace=Pace(hung=0.2))
    try:
        seen = source.observe(now=NOW)
        again = source.observe(now=NOW + timedelta(minutes=1))
    finally:
        hanging.hang.set()
        source.stop()
    for told in (seen, again):
        seen_here = [one for one in told if one.signal in SIGNALS]
        of_hanging = by_signal([one for one in seen_here if one.subject == "xops/hangs.db"])
        of_other = by_signal([one for one in seen_here if one.subject == "xops/other.db"])
        assert len(of_hanging) == len(of_other) == len(SIGNALS)
        assert {reason(one) for one in of_hanging.values()} == {GapReason.UNREACHABLE}
        assert not isinstance(of_other["file_state"], Gap)


def test_looks_become_fewer_while_they_are_slow() -> None:
    sensor = eye()
    sensor.slow = 0.02
    with running(sensor, rate=100, pace=Pace(slow=0.01)) as sampler:
        until(lambda: newest(sampler).rate == NETWORK_RATE)
        assert newest(sampler).rate == 10.0


def test_looks_become_as_many_as_before_when_they_are_fast_again() -> None:
    sensor = eye()
    sensor.slow = 0.3
    with running(sensor, rate=100, pace=Pace(calm=0.4, survey=0.05)) as sampler:
        until(lambda: newest(sampler).rate < 100)
        sensor.slow = 0.0
        until(lambda: newest(sampler).rate == 100)
        assert newest(sampler).rate == 100


@pytest.mark.parametrize(("filesystem", "rate"), [(EXT4, 50.0), (NFS, 10.0)])
def test_a_network_filesystem_is_looked_at_less_often(filesystem: Filesystem, rate: float) -> None:
    sensor = eye()
    sensor.filesystem = filesystem
    with running(sensor, rate=None) as sampler:
        until(lambda: newest(sampler).looks)
        assert newest(sampler).rate == rate


def test_a_look_that_fails_is_a_state_until_it_does_not() -> None:
    sensor = eye()
    sensor.failing = OSError(5, "Input/output error")
    with running(sensor, pace=Pace(survey=0.01)) as sampler:
        until(lambda: newest(sampler).survey.standing.state == "io_error")
        sensor.failing = None
        until(lambda: newest(sampler).window)
        assert newest(sampler).survey.standing == FINE


def test_a_fault_of_our_own_is_raised_once_and_the_thread_begins_anew() -> None:
    sensor = eye()
    sensor.bug = ZeroDivisionError("ours")
    with running(sensor) as sampler:
        with pytest.raises(ZeroDivisionError, match="ours"):
            sampler.report(until=monotonic() + 20)
        sampler.start()
        assert until(lambda: newest(sampler).window) is not None


def test_one_hold_lasts_until_the_next_commit() -> None:
    sensor = eye()
    sensor.held = True
    with running(sensor) as sampler:
        until(lambda: newest(sampler).looks < 5)
        window = until(lambda: newest(sampler).window)
        assert window.busy == 1.0
        assert window.longest_hold > 0.0
        sensor.counter = b"2"
        sensor.held = False
        free = until(lambda: _free(sampler))
        assert free


def _free(sampler: Sampler) -> bool:
    window = newest(sampler).window
    return window is not None and window.busy == 0.0 and window.longest_hold == 0.0


def test_who_comes_waits_while_the_lock_is_held() -> None:
    sensor = eye()
    with running(sensor, pace=Pace(waits_per_second=1e9)) as sampler:
        free = until(lambda: newest(sampler).window)
        assert free.mean_wait == 0.0
        assert free.waits > 0
        sensor.held = True
        until(lambda: newest(sampler).window)
        sensor.held = False
        assert until(lambda: _waited(sampler)) > 0.0


def _waited(sampler: Sampler) -> float | None:
    window = newest(sampler).window
    return window.mean_wait if window else None
