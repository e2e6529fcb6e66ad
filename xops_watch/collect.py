"""Asks the due sources side by side, waits no longer than the deadline, turns failure into gaps."""

import threading
from collections.abc import Sequence
from concurrent.futures import Future, wait
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from structlog.typing import FilteringBoundLogger

from xops_watch.clock import monotonic
from xops_watch.core.cadence import Pace, is_due
from xops_watch.core.reading import Gap, Observation, Reading
from xops_watch.core.snapshot import SourceReport
from xops_watch.errors import GapReason, SourceError
from xops_watch.ports import Source, Telemetry


@dataclass(frozen=True, slots=True, kw_only=True)
class Collection:
    """What one round brought: observations of the sources that were asked, reports of all."""

    observations: tuple[Observation, ...]
    reports: tuple[SourceReport, ...]


class Collector:
    """Runs each due source in a thread of its own, at most one a source.

    A source that is still busy at the deadline (real time) makes gaps now; its answer is taken
    at the next round, and it is not asked again before. The threads are daemons: a hung provider
    can neither delay another source nor the end of the process.
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
        begun = [answer for runner in self._runners if (answer := runner.begin_if_due(now=now))]
        wait(begun, timeout=self._deadline.total_seconds())
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
            seconds = self._deadline.total_seconds()
            why = f"{runner.source.name} has not answered within {seconds:g} s"
            error = SourceError(why, reason=GapReason.TIMEOUT, hint="its endpoint may hang")
            return self._failed(runner, error, now=now)
        answer, runner.answer = runner.answer, None
        try:
            observations = answer.result()
        except SourceError as error:
            runner.pace = runner.pace.after(refused=error.reason is GapReason.THROTTLED)
            return self._failed(runner, error, now=now)
        except Exception as error:  # noqa: BLE001 - the one place: a bug in a source blinds only it
            self._telemetry.source_bug(runner.source.name)
            self._log.error("source_bug", source=runner.source.name, exc_info=error)
            why = f"{runner.source.name}: unexpected {type(error).__name__}; see the log"
            wrapped = SourceError(why, reason=GapReason.INVALID, hint="report this as a bug")
            return self._failed(runner, wrapped, now=now)
        self._succeeded(runner, observations, now=now)
        return observations

    def _failed(self, runner: "_Runner", error: SourceError, *, now: datetime) -> Sequence[Gap]:
        source = runner.source
        if runner.report.up or runner.report.detail != error.what:
            self._log.warning(
                "source_read_failed",
                source=source.name,
                reason=str(error.reason),
                detail=error.what,
                hint=error.hint,
            )
        runner.report = SourceReport(
            source=source.name,
            up=False,
            last_success=runner.report.last_success,
            duration_seconds=runner.seconds(),
            detail=error.what,
        )
        self._telemetry.gap(source.name, error.reason)
        return [
            Gap(signal=name, subject=None, reason=error.reason, detail=error.what, noticed_at=now)
            for name in source.signals
        ]

    def _succeeded(
        self, runner: "_Runner", observations: Sequence[Observation], *, now: datetime
    ) -> None:
        gaps = [o for o in observations if isinstance(o, Gap)]
        for gap in gaps:
            self._telemetry.gap(runner.source.name, gap.reason)
        throttled = any(gap.reason is GapReason.THROTTLED for gap in gaps)
        runner.pace = runner.pace.after(refused=throttled)
        if not runner.report.up and runner.report.detail:
            self._log.info("source_read_again", source=runner.source.name)
        runner.report = SourceReport(
            source=runner.source.name,
            up=not gaps or any(isinstance(o, Reading) for o in observations),
            last_success=now,
            duration_seconds=runner.seconds(),
            detail=gaps[0].detail if gaps else "",
        )


@dataclass(slots=True)
class _Runner:
    """One source with its pace and, while it is busy, its coming answer."""

    source: Source
    pace: Pace = field(default_factory=Pace)
    answer: "Future[Sequence[Observation]] | None" = None
    report: SourceReport = field(init=False)
    _began: float = 0.0
    _ended: float | None = None

    def __post_init__(self) -> None:
        self.report = SourceReport(
            source=self.source.name,
            up=False,
            last_success=None,
            duration_seconds=0.0,
            detail="",
        )

    def begin_if_due(self, *, now: datetime) -> "Future[Sequence[Observation]] | None":
        """Start asking, unless the source is busy or not due; return the coming answer."""
        if self.answer is not None or not is_due(self.pace, self.source.interval, now=now):
            return None
        self.pace = self.pace.begun(at=now)
        self.answer = Future()
        self._began, self._ended = monotonic(), None
        name = f"source-{self.source.name}"
        threading.Thread(target=self._run, args=(self.answer, now), name=name, daemon=True).start()
        return self.answer

    def _run(self, answer: "Future[Sequence[Observation]]", now: datetime) -> None:
        try:
            observations = self.source.observe(now=now)
        except BaseException as error:  # noqa: BLE001 - carried to the tick, which decides
            self._ended = monotonic()
            answer.set_exception(error)
        else:
            self._ended = monotonic()
            answer.set_result(observations)

    def seconds(self) -> float:
        """Return how long the newest run took, or has taken so far."""
        return (self._ended or monotonic()) - self._began
