"""What several commands make of the settings."""

from pathlib import Path

from xops_watch.clock import ScaledClock, SystemClock
from xops_watch.errors import ConfigurationError
from xops_watch.ports import Clock
from xops_watch.rulebook.shipped import shipped_rules
from xops_watch.settings import Settings


def require_something(settings: Settings) -> None:
    """Raise ConfigurationError when there is nothing to watch."""
    if not settings.watches_something:
        raise ConfigurationError(
            "nothing to watch: no source is configured",
            hint="name a cluster, XOPS_WATCH_ECS__CLUSTERS=xops (or `*` for all);"
            " `xops-watch demo` shows everything without an AWS account",
        )


def rules_paths(settings: Settings) -> tuple[Path, ...]:
    """Return the directories of rules that the settings choose."""
    return (settings.rules_path,) if settings.rules_path else shipped_rules()


def make_clock(settings: Settings) -> Clock:
    """Return the clock that the settings ask for; raises ConfigurationError."""
    if settings.clock.speed == 1:
        return SystemClock()
    if settings.clock.anchor is None:
        raise ConfigurationError(
            "XOPS_WATCH_CLOCK__SPEED is set without XOPS_WATCH_CLOCK__ANCHOR",
            hint="give both, or neither: they are for demonstrations",
        )
    return ScaledClock(anchor=settings.clock.anchor, speed=settings.clock.speed)
