"""A rule live on one subject over time: the state machine and its transitions.

Prometheus' words: inactive, pending, firing. `blind` is orthogonal, as rule health is there:
a trigger that cannot be judged keeps its status and says so.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from xops_watch.core.truth import Truth
from xops_watch.core.verdict import Verdict
from xops_watch.errors import GapReason


class Status(StrEnum):
    """Where a trigger stands."""

    INACTIVE = "inactive"
    PENDING = "pending"
    FIRING = "firing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trigger:
    """The durable state of one rule on one subject.

    `since` is data time: the first reading of the breach while pending or firing, else the
    instant of the last change. `changed_at` is when the status last changed.
    """

    rule: str
    subject: str
    status: Status
    since: datetime
    changed_at: datetime
    blind_since: datetime | None = None

    @property
    def key(self) -> tuple[str, str]:
        """Return what identifies the trigger."""
        return self.rule, self.subject

    @property
    def blind(self) -> bool:
        """Tell whether the trigger cannot be judged now."""
        return self.blind_since is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """One change of status, durable; `evidence` says what it rested on."""

    rule: str
    subject: str
    before: Status
    after: Status
    at: datetime
    evidence: str


def new_trigger(rule: str, subject: str, *, now: datetime) -> Trigger:
    """Return the trigger of a subject seen for the first time."""
    return Trigger(rule=rule, subject=subject, status=Status.INACTIVE, since=now, changed_at=now)


def advance(trigger: Trigger, verdict: Verdict, *, now: datetime) -> Trigger:
    """Return the trigger after one verdict.

    What is unknown fires nothing and clears nothing: it only makes the trigger blind.
    """
    status = _status(trigger.status, verdict)
    blind = _is_blind(status, verdict)
    blind_since = (trigger.blind_since or now) if blind else None
    if status is trigger.status:
        since = _since(trigger, verdict)
        if since == trigger.since and blind_since == trigger.blind_since:
            return trigger  # the usual case: nothing to write either
        return replace(trigger, since=since, blind_since=blind_since)
    since = (_began(trigger, verdict) if status is Status.FIRING else verdict.since) or now
    return replace(trigger, status=status, since=since, changed_at=now, blind_since=blind_since)


def _since(trigger: Trigger, verdict: Verdict) -> datetime:
    """A pending breach that was interrupted begins anew; a firing one keeps its beginning."""
    if trigger.status is Status.PENDING and verdict.condition is not Truth.UNKNOWN:
        return _began(trigger, verdict) or trigger.since
    return trigger.since


def _began(trigger: Trigger, verdict: Verdict) -> datetime | None:
    """A breach that is longer than the rule looks back on began when it was first seen to."""
    if trigger.status is Status.PENDING and verdict.since and verdict.reaches_back:
        return min(trigger.since, verdict.since)
    return verdict.since


def _status(before: Status, verdict: Verdict) -> Status:
    if verdict.applies is Truth.FALSE or verdict.gone:
        return Status.INACTIVE
    if verdict.condition is Truth.UNKNOWN:
        return before
    if before is Status.FIRING and verdict.cleared is not Truth.TRUE:
        return before
    # What ends may be pending again at once: the same verdict must not say so a tick later.
    if verdict.held and not verdict.suppressed:
        return Status.FIRING
    if verdict.condition is Truth.TRUE or verdict.breaching:
        return Status.PENDING
    return Status.INACTIVE


def _is_blind(status: Status, verdict: Verdict) -> bool:
    if verdict.condition is not Truth.UNKNOWN or verdict.applies is Truth.FALSE:
        return False
    # What is gone is not coming back: there is nobody to be blind on.
    if verdict.gap is not None and verdict.gap.reason is GapReason.GONE:
        return False
    # A signal that does not apply (a service scaled to nothing) leaves nothing to be seen.
    return not (verdict.excused and status is Status.INACTIVE)
