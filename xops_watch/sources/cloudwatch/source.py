"""Reads the planned metrics of one region and makes signals of them.

GetMetricData is billed by metric asked for, not by point returned, so one query per metric and
read fetches a whole window; the newest points are read again until they settle.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from xops_watch.core.cadence import Pace, is_due
from xops_watch.core.reading import Gap, Observation, Reading, SeriesKey
from xops_watch.core.signal import MINUTE
from xops_watch.errors import GapReason, SourceError
from xops_watch.sources.cloudwatch.answers import (
    READ_ACTION,
    Answer,
    Query,
    Window,
    ask,
    batches,
)
from xops_watch.sources.cloudwatch.kinds import Kind
from xops_watch.sources.cloudwatch.plan import QUERIES_MAX, Demand, Spending, Wanted
from xops_watch.sources.cloudwatch.series import Series, series_of
from xops_watch.sources.cloudwatch.subjects import LIST_ACTION, Found, Subjects

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient

# CloudWatch answered; there is just nothing to measure, or nothing new.
_ANSWERS = frozenset(
    {GapReason.STALE, GapReason.NOT_APPLICABLE, GapReason.NOT_ENABLED, GapReason.GONE}
)
RETRY_EVERY = 5 * MINUTE  # of what is read seldom, after a failure


class CloudWatchSource:
    """Reads what is wanted of every subject of one region.

    `settle` is how long CloudWatch takes at least to publish a point that can be trusted; `seen`
    what was observed before the process started: what is gone since must be said to be.
    """

    iam_actions = (READ_ACTION, LIST_ACTION)

    def __init__(  # noqa: PLR0913 - keywords, each with a name of its own
        self,
        client: "CloudWatchClient",
        subjects: Subjects,
        wanted: Sequence[Wanted],
        *,
        name: str = "cloudwatch",
        interval: timedelta,
        settle: timedelta,
        spending: Spending | None = None,
        seen: Collection[SeriesKey] = (),
    ) -> None:
        self.name = name
        self.interval = interval
        self.signals = tuple(one.need.signal for one in wanted)
        self._client = client
        self._subjects = subjects
        self._wanted = {one.need.signal: one for one in wanted}
        self._settle = settle
        self._spending = spending or Spending(interval=interval, settle=settle)
        self._paces: dict[str, Pace] = {}
        self._failed: set[str] = set()
        # The newest point of each known series.
        self._newest: dict[SeriesKey, datetime | None] = {
            key: None for key in seen if key[0] in self._wanted
        }

    def observe(self, *, now: datetime) -> Sequence[Observation]:
        """Return the new points of every subject, and why there are none where there are none."""
        look = self._look(now)
        intervals = self._spending.intervals(self.name, look.demands)
        due = [signal for signal in self._wanted if self._is_due(signal, intervals, now)]
        observations: list[Observation] = list(self._unfound(due, look, now))
        errors = list(look.errors.values()) if len(look.errors) == len(look.kinds) else []
        series = [one for one in look.series if one.need.signal in due]
        answers, refusals, calls = self._read(series, now)
        observations.extend(self._said(series, answers, now))
        self._paces |= dict.fromkeys(due, Pace(began_at=now))
        self._failed -= set(due)
        self._failed |= {made.signal for made in observations if _is_failure(made)}
        if not errors and not (refusals and len(refusals) == calls):
            return [*observations, *self._gone(due, look, now)]
        if len(due) == len(self._wanted):
            raise (refusals or errors)[0]
        # Signals that were not asked for are not blind; of the others nothing else is known.
        return [o for o in observations if _is_failure(o)]

    def plan(self, *, now: datetime) -> Collection[SourceError]:
        """Say what would be read, without reading it; return why some of it is not known."""
        look = self._look(now)
        self._spending.intervals(self.name, look.demands)
        return look.errors.values()

    def _look(self, now: datetime) -> "_Look":
        kinds = {one.need.kind for one in self._wanted.values()}
        found: dict[Kind, Found] = {}
        errors: dict[Kind, SourceError] = {}
        for kind in sorted(kinds, key=lambda kind: (kind.namespace, kind.key, kind.fixed)):
            older = (listing.refused for listing in found.values() if listing.refused)
            hung = _hung([*errors.values(), *older])
            try:
                found[kind] = self._subjects.find(kind, now=now, hung=hung)
            except SourceError as error:
                errors[kind] = error
        series = [
            made
            for one in self._wanted.values()
            if one.need.kind in found
            for made in series_of(one, found[one.need.kind])
        ]
        return _Look(wanted=self._wanted, kinds=kinds, found=found, errors=errors, series=series)

    def _is_due(self, signal: str, intervals: Mapping[str, timedelta], now: datetime) -> bool:
        every = intervals.get(signal, self.interval)
        if signal in self._failed:
            every = min(every, RETRY_EVERY)
        # The collector paces the source already: what is read each time is not paced twice.
        return every <= self.interval or is_due(self._paces.get(signal, Pace()), every, now=now)

    def _unfound(self, due: Sequence[str], look: "_Look", now: datetime) -> Iterator[Gap]:
        """Say of a whole signal why nothing is known of any subject."""
        for signal in due:
            kind = self._wanted[signal].need.kind
            error = look.errors.get(kind)
            if error is not None:
                yield _gap(signal, None, (error.reason, error.what), now)
            elif kind.listed and not look.found[kind].subjects:
                yield _gap(signal, None, _why_none(kind, look.found[kind]), now)

    def _read(
        self, series: Sequence[Series], now: datetime
    ) -> tuple[Mapping[Query, Answer], list[SourceError], int]:
        """Ask for the queries of all series, a pass for each period; a refused call is told."""
        answers: dict[Query, Answer] = {}
        refusals: list[SourceError] = []
        calls = 0
        for period in sorted({one.need.cadence.period for one in series}):
            of_pass = [one for one in series if one.need.cadence.period == period]
            windows = self._windows(of_pass, now)
            for batch in batches(windows, size=QUERIES_MAX):
                calls += 1
                whole = _around([windows[query] for query in batch])
                seconds = int(period.total_seconds())
                try:
                    if (hung := _hung(refusals)) is not None:
                        raise hung
                    answers |= ask(self._client, batch, whole, period=seconds)
                except SourceError as error:
                    refusals.append(error)
                    refused = error.reason, error.what
                    answers |= {query: Answer(refused=refused) for query in batch}
        return answers, refusals, calls

    def _windows(self, series: Sequence[Series], now: datetime) -> Mapping[Query, Window]:
        """Return what is asked of each query: the most that one of its series wants."""
        windows: dict[Query, Window] = {}
        for one in series:
            window = one.window(self._newest.get(one.key), self._settle, now)
            for query in one.queries:
                windows[query] = _around([window, windows.get(query, window)])
        return windows

    def _said(
        self, series: Sequence[Series], answers: Mapping[Query, Answer], now: datetime
    ) -> Iterator[Observation]:
        for one in series:
            before = self._newest.setdefault(one.key, None)
            if not one.queries:
                yield _gap(*one.key, one.need.absent, now)
                continue
            failure = one.failure(answers)
            if failure is not None:
                yield _gap(*one.key, failure, now)
                continue
            window = one.window(before, self._settle, now)
            points = one.points(answers, window)
            newest = max(points, default=before)
            silent = newest is None or newest < window.end - one.need.cadence.silent_after
            for taken_at, value in points.items():
                yield Reading(
                    signal=one.need.signal,
                    subject=one.subject.name,
                    value=value,
                    taken_at=taken_at,
                    seen_at=None if silent else now,
                )
            self._newest[one.key] = newest
            if silent:
                yield _gap(*one.key, one.silence, now)

    def _gone(self, due: Sequence[str], look: "_Look", now: datetime) -> list[Gap]:
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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Look:
    """Who is there: the series that are wanted, and the kinds that could not be listed."""

    wanted: Mapping[str, Wanted]
    kinds: Collection[Kind]
    found: Mapping[Kind, Found]
    errors: Mapping[Kind, SourceError]
    series: Sequence[Series]

    @property
    def demands(self) -> list[Demand]:
        """Return the metrics of each signal whose subjects are known."""
        return [
            Demand(
                wanted=wanted,
                metrics=frozenset(
                    query.metric
                    for one in self.series
                    if one.need.signal == signal
                    for query in one.queries
                ),
            )
            for signal, wanted in self.wanted.items()
            if wanted.need.kind in self.found
        ]

    def was_read(self, signal: str, subject: str) -> bool:
        """Tell whether who is missing would have been found."""
        found = self.found.get(self.wanted[signal].need.kind)
        return found is not None and subject.partition("/")[0] not in found.unread


def _hung(errors: Iterable[SourceError]) -> SourceError | None:
    """Who did not answer in time is not asked on: each question would wait as long."""
    return next((error for error in errors if error.reason is GapReason.TIMEOUT), None)


def _why_none(kind: Kind, found: Found) -> tuple[GapReason, str]:
    """A pattern that matches nobody is no proof that there is nobody."""
    if not found.unwanted:
        return kind.why_none
    listed = f"CloudWatch lists {found.unwanted} of kind {kind.noun}"
    return GapReason.NOT_ENABLED, f"{listed}, none matches XOPS_WATCH_CLOUDWATCH__SUBJECTS"


def _is_failure(made: Observation) -> bool:
    return isinstance(made, Gap) and made.reason not in _ANSWERS


def _around(windows: Sequence[Window]) -> Window:
    return Window(start=min(w.start for w in windows), end=max(w.end for w in windows))


def _gap(signal: str, subject: str | None, why: tuple[GapReason, str], now: datetime) -> Gap:
    reason, detail = why
    return Gap(signal=signal, subject=subject, reason=reason, detail=detail, noticed_at=now)
