"""Signals that rules ask for and of which nothing is named: each says which setting does."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from xops_watch.aws.standing import gap
from xops_watch.core.reading import Observation
from xops_watch.errors import GapReason


class UnnamedSource:
    """Says of each signal which setting turns it on."""

    name = "unnamed"
    asks_nobody = True

    def __init__(self, fixes: Mapping[str, str], *, interval: timedelta) -> None:
        self.interval = interval
        self.signals = tuple(fixes)
        self._fixes = dict(fixes)

    def observe(self, *, now: datetime) -> Sequence[Observation]:
        """Return a gap for each signal."""
        return [
            gap(
                signal, None, GapReason.NOT_ENABLED, f"nothing is named to watch: set {fix}", at=now
            )
            for signal, fix in self._fixes.items()
        ]
