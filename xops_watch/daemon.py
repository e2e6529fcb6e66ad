"""The life of the process: its jobs, signals and a watchdog; no word of the domain."""

import os
import signal
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, timedelta
from enum import Enum, auto
from functools import partial
from queue import Empty, SimpleQueue

from apscheduler.events import (
    EVENT_JOB_ERROR,
    EVENT_JOB_EXECUTED,
    EVENT_JOB_MAX_INSTANCES,
    JobExecutionEvent,
    JobSubmissionEvent,
)
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from structlog.typing import FilteringBoundLogger

from xops_watch.clock import machine_now, monotonic
from xops_watch.errors import XopsWatchError
from xops_watch.ports import Clock

BUGS_MAX = 3  # unexpected errors of one job in a row before the process ends itself
EXIT_FATAL = 1
LAST_WORD_SECONDS = 1.0  # a log line on the way out: what hangs may be the log itself


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """Something done again and again; `interval` is in the time of the clock.

    `failed` is told of every run that raised.
    """

    name: str
    run: Callable[[], object]
    interval: timedelta
    failed: Callable[[], object] = lambda: None


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Real seconds that the process gives to what may hang."""

    end: float = 20.0  # from the signal to the exit; ECS kills after 30 s by default
    last_runs: float = 10.0  # of these for running jobs: the collector's deadline
    drain: float = 18.0  # at most, of what is left then
    stall: float = 60.0  # at least: a tick may wait for its collector and for the store's lock
    look: float = 1.0  # between two looks after the jobs


class _Order(Enum):
    """What a signal asks of the main thread."""

    END = auto()
    AGAIN = auto()


@dataclass(slots=True, kw_only=True)
class Daemon:
    """Runs its jobs until a signal, a fatal error or a stall.

    `watched` names the job whose silence means that the process is wedged. `drain` is called
    at the end with the real seconds it may take, `hangup` on SIGHUP, before `watched` runs at once.
    """

    jobs: tuple[Job, ...]
    watched: str
    drain: Callable[[float], object]
    clock: Clock
    log: FilteringBoundLogger
    hangup: Callable[[], object] = lambda: None
    limits: Limits = field(default_factory=Limits)
    # Not an Event: its lock, held by the main thread when the signal comes, would never be freed.
    _orders: SimpleQueue[_Order] = field(default_factory=SimpleQueue)
    _exit_code: int = 0
    _bugs: dict[str, int] = field(default_factory=dict)
    _silent_seconds: float = 0.0
    _wanted: bool = False  # a run of the watched job was asked for and has not begun
    _refused: bool = False  # the job still ran then: it is asked for again

    def run(self) -> int:
        """Run until the end and return the exit code: 0 after a signal, 1 after a fatal error."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self.stop())
        signal.signal(signal.SIGHUP, lambda *_: self._orders.put(_Order.AGAIN))
        scheduler = self._scheduler()
        scheduler.start()
        self._wait(scheduler)
        ending = threading.Thread(target=self._end, args=(scheduler,), name="ending", daemon=True)
        ending.start()
        ending.join(timeout=self.limits.end)
        if ending.is_alive():
            self._last_word("left_running_job", hint="its work is done again after the restart")
            # The thread that hangs would hold a normal exit for ever.
            os._exit(self._exit_code)
        return self._exit_code

    def stop(self) -> None:
        """Ask the daemon to end as a signal would."""
        self._orders.put(_Order.END)

    def _scheduler(self) -> BackgroundScheduler:
        # The defaults skip jobs that start 1 s late, and start them once for every time missed.
        scheduler = BackgroundScheduler(
            timezone=UTC,
            executors={"default": ThreadPoolExecutor(len(self.jobs))},
            job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1},
        )
        for job in self.jobs:
            scheduler.add_job(
                partial(self._begin, job),
                "interval",
                seconds=self.clock.real_seconds(job.interval),
                id=job.name,
                next_run_time=machine_now(),
            )
        scheduler.add_listener(self._ended, EVENT_JOB_EXECUTED | EVENT_JOB_ERROR)
        scheduler.add_listener(self._skipped, EVENT_JOB_MAX_INSTANCES)
        return scheduler

    def _ended(self, event: JobExecutionEvent) -> None:
        """A job ended, well or not: it is alive. SystemExit in a job would change nothing."""
        name, error = event.job_id, event.exception
        if name == self.watched:
            self._silent_seconds = 0.0
        if error is None:
            self._bugs[name] = 0
            return
        self._job(name).failed()
        if isinstance(error, XopsWatchError):
            self.log.error("job_failed", job=name, detail=error.what, hint=error.hint)
            return
        self._bugs[name] = self._bugs.get(name, 0) + 1
        try:
            self.log.error("job_bug", job=name, exc_info=error)
        finally:
            if self._bugs[name] >= BUGS_MAX:
                self._exit_code = EXIT_FATAL
                self.stop()

    def _begin(self, job: Job) -> None:
        if job.name == self.watched:
            self._wanted = False  # whatever was asked for before now is done by this run
        job.run()

    def _skipped(self, event: JobSubmissionEvent) -> None:
        """A job was not started because it still runs: a run that was asked for is not lost."""
        if event.job_id == self.watched and self._wanted:
            self._refused = True

    def _wait(self, scheduler: BackgroundScheduler) -> None:
        """Return when the daemon should end; end the process when the watched job is silent.

        Silence is counted in looks: when the machine stood still, so did the counting.
        """
        interval = self.clock.real_seconds(self._job(self.watched).interval)
        limit = max(3 * interval, self.limits.stall)
        while True:
            try:
                order = self._orders.get(timeout=self.limits.look)
            except Empty:
                self._silent_seconds += self.limits.look
            else:
                if order is _Order.END:
                    return
                self.hangup()
                self._wanted = self._refused = True
            if self._refused:
                self._refused = False
                scheduler.modify_job(self.watched, next_run_time=machine_now())
            if self._silent_seconds > limit:
                self._last_word("stalled", job=self.watched, seconds=round(self._silent_seconds))
                # The thread that hangs would hold a normal exit for ever; ECS restarts what ended.
                os._exit(EXIT_FATAL)
            _plan_again(scheduler, slack=timedelta(seconds=self.limits.look))

    def _end(self, scheduler: BackgroundScheduler) -> None:
        """Let running jobs end, then drain: what the last tick owes is sent with the rest."""
        began = monotonic()
        self.log.info("stopping", fatal=self._exit_code == EXIT_FATAL)
        jobs = threading.Thread(target=scheduler.shutdown, name="shutdown", daemon=True)
        jobs.start()
        jobs.join(timeout=self.limits.last_runs)
        left = self.limits.end - (monotonic() - began) - LAST_WORD_SECONDS
        try:
            self.drain(min(left, self.limits.drain))
        except XopsWatchError as error:
            # What is owed stays where it is: the next process drains it. This one ended in order.
            self.log.warning("drain_failed", detail=error.what, hint=error.hint)
        finally:
            jobs.join()

    def _last_word(self, event: str, **fields: object) -> None:
        """Log in a thread of its own, and go on when the log takes nothing more."""
        word = threading.Thread(
            target=self.log.error, args=(event,), kwargs=fields, name="last-word", daemon=True
        )
        word.start()
        word.join(timeout=LAST_WORD_SECONDS)

    def _job(self, name: str) -> Job:
        return next(job for job in self.jobs if job.name == name)


def _plan_again(scheduler: BackgroundScheduler, *, slack: timedelta) -> None:
    """Start jobs that are planned too far ahead: the time of day was set back.

    The scheduler plans by it, and would sleep for as long as it was set back.
    """
    now = machine_now()
    for job in scheduler.get_jobs():
        if job.next_run_time - now > job.trigger.interval + slack:
            job.modify(next_run_time=now)
