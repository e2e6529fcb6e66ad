"""How the story reaches the embedded AWS: every minute once, and calm until it begins."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import cast

from xops_watch.clock import ScaledClock
from xops_watch.demo.stage import World
from xops_watch.demo.world import CREW, WEB
from xops_watch.embedded_aws.control import EmbeddedAws
from xops_watch.embedded_aws.control_specs import EventSpec, SeriesSpec, ServiceSpec

MINUTE = timedelta(minutes=1)
START = datetime(2026, 3, 4, 12, 0, 30, tzinfo=UTC)


@dataclass(slots=True)
class StoryClock:
    """Stands where it is put."""

    anchor: datetime
    at: datetime

    def now(self) -> datetime:
        return self.at


@dataclass(slots=True)
class Shown:
    """What the embedded AWS was told."""

    services: Sequence[ServiceSpec] = ()
    points: dict[str, list[tuple[datetime, float]]] = field(default_factory=dict)

    def put_cluster(self, name: str, *, services: Sequence[ServiceSpec]) -> None:
        assert name == "xops"
        self.services = services

    def put_points(self, *series: SeriesSpec) -> None:
        for one in series:
            if one["metric"] == "MemoryUtilization":
                continue
            assert one["metric"] == "CPUUtilization"
            name = one["dimensions"]["ServiceName"]
            points = cast("Sequence[tuple[datetime, float]]", one["points"])
            self.points.setdefault(name, []).extend(points)


def _world() -> tuple[World, StoryClock, Shown]:
    clock, aws = StoryClock(anchor=START, at=START), Shown()
    world = World(aws=cast("EmbeddedAws", aws), clock=cast("ScaledClock", clock))
    return world, clock, aws


def test_forty_calm_minutes_lie_before_the_start() -> None:
    world, _, aws = _world()
    world.move()
    minutes = [at for at, _ in aws.points[WEB]]
    assert minutes == [START.replace(second=0) - n * MINUTE for n in range(40, 0, -1)]
    assert all(cpu < 50 for _, cpu in aws.points[WEB] + aws.points[CREW])


def test_it_stays_calm_until_the_story_begins_however_long_that_takes() -> None:
    world, clock, aws = _world()
    for _ in range(90):
        world.move()
        clock.at += MINUTE
        assert world.elapsed < timedelta()
    assert [service["name"] for service in aws.services] == [WEB, CREW]
    assert all(cpu < 50 for _, cpu in aws.points[WEB])
    world.begin()
    assert world.elapsed == timedelta()


def test_the_services_are_configured_and_crews_that_find_no_place_are_events() -> None:
    world, clock, aws = _world()
    world.move()
    web, crew = aws.services
    assert web["architecture"] == crew["architecture"] == "ARM64"
    assert web["scaling"] == {"min": 1, "max": 6, "cpu_target": 70, "suspended": "yes"}
    assert "events" not in crew
    world.begin()
    clock.at += 11 * MINUTE
    world.move()
    events = next(service for service in aws.services if service["name"] == CREW)["events"]
    assert [cast("EventSpec", event)["at"] for event in events] == [
        START + 5 * MINUTE,
        START + 10 * MINUTE,
    ]


def test_every_minute_is_published_once_whatever_the_steps_are() -> None:
    world, clock, aws = _world()
    world.begin()
    for step in (0, 0.3, 0.3, 0.3, 0.5, 7, 0, 33.2, 20):
        clock.at += step * MINUTE
        world.move()
    minutes = [at for at, _ in aws.points[WEB]]
    first, last = START.replace(second=0) - 40 * MINUTE, clock.at.replace(second=0) - MINUTE
    assert minutes == [first + n * MINUTE for n in range(len(minutes))]
    assert minutes[-1] == last


def test_a_minute_is_published_as_it_was_even_if_it_is_late() -> None:
    world, clock, aws = _world()
    world.begin()
    clock.at += 60 * MINUTE
    world.move()
    busy = [at for at, cpu in aws.points[WEB] if cpu > 80]
    assert busy[0] - START == 3.5 * MINUTE
    assert busy[-1] - START == 44.5 * MINUTE
    assert len(busy) == 42
    assert len(aws.services) == 7
