"""Cost Explorer: what the stack costs, from seven complete days. Asked once a day: it is billed."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from xops_watch.aws.cost_explorer import (
    DOLLARS_PER_REQUEST,
    GET_COST,
    PAGES_MAX,
    CostClient,
    Costs,
    Tag,
    read_costs,
)
from xops_watch.aws.standing import gap, reading
from xops_watch.core.catalogue import SIGNAL_BY_NAME
from xops_watch.core.reading import Observation, Reading
from xops_watch.errors import GapReason, SourceError, StoreError
from xops_watch.ports import Memory

_RUN_RATE = "cost.run_rate"
_TRANSFER = "cost.data_transfer"
_UNTAGGED = "cost.untagged_share"
_BASIS = "cost.basis"

DAYS = 7
_MONTH = 30.4  # days
_REVISED = timedelta(hours=48)  # AWS still corrects what is younger
_AGAIN = timedelta(hours=6)  # a refused request may be billed as well
_MEMORY = "cost_explorer"

# One request a day, when its answer has one page.
DOLLARS_PER_MONTH = DOLLARS_PER_REQUEST * _MONTH


@dataclass(frozen=True, slots=True, kw_only=True)
class Billed:
    """What keeps paid requests few: what is known outlives a restart, what is paid is told.

    `tell` is handed the dollars a month that the source costs.
    """

    memory: Memory
    tell: Callable[[float], None]


class _Past(BaseModel):
    """What was asked for last: `until` is the end of the days that are known.

    `requests` is how many an answer took.
    """

    model_config = ConfigDict(frozen=True)

    until: date | None = None
    tried_at: AwareDatetime | None = None
    requests: int = Field(default=1, ge=1, le=PAGES_MAX)


class CostExplorerSource:
    """Reads what complete days cost, of the whole account or of what carries a tag.

    `stack` is the subject. Nothing is asked between two days, nor soon after a failure, even
    if the process starts again and again.
    """

    name = "cost_explorer"
    signals = (_RUN_RATE, _BASIS, _TRANSFER, _UNTAGGED)
    iam_actions = (GET_COST,)

    def __init__(
        self,
        client: CostClient,
        billed: Billed,
        *,
        stack: str,
        tag: Tag | None,
        interval: timedelta,
    ) -> None:
        self.interval = interval
        self._client = client
        self._billed = billed
        self._stack = stack
        self._tag = tag
        self._failure: SourceError | None = None

    def observe(self, *, now: datetime) -> Sequence[Observation]:
        """Return the costs when a new day is complete, else what they rest on only.

        Raises SourceError, the same one again until the next attempt.
        """
        end = (now.astimezone(UTC) - _REVISED).date()
        past = self._recall()
        self._billed.tell(past.requests * DOLLARS_PER_MONTH)
        basis = SIGNAL_BY_NAME[_BASIS].states.index("explorer_7_days")
        told: list[Observation] = [reading(_BASIS, self._stack, basis, at=now)]
        if past.until == end:
            return told
        if past.tried_at is not None and timedelta() <= now - past.tried_at < _AGAIN:
            raise self._not_yet(past.tried_at)
        self._keep(past.model_copy(update={"tried_at": now}))
        try:
            costs = read_costs(self._client, end=end, days=DAYS, tag=self._tag)
        except SourceError as error:
            self._failure = error
            raise
        self._failure = None
        self._keep(_Past(until=end, tried_at=now, requests=costs.requests))
        self._billed.tell(costs.requests * DOLLARS_PER_MONTH)
        told.extend(self._told(costs, datetime.combine(end, time(), tzinfo=UTC), now))
        return told

    def _told(self, costs: Costs, at: datetime, now: datetime) -> Iterator[Observation]:
        for signal, dollars in ((_RUN_RATE, costs.stack), (_TRANSFER, costs.transfer)):
            yield self._read(signal, dollars / DAYS * _MONTH, at, now)
        if self._tag is None:
            why = "name the stack's cost allocation tag in XOPS_WATCH_COST__TAG=KEY=VALUE"
            yield gap(_UNTAGGED, self._stack, GapReason.NOT_ENABLED, why, at=now)
        elif costs.everything <= 0:
            why = "the account cost nothing in these days"
            yield gap(_UNTAGGED, self._stack, GapReason.STALE, why, at=now)
        else:
            yield self._read(_UNTAGGED, costs.untagged / costs.everything, at, now)

    def _read(self, signal: str, value: float, at: datetime, now: datetime) -> Observation:
        if value < 0:
            why = f"{GET_COST}: a cost is below zero, though credits and refunds are left out"
            return gap(signal, self._stack, GapReason.INVALID, why, at=now)
        return Reading(signal=signal, subject=self._stack, value=value, taken_at=at, seen_at=now)

    def _not_yet(self, tried_at: datetime) -> SourceError:
        if self._failure is not None:
            # Raised anew: a raised exception collects tracebacks.
            known = self._failure
            return SourceError(known.what, reason=known.reason, hint=known.hint)
        again = f"{tried_at + _AGAIN:%H:%M} UTC"
        return SourceError(
            f"{GET_COST}: asked without an answer before the last start, again at {again}",
            reason=GapReason.STALE,
            hint="each request is billed, so none is repeated at once",
        )

    def _recall(self) -> _Past:
        try:
            return _Past.model_validate_json(self._billed.memory.recall(_MEMORY) or "{}")
        except ValidationError:
            return _Past()
        except StoreError as error:
            raise _forgetful(error) from error

    def _keep(self, past: _Past) -> None:
        try:
            self._billed.memory.keep(_MEMORY, past.model_dump_json())
        except StoreError as error:
            raise _forgetful(error) from error


def _forgetful(error: StoreError) -> SourceError:
    return SourceError(
        f"not asked, since it could not be remembered, and each request is billed: {error.what}",
        reason=GapReason.UNREACHABLE,
        hint=error.hint,
    )
