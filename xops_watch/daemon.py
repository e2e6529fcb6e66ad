"""The life of the process: three jobs, signals and a watchdog; no word of the domain."""

import os
import signal
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, timedelta

from apscheduler.events import EVENT_JOB_ERROR, EVENT_JOB_EXECUTED, JobExecutionEvent
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from structlog.typing import FilteringBoundLogger

from xops_watch.clock import machine_now, monotonic
from xops_watch.errors import XopsWatchError
from xops_watch.ports import Clock

DRAIN_SECONDS = 20.0  # ECS kills 30 s after SIGTERM by default
STALL_SECONDS_MIN = 60.0  # a tick waits at most for its collector's deadline and the store's lock
BUGS_MAX = 3  # unexpected errors of one job in a row before the process ends itself
EXIT_STALLED = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """Something done again and again; `interval` is in the time of the clock."""

    name: str
    run: Callable[[], object]
    interval: timedelta


@dataclass(slots=True, kw_only=True)
class Daemon:
    """Runs its jobs until a signal, a fatal error or a stall.

    `watched` names the job whose silence means that the process is wedged. `drain` is called
    at the end with the real seconds it may take.
    """

    jobs: tuple[Job, ...]
    watched: str
    drain: Callable[[float], object]
    clock: Clock
    log: FilteringBoundLogger
    _stop: threading.Event = field(default_factory=threading.Event)
    _fatal: threading.Event = field(default_factory=threading.Event)
    _bugs: dict[str, int] = field(default_factory=dict)
    _heard: float = 0.0

    def run(self) -> int:
        """Run until the end and return the exit code: 0 after a signal, 1 after a fatal error."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self._stop.set())
        self._heard = monotonic()
        scheduler = self._scheduler()
        scheduler.start()
        self._wait()
        self.log.info("stopping", fatal=self._fatal.is_set())
        began = monotonic()
        scheduler.pause()
        self.drain(DRAIN_SECONDS - 2)
        self._leave(scheduler, DRAIN_SECONDS - (monotonic() - began))
        return 1 if self._fatal.is_set() else 0

    def stop(self) -> None:
        """Ask the daemon to end as a signal would."""
        self._stop.set()

    def _scheduler(self) -> BackgroundScheduler:
        # The defaults skip jobs that start 1 s late, and start them once for every time missed.
        scheduler = BackgroundScheduler(
            timezone=UTC,
            executors={"default": ThreadPoolExecutor(len(self.jobs))},
            job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1},
        )
        for job in self.jobs:
            scheduler.add_job(
                job.run,
                "interval",
                seconds=self.clock.real_seconds(job.interval),
                id=job.name,
                next_run_time=machine_now(),
            )
        scheduler.add_listener(self._ended, EVENT_JOB_EXECUTED | EVENT_JOB_ERROR)
        return scheduler

    def _ended(self, event: JobExecutionEvent) -> None:
        """A job ended, well or not: it is alive. SystemExit in a job would change nothing."""
        if event.job_id == self.watched:
            self._heard = monotonic()
        if event.exception is None:
            self._bugs[event.job_id] = 0
            return
        if isinstance(event.exception, XopsWatchError):
            error = event.exception
            self.log.error("job_failed", job=event.job_id, detail=error.what, hint=error.hint)
            return
        self._bugs[event.job_id] = self._bugs.get(event.job_id, 0) + 1
        self.log.error("job_bug", job=event.job_id, exc_info=event.exception)
        if self._bugs[event.job_id] >= BUGS_MAX:
            self._fatal.set()
            self._stop.set()

    def _wait(self) -> None:
        watched = next(job for job in self.jobs if job.name == self.watched)
        limit = max(3 * self.clock.real_seconds(watched.interval), STALL_SECONDS_MIN)
        while not self._stop.wait(timeout=1.0):
            silent = monotonic() - self._heard
            if silent > limit:
                self.log.error("stalled", job=self.watched, silent_seconds=round(silent))
                # The thread that hangs would hold a normal exit for ever; ECS restarts what ended.
                os._exit(EXIT_STALLED)

    def _leave(self, scheduler: BackgroundScheduler, seconds: float) -> None:
        """Let running jobs end; one that does not end in time must not hold the process."""
        ending = threading.Thread(target=scheduler.shutdown, name="shutdown", daemon=True)
        ending.start()
        ending.join(timeout=max(0.0, seconds))
        if ending.is_alive():
            self.log.warning("left_running_job", hint="its work is done again after the restart")
            os._exit(1 if self._fatal.is_set() else 0)
