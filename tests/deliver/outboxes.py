"""Notices that are owed, and outboxes that break, for the tests of the delivery."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from tests.fakes import MemoryStore
from tests.samples import NOTICE as SAMPLE
from xops_watch.core.evaluate import Evaluation
from xops_watch.core.notice import Notice, NoticeKind
from xops_watch.errors import DeliveryError, StoreError
from xops_watch.ports import Owed

START = datetime(2026, 3, 2, 3, 14, tzinfo=UTC)
FIRST = replace(
    SAMPLE,
    key="first",
    since=START - timedelta(minutes=12),
    at=START,
)


def notice(key: str, *, after: float = 0, subject: str | None = None) -> Notice:
    """Return a notice made so many seconds after the start, of a trigger of its own."""
    at = START + timedelta(seconds=after)
    return replace(FIRST, key=key, subject=subject or f"subject of {key}", at=at)


def end_of(beginning: Notice, *, key: str = "end", after: float) -> Notice:
    """Return the message that ends what `beginning` began."""
    at = beginning.at + timedelta(seconds=after)
    return replace(beginning, key=key, kind=NoticeKind.RESOLVED, at=at)


def outage() -> DeliveryError:
    return DeliveryError("SNS did not answer", retryable=True, hint="check the route")


def refusal() -> DeliveryError:
    return DeliveryError("SNS answered NotFound", retryable=False, hint="create the topic")


class BreakableStore(MemoryStore):
    """A store whose disk may be full: then it can be read and not written.

    `before_read` is called before each read of what is owed.
    """

    def __init__(self, notices: Sequence[Notice] = ()) -> None:
        super().__init__()
        self.full = False
        self.reads = 0
        self.before_read: Callable[[], object] = lambda: None
        self.add(*notices)

    def add(self, *notices: Notice) -> None:
        """Owe these too."""
        self.commit(
            Evaluation(
                at=START,
                triggers=(),
                verdicts={},
                transitions=(),
                notices=notices,
                advice=(),
            )
        )

    def owed(self, *, now: datetime, limit: int) -> Sequence[Owed]:
        """Count the read."""
        self.reads += 1
        self.before_read()
        return super().owed(now=now, limit=limit)

    def mark_delivered(self, key: str, *, at: datetime) -> None:
        """Fail while the disk is full."""
        self._write()
        super().mark_delivered(key, at=at)

    def mark_failed(self, key: str, *, error: str, retry_at: datetime) -> None:
        """Fail while the disk is full."""
        self._write()
        super().mark_failed(key, error=error, retry_at=retry_at)

    def _write(self) -> None:
        if self.full:
            raise StoreError("database or disk is full", hint="free space on the volume")

    def keys(self) -> list[str]:
        """Return everything owed, due or not."""
        ever = START + timedelta(days=100_000)
        return [owed.notice.key for owed in super().owed(now=ever, limit=10_000)]
