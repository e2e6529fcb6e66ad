"""A thread of its own that looks at one database at random times, and a watchdog over it.

A read of a network filesystem can hang for hours, and nothing can end it. It then hangs this
thread alone: whoever asks for a report is told since when, and no second thread is started beside
it.

The times between two looks are exponential: a fixed pace could march in step with a writer that
has one.
"""

import random
import threading
from dataclasses import dataclass

from xops_watch.clock import monotonic
from xops_watch.errors import GapReason, SourceError
from xops_watch.sources.sqlite_wal.progress import Counts
from xops_watch.sources.sqlite_wal.sensor import Sensor, Survey
from xops_watch.sources.sqlite_wal.window import Wait, Window

SURVEY_SECONDS_MOST = 60.0  # of a filesystem that takes long to answer
LATE_SECONDS = 0.05
# Looks a second. On a network filesystem each free lock is a request to its server.
NETWORK_RATE, LOCAL_RATE, RATE_LEAST = 10.0, 50.0, 1.0
SLOWDOWN_MOST = RATE_LEAST / NETWORK_RATE
WAITS_MOST = 8  # at a time
END_SECONDS = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How often what is done, in real seconds.

    A call that takes longer than `slow` hurts the filesystem, or shows that it is in trouble: there
    are half as many looks then, and twice as many again after `calm` without one. One that takes
    longer than `hung` may never end.
    """

    survey: float = 1.0
    slow: float = 0.25
    calm: float = 60.0
    hung: float = 5.0
    waits_per_second: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What the sampler found since the last report.

    `window` is None while it has too few looks, `counts` until there are two surveys to compare.
    """

    survey: Survey
    rate: float
    window: Window | None
    looks: int
    seconds: float
    counts: Counts | None
    counted_seconds: float
    was_replaced: bool
    foreign_locks: int


