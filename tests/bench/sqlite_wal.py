"""What looking at locks costs the writers, and what it costs the daemon, by the rate of looks."""

import shutil
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import mean

from tests.bench.row import Row
from tests.sources.sqlite_wal.child import Child
from xops_watch.clock import monotonic
from xops_watch.sources.sqlite_wal.sampler import Sampler
from xops_watch.sources.sqlite_wal.sensor import Sensor, System

RATES = (10, 50, 100, 1000)
SECONDS = 2.0
TURNS = 3
WRITERS = 2


def measure_sqlite_wal() -> Iterator[Row]:
    """Yield, for each journal mode, the writers' pace without and with looks at each rate."""
    for mode in ("wal", "delete"):
        folder = Path(tempfile.mkdtemp(prefix="xops-bench-"))
        try:
            yield from _mode(folder / "webui.db", mode)
        finally:
            shutil.rmtree(folder)


def _mode(path: Path, mode: str) -> Iterator[Row]:
    with Child(path, mode=mode) as one, Child(path) as other:
        one.sql("CREATE TABLE t (a)")
        one.sql("PRAGMA synchronous = OFF")
        other.sql("PRAGMA synchronous = OFF")
        paces: dict[int, list[float]] = {rate: [] for rate in (0, *RATES)}
        costs: dict[int, list[float]] = {rate: [] for rate in (0, *RATES)}
        for _ in range(TURNS):  # in turns: what else the machine does meets every rate
            for rate in (0, *RATES):
                pace, cost = _turn([one, other], path, rate)
                paces[rate].append(pace)
                costs[rate].append(cost)
    for rate in (0, *RATES):
        looks = f"looked at {rate}/s" if rate else "not looked at"
        cpu = f", {mean(costs[rate]):.2%} of a CPU" if rate else ""
        yield Row(
            what=f"SQLite {mode}, {WRITERS} writers, {looks}",
            measured=f"{mean(paces[rate]):.0f} commits/s{cpu}",
            aim="the writers' pace does not change" if rate else "",
        )


def _turn(writers: list[Child], path: Path, rate: int) -> tuple[float, float]:
    """Return commits a second, and the share of a CPU that the looks took."""
    sampler = Sampler(Sensor(path, System()), rate=float(rate)) if rate else None
    if sampler is not None:
        sampler.start()
    used, began = time.process_time(), monotonic()
    try:
        with ThreadPoolExecutor(len(writers)) as asking:
            held = list(asking.map(lambda each: each.ask("duty", 0, 0, SECONDS), writers))
        share = (time.process_time() - used) / (monotonic() - began)
    finally:
        if sampler is not None:
            sampler.stop()
    return sum(map(len, held)) / SECONDS, share
