"""When a source is due: its own interval, stretched while its provider pushes back."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

BACK_OFF_MAX = 8  # times the interval: a throttled minute becomes at most eight
# Of the interval: ticks start some milliseconds early or late, and a source that is due at this
# tick must not wait for the next one for that.
EARLY_MAX = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """When a source last began, and how often in a row it was told to slow down."""

    began_at: datetime | None = None
    refusals: int = 0

    def begun(self, *, at: datetime) -> "Pace":
        """Return the pace of a source that was just asked."""
        return replace(self, began_at=at)

    def after(self, *, refused: bool) -> "Pace":
        """Return the pace after an answer: any answer but "slow down" ends the back-off."""
        return replace(self, refusals=self.refusals + 1 if refused else 0)


def is_due(pace: Pace, interval: timedelta, *, now: datetime) -> bool:
    """Tell whether the source should be asked at `now`.

    A clock that jumped back makes a source due at once rather than silent for hours.
    """
    if pace.began_at is None or now < pace.began_at:
        return True
    return now - pace.began_at >= interval * (back_off(pace.refusals) - EARLY_MAX)


def back_off(refusals: int) -> int:
    """Return by how much an interval is stretched after so many refusals in a row."""
    return min(1 << min(refusals, BACK_OFF_MAX), BACK_OFF_MAX)
