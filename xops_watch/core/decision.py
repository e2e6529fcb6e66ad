"""What people answered to a recommendation, for how long that stands, and when it is asked again.

An acceptance stands until the step is taken or somebody decides otherwise. A deferral ends on its
date. A rejection ends when what it was based on gets materially worse: a number moved on by more
than the configured share, or something fires that did not when it was rejected. What ends is
asked again, once, and is kept with the reason.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from xops_watch.core.condition import Comparison, Threshold
from xops_watch.core.quantity import format_reading
from xops_watch.core.rule import Rule, Rulebook
from xops_watch.core.signal import Unit
from xops_watch.core.trigger import Status, Trigger
from xops_watch.core.verdict import Verdict

WORSE_BY_DEFAULT = 0.2  # proposed: a fifth more than what was looked at when it was rejected

_NO_AMOUNT = frozenset({Unit.STATE, Unit.VERSION})
_UPWARD = frozenset({Comparison.ABOVE, Comparison.AT_LEAST})
_DOWNWARD = frozenset({Comparison.BELOW, Comparison.AT_MOST})


class Answer(StrEnum):
    """What was answered."""

    ACCEPTED = "accepted"
    DEFERRED = "deferred"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """One firing trigger that a decision was made on: its number in the signal's unit, if any."""

    rule: str
    subject: str
    value: float | None
    evidence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """Who answered what on an evolution, when and why, and what was firing then.

    `until` is when a deferral ends, None for the other answers.
    """

    evolution: str
    answer: Answer
    who: str
    why: str
    at: datetime
    until: datetime | None
    grounds: tuple[Ground, ...]

    def __str__(self) -> str:
        """Return the decision in one line, without its date."""
        until = f" until {self.until:%Y-%m-%d %H:%M} UTC" if self.until else ""
        return f"{self.answer}{until} by {self.who}: {self.why}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """A decision that does not stand any more, since when and why."""

    decision: Decision
    at: datetime
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A decision as it is remembered: `ended` is None while it stands."""

    decision: Decision
    ended: Ended | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """The decisions that stand, by evolution, and the share by which worse is materially worse."""

    decisions: Mapping[str, Decision] = field(default_factory=dict)
    worse_by: float = WORSE_BY_DEFAULT

    def without(self, ended: Iterable[Ended]) -> Mapping[str, Decision]:
        """Return the decisions that still stand."""
        over = {one.decision.evolution for one in ended}
        return {name: one for name, one in self.decisions.items() if name not in over}


NOTHING_ANSWERED = Answered()


def review(
    answered: Answered,
    rulebook: Rulebook,
    judged: Iterable[tuple[Trigger, Verdict]],
    *,
    now: datetime,
) -> tuple[Ended, ...]:
    """Return the decisions that end now."""
    if not answered.decisions:
        return ()  # the usual case
    rules = {rule.id: rule for rule in rulebook.rules}
    firing: dict[str, list[tuple[Trigger, Verdict]]] = {}
    for trigger, verdict in judged:
        if trigger.status is Status.FIRING:
            firing.setdefault(rules[trigger.rule].evolution, []).append((trigger, verdict))
    ended: list[Ended] = []
    for evolution, decision in answered.decisions.items():
        because = _ends(decision, firing.get(evolution, ()), rules, answered.worse_by, now=now)
        if because:
            ended.append(Ended(decision=decision, at=now, because=because))
    return tuple(ended)


def _ends(
    decision: Decision,
    firing: Iterable[tuple[Trigger, Verdict]],
    rules: Mapping[str, Rule],
    worse_by: float,
    *,
    now: datetime,
) -> str:
    """Say why a decision ends now; nothing while it stands."""
    match decision.answer:
        case Answer.DEFERRED if decision.until is not None and now >= decision.until:
            return f"it was deferred until {decision.until:%Y-%m-%d %H:%M} UTC"
        case Answer.REJECTED:
            return next(_worse(decision, firing, rules, worse_by), "")
        case _:
            return ""


def _worse(
    decision: Decision,
    firing: Iterable[tuple[Trigger, Verdict]],
    rules: Mapping[str, Rule],
    worse_by: float,
) -> Iterator[str]:
    grounds = {(ground.rule, ground.subject): ground for ground in decision.grounds}
    for trigger, verdict in firing:
        rule = rules[trigger.rule]
        ground = grounds.get(trigger.key)
        if ground is None:
            yield f"{rule.title} fires on {trigger.subject}, and did not when it was rejected"
        elif _is_worse(rule.primary, ground.value, verdict.value, worse_by):
            before = format_reading(ground.value or 0, rule.primary.signal)
            after = format_reading(verdict.value or 0, rule.primary.signal)
            yield f"{rule.title} on {trigger.subject}: {before} when it was rejected, now {after}"


def _is_worse(leaf: Threshold, before: float | None, after: float | None, share: float) -> bool:
    """Tell whether a number moved on by the share of what it was, or of the threshold if more.

    The threshold keeps a rejection at a number near 0 from ending at the next breath.
    """
    if before is None or after is None or leaf.signal.unit in _NO_AMOUNT:
        return False
    step = share * max(abs(before), abs(leaf.value))
    if leaf.comparison in _UPWARD:
        return after > before and after >= before + step
    return leaf.comparison in _DOWNWARD and after < before and after <= before - step
