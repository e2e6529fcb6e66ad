"""How many users there are: from telemetry, from Open WebUI itself, or from its database."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from xops_watch.core.catalogue import SIGNAL_BY_NAME
from xops_watch.core.reading import Gap, Observation, Reading, SeriesKey
from xops_watch.errors import GapReason, SourceError
from xops_watch.sources.openwebui.database import UserCounts

_REGISTERED = "openwebui.users_registered"
_ACTIVE_7D = "openwebui.users_active_7d"
_ACTIVE_24H = "openwebui.users_active_24h"
_ACTIVE = "openwebui.users_active_3m"
_BASIS = "openwebui.users_active_3m_basis"
_WINDOW = "openwebui.users_active_3m_window"

OWN_WINDOW = timedelta(seconds=180)  # who counts as active in Open WebUI, whatever is configured
_DETAIL_CHARACTERS_MAX = 390
_NO_TABLE = (
    "only its database tells: set XOPS_WATCH_OPENWEBUI__DATABASE_PATH to the SQLite file,"
    " mounted readOnly"
)
_NOBODY = (
    "nobody is asked: set XOPS_WATCH_OPENWEBUI__URL and XOPS_WATCH_OPENWEBUI__TOKEN_FILE,"
    " or XOPS_WATCH_OPENWEBUI__DATABASE_PATH"
)


class _CountsActive(Protocol):
    def active(self) -> float:
        """Return how many users Open WebUI counts as active; raises SourceError."""
        ...


class _CountsAll(Protocol):
    def count(self, *, now: datetime) -> UserCounts:
        """Return the counts as of `now`; raises SourceError."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Readers:
    """Who can be asked; None is who is not configured."""

    telemetry: _CountsActive | None = None
    usage_api: _CountsActive | None = None
    database: _CountsAll | None = None


class OpenWebUISource:
    """Counts the users of one Open WebUI, which is the subject.

    Who is there now is told by the first of the readers that answers; `presence` is how often
    Open WebUI notes that at most. The database alone tells the rest, every `table_interval`.
    `seen` is what was observed before the process started.
    """

    name = "openwebui"
    signals = (_REGISTERED, _ACTIVE_7D, _ACTIVE_24H, _ACTIVE, _BASIS, _WINDOW)

    def __init__(
        self,
        readers: Readers,
        *,
        subject: str,
        interval: timedelta,
        table_interval: timedelta,
        presence: timedelta = timedelta(),
        seen: Collection[SeriesKey] = (),
    ) -> None:
        self.interval = interval
        self._readers = readers
        self._subject = subject
        self._table_interval = table_interval
        self._presence = presence
        self._gone = sorted(key for key in seen if key[0] in self.signals and key[1] != subject)
        self._counted_at: datetime | None = None
        self._counts: UserCounts | SourceError | None = None

    def observe(self, *, now: datetime) -> Sequence[Observation]:
        """Return the counts that are due, and gaps for those that cannot be had."""
        fresh = self._count_if_due(now)
        told = [*self._from_table(now)] if fresh or self._counts is None else []
        gone, self._gone = self._gone, []
        return (
            *told,
            *self._active(now, fresh=fresh),
            *(_gap(*key, GapReason.GONE, "the stack has another name now", now) for key in gone),
        )

    def _count_if_due(self, now: datetime) -> bool:
        database, since = self._readers.database, self._counted_at
        if database is None or (since and timedelta() <= now - since < self._table_interval):
            return False
        self._counted_at = now
        try:
            self._counts = database.count(now=now)
        except SourceError as error:
            self._counts = error
        return True

    def _from_table(self, now: datetime) -> Iterator[Observation]:
        match self._counts:
            case UserCounts() as counts:
                yield self._reading(_REGISTERED, counts.registered, now)
                yield self._reading(_ACTIVE_7D, counts.active_7d, now)
                yield self._reading(_ACTIVE_24H, counts.active_24h, now)
                return
            case SourceError() as failure:
                reason, why = failure.reason, _said(failure)
            case None:
                reason, why = GapReason.NOT_ENABLED, _NO_TABLE
        for signal in (_REGISTERED, _ACTIVE_7D, _ACTIVE_24H):
            yield _gap(signal, self._subject, reason, why, now)

    def _active(self, now: datetime, *, fresh: bool) -> Iterator[Observation]:
        failures: list[SourceError] = []
        for basis, reader in (
            ("telemetry", self._readers.telemetry),
            ("usage_api", self._readers.usage_api),
        ):
            if reader is not None:
                try:
                    self._demand_own_count_right()
                    number = reader.active()
                except SourceError as error:
                    failures.append(error)
                else:
                    yield from self._told(basis, number, OWN_WINDOW, now)
                    return
        match self._counts:
            case UserCounts() as counts:
                # Between two counts the last one stands, as long as its grace allows.
                if fresh:
                    yield from self._told("database", counts.active_now, self.window, now)
                return
            case SourceError() as failure:
                failures.append(failure)
            case None:
                pass
        reason = failures[0].reason if failures else GapReason.NOT_ENABLED
        why = " | ".join(map(_said, failures)) or _NOBODY
        for signal in (_ACTIVE, _BASIS, _WINDOW):
            yield _gap(signal, self._subject, reason, why, now)

    @property
    def window(self) -> timedelta:
        """How long ago somebody was active who counts as active now, by the database."""
        return window_of(self._presence)

    def _demand_own_count_right(self) -> None:
        """Open WebUI counts 180 seconds back, even if it notes presence less often than that."""
        if self._presence >= OWN_WINDOW:
            seconds = self._presence.total_seconds()
            hint = "set XOPS_WATCH_OPENWEBUI__DATABASE_PATH, or have presence noted more often"
            why = f"Open WebUI notes presence every {seconds:g} s: its own count is too low"
            raise SourceError(why, reason=GapReason.NOT_ENABLED, hint=hint)

    def _told(
        self, basis: str, number: float, window: timedelta, now: datetime
    ) -> Iterator[Reading]:
        yield self._reading(_ACTIVE, number, now)
        yield self._reading(_BASIS, SIGNAL_BY_NAME[_BASIS].states.index(basis), now)
        yield self._reading(_WINDOW, window.total_seconds(), now)

    def _reading(self, signal: str, value: float, now: datetime) -> Reading:
        return Reading(signal=signal, subject=self._subject, value=float(value), taken_at=now)


def _gap(signal: str, subject: str, reason: GapReason, why: str, now: datetime) -> Gap:
    detail = why[:_DETAIL_CHARACTERS_MAX]
    return Gap(signal=signal, subject=subject, reason=reason, detail=detail, noticed_at=now)


def _said(error: SourceError) -> str:
    return f"{error.what}; {error.hint}"


def window_of(presence: timedelta) -> timedelta:
    """Return the window of who is active now: wide enough that nobody active drops out."""
    return max(OWN_WINDOW, 2 * presence)
