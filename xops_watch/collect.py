"""Asks the due sources side by side, waits no longer than the deadline, turns failure into gaps."""

import threading
from collections.abc import Sequence
from concurrent.futures import Future, wait
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from structlog.typing import FilteringBoundLogger

from xops_watch.clock import monotonic
from xops_watch.core.cadence import Pace, is_due
from xops_watch.core.reading import Gap, Observation, Reading
from xops_watch.core.snapshot import SourceReport
from xops_watch.errors import GapReason, SourceError
from xops_watch.ports import Collection, LocalSource, Source, SubjectSource, Telemetry

# The provider answered; there is just nothing to measure, or nothing new.
_ANSWERS = frozenset(
    {GapReason.STALE, GapReason.NOT_ENABLED, GapReason.NOT_APPLICABLE, GapReason.GONE}
)
# Of the deadline: whoever took longer the last time is not waited for at the next.
_QUICK = 0.5


class Collector:
    """Runs each due source in a thread of its own, at most one a source.

    A source that is still busy at the deadline (real time) is not asked again before it has
    answered; its answer is taken at the round after. Until then it makes gaps, unless what it
    said the last time still holds: its interval is not over. Who was slow the last time is not
    waited for at all. The threads are daemons: a hung provider can neither delay another source
    nor the end of the process.
    """

    def __init__(
        self,
        sources: Sequence[Source],
        *,
        deadline: timedelta,
        telemetry: Telemetry,
        log: FilteringBoundLogger,
    ) -> None:
        self._runners = [_Runner(source=source) for source in sources]
        self._deadline = deadline
        self._telemetry = telemetry
        self._log = log

    def collect(self, *, now: datetime) -> Collection:
        """Ask what is due and return what is known when all answered, or at the deadline."""
        # Who was still busy is not waited for again: one hung source must not slow every tick.
        patience = self._deadline.total_seconds()
        begun = [runner for runner in self._runners if runner.begin_if_due(now=now)]
        for runner in begun:
            runner.waited_for = runner.report.duration_seconds < patience * _QUICK
        waited_for = [r.answer for r in begun if r.waited_for and r.answer is not None]
        wait(waited_for, timeout=patience)
        observations: list[Observation] = []
        for runner in self._runners:
            observations.extend(self._harvest(runner, now=now))
        return Collection(
            observations=tuple(observations),
            reports=tuple(runner.report for runner in self._runners),
        )

    def _harvest(self, runner: "_Runner", *, now: datetime) -> Sequence[Observation]:
        if runner.answer is None:
            return ()
        if not runner.answer.done():
            if runner.has_credit(now=now):
                return ()
            seconds = self._deadline.total_seconds()
            why = f"{runner.source.name} has not answered within {seconds:g} s"
            error = SourceError(why, reason=GapReason.TIMEOUT, hint="its endpoint may hang")
            return self._failed(runner, error, now=now)
        answer, runner.answer = runner.answer, None
        match answer.exception():
            case None:
                return self._answered(runner, runner.dated(answer.result(), now=now), now=now)
            case SourceError() as error:
                runner.pace = runner.pace.after(refused=error.reason is GapReason.THROTTLED)
                return self._failed(runner, error, now=now)
            case bug:
                runner.pace = runner.pace.after(refused=False)
                return self._failed(runner, self._bug(runner, bug), now=now)

    def _bug(self, runner: "_Runner", bug: BaseException) -> SourceError:
        """A bug in a source, SystemExit included, blinds only that source."""
        name = runner.source.name
        self._telemetry.source_bug(name)
        self._log.error("source_bug", source=name, exc_info=bug)
        why = f"{name}: unexpected {type(bug).__name__}; see the log"
        return SourceError(why, reason=GapReason.INVALID, hint="report this as a bug")

    def _failed(self, runner: "_Runner", error: SourceError, *, now: datetime) -> Sequence[Gap]:
        source = runner.source
        self._tell(
            runner,
            "source_read_failed",
            reason=error.reason,
            detail=error.what,
            hint=error.hint,
        )
        runner.report = runner.reported(up=False, detail=error.what, now=now)
        runner.silent = True
        subjects = source.subjects if isinstance(source, SubjectSource) else (None,)
        gaps = [
            Gap(signal=name, subject=one, reason=error.reason, detail=error.what, noticed_at=now)
            for name in source.signals
            for one in subjects
        ]
        self._count(source, gaps)
        return gaps

    def _answered(
        self, runner: "_Runner", observations: Sequence[Observation], *, now: datetime
    ) -> Sequence[Observation]:
        gaps = [o for o in observations if isinstance(o, Gap)]
        self._count(runner.source, gaps)
        failures = [gap for gap in gaps if gap.reason not in _ANSWERS]
        throttled = any(gap.reason is GapReason.THROTTLED for gap in failures)
        runner.pace = runner.pace.after(refused=throttled)
        if failures:
            reason, detail = failures[0].reason, failures[0].detail
            whole = len(failures) == len(observations)
            event = "source_read_failed" if whole else "source_read_in_part"
            self._tell(runner, event, reason=reason, detail=detail)
        elif runner.told is not None:
            self._log.info("source_read_again", source=runner.source.name)
            runner.told = None
        runner.silent = False
        runner.report = runner.reported(
            up=not failures or len(failures) < len(observations),
            detail=failures[0].detail if failures else "",
            now=now,
        )
        return observations

    def _count(self, source: Source, gaps: Sequence[Gap]) -> None:
        for gap in gaps:
            self._telemetry.gap(source.name, gap.reason)

    def _tell(self, runner: "_Runner", event: str, *, reason: GapReason, **fields: str) -> None:
        """Log what changed: a failure that goes on, in other words perhaps, is not told again."""
        if runner.told != (event, reason):
            runner.told = (event, reason)
            self._log.warning(event, source=runner.source.name, reason=str(reason), **fields)


