"""One outbox pass: what is owed is sent, oldest first, and marked once the receiver took it.

At least once: a crash between the receiver's yes and our mark sends the same key again. Nothing
is ever dropped; what fails is tried again, later and later.
"""

import threading
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from structlog.typing import FilteringBoundLogger

from xops_watch.core.notice import Notice
from xops_watch.errors import DeliveryError, StoreError
from xops_watch.ports import Clock, Notifier, Outbox, Owed, Telemetry

PASS_MAX = 50  # due notices of one pass: the next pass comes in seconds
BACKLOG_MAX = 1000  # notices looked at to keep the order, and tried at the end of the process
PASS_TIME_MAX = timedelta(seconds=10)  # no attempt begins later: SIGTERM waits for a running pass

OUTAGE_BACK_OFF = timedelta(seconds=5)  # the spacing of passes
REFUSAL_BACK_OFF = timedelta(minutes=1)  # a person has to act first
BACK_OFF_MAX = timedelta(minutes=15)
_DOUBLINGS_MAX = 16  # by then every back-off has reached its maximum
_JITTER = 0.25  # of the wait, at most: notices that failed together come back apart
_EVER = timedelta(days=3650)  # beyond every back-off, even if the clock was set back


class Outcome(StrEnum):
    """How an attempt ended (the values of the `outcome` label)."""

    DELIVERED = "delivered"
    FAILED = "failed"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryReport:
    """How many attempts of one pass ended in which way."""

    delivered: int = 0
    failed: int = 0
    refused: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Deliver:
    """Brings notices from the outbox to the notifier, one pass at a time in the whole process.

    `_accepted` are keys that the receiver took and the outbox could not be told of. They are
    marked as soon as it can: a full disk must not page somebody again at every pass.
    """

    outbox: Outbox
    notifier: Notifier
    clock: Clock
    telemetry: Telemetry
    log: FilteringBoundLogger
    _accepted: set[str] = field(default_factory=set, init=False, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False)

    def deliver(self) -> DeliveryReport:
        """Try every notice that is due, once; an outage ends the pass, a refusal does not.

        Raises StoreError when the outbox cannot be read, and, after the pass, when it could
        not be told what happened.
        """
        with self._lock:
            return self._pass(self._due(), within=PASS_TIME_MAX)

    def flush(self, *, within: timedelta) -> DeliveryReport:
        """Try everything owed once, whatever its back-off, for at most `within` real time.

        It is for the end of the process: a running pass is awaited, an outage ends it all.
        Raises StoreError as `deliver` does.
        """
        began = self.clock.now()
        if not self._lock.acquire(timeout=max(within.total_seconds(), 0)):
            return DeliveryReport()
        try:
            everything = self.outbox.owed(now=began + _EVER, limit=BACKLOG_MAX)
            return self._pass(everything, within=within - self._real_time_since(began))
        finally:
            self._lock.release()

    def _due(self) -> Sequence[Owed]:
        """Return what is due and, before it, whatever older notice its trigger still owes.

        The end of an alarm must not overtake its beginning, which failed and waits: the
        receiver would be left with an alarm that never ends.
        """
        now = self.clock.now()
        due = self.outbox.owed(now=now, limit=PASS_MAX)
        if not due:
            return ()
        newest = {_trigger(owed.notice): owed.notice.at for owed in due}
        backlog = self.outbox.owed(now=now + _EVER, limit=BACKLOG_MAX)
        every = {owed.notice.key: owed for owed in (*backlog, *due)}
        return [
            owed
            for owed in every.values()
            if _trigger(owed.notice) in newest and owed.notice.at <= newest[_trigger(owed.notice)]
        ]

    def _pass(self, owed: Iterable[Owed], *, within: timedelta) -> DeliveryReport:
        began = self.clock.now()
        outcomes: list[Outcome] = []
        unmarked: StoreError | None = None
        for one in owed:
            if self._real_time_since(began) >= within:
                break
            error = self._attempt(one)
            outcomes.append(_outcome(error))
            try:
                self._mark(one, error)
            except StoreError as store_error:
                unmarked = unmarked or store_error
            if outcomes[-1] is Outcome.FAILED:
                break  # the next one would wait for the same timeout
        self.telemetry.outbox(self.outbox.depth(), now=self.clock.now())
        if unmarked:
            raise unmarked
        return DeliveryReport(
            delivered=outcomes.count(Outcome.DELIVERED),
            failed=outcomes.count(Outcome.FAILED),
            refused=outcomes.count(Outcome.REFUSED),
        )

    def _attempt(self, owed: Owed) -> DeliveryError | None:
        """Send one notice, count it and tell it; None when the receiver has it."""
        notice = owed.notice
        if notice.key in self._accepted:
            return None
        log = self.log.bind(
            key=notice.key,
            rule=notice.rule,
            subject=notice.subject,
            state=str(notice.kind),
            receiver=self.notifier.name,
            attempts=owed.attempts + 1,
        )
        try:
            self.notifier.send(notice)
        except DeliveryError as error:
            outcome = _outcome(error)
            self.telemetry.notice(outcome)
            log.warning(
                "notice_not_delivered", outcome=str(outcome), detail=error.what, hint=error.hint
            )
            return error
        self._accepted.add(notice.key)
        self.telemetry.notice(Outcome.DELIVERED)
        log.info("notice_delivered")
        return None

    def _mark(self, owed: Owed, error: DeliveryError | None) -> None:
        key, now = owed.notice.key, self.clock.now()
        if error is None:
            self.outbox.mark_delivered(key, at=now)
            self._accepted.discard(key)
            return
        due = retry_at(owed.attempts, key=key, retryable=error.retryable, now=now)
        self.outbox.mark_failed(key, error=error.what, retry_at=due)

    def _real_time_since(self, instant: datetime) -> timedelta:
        return timedelta(seconds=self.clock.real_seconds(self.clock.now() - instant))


def retry_at(attempts: int, *, key: str, retryable: bool, now: datetime) -> datetime:
    """Return when a notice is tried again that had failed `attempts` times before this failure.

    The wait doubles up to 15 minutes and is shortened by up to a quarter, by the key: the same
    notice always gets the same wait.
    """
    base = OUTAGE_BACK_OFF if retryable else REFUSAL_BACK_OFF
    wait = min(base * (1 << min(attempts, _DOUBLINGS_MAX)), BACK_OFF_MAX)
    spread = zlib.crc32(key.encode("utf-8", "surrogatepass")) / 2**32
    return now + wait * (1 - _JITTER * spread)


def _outcome(error: DeliveryError | None) -> Outcome:
    if error is None:
        return Outcome.DELIVERED
    return Outcome.FAILED if error.retryable else Outcome.REFUSED


def _trigger(notice: Notice) -> tuple[str, str, str]:
    return notice.stack, notice.rule, notice.subject
