"""What the watch needs from the outside, as Protocols: adapters are checked, not inherited."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from xops_watch.core.decision import Decision, Kept
from xops_watch.core.evaluate import Evaluation, TriggerKey
from xops_watch.core.notice import Notice
from xops_watch.core.reading import History, Observation
from xops_watch.core.rule import InForce
from xops_watch.core.snapshot import Snapshot, SourceReport
from xops_watch.core.trigger import Transition, Trigger

if TYPE_CHECKING:
    from structlog.typing import FilteringBoundLogger


class Clock(Protocol):
    """The time the watch lives in."""

    def now(self) -> datetime:
        """Return the current instant, in UTC."""
        ...

    def real_seconds(self, duration: timedelta) -> float:
        """Return how many real seconds `duration` takes on this clock."""
        ...


class Source(Protocol):
    """One provider. `observe` may block; it raises SourceError when nothing can be said."""

    @property
    def name(self) -> str:
        """Name in metrics and logs."""
        ...

    @property
    def interval(self) -> timedelta:
        """How often it is worth asking."""
        ...

    @property
    def signals(self) -> tuple[str, ...]:
        """Names of the signals it observes: a failure makes a gap in each."""
        ...

    def observe(self, *, now: datetime) -> Sequence[Observation]:
        """Return what the provider says, readings and gaps."""
        ...


@runtime_checkable
class LocalSource(Protocol):
    """A source that asks nobody: what it tells is in the settings, or counted here.

    That it answers proves nothing of the world outside.
    """

    asks_nobody: bool


@runtime_checkable
class SubjectSource(Protocol):
    """A source that knows its subjects before it asks: its failure is a gap of theirs alone."""

    subjects: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Collection:
    """What one round brought: observations of the sources that were asked, reports of all."""

    observations: tuple[Observation, ...]
    reports: tuple[SourceReport, ...]


class Collects(Protocol):
    """Asks the sources."""

    def collect(self, *, now: datetime) -> Collection:
        """Return what the sources that are due say; never raises for a source."""
        ...


NOTHING_NEEDED: Mapping[str, datetime] = MappingProxyType({})


class Store(Protocol):
    """What survives a restart. Every method raises StoreError when the file fails."""

    def record(self, observations: Sequence[Observation]) -> None:
        """Keep readings (the newest value of an instant wins) and the newest gaps."""
        ...

    def history(self, needs: Mapping[str, timedelta], *, now: datetime) -> History:
        """Return, per signal, the readings of the asked time before `now`, and the open gaps."""
        ...

    def triggers(self) -> Mapping[TriggerKey, Trigger]:
        """Return every trigger."""
        ...

    def commit(self, evaluation: Evaluation) -> None:
        """Write triggers, transitions, notices and ended decisions in one transaction."""
        ...

    def transitions(self, *, limit: int) -> Sequence[Transition]:
        """Return the newest transitions, newest first."""
        ...

    def standing(self) -> Mapping[str, Decision]:
        """Return the decisions that stand, by evolution."""
        ...

    def prune(self, *, before: datetime, needed: Mapping[str, datetime] = NOTHING_NEEDED) -> int:
        """Drop readings, transitions and delivered notices older than `before`; return how many.

        Of the signals in `needed`, what was seen from that instant on is kept, if it is earlier.
        """
        ...


class Decisions(Protocol):
    """What people answered to recommendations. Raises StoreError."""

    def decide(self, decision: Decision) -> None:
        """Keep a decision; what stood on its evolution is ended by it."""
        ...

    def decisions(self, *, limit: int) -> Sequence[Kept]:
        """Return the newest decisions, newest first, those that ended too."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Owed:
    """A notice that waits in the outbox, and how often sending it failed."""

    notice: Notice
    attempts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxDepth:
    """How much is owed, and since when the oldest waits (None when nothing is)."""

    notices: int
    oldest_at: datetime | None


class Outbox(Protocol):
    """Where notices wait until the receiver took them. Raises StoreError."""

    def owed(self, *, now: datetime, limit: int) -> Sequence[Owed]:
        """Return notices whose next attempt is due, oldest first."""
        ...

    def mark_delivered(self, key: str, *, at: datetime) -> None:
        """Note that the receiver took it."""
        ...

    def mark_failed(self, key: str, *, error: str, retry_at: datetime) -> None:
        """Note one failed attempt and when the next is due."""
        ...

    def depth(self) -> OutboxDepth:
        """Return how much is owed."""
        ...


class Memory(Protocol):
    """What a source must still know after a restart: one text for each name. Raises StoreError.

    Safe to be asked from the thread of a source.
    """

    def recall(self, name: str) -> str | None:
        """Return what was kept last under the name, None when nothing was."""
        ...

    def keep(self, name: str, text: str) -> None:
        """Keep the text under the name, in the place of what was there."""
        ...


class Rulebooks(Protocol):
    """Where the rules come from; they may change between two ticks, never within one."""

    @property
    def current(self) -> InForce:
        """The rulebook that was last judged by; any thread may ask."""
        ...

    def in_force(self, *, now: datetime) -> InForce:
        """Return the rulebook to judge by. Never raises: what cannot be read changes nothing."""
        ...


class Notifier(Protocol):
    """Takes one notice to its receiver."""

    @property
    def name(self) -> str:
        """Name in metrics and logs."""
        ...

    def send(self, notice: Notice) -> None:
        """Return when the receiver took it; raise DeliveryError otherwise."""
        ...


class Publisher(Protocol):
    """Shows the newest snapshot to whoever asks."""

    def publish(self, snapshot: Snapshot) -> None:
        """Replace what is shown, at once and whole."""
        ...


class Telemetry(Protocol):
    """Counts what the daemon itself does."""

    def gap(self, source: str, reason: str) -> None:
        """Count one gap."""
        ...

    def source_bug(self, source: str) -> None:
        """Count one unexpected exception of a source."""
        ...

    def tick_failed(self) -> None:
        """Count one tick that could not be finished."""
        ...

    def aws_request(self, service: str, operation: str, outcome: str) -> None:
        """Count one request to AWS."""
        ...

    def aws_cost(self, service: str, operation: str, dollars_per_month: float) -> None:
        """Show what one operation costs a month at the pace it is asked now."""
        ...

    def notice(self, outcome: str) -> None:
        """Count one delivery attempt: delivered, failed or refused."""
        ...

    def outbox(self, depth: OutboxDepth, *, now: datetime) -> None:
        """Show how much is owed."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What stands before any provider is reached: the time, the log, and what HTTP shows."""

    clock: Clock
    publisher: Publisher
    telemetry: Telemetry
    log: "FilteringBoundLogger"