@dataclass(slots=True)
class _Runner:
    """One source with its pace and, while it is busy, its coming answer."""

    source: Source
    pace: Pace = field(default_factory=Pace)
    answer: "Future[Sequence[Observation]] | None" = None
    report: SourceReport = field(init=False)
    told: tuple[str, GapReason] | None = None
    silent: bool = True  # the last thing that was heard of it was no answer
    waited_for: bool = True
    _began: float = 0.0
    _ended: float | None = None

    def __post_init__(self) -> None:
        self.report = SourceReport(
            source=self.source.name,
            up=False,
            last_success=None,
            duration_seconds=0.0,
            detail="",
            local=isinstance(self.source, LocalSource) and self.source.asks_nobody,
        )

    def begin_if_due(self, *, now: datetime) -> bool:
        """Start asking, unless the source is busy or not due; tell whether it was started."""
        if self.answer is not None or not is_due(self.pace, self.source.interval, now=now):
            return False
        self.pace = self.pace.begun(at=now)
        self.answer = Future()
        self._began, self._ended = monotonic(), None
        name = f"source-{self.source.name}"
        run = threading.Thread(target=self._run, args=(self.answer, now), name=name, daemon=True)
        try:
            run.start()
        except RuntimeError as error:
            # Without this the source would count as busy for ever.
            self.answer.set_exception(_no_thread(self.source, error))
        return True

    def _run(self, answer: "Future[Sequence[Observation]]", now: datetime) -> None:
        try:
            observations = tuple(self.source.observe(now=now))
        except BaseException as error:  # noqa: BLE001 - carried to the tick, which decides
            self._ended = monotonic()
            answer.set_exception(error)
        else:
            self._ended = monotonic()
            answer.set_result(observations)

    def has_credit(self, *, now: datetime) -> bool:
        """Tell whether nothing new has to be said while it is busy.

        What it said the last time is as new as it can be until the next answer is overdue.
        """
        overdue = is_due(self.pace, self.source.interval, now=now)
        return not overdue and not (self.silent and self.waited_for)

    def dated(self, observations: Sequence[Observation], *, now: datetime) -> Sequence[Observation]:
        """Return what was observed, a late answer as said now: the gaps made meanwhile end."""
        began = self.pace.began_at
        if began is None or now <= began:
            return observations
        return _said_at(now, observations, of_now=began - self.source.interval)

    def reported(self, *, up: bool, detail: str, now: datetime) -> SourceReport:
        """Return the report of the newest run, which may not have ended."""
        return SourceReport(
            source=self.source.name,
            up=up,
            last_success=now if up else self.report.last_success,
            duration_seconds=(self._ended or monotonic()) - self._began,
            detail=detail,
            local=self.report.local,
        )


def _said_at(
    now: datetime, observations: Sequence[Observation], *, of_now: datetime
) -> Sequence[Observation]:
    """Date what was said; a reading that is older than `of_now` may tell nothing of now."""
    gaps = [o for o in observations if isinstance(o, Gap)]
    absent = {(gap.signal, gap.subject) for gap in gaps}
    return (
        *(replace(gap, noticed_at=max(gap.noticed_at, now)) for gap in gaps),
        *(
            replace(o, seen_at=now)
            if (o.seen_at is not None or o.taken_at >= of_now)
            and (o.signal, o.subject) not in absent
            else o
            for o in observations
            if isinstance(o, Reading)
        ),
    )


def _no_thread(source: Source, error: RuntimeError) -> SourceError:
    return SourceError(
        f"{source.name} could not be asked: {error}",
        reason=GapReason.UNREACHABLE,
        hint="the task is short of memory or threads",
    )
