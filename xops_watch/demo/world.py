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

PEOPLE_BEFORE, PEOPLE_MOST = 41, 57  # active within a day, by the database
ARRIVE = 2 * MINUTE  # from here on one more comes each minute
CONTEND = 14 * MINUTE
EASE = 95 * MINUTE  # later than the hour for which more than 50 users have to stay
WRITES_CALM, WRITES_MOST = 6.0, 40.0  # a second, in real time: locks know no other
MANDATE = 22 * MINUTE
PULLS_BEFORE = tuple(timedelta(days=days) for days in (6, 5, 3, 2))  # ago
PULLS = (26 * MINUTE, 28 * MINUTE, 30 * MINUTE)  # the fifth, the sixth, the seventh of the week
CACHE = 34 * MINUTE
ANSWER = 55 * MINUTE

# What LiteLLM's counters come to, by a part of the query that asks for it.
_OF_CACHE = "litellm_input_cached_tokens_metric_total"
NUMBERS: Mapping[str, float] = {
    _OF_CACHE: 0.78,
    "litellm_deployment_success_responses_total[24h]": 3100.0,
    "litellm_deployment_success_responses_total[30d]": 0.998,
    "litellm_deployment_total_requests_total[30d]": 61_000.0,
    "litellm_deployment_total_requests_total[5m]": 14.0,
}
CACHE_HITS_LOW = 0.62
MEMORY_PERCENT = 55.0  # of every service: no rule of this story looks at it
RETRY = 5 * MINUTE  # how often ECS tells that a task found no place

# As document B describes the layers, but for one task of Open WebUI instead of two: more than one
# on SQLite is what a guard forbids. That nobody resumed scaling is what the demo finds out.
CONFIGURED: Mapping[str, ServiceSpec] = {
    WEB: {
        "cpu": 2048,
        "memory": 4096,
        "scaling": {"min": 1, "max": 6, "cpu_target": 70, "suspended": "yes"},
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
    Scene(
        at=ARRIVE,
        text=f"people come to work: {PEOPLE_BEFORE} used the chat within a day, soon {PEOPLE_MOST}",
    ),
    Scene(at=RISE, text="a busy morning: CPU climbs past 80 % on both services"),
    Scene(at=QUEUE, text="crews pile up: six workers wanted, Fargate has room for two"),
    Scene(at=8 * MINUTE, text="teams add services, one after the other"),
    Scene(
        at=CONTEND,
        text="chats and presence queue up at webui.db: as on EFS, a write holds it for 10-30 ms",
    ),
    Scene(at=18 * MINUTE, text="a seventh service appears: vector-search"),
    Scene(at=MANDATE, text="an audit finding becomes a mandate: data sovereignty, by the CISO"),
    Scene(at=PULLS[0], text="a busy week for Terraform: IaC pull requests five, six and seven"),
    Scene(at=CACHE, text="a new prompt begins with the date: its cache is hit less, 62 % a day"),
    Scene(at=FALL, text="the rush is over: load falls, the queue drains; the chat stays busy"),
    Scene(
        at=EASE, text="the chat is eased as advised: presence is noted once a minute, fewer writes"
    ),
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
            desired=1,
            running=1,
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


def people_at(elapsed: timedelta) -> int:
    """Return how many people used the chat within a day, `elapsed` after the start."""
    arrived = max(0, (elapsed - ARRIVE) // MINUTE + 1)
    return min(PEOPLE_BEFORE + arrived, PEOPLE_MOST)


def writes_at(elapsed: timedelta) -> float:
    """Return how many writes a real second these people make, if nothing holds them up.

    Whoever comes later finds longer chats: the writes grow faster than the people.
    """
    if elapsed >= EASE:
        return WRITES_CALM
    share = (people_at(elapsed) - PEOPLE_BEFORE) / (PEOPLE_MOST - PEOPLE_BEFORE)
    return WRITES_CALM + share**4 * (WRITES_MOST - WRITES_CALM)


def pulls_at(elapsed: timedelta) -> int:
    """Return how many of PULLS were opened, `elapsed` after the start."""
    return sum(at <= elapsed for at in PULLS)


def numbers_at(elapsed: timedelta) -> Mapping[str, float]:
    """Return what Prometheus knows of LiteLLM, `elapsed` after the start."""
    return {**NUMBERS, _OF_CACHE: CACHE_HITS_LOW} if elapsed >= CACHE else NUMBERS


def unplaced_at(elapsed: timedelta) -> tuple[timedelta, ...]:
    """Return when ECS found no place for a crew task, until `elapsed` after the start."""
    count = (FALL - QUEUE) // RETRY
    told = (QUEUE + number * RETRY for number in range(count))
    return tuple(at for at in told if at <= elapsed)


def _wave(elapsed: timedelta, level: float) -> float:
    """Real CPU is never flat: a small saw tooth of +-3 points, the same at every run."""
    return level + (elapsed // MINUTE) % 7 - 3
