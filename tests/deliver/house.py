"""A delivery with everything around it in sight, and notifiers that take their time."""

import threading
from datetime import timedelta

import structlog
from structlog.testing import LogCapture
from structlog.typing import FilteringBoundLogger

from tests.deliver.outboxes import START, BreakableStore
from tests.fakes import FakeClock, RecordingNotifier, RecordingTelemetry
from xops_watch.core.notice import Notice
from xops_watch.deliver import Deliver
from xops_watch.ports import Notifier


class House:
    """A delivery with everything around it in sight."""

    def __init__(
        self,
        *owed: Notice,
        notifier: RecordingNotifier | None = None,
        clock: FakeClock | None = None,
    ) -> None:
        self.store = BreakableStore(owed)
        self.notifier = notifier or RecordingNotifier()
        self.clock = clock or FakeClock(START)
        self.telemetry = RecordingTelemetry()
        self.lines = LogCapture()
        self.deliver = self.restarted()

    def restarted(self, notifier: Notifier | None = None) -> Deliver:
        """Return a delivery that remembers nothing but what is stored."""
        log: FilteringBoundLogger = structlog.wrap_logger(None, processors=[self.lines])
        return Deliver(
            outbox=self.store,
            notifier=notifier or self.notifier,
            clock=self.clock,
            telemetry=self.telemetry,
            log=log,
        )

    @property
    def tried(self) -> list[str]:
        return [tried.key for tried in self.notifier.tried]

    @property
    def taken(self) -> list[str]:
        return [taken.key for taken in self.notifier.taken]


class SlowNotifier(RecordingNotifier):
    """Takes a while over each notice, by the clock that it is given."""

    def __init__(self, clock: FakeClock, *, seconds: float) -> None:
        super().__init__()
        self._clock = clock
        self._seconds = seconds

    def send(self, notice: Notice) -> None:
        """Take the notice, and the time."""
        self._clock.advance(timedelta(seconds=self._seconds))
        super().send(notice)


class HeldNotifier(RecordingNotifier):
    """Does not answer before it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.entered = threading.Event()
        self.go = threading.Event()

    def send(self, notice: Notice) -> None:
        """Take the notice when allowed."""
        self.entered.set()
        assert self.go.wait(timeout=10)
        super().send(notice)
