"""What the readings of one subject prove of a condition: the logic over its leaves."""

from dataclasses import dataclass
from datetime import datetime

from xops_watch.core.columns import to_micros
from xops_watch.core.condition import AllOf, AnyOf, Condition, Not, Threshold
from xops_watch.core.gauge import Gauge
from xops_watch.core.reading import History
from xops_watch.core.truth import Truth, all_of, any_of, negate

ALL_SUBJECTS = "all"  # the subject of a rule whose first leaf makes one number of many


class Evidence:
    """A history, ready for conditions to be judged on it; instants are microseconds.

    Without `windows` the newest reading of a signal speaks alone, whatever M of N or a
    statistic says. Readings before `since` are not looked at: what is judged must not depend on
    how much history others asked for.
    """

    def __init__(self, history: History, *, since: int | None = None) -> None:
        self.history = history
        self._since = since
        # By identity: a rulebook's leaves outlive a tick, and hashing one costs more than judging.
        self._gauges: dict[int, Gauge] = {}

    def gauge(self, leaf: Threshold) -> Gauge:
        """Return the leaf made ready, once for all subjects."""
        gauge = self._gauges.get(id(leaf))
        if gauge is None:
            gauge = self._gauges[id(leaf)] = Gauge(leaf, self.history, self._since)
        return gauge

    def truth(
        self, condition: Condition, subject: str, *, known: int, at: int, windows: bool = True
    ) -> Truth:
        """Return what the readings until `known` prove at `at`."""
        match condition:
            case Threshold():
                gauge = self.gauge(condition)
                return gauge.truth(subject, known=known, at=at, windows=windows)
            case AllOf(parts=parts):
                return all_of(
                    self.truth(part, subject, known=known, at=at, windows=windows) for part in parts
                )
            case AnyOf(parts=parts):
                return any_of(
                    self.truth(part, subject, known=known, at=at, windows=windows) for part in parts
                )
            case Not(part=part):  # pragma: no branch - there is no other condition
                return negate(self.truth(part, subject, known=known, at=at, windows=windows))


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """What a single condition is judged on: a history, seen from one subject."""

    history: History
    subject: str

    def truth(self, condition: Condition, *, known: datetime, at: datetime) -> Truth:
        """Return what the readings until `known` prove at `at`: evidence goes stale with time."""
        evidence = Evidence(self.history)
        return evidence.truth(condition, self.subject, known=to_micros(known), at=to_micros(at))
