"""How much may still be asked: what GitHub said of its rate limits, and when to come back.

GitHub lives in real time, whatever clock the watch has: waiting is measured in real seconds.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from xops_watch.clock import machine_now
from xops_watch.errors import GapReason, SourceError

CORE, GRAPHQL = "core", "graphql"
RESOURCES = (CORE, GRAPHQL)

# Left to whoever else uses the token; without it the last request would be ours.
_RESERVE_SHARE = 0.02
_WAIT_DEFAULT = timedelta(minutes=1)  # what GitHub asks for after a secondary limit, at least
_WAIT_MAX = timedelta(hours=24)
_WINDOW_MAX = timedelta(hours=1)  # a primary limit is one of an hour
_SAME_WINDOW = 2.0  # seconds between two resets that are one: GitHub tells whole seconds
_COUNT_MAX = 10_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """What is left of one resource until `resets_at` (real seconds from an arbitrary start)."""

    limit: int
    remaining: int
    resets_at: float

    @property
    def is_spent(self) -> bool:
        """Tell whether only the reserve is left."""
        return self.remaining <= self.limit * _RESERVE_SHARE


class Budget:
    """Remembers the allowances and how long to keep quiet. `monotonic` gives real seconds."""

    def __init__(self, *, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._known: dict[str, Allowance] = {}
        self._quiet_until = monotonic()
        self._noted: set[str] = set()

    def begin(self) -> None:
        """Forget what was noted in an earlier poll (not what it means for asking)."""
        self._noted.clear()

    @property
    def noted(self) -> Mapping[str, Allowance]:
        """The allowances that GitHub spoke of in this poll, by resource."""
        return {name: self._known[name] for name in RESOURCES if name in self._noted}

    def demand(self, resource: str) -> None:
        """Return if asking is right now; raises SourceError (throttled) if it is too early."""
        now = self._monotonic()
        if now < self._quiet_until:
            seconds = self._quiet_until - now
            why = f"GitHub asked to slow down: not asked for another {seconds:.0f} s"
            raise throttled(why)
        known = self._known.get(resource)
        if known is not None and known.is_spent and now < known.resets_at:
            seconds = known.resets_at - now
            raise throttled(
                f"{known.remaining} of {known.limit} {resource} requests are left, which are kept"
                f" for others: not asked for another {seconds:.0f} s"
            )

    def note(self, resource: str, headers: Mapping[str, str]) -> None:
        """Take over what the headers of an answer say."""
        limit, remaining = (_number(headers.get(f"x-ratelimit-{what}")) for what in _COUNTS)
        reset = _number(headers.get("x-ratelimit-reset"), most=10**12)
        if not limit or remaining is None:
            return
        named = headers.get("x-ratelimit-resource", resource)
        wait = _WINDOW_MAX
        if reset is not None:
            wait = timedelta(seconds=reset - _server_time(headers).timestamp())
        self._set(named, limit=limit, remaining=remaining, wait=wait)

    def note_left(self, *, limit: int, remaining: int, wait: timedelta) -> None:
        """Take over what an answer of GraphQL says of its own limit."""
        self._set(GRAPHQL, limit=limit, remaining=remaining, wait=wait)

    def keep_quiet(self, headers: Mapping[str, str], resource: str) -> None:
        """Ask nothing until GitHub's own time for it, a minute when it names none."""
        wait = _retry_after(headers)
        known = self._known.get(headers.get("x-ratelimit-resource", resource))
        if wait is None and known is not None and known.remaining == 0:
            wait = timedelta(seconds=known.resets_at - self._monotonic())
        wait = _WAIT_DEFAULT if wait is None else min(max(wait, timedelta(seconds=1)), _WAIT_MAX)
        self._quiet_until = max(self._quiet_until, self._monotonic() + wait.total_seconds())

    def _set(self, resource: str, *, limit: int, remaining: int, wait: timedelta) -> None:
        if resource not in RESOURCES:
            return  # names of resources become labels
        bounded = min(max(wait, timedelta()), _WINDOW_MAX)
        resets_at = self._monotonic() + bounded.total_seconds()
        known = self._known.get(resource)
        if known and bounded and abs(known.resets_at - resets_at) < _SAME_WINDOW:
            # Of requests at the same time the last answer need not be the newest.
            remaining = min(remaining, known.remaining)
        self._known[resource] = Allowance(
            limit=limit, remaining=min(remaining, limit), resets_at=resets_at
        )
        self._noted.add(resource)


_COUNTS = ("limit", "remaining")


def throttled(why: str) -> SourceError:
    """Return the error that makes the next attempt wait longer."""
    hint = "give it a token of its own, watch fewer repositories, or raise the interval"
    return SourceError(why, reason=GapReason.THROTTLED, hint=hint)


def _retry_after(headers: Mapping[str, str]) -> timedelta | None:
    """Return how long to wait: seconds, or the difference to a date."""
    text = headers.get("retry-after")
    if text is None:
        return None
    seconds = _number(text)
    if seconds is not None:
        return timedelta(seconds=seconds)
    until = _date(text)
    return None if until is None else until - _server_time(headers)


def _server_time(headers: Mapping[str, str]) -> datetime:
    """Return GitHub's own time where it tells it: ours may be wrong."""
    return _date(headers.get("date", "")) or machine_now()


def _date(text: str) -> datetime | None:
    try:
        instant = parsedate_to_datetime(text)
    except ValueError:
        return None
    return instant if instant.tzinfo is not None else instant.replace(tzinfo=UTC)


def _number(text: str | None, *, most: int = _COUNT_MAX) -> int | None:
    if text is None or not (text.isascii() and text.isdigit() and len(text) < 20):  # noqa: PLR2004 - more digits than any clock has
        return None
    return min(int(text), most)
