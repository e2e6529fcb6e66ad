"""The story of the demo: a BC1 stack, a busy morning, and the quiet after it.

Everything is a function of the time since the start (in the time of the demo's clock), so that
the story can be told at any speed and tested without running it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from xops_watch.embedded_aws.control_specs import ServiceSpec

CLUSTER = "xops"
WEB = "open-webui"
CREW = "fastapi-crewai"
BUCKETS = ("xops-evidence", "xops-finops")

MINUTE = timedelta(minutes=1)
HISTORY = 40 * MINUTE  # calm points before the start: CloudWatch had a past, too
RISE = 3 * MINUTE
QUEUE = 5 * MINUTE
NEW_SERVICES = {
    "cost-api": 8 * MINUTE,
    "report-worker": 10 * MINUTE,
    "mcp-gateway": 12 * MINUTE,
    "run-scheduler": 14 * MINUTE,
    "vector-search": 18 * MINUTE,  # the seventh
}
FALL = 45 * MINUTE
MEMORY_PERCENT = 55.0  # of every service: no rule of this story looks at it
RETRY = 5 * MINUTE  # how often ECS tells that a task found no place

# As document B describes the layers; that nobody resumed scaling is what the demo finds out.
CONFIGURED: Mapping[str, ServiceSpec] = {
    WEB: {
        "cpu": 2048,
        "memory": 4096,
        "scaling": {"min": 2, "max": 6, "cpu_target": 70, "suspended": "yes"},
    },
    CREW: {
        "cpu": 1024,
        "memory": 2048,
        "scaling": {"min": 2, "max": 8, "cpu_target": 60},
        "strategy": [
            {"capacity_provider": "FARGATE_SPOT", "weight": 3},
            {"capacity_provider": "FARGATE", "weight": 1, "base": 1},
        ],
    },
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """One turn of the story, told when it happens."""

    at: timedelta
    text: str


SCENES = (
    Scene(
        at=timedelta(),
        text=f"a BC1 stack: cluster {CLUSTER}, services {WEB} (its scaling suspended) and {CREW}",
    ),
    Scene(at=RISE, text="a busy morning: CPU climbs past 80 % on both services"),
    Scene(at=QUEUE, text="crews pile up: six workers wanted, Fargate has room for two"),
    Scene(at=8 * MINUTE, text="teams add services, one after the other"),
    Scene(at=18 * MINUTE, text="a seventh service appears: vector-search"),
    Scene(at=FALL, text="the rush is over: load falls, the queue drains"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningService:
    """Tasks of one service at one moment, and its CPU in percent."""

    name: str
    desired: int
    running: int
    pending: int
    cpu_percent: float


def services_at(elapsed: timedelta) -> tuple[RunningService, ...]:
    """Return what runs `elapsed` after the start; before it, the calm of BC1."""
    busy = RISE <= elapsed < FALL
    queueing = QUEUE <= elapsed < FALL
    old = (
        RunningService(
            name=WEB,
            desired=2,
            running=2,
            pending=0,
            cpu_percent=_wave(elapsed, 86 if busy else 34),
        ),
        RunningService(
            name=CREW,
            desired=6 if queueing else 2,
            running=2,
            pending=3 if queueing else 0,
            cpu_percent=_wave(elapsed, 93 if busy else 28),
        ),
    )
    young = tuple(
        RunningService(name=name, desired=1, running=1, pending=0, cpu_percent=_wave(elapsed, 20))
        for name, born in NEW_SERVICES.items()
        if elapsed >= born
    )
    return old + young


def unplaced_at(elapsed: timedelta) -> tuple[timedelta, ...]:
    """Return when ECS found no place for a crew task, until `elapsed` after the start."""
    count = (FALL - QUEUE) // RETRY
    told = (QUEUE + number * RETRY for number in range(count))
    return tuple(at for at in told if at <= elapsed)


def _wave(elapsed: timedelta, level: float) -> float:
    """Real CPU is never flat: a small saw tooth of +-3 points, the same at every run."""
    return level + (elapsed // MINUTE) % 7 - 3
