"""What is owed to the people on call: which transitions deserve a message, with everything in it.

A notice carries its whole content, so that it can be sent hours later, after a restart or with
another rulebook, and still say what was true when it was made.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from xops_watch.core.advise import Advice
from xops_watch.core.rule import Rule, Severity
from xops_watch.core.trigger import Status, Transition, Trigger


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """What a message needs to know of the place it comes from."""

    name: str
    runbooks_url: str


class NoticeKind(StrEnum):
    """Why a message goes out; a test is sent by hand, and of no trigger."""

    FIRING = "firing"
    RESOLVED = "resolved"
    TEST = "test"


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One message owed. `key` is the same on every retry, so that receivers can drop doubles.

    `advice` is the state of the evolution when the message was made, `notes` what else must be
    known before it is begun. A step that no cost table speaks of has the stage "" at 0 dollars.
    """

    key: str
    kind: NoticeKind
    stack: str
    rule: str
    subject: str
    title: str
    severity: str
    rows: tuple[str, ...]
    quote: str
    layers: tuple[str, ...]
    since: datetime
    at: datetime
    evidence: str
    threshold_source: str
    proposed: tuple[str, ...]
    evolution: str
    action: str
    how: str
    first_steps: tuple[str, ...]
    classification: str
    classification_source: str
    risk: str
    phase: str
    lead_time_seconds: float
    lead_time_source: str
    effort: str
    cost: str
    advice: str
    notes: tuple[str, ...]
    overrides: tuple[str, ...]
    stage: str
    stage_monthly_cost_dollars: float
    runbook: str


def kind_of(transition: Transition) -> NoticeKind | None:
    """Return which message a transition deserves; pending wakes nobody."""
    if transition.after is Status.FIRING:
        return NoticeKind.FIRING
    if transition.before is Status.FIRING:
        return NoticeKind.RESOLVED
    return None


def notice_of(  # noqa: PLR0913 - the parts of what is known, each a value
    transition: Transition,
    kind: NoticeKind,
    *,
    trigger: Trigger,
    severity: Severity,
    rule: Rule,
    advice: Advice,
    stack: Stack,
) -> Notice:
    """Return the message owed for a transition of `rule`; `trigger` tells since when."""
    evolution, stage = advice.evolution, advice.stage
    return Notice(
        key=_key(stack, transition),
        kind=kind,
        stack=stack.name,
        rule=rule.id,
        subject=transition.subject,
        title=rule.title,
        severity=severity,
        rows=rule.rows,
        quote=rule.quote,
        layers=rule.layers,
        since=trigger.since,
        at=transition.at,
        evidence=transition.evidence,
        threshold_source=rule.threshold_source,
        proposed=rule.proposed,
        evolution=evolution.id,
        action=evolution.title,
        how=evolution.how,
        first_steps=evolution.first_steps,
        classification=evolution.classification,
        classification_source=evolution.classification_source,
        risk=evolution.risk,
        phase=rule.phase,
        lead_time_seconds=evolution.lead_time.total_seconds(),
        lead_time_source=evolution.lead_time_source,
        effort=evolution.effort,
        cost=evolution.cost,
        advice=advice.state,
        notes=advice.notes,
        overrides=tuple(str(override) for override in rule.overrides),
        stage=stage.title if stage else "",
        stage_monthly_cost_dollars=stage.monthly_cost_dollars if stage else 0.0,
        runbook=f"{stack.runbooks_url.rstrip('/')}/{rule.id}.md",
    )


def _key(stack: Stack, transition: Transition) -> str:
    """Return a name for the change itself: the same change gives the same key."""
    parts = (
        stack.name,
        transition.rule,
        transition.subject,
        transition.after,
        transition.at.isoformat(),
    )
    return hashlib.sha256("\x1f".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:32]
