"""From triggers to recommended evolutions: what is due, and what must be known before it is done.

What is known beside the documented condition (a guard fires, the step was taken already, the
documented action has no effect) changes the advice here. It never changes a trigger.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from xops_watch.core.condition import Condition
from xops_watch.core.decision import Answer, Decision
from xops_watch.core.evidence import ALL_SUBJECTS, Sight
from xops_watch.core.evolution import Evolution, Stage
from xops_watch.core.reading import History
from xops_watch.core.rule import Rule, Rulebook
from xops_watch.core.trigger import Status, Trigger
from xops_watch.core.truth import Truth


class AdviceState(StrEnum):
    """What is said of one evolution (the values of `xops_evolution_state`)."""

    NOT_NEEDED = "not_needed"
    START_BY = "start_by"
    RECOMMENDED = "recommended"
    ACCEPTED = "accepted"
    DEFERRED = "deferred"
    REJECTED = "rejected"
    BLOCKED = "blocked"
    ADOPTED = "adopted"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """One evolution, whether it is due, and the triggers that say so.

    `blockers` are the firing guards that forbid it for now, `notes` what else must be known before
    anybody begins, `decision` what people answered, if it stands.
    """

    evolution: Evolution
    stage: Stage | None
    state: AdviceState
    because: tuple[tuple[str, str], ...]
    blockers: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()
    decision: Decision | None = None


def advise(
    rulebook: Rulebook,
    triggers: Iterable[Trigger],
    history: History,
    decisions: Mapping[str, Decision] = MappingProxyType({}),
    *,
    now: datetime,
) -> tuple[Advice, ...]:
    """Return one advice for each evolution of the rulebook, in its order.

    `decisions` are those that stand, by evolution.
    """
    by_rule: dict[str, list[Trigger]] = {}
    for trigger in triggers:
        by_rule.setdefault(trigger.rule, []).append(trigger)
    known = _Known(
        rulebook=rulebook, by_rule=by_rule, history=history, decisions=decisions, now=now
    )
    return tuple(_advice(evolution, known) for evolution in rulebook.evolutions.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """What advice is made of."""

    rulebook: Rulebook
    by_rule: Mapping[str, Sequence[Trigger]]
    history: History
    decisions: Mapping[str, Decision]
    now: datetime

    def rules_of(self, evolution: Evolution) -> list[Rule]:
        return [rule for rule in self.rulebook.rules if rule.evolution == evolution.id]

    def firing(self, rules: Iterable[str]) -> list[Trigger]:
        every = (trigger for rule in rules for trigger in self.by_rule.get(rule, ()))
        return [trigger for trigger in every if trigger.status is Status.FIRING]

    def holds(self, condition: Condition, subjects: Iterable[str]) -> bool:
        """Tell whether a condition is proven as seen from one of the subjects."""
        sights = (Sight(history=self.history, subject=subject) for subject in subjects)
        now = self.now
        return any(sight.truth(condition, known=now, at=now) is Truth.TRUE for sight in sights)

    def adopted(self, evolution: Evolution, subjects: Sequence[str]) -> bool:
        """Tell whether a step was taken, as seen from every subject that asks for it."""
        wanted = evolution.adopted_when
        return wanted is not None and all(self.holds(wanted, [subject]) for subject in subjects)


def _advice(evolution: Evolution, known: _Known) -> Advice:
    rules = [rule.id for rule in known.rules_of(evolution)]
    firing = known.firing(rules)
    subjects = list(dict.fromkeys(trigger.subject for trigger in firing)) or [ALL_SUBJECTS]
    blockers = known.firing(evolution.blocked_by)
    state = _state(evolution, known, rules, firing, subjects)
    due = state is AdviceState.RECOMMENDED
    # A step that was taken and did not help is asked for again: what is known of it is said too.
    again = state is AdviceState.ADOPTED and bool(firing)
    decision = known.decisions.get(evolution.id)
    return Advice(
        evolution=evolution,
        stage=known.rulebook.stages.get(evolution.stage or ""),
        state=_answered(state, decision, blocked=due and bool(blockers)),
        decision=decision,
        because=tuple(trigger.key for trigger in firing),
        blockers=tuple(trigger.key for trigger in blockers) if due else (),
        notes=(
            *(_before_it(evolution, known) if due else ()),
            *(_caveats(evolution, known, subjects) if due or again else ()),
        ),
    )


def _state(
    evolution: Evolution,
    known: _Known,
    rules: Sequence[str],
    firing: Sequence[Trigger],
    subjects: Sequence[str],
) -> AdviceState:
    if known.adopted(evolution, subjects):
        return AdviceState.ADOPTED
    if firing:
        return AdviceState.RECOMMENDED
    # What no rule watches, or no subject was seen for, is not known to be unneeded.
    unseen = not rules or any(rule not in known.by_rule for rule in rules)
    blind = any(trigger.blind for rule in rules for trigger in known.by_rule.get(rule, ()))
    return AdviceState.UNKNOWN if unseen or blind else AdviceState.NOT_NEEDED


def _answered(state: AdviceState, decision: Decision | None, *, blocked: bool) -> AdviceState:
    """Return the state with what people answered: a guard is shown before an acceptance.

    What was accepted is being done, also while nothing asks for it. The other answers are about
    what is due.
    """
    due = state is AdviceState.RECOMMENDED
    if decision is not None and due and decision.answer is not Answer.ACCEPTED:
        return AdviceState(decision.answer.value)
    if blocked:
        return AdviceState.BLOCKED
    if decision is not None and decision.answer is Answer.ACCEPTED:
        return state if state is AdviceState.ADOPTED else AdviceState.ACCEPTED
    return state


def _before_it(evolution: Evolution, known: _Known) -> Iterator[str]:
    """Yield what stands before the step: guards, a known no-op, steps that come first."""
    titles = {rule.id: rule.title for rule in known.rulebook.rules}
    for trigger in known.firing(evolution.blocked_by):
        yield f"blocked by {trigger.rule} on {trigger.subject}: {titles.get(trigger.rule, '')}"
    for guard in evolution.blocked_by:
        triggers = known.by_rule.get(guard, ())
        if not triggers or any(t.blind and t.status is not Status.FIRING for t in triggers):
            yield f"{guard} cannot be judged now: make sure of it before you begin"
    if evolution.documented_action:
        action = evolution.documented_action
        yield f"the documents say {action.action}, which has no effect: {action.because}"
    for required in evolution.requires:
        step = known.rulebook.evolutions[required]
        if not known.adopted(step, [ALL_SUBJECTS]):
            yield f"needs first, and is not known to be done: {step.title}"


def _caveats(evolution: Evolution, known: _Known, subjects: Sequence[str]) -> Iterator[str]:
    """Yield what is said beside the step by what is seen now."""
    for caveat in evolution.caveats:
        if known.holds(caveat.when, subjects):
            yield caveat.say
