"""One tick without the network: store, evaluation, snapshot; BC1 scale and far above."""

import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import structlog

from tests.bench.row import Row, percentile
from tests.fakes import FixedRules
from xops_watch.collect import Collector
from xops_watch.core.notice import Stack
from xops_watch.core.reading import Observation, Reading
from xops_watch.exporter.publisher import SnapshotPublisher
from xops_watch.exporter.telemetry import PrometheusTelemetry
from xops_watch.rulebook import load
from xops_watch.rulebook.shipped import shipped_rules
from xops_watch.store.sqlite import SqliteStore
from xops_watch.watch import Watch

MINUTE = timedelta(minutes=1)
START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
TICKS = 60


def measure_ticks() -> Iterator[Row]:
    """Yield a row for BC1 (10 services) and one for a large cluster (200)."""
    for services, aim in ((10, ""), (200, "")):
        times = _tick_seconds(services)
        yield Row(
            what=f"tick without network, {services} services, {TICKS} ticks",
            measured=f"p50 {percentile(times, 0.5) * 1000:.1f} ms, "
            f"p99 {percentile(times, 0.99) * 1000:.1f} ms",
            aim=aim,
        )


def _tick_seconds(services: int) -> list[float]:
    clock = _MinuteClock()
    log = structlog.wrap_logger(structlog.ReturnLogger())
    telemetry = PrometheusTelemetry()
    times = []
    with tempfile.TemporaryDirectory() as directory:
        store = SqliteStore.open(Path(directory) / "state.db")
        watch = Watch(
            stack=Stack(name="bench", runbooks_url="docs/runbooks"),
            rulebooks=FixedRules(rulebook=load(shipped_rules())),
            clock=clock,
            collector=Collector(
                [_Minutes(services=services)],
                deadline=timedelta(seconds=10),
                telemetry=telemetry,
                log=log,
            ),
            store=store,
            publisher=SnapshotPublisher(monotonic=time.monotonic),
            log=log,
        )
        for _ in range(TICKS):
            clock.minute += 1
            began = time.perf_counter()
            watch.tick()
            times.append(time.perf_counter() - began)
        store.close()
    return times


@dataclass(slots=True)
class _MinuteClock:
    minute: int = 0

    def now(self) -> datetime:
        return START + self.minute * MINUTE

    def real_seconds(self, duration: timedelta) -> float:
        return duration.total_seconds()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Minutes:
    """A source that answers at once: CPU and tasks of so many services."""

    services: int
    name: str = "bench"
    interval: timedelta = MINUTE
    signals: tuple[str, ...] = ("ecs.cpu_utilization", "crew.queue_depth", "ecs.services_active")

    def observe(self, *, now: datetime) -> Sequence[Observation]:
        observations: list[Observation] = [
            Reading(
                signal="ecs.services_active",
                subject="xops",
                value=float(self.services),
                taken_at=now,
            )
        ]
        for index in range(self.services):
            for signal, value in (("ecs.cpu_utilization", 0.5), ("crew.queue_depth", 0.0)):
                observations.append(
                    Reading(signal=signal, subject=f"xops/s{index}", value=value, taken_at=now)
                )
        return observations
