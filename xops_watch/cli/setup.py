"""What several commands make of the settings."""

from datetime import timedelta

from xops_watch.aws.metadata import on_ecs
from xops_watch.clock import ScaledClock, SystemClock, machine_now
from xops_watch.errors import ConfigurationError
from xops_watch.ports import Clock
from xops_watch.settings import Settings

ANCHOR_DISTANCE_MAX = timedelta(days=30)  # at the highest speed three centuries: dates end later


def require_something(settings: Settings) -> None:
    """Raise ConfigurationError when there is nothing to watch: in a task of ECS its cluster is."""
    if not settings.watches_something and not on_ecs():
        raise ConfigurationError(
            "nothing to watch: no source is configured",
            hint="name a cluster, XOPS_WATCH_ECS__CLUSTERS=xops (or `*` for all), or run in a task"
            " of ECS, whose cluster is watched unasked; `xops-watch demo` shows everything without"
            " an AWS account",
        )


def make_clock(settings: Settings) -> Clock:
    """Return the clock that the settings ask for; raises ConfigurationError."""
    if settings.clock.speed == 1:
        return SystemClock()
    if settings.clock.anchor is None:
        raise ConfigurationError(
            "XOPS_WATCH_CLOCK__SPEED is set without XOPS_WATCH_CLOCK__ANCHOR",
            hint="give both, or neither: they are for demonstrations",
        )
    if abs(machine_now() - settings.clock.anchor) > ANCHOR_DISTANCE_MAX:
        raise ConfigurationError(
            f"XOPS_WATCH_CLOCK__ANCHOR is more than {ANCHOR_DISTANCE_MAX.days} days from now",
            hint="a faster time begins when the demonstration does",
        )
    return ScaledClock(anchor=settings.clock.anchor, speed=settings.clock.speed)
