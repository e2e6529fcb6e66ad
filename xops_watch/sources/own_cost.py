"""What watching itself costs at AWS: counted by the daemon, at list prices."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from xops_watch.aws.standing import gap, reading
from xops_watch.core.reading import Observation
from xops_watch.errors import GapReason

_SELF = "cost.self"


class OwnCostSource:
    """Tells dollars a month; `dollars_per_month` returns None as long as they are not known."""

    name = "own_cost"
    asks_nobody = True
    signals = (_SELF,)

    def __init__(
        self,
        dollars_per_month: Callable[[], float | None],
        *,
        stack: str,
        interval: timedelta,
    ) -> None:
        self.interval = interval
        self._dollars_per_month = dollars_per_month
        self._stack = stack

    def observe(self, *, now: datetime) -> Sequence[Observation]:
        """Return what all billed calls cost together, or a gap before the first were planned."""
        dollars = self._dollars_per_month()
        if dollars is None:
            why = "what is asked of AWS is not planned yet"
            return (gap(_SELF, self._stack, GapReason.STALE, why, at=now),)
        return (reading(_SELF, self._stack, dollars, at=now),)