class Sampler:
    """Looks at one database until it is stopped; `rate` is looks a second, None for the usual.

    Times are real seconds: locks do not know of a faster clock.
    """

    def __init__(
        self, sensor: Sensor, *, rate: float | None = None, pace: Pace | None = None
    ) -> None:
        self._sensor = sensor
        self._pace = pace or Pace()
        self._wanted = rate
        self._slowdown = 1.0
        self._window = Window()
        self._waits: list[Wait] = []
        self._run_of_hold: tuple[bytes, float] | None = None
        self._random = random.Random()  # noqa: S311 - random times, no secrets
        self._next_look = self._next_survey = self._calm_since = self._began = monotonic()
        self._survey_seconds = self._pace.survey
        self._looks_at_checkpoint = False
        self._busy_since: float | None = None
        self._thread: threading.Thread | None = None
        self._bug: BaseException | None = None
        self._stopping = threading.Event()
        self._ready = threading.Event()

    @property
    def rate(self) -> float:
        """Looks a second: the wanted ones, or fewer while the filesystem is slow."""
        return max(RATE_LEAST, (self._wanted or self._usual_rate()) * self._slowdown)

    def start(self) -> None:
        """Start the thread if there is none; a hung one is not replaced."""
        if self._thread is None or not self._thread.is_alive():
            name = "sqlite-sampler"
            self._thread = threading.Thread(target=self._run, name=name, daemon=True)
            self._thread.start()

    def stop(self, *, timeout: float = END_SECONDS) -> None:
        """Ask the thread to end, and wait for it."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(timeout)

    def report(self, *, until: float) -> Report:
        """Return what was found, waiting for the first of it until then (monotonic seconds).

        Raises SourceError when the filesystem does not answer, and whatever ended the thread.
        """
        self._ready.wait(max(0.0, until - monotonic()))
        if self._bug is not None:
            bug, self._bug = self._bug, None
            raise bug
        now, since = monotonic(), self._busy_since
        if since is not None and now - since > self._pace.hung:
            self._ready.set()  # whoever asks next has been told, and need not wait
            raise _hung(self._sensor, now - since)
        with self._sensor.lock:
            if self._sensor.survey is None:
                raise _hung(self._sensor, now - self._began)
            return self._take(self._sensor.survey, now)

    def _take(self, survey: Survey, now: float) -> Report:
        sensor, window = self._sensor, self._window
        is_whole = window.is_enough
        counted = sensor.take_counts() if is_whole else None
        counts, counted_seconds = counted or (None, 0.0)
        report = Report(
            survey=survey,
            rate=self.rate,
            window=window if is_whole else None,
            looks=window.looks,
            seconds=now - self._began,
            counts=counts,
            counted_seconds=counted_seconds,
            was_replaced=sensor.was_replaced,
            foreign_locks=sensor.foreign_locks,
        )
        if sensor.can_look:  # until then the state is what ails the new file
            sensor.was_replaced = False
        if is_whole:
            self._window, self._began, sensor.foreign_locks = Window(), now, 0
        return report

    def _run(self) -> None:
        try:
            while not self._stopping.wait(max(0.0, self._next() - monotonic())):
                self._busy_since = monotonic()
                self._turn(self._busy_since)
                self._busy_since = None
        except BaseException as bug:  # noqa: BLE001 - carried to the next report, which raises it
            self._bug = bug
            self._ready.set()
        finally:
            self._busy_since = None
            self._sensor.close()

    def _next(self) -> float:
        if not self._sensor.can_look:
            return self._next_survey
        waits = (wait.due for wait in self._waits)
        return min(self._next_survey, self._next_look, *waits)

    def _turn(self, now: float) -> None:
        if now >= self._next_survey:
            self._examine(now)
        if not self._sensor.can_look:
            self._waits.clear()
            self._run_of_hold = None
            self._next_look = self._next_survey
            self._ready.set()
            return
        try:
            if now >= self._next_look:
                self._look(now)
            self._wake(now)
        except OSError as error:
            self._sensor.fail(error)

    def _examine(self, now: float) -> None:
        sensor = self._sensor
        sensor.examine(at=now)
        ended = monotonic()
        is_slow = ended - now > self._pace.slow
        doubled = min(SURVEY_SECONDS_MOST, self._survey_seconds * 2)
        self._survey_seconds = doubled if is_slow else self._pace.survey
        self._next_survey = ended + self._survey_seconds
        with sensor.lock:
            self._window.begin_batch()
        if ended - self._calm_since > self._pace.calm:
            self._slowdown, self._calm_since = min(1.0, self._slowdown * 2), ended

    def _usual_rate(self) -> float:
        survey = self._sensor.survey
        is_local = survey is not None and survey.filesystem.is_network is False
        return LOCAL_RATE if is_local else NETWORK_RATE

    def _look(self, now: float) -> None:
        sensor = self._sensor
        is_late = now - self._next_look > LATE_SECONDS
        self._next_look = now + self._random.expovariate(self.rate)
        is_held = sensor.is_write_locked()
        took = monotonic() - now
        self._looks_at_checkpoint = not self._looks_at_checkpoint
        checkpoint = sensor.is_checkpointing() if self._looks_at_checkpoint else None
        held_for = self._held_for(now) if is_held else None
        with sensor.lock:
            window = self._window
            window.look(held=is_held, took=took, late=is_late)
            if checkpoint is not None:
                window.checkpoint_looks += 1
                window.checkpoint_held += checkpoint
            if held_for is not None:
                window.longest_hold = max(window.longest_hold, held_for)
            if window.is_enough and sensor.is_counting:
                self._ready.set()
        if held_for is None:
            self._run_of_hold = None
        if took > self._pace.slow:
            self._slowdown = max(self._slowdown / 2, SLOWDOWN_MOST)
            self._calm_since = now + took
        self._begin_wait(now, is_held=is_held)

    def _held_for(self, now: float) -> float:
        """Return how long the lock is held already, at least: no commit came in between."""
        change = self._sensor.change()
        if self._run_of_hold is None or self._run_of_hold[0] != change:
            self._run_of_hold = (change, now)
        return now - self._run_of_hold[1]

    def _begin_wait(self, now: float, *, is_held: bool) -> None:
        """At some looks, chosen by lot, begin to wait as a writer would that comes now."""
        is_chosen = self._random.random() * self.rate < self._pace.waits_per_second
        if not is_chosen or len(self._waits) >= WAITS_MOST:
            return
        if is_held:
            wait = Wait(due=now)
            wait.sleep()
            self._waits.append(wait)
        else:
            self._end_wait(0.0)

    def _wake(self, now: float) -> None:
        """Look again for those who wait and have slept long enough."""
        for wait in [wait for wait in self._waits if wait.due <= now]:
            if not wait.is_over and self._sensor.is_write_locked():
                wait.sleep()
            else:
                self._waits.remove(wait)
                self._end_wait(wait.waited)

    def _end_wait(self, seconds: float) -> None:
        with self._sensor.lock:
            self._window.wait_ended(seconds)


def _hung(sensor: Sensor, seconds: float) -> SourceError:
    return SourceError(
        f"the filesystem of {str(sensor.path)!r:.200} has not answered for {seconds:.0f} s",
        reason=GapReason.UNREACHABLE,
        hint="see the mount and its server; the watch of this file goes on when it answers",
    )
