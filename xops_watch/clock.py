"""The only place that reads the time; everything else is handed a `Clock` or a `now`."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta


@dataclass(frozen=True, slots=True)
class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Return the current instant, in UTC."""
        return machine_now()

    def real_seconds(self, duration: timedelta) -> float:
        """Return how many real seconds `duration` takes on this clock."""
        return duration.total_seconds()


@dataclass(frozen=True, slots=True, kw_only=True)
class ScaledClock:
    """A clock that runs `speed` times as fast as the machine's since `anchor`.

    Two processes that share `anchor` and `speed` agree on the time: this is how the demo
    lives through an hour in a minute.
    """

    anchor: datetime
    speed: float

    def __post_init__(self) -> None:
        """Refuse a clock that stands still, runs backwards or has no time zone."""
        if self.speed <= 0:
            msg = f"speed {self.speed} must be greater than 0"
            raise ValueError(msg)
        if self.anchor.utcoffset() is None:
            msg = "anchor needs a time zone"
            raise ValueError(msg)

    def now(self) -> datetime:
        """Return the current instant of the scaled time, in UTC."""
        elapsed = machine_now() - self.anchor
        return self.anchor + elapsed * self.speed

    def real_seconds(self, duration: timedelta) -> float:
        """Return how many real seconds `duration` takes on this clock."""
        return duration.total_seconds() / self.speed


def monotonic() -> float:
    """Return real seconds from an arbitrary start, for measuring how long I/O took."""
    return time.monotonic()


def machine_now() -> datetime:
    """Return the machine's time; only for what lives outside the watch's time (the scheduler)."""
    return datetime.now(UTC)  # noqa: TID251 - the one reading that every Clock rests on
