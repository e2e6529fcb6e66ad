"""Signals that follow from other signals: the stages, and what share of a stage is spent.

They are stored like what was read, so that rules judge them with windows and holds like any
other, and a restart changes nothing. A gap of what they follow from is a gap of theirs; where
nobody looks at all, nothing is said.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from xops_watch.core.catalogue import SIGNAL_BY_NAME
from xops_watch.core.evolution import Stage
from xops_watch.core.growth import GROWTH_OVER, growth_per_day
from xops_watch.core.reading import Gap, History, Observation, Reading, Series, SeriesKey
from xops_watch.core.stage_table import stage_of
from xops_watch.errors import GapReason

# What has not changed is said again so often, lest it go stale.
AGAIN_AFTER = timedelta(hours=1)

USERS = "openwebui.users_active_24h"
SERVICES = "ecs.services_active"
DECLARED = "stage.declared"
RUN_RATE = "cost.run_rate"
SELF = "cost.self"
BY_USERS = "stage.by_users"
BY_SERVICES = "stage.by_services"
DIFFERENT = "stage.readings"
BUDGET_USED = "cost.budget_used"
SELF_SHARE = "cost.self_share"
STORED = "finops.stored"
GROWTH = "finops.growth"

DERIVED_SIGNALS = (BY_USERS, BY_SERVICES, DIFFERENT, BUDGET_USED, SELF_SHARE, GROWTH)
# How much history of a signal it takes, where the newest reading is not enough.
DERIVED_NEEDS = {STORED: GROWTH_OVER}
_LEGS_MIN = 2  # one alone cannot disagree


def derive(
    stages: Mapping[str, Stage], history: History, *, stack: str, now: datetime
) -> tuple[Observation, ...]:
    """Return what follows from what was read and was not said yet.

    The subject is the stack; growth is told of each bucket.
    """
    known = _Known(history=history, stack=stack, now=now)
    declared, users, services = known.of(DECLARED), known.of(USERS), known.sum_of(SERVICES)
    preferred = _stage(declared)
    table = [stage for stage in stages.values() if stage.id in SIGNAL_BY_NAME[DECLARED].states]
    by_users = _by(BY_USERS, ((s.id, s.users) for s in table), users, preferred, "users")
    by_services = _by(
        BY_SERVICES, ((s.id, s.services) for s in table), services, preferred, "services"
    )
    found = {
        BY_USERS: by_users,
        BY_SERVICES: by_services,
        DIFFERENT: _different(declared, by_users, by_services),
        BUDGET_USED: _share(known.of(RUN_RATE), declared, stages),
        SELF_SHARE: _share(known.of(SELF), declared, stages),
    }
    told = [((signal, stack), one) for signal, one in found.items()]
    told += [((GROWTH, bucket), known.growth_of(bucket)) for bucket in known.buckets()]
    return tuple(_news(told, known))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Value:
    """One number, and the newest instant that it rests on."""

    value: float
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class _Missing:
    """Why there is no number."""

    reason: GapReason
    detail: str


_Found = _Value | _Missing | None  # None: nobody looks


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """What was read, asked for the newest that still stands."""

    history: History
    stack: str
    now: datetime

    def of(self, signal: str) -> _Found:
        """Return the newest reading of a signal on the stack."""
        return self._on(signal, self.stack)

    def sum_of(self, signal: str) -> _Found:
        """Return the sum over every subject of a signal that is not gone."""
        found = [self._on(signal, subject) for subject in sorted(self.history.subjects(signal))]
        there = [one for one in found if not _is_gone(one)]
        missing = next((one for one in there if isinstance(one, _Missing)), None)
        values = [one for one in there if isinstance(one, _Value)]
        if missing is not None or not values:
            return missing or self.of(signal)
        return _Value(value=sum(one.value for one in values), at=max(one.at for one in values))

    def buckets(self) -> list[str]:
        """Return the subjects of which is known how much they store."""
        return sorted(self.history.subjects(STORED))

    def growth_of(self, bucket: str) -> _Found:
        """Return the bytes by which a bucket grows in a day."""
        stored = self._on(STORED, bucket)
        if not isinstance(stored, _Value):
            return stored
        readings = self.history.of(STORED, bucket).until(self.now)
        slope = growth_per_day(readings)
        if slope is None:
            detail = f"{STORED}: not read for long enough to tell how it grows"
            return _Missing(reason=GapReason.STALE, detail=detail)
        return _Value(value=slope, at=stored.at)

    def _on(self, signal: str, subject: str) -> _Found:
        if not self.history.is_watched(signal):
            return None
        series = self.history.of(signal, subject)
        if series.gap is not None:
            return _Missing(reason=series.gap.reason, detail=f"{signal}: {series.gap.detail}")
        readings = series.until(self.now)
        if not readings:
            return _Missing(reason=GapReason.STALE, detail=f"{signal}: never read")
        newest = readings[-1]
        if self.now - newest.taken_at > SIGNAL_BY_NAME[signal].grace:
            return _Missing(reason=GapReason.STALE, detail=f"{signal}: not read for too long")
        return _Value(value=newest.value, at=newest.taken_at)


def _is_gone(found: _Found) -> bool:
    return isinstance(found, _Missing) and found.reason is GapReason.GONE


def _stage(found: _Found) -> str | None:
    return SIGNAL_BY_NAME[DECLARED].states[int(found.value)] if isinstance(found, _Value) else None


def _by(
    signal: str,
    rows: Iterable[tuple[str, str]],
    count: _Found,
    preferred: str | None,
    noun: str,
) -> _Found:
    if not isinstance(count, _Value):
        return count
    stage = stage_of(rows, count.value, preferred=preferred)
    if stage is None:
        detail = f"{count.value:g} {noun} are in no stage of the Cost Evolution table"
        return _Missing(reason=GapReason.NOT_APPLICABLE, detail=detail)
    return _Value(value=SIGNAL_BY_NAME[signal].states.index(stage), at=count.at)


def _different(*legs: _Found) -> _Found:
    """Count the different stages among the legs that are known: an unknown one is not guessed."""
    values = [leg for leg in legs if isinstance(leg, _Value)]
    if len(values) >= _LEGS_MIN:
        return _Value(value=len({leg.value for leg in values}), at=max(leg.at for leg in values))
    return next((leg for leg in legs if isinstance(leg, _Missing)), None)


def _share(dollars: _Found, declared: _Found, stages: Mapping[str, Stage]) -> _Found:
    """Return dollars over the monthly cost of the declared stage."""
    if not isinstance(dollars, _Value):
        return dollars
    if not isinstance(declared, _Value):
        return declared
    stage = stages.get(_stage(declared) or "")
    if stage is None or stage.monthly_cost_dollars <= 0:
        detail = "the rules give no monthly cost of the declared stage"
        return _Missing(reason=GapReason.NOT_APPLICABLE, detail=detail)
    share = dollars.value / stage.monthly_cost_dollars
    return _Value(value=share, at=max(dollars.at, declared.at))


def _news(told: Iterable[tuple[SeriesKey, _Found]], known: _Known) -> Iterator[Observation]:
    """Yield what differs from what is stored, and what was not said for long."""
    for (signal, subject), one in told:
        series = known.history.of(signal, subject)
        if isinstance(one, _Missing):
            if series.gap is None or (series.gap.reason, series.gap.detail) != (
                one.reason,
                one.detail,
            ):
                yield Gap(
                    signal=signal,
                    subject=subject,
                    reason=one.reason,
                    detail=one.detail,
                    noticed_at=known.now,
                )
        elif one is not None and _is_new(one, series):
            yield Reading(
                signal=signal,
                subject=subject,
                value=one.value,
                taken_at=one.at,
                seen_at=known.now,
            )


def _is_new(value: _Value, series: Series) -> bool:
    newest = series.newest if series.gap is None else None
    return (
        newest is None or newest.value != value.value or value.at - newest.taken_at >= AGAIN_AFTER
    )
