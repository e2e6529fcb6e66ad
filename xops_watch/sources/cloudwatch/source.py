"""Reads the planned metrics of one region and makes signals of them.

GetMetricData is billed by metric asked for, not by point returned, so one query per metric and
read fetches a whole window; the newest points are read again until they settle.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from xops_watch.core.cadence import Pace, is_due
from xops_watch.core.reading import Gap, Observation, Reading, SeriesKey
from xops_watch.core.signal import MINUTE
from xops_watch.errors import GapReason, SourceError
from xops_watch.sources.cloudwatch.answers import READ_ACTION, Answer, Query, Window
from xops_watch.sources.cloudwatch.look import Look, look_around
from xops_watch.sources.cloudwatch.needs import SIGNALS
from xops_watch.sources.cloudwatch.plan import Wanted
from xops_watch.sources.cloudwatch.reader import Outcome, Reader, around
from xops_watch.sources.cloudwatch.series import Series
from xops_watch.sources.cloudwatch.spending import Spending
from xops_watch.sources.cloudwatch.statistics import STATISTICS_ACTION
from xops_watch.sources.cloudwatch.subjects import LIST_ACTION, Subjects

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient

# CloudWatch answered; there is just nothing to measure, or nothing new.
_ANSWERS = frozenset(
    {GapReason.STALE, GapReason.NOT_APPLICABLE, GapReason.NOT_ENABLED, GapReason.GONE}
)
NO_REQUESTS = (
    GapReason.NOT_APPLICABLE,
    "no requests in the last minutes: there is no answer to be measured",
)
Explain = Callable[[str, str], tuple[GapReason, str] | None]
RETRY_EVERY = 5 * MINUTE  # of what is read seldom, after a failure


class CloudWatchSource:
    """Reads what is wanted of every subject of one region.

    `plan` returns what is wanted now. `settle` is how long CloudWatch takes at least to publish a
    point that can be trusted; `seen` what was observed before the process started: what is gone
    since must be said to be. `explain` may know better why a signal of a subject has no value.
    """

    iam_actions = (READ_ACTION, STATISTICS_ACTION, LIST_ACTION)

    def __init__(  # noqa: PLR0913 - keywords, each with a name of its own
        self,
        client: "CloudWatchClient",
        subjects: Subjects,
        plan: Callable[[], Sequence[Wanted]],
        *,
        name: str = "cloudwatch",
        interval: timedelta,
        settle: timedelta,
        spending: Spending | None = None,
        seen: Collection[SeriesKey] = (),
        explain: Explain = lambda _signal, _subject: None,
    ) -> None:
        self.name = name
        self.interval = interval
        self._subjects = subjects
        self._plan = plan
        self._wanted: Mapping[str, Wanted] = {}
        self._settle = settle
        self._spending = spending or Spending(interval=interval, settle=settle)
        self._reader = Reader(client, self._spending)
        self._explain = explain
        self._paces: dict[str, Pace] = {}
        self._failed: set[str] = set()
        # The newest point of each known series.
        self._newest: dict[SeriesKey, datetime | None] = {
            key: None for key in seen if key[0] in SIGNALS
        }

    @property
    def signals(self) -> tuple[str, ...]:
        """Return what is asked for by the rules that are in force."""
        return tuple(one.need.signal for one in self._plan())

    def observe(self, *, now: datetime) -> Sequence[Observation]:
        """Return the new points of every subject, and why there are none where there are none."""
        look = self._look(now)
        intervals = self._spending.intervals(self.name, look.demands)
        due = [signal for signal in self._wanted if self._is_due(signal, intervals, now)]
        observations: list[Observation] = list(self._unfound(due, look, now))
        errors = list(look.errors.values()) if len(look.errors) == len(look.kinds) else []
        series = [one for one in look.series if one.need.signal in due]
        outcome = self._read(series, now)
        observations.extend(self._said(series, outcome.answers, now))
        self._paces |= dict.fromkeys(due, Pace(began_at=now))
        self._failed -= set(due)
        self._failed |= {made.signal for made in observations if _is_failure(made)}
        if not errors and not outcome.is_refused:
            return [*observations, *self._gone(due, look, now)]
        if len(due) == len(self._wanted):
            raise (outcome.refusals or errors)[0]
        # Signals that were not asked for are not blind; of the others nothing else is known.
        return [o for o in observations if _is_failure(o)]

    def plan(self, *, now: datetime) -> Collection[SourceError]:
        """Say what would be read, without reading it; return why some of it is not known."""
        look = self._look(now)
        self._spending.intervals(self.name, look.demands)
        return look.errors.values()

    def _look(self, now: datetime) -> Look:
        # The rules may have changed since.
        self._wanted = {one.need.signal: one for one in self._plan()}
        return look_around(self._subjects, self._wanted, now=now)

    def _is_due(self, signal: str, intervals: Mapping[str, timedelta], now: datetime) -> bool:
        every = intervals.get(signal, self.interval)
        if signal in self._failed:
            every = min(every, RETRY_EVERY)
        # The collector paces the source already: what is read each time is not paced twice.
        return every <= self.interval or is_due(self._paces.get(signal, Pace()), every, now=now)

    def _unfound(self, due: Sequence[str], look: Look, now: datetime) -> Iterator[Gap]:
        """Say of a whole signal why nothing is known of any subject."""
        for signal in due:
            why = look.why_nobody(signal)
            if why is not None:
                yield _gap(signal, None, why, now)

    def _read(self, series: Sequence[Series], now: datetime) -> Outcome:
        """Ask for the queries of all series, a pass for each period."""
        outcome = Outcome()
        for period in sorted({one.need.cadence.period for one in series}):
            of_pass = [one for one in series if one.need.cadence.period == period]
            self._reader.read(self._windows(of_pass, now), period, outcome)
        return outcome

    def _windows(self, series: Sequence[Series], now: datetime) -> Mapping[Query, Window]:
        """Return what is asked of each query: the most that one of its series wants."""
        windows: dict[Query, Window] = {}
        for one in series:
            window = one.window(self._newest.get(one.key), self._settle, now)
            for query in one.queries:
                windows[query] = around([window, windows.get(query, window)])
        return windows

    def _said(
        self, series: Sequence[Series], answers: Mapping[Query, Answer], now: datetime
    ) -> Iterator[Observation]:
        for one in series:
            self._newest.setdefault(one.key, None)
            if not one.queries:
                yield _gap(*one.key, self._explain(*one.key) or one.need.absent, now)
                continue
            failure = one.failure(answers)
            if failure is not None:
                yield _gap(*one.key, failure, now)
                continue
            yield from self._points(one, answers, now)

    def _points(
        self, one: Series, answers: Mapping[Query, Answer], now: datetime
    ) -> Iterator[Observation]:
        before = self._newest[one.key]
        window = one.window(before, self._settle, now)
        told = one.told(answers, window)
        newest = max(told.points, default=before)
        oldest_new = window.end - one.need.cadence.silent_after
        silent = newest is None or newest < oldest_new
        for taken_at, value in told.points.items():
            yield Reading(
                signal=one.need.signal,
                subject=one.subject.name,
                value=value,
                taken_at=taken_at,
                seen_at=None if silent else now,
            )
        self._newest[one.key] = newest
        if silent:
            idle = told.idle_at is not None and told.idle_at >= oldest_new
            why = NO_REQUESTS if idle else self._explain(*one.key) or one.silence
            yield _gap(*one.key, why, now)

    def _gone(self, due: Sequence[str], look: Look, now: datetime) -> list[Gap]:
        """What is gone leaves nobody to be blind on; a cluster never read proves nothing."""
        alive = {one.key for one in look.series}
        gone = sorted(
            key
            for key in self._newest.keys() - alive
            if key[0] in due and look.was_read(key[0], key[1])
        )
        for key in gone:
            del self._newest[key]
        return [_gap(*key, (GapReason.GONE, "it is no longer active"), now) for key in gone]


def _is_failure(made: Observation) -> bool:
    return isinstance(made, Gap) and made.reason not in _ANSWERS


def _gap(signal: str, subject: str | None, why: tuple[GapReason, str], now: datetime) -> Gap:
    reason, detail = why
    return Gap(signal=signal, subject=subject, reason=reason, detail=detail, noticed_at=now)
