"""What reading ECS takes, from 1 to 10,000 services, at a fixed latency, beside what it must take.

The three sources of ECS ask together and share one sweep, as in the daemon. A listing is a chain:
each page names the next. What is listed can be described side by side, so that its limit is one
round trip more, or as many as there are calls for each of those that may be in flight.
"""

import json
import math
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import psutil
import pytest
import structlog

from tests.bench.row import Row, percentile
from tests.fakes import FixedRules
from xops_watch.aws.side_by_side import WIDTH_MAX
from xops_watch.bootstrap import examined
from xops_watch.collect import Collector
from xops_watch.core.notice import Stack
from xops_watch.exporter.app import HttpApp
from xops_watch.exporter.publisher import SnapshotPublisher
from xops_watch.exporter.telemetry import PrometheusTelemetry
from xops_watch.ports import Source, Surroundings
from xops_watch.rulebook import load
from xops_watch.rulebook.shipped import shipped_rules
from xops_watch.settings import Settings
from xops_watch.store.sqlite import SqliteStore
from xops_watch.watch import Watch

MINUTE = timedelta(minutes=1)
START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
LATENCY = 0.03  # seconds, of each answer
CYCLES = 3
SIZES = (1, 10, 100, 1_000, 10_000)
PAGE, BATCH = 100, 10
NAMES = frozenset({"ecs", "ecs_config", "ecs_tasks"})


CREDENTIALS = {
    "AWS_REGION": "ap-southeast-2",
    "AWS_ACCESS_KEY_ID": "bench",
    "AWS_SECRET_ACCESS_KEY": "bench",
}


def measure_ecs() -> Iterator[Row]:
    """Yield, for each size, the first sweep and the usual one, and what a scrape takes after."""
    for services in SIZES:
        with _endpoint(services) as address, pytest.MonkeyPatch.context() as patch:
            for name, value in {**CREDENTIALS, "AWS_ENDPOINT_URL": address}.items():
                patch.setenv(name, value)
            yield from _of(address, services)


def _of(address: str, services: int) -> Iterator[Row]:
    scene = _Scene()
    times, spent = [], []
    for cycle in range(CYCLES):
        _traffic(address)
        began = time.perf_counter()
        scene.tick(START + cycle * MINUTE)
        times.append(time.perf_counter() - began)
        spent.append(_traffic(address))
    where = f"ECS at {LATENCY * 1000:g} ms, {services:,} services"
    yield Row(what=f"{where}, first", measured=_told(spent[0], times[0]), aim=_limit(services, 1))
    usual = percentile(times[1:], 0.5)
    yield Row(what=f"{where}, each minute", measured=_told(spent[-1], usual), aim=_limit(services))
    memory = psutil.Process().memory_info().rss / 2**20
    yield Row(what=f"scrape, {services:,} services", measured=f"{scene.scrape()}, {memory:.0f} MiB")


def _told(spent: Mapping[str, int], seconds: float) -> str:
    calls = sum(count for name, count in spent.items() if name != "bytes")
    return f"{calls} calls, {spent['bytes'] / 1024:,.0f} KiB, {seconds:.2f} s with its tick"


def _limit(services: int, new_tasks: int = 0) -> str:
    """Return the least calls, and the least time with so many calls in flight as are allowed."""
    pages = max(1, math.ceil(services / PAGE))
    batches = math.ceil(services / BATCH)
    described = math.ceil(services / PAGE) * new_tasks
    calls = pages + batches + 1 + pages + 1 + described
    chain = pages + math.ceil(batches / WIDTH_MAX) + 1 + pages + math.ceil(described / WIDTH_MAX)
    return f"{calls} calls, {chain * LATENCY:.2f} s"


class _Scene:
    """A watch of ECS alone, with everything behind it."""

    def __init__(self) -> None:
        self._clock = _Clock()
        telemetry = PrometheusTelemetry()
        log = structlog.wrap_logger(structlog.ReturnLogger())
        publisher = SnapshotPublisher(monotonic=time.monotonic)
        around = Surroundings(clock=self._clock, publisher=publisher, telemetry=telemetry, log=log)
        self._app = HttpApp(publisher, telemetry, clock=self._clock, tick_interval=MINUTE)
        self._watch = Watch(
            stack=Stack(name="bench", runbooks_url="docs/runbooks"),
            rulebooks=FixedRules(rulebook=load(shipped_rules())),
            clock=self._clock,
            collector=Collector(
                _sources(around),
                deadline=timedelta(minutes=5),
                telemetry=telemetry,
                log=log,
            ),
            store=SqliteStore.in_memory(),
            publisher=publisher,
            log=log,
        )

    def tick(self, now: datetime) -> None:
        """Ask, judge and publish."""
        self._clock.at = now
        self._watch.tick()

    def scrape(self) -> str:
        """Return how large the page is and how long it takes: the first time, and after that."""
        times, size = [], 0
        for _ in range(3):
            began = time.perf_counter()
            (body,) = self._app(
                {"PATH_INFO": "/metrics", "REQUEST_METHOD": "GET"}, lambda *_: lambda _: None
            )
            times.append(time.perf_counter() - began)
            size = len(body)
        return f"{size / 1024:,.0f} KiB, {times[0] * 1000:.0f} ms, then {times[-1] * 1000:.0f} ms"


class _Clock:
    at = START

    def now(self) -> datetime:
        return self.at

    def real_seconds(self, duration: timedelta) -> float:
        return duration.total_seconds()


def _sources(around: Surroundings) -> list[Source]:
    """Return the sources of ECS as the daemon builds them."""
    settings = Settings.model_validate({"ecs": {"clusters": "main"}})
    parts = examined(settings, load(shipped_rules()), around)
    return [source for source in parts.sources if source.name in NAMES]


def _traffic(address: str) -> Mapping[str, int]:
    with urllib.request.urlopen(f"{address}/traffic") as answer:  # noqa: S310 - http to loopback, ours
        told: Mapping[str, int] = json.load(answer)
        return told


@contextmanager
def _endpoint(services: int) -> Iterator[str]:
    command = [sys.executable, "-m", "tests.bench.ecs_endpoint", str(services), str(LATENCY)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None
        yield f"http://127.0.0.1:{process.stdout.readline().decode().strip()}"
    finally:
        process.terminate()
        process.wait(30)
