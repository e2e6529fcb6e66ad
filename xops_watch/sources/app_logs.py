"""CloudWatch Logs: troubles of SQLite that Open WebUI wrote into its log in the last hour.

The hour is cut into slices of five minutes. Each is counted as a whole, and the newest are counted
again: lines may come late.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from xops_watch.aws.log_lines import FILTER_LOG_EVENTS, Kinds, LogLines
from xops_watch.aws.standing import gap
from xops_watch.core.reading import Observation, Reading
from xops_watch.errors import GapReason

# Which lines count: those that name at least one of these kinds.
_OF: Mapping[str, frozenset[str]] = {
    "sqlite.lock_errors_1h": frozenset({"locked", "pool"}),
    "sqlite.pool_errors_1h": frozenset({"pool"}),
    "sqlite.disk_errors_1h": frozenset({"disk"}),
    "sqlite.readonly_errors_1h": frozenset({"readonly"}),
    "sqlite.malformed_errors_1h": frozenset({"malformed"}),
    "sqlite.journal_mode_errors_1h": frozenset({"journal_mode"}),
}

SLICE = timedelta(minutes=5)
_HOUR = timedelta(hours=1)
_SETTLE = timedelta(minutes=1)  # lines take some seconds from the container to the log group
_LATE = 2  # slices that are counted again
PAGES_MAX = 60  # of one poll; an hour of a quiet log takes 14


class AppLogSource:
    """Counts lines of one log group; `database` is the subject.

    `group` returns the name of the log group, and raises SourceError.
    """

    name = "app_logs"
    signals = tuple(_OF)
    iam_actions = (FILTER_LOG_EVENTS,)

    def __init__(
        self,
        lines: LogLines,
        group: Callable[[datetime], str],
        *,
        database: str,
        interval: timedelta,
    ) -> None:
        self.interval = interval
        self._lines = lines
        self._group = group
        self._database = database
        self._counted: tuple[str, dict[datetime, Counter[Kinds]]] = ("", {})

    def observe(self, *, now: datetime) -> Sequence[Observation]:
        """Return the counts of the hours that ended last; raises SourceError.

        An hour of which a slice could not be counted is a gap: part of a count is no count.
        """
        group, end = self._group(now), _aligned(now - _SETTLE)
        name, known = self._counted
        slices = known if name == group else {}
        self._counted = group, slices
        self._count(group, slices, end=end)
        return tuple(self._told(slices, end, now))

    def _count(self, group: str, slices: dict[datetime, Counter[Kinds]], *, end: datetime) -> None:
        span = _HOUR + _LATE * SLICE
        starts = [end - span + n * SLICE for n in range(span // SLICE)]
        for start in slices.keys() - set(starts):
            del slices[start]
        self._lines.restart()
        for start in reversed(starts):
            if start in slices and start < end - (_LATE + 1) * SLICE:
                continue
            counted = self._lines.count(group, start=start, end=start + SLICE)
            if counted is None:
                return
            slices[start] = counted

    def _told(
        self, slices: Mapping[datetime, Counter[Kinds]], end: datetime, now: datetime
    ) -> Iterator[Observation]:
        for at in (end - late * SLICE for late in range(_LATE, -1, -1)):
            hour = [at - _HOUR + n * SLICE for n in range(_HOUR // SLICE)]
            if all(start in slices for start in hour):
                for signal, kinds in _OF.items():
                    value = sum(_lines(slices[start], kinds) for start in hour)
                    yield self._reading(signal, value, at, now)
            elif at == end:
                done = sum(start in slices for start in hour)
                why = (
                    f"only {done} of {len(hour)} parts of the last hour are counted: they take"
                    f" more than {PAGES_MAX} pages, the rest follows at the next poll"
                )
                for signal in _OF:
                    yield gap(signal, self._database, GapReason.STALE, why, at=now)

    def _reading(self, signal: str, value: int, at: datetime, now: datetime) -> Reading:
        return Reading(
            signal=signal, subject=self._database, value=float(value), taken_at=at, seen_at=now
        )


def _lines(counted: Counter[Kinds], kinds: frozenset[str]) -> int:
    return sum(count for found, count in counted.items() if found & kinds)


def _aligned(instant: datetime) -> datetime:
    start = datetime(1970, 1, 1, tzinfo=UTC)
    return instant - (instant - start) % SLICE
