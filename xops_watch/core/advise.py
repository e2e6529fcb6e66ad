"""From triggers to recommended evolutions."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from xops_watch.core.evolution import Evolution, Stage
from xops_watch.core.rule import Rulebook
from xops_watch.core.trigger import Status, Trigger


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
    """One evolution, whether it is due, and the triggers that say so."""

    evolution: Evolution
    stage: Stage
    state: AdviceState
    because: tuple[tuple[str, str], ...]


def advise(rulebook: Rulebook, triggers: Iterable[Trigger]) -> tuple[Advice, ...]:
    """Return one advice for each evolution of the rulebook, in its order."""
    by_rule: dict[str, list[Trigger]] = {}
    for trigger in triggers:
        by_rule.setdefault(trigger.rule, []).append(trigger)
    return tuple(
        _advice(evolution, rulebook, by_rule) for evolution in rulebook.evolutions.values()
    )


def _advice(evolution: Evolution, rulebook: Rulebook, by_rule: dict[str, list[Trigger]]) -> Advice:
    rules = [rule for rule in rulebook.rules if rule.evolution == evolution.id]
    triggers = [trigger for rule in rules for trigger in by_rule.get(rule.id, ())]
    firing = [trigger for trigger in triggers if trigger.status is Status.FIRING]
    # What no rule watches, or no subject was seen for, is not known to be unneeded.
    unseen = not rules or any(rule.id not in by_rule for rule in rules)
    if firing:
        state = AdviceState.RECOMMENDED
    elif unseen or any(trigger.blind for trigger in triggers):
        state = AdviceState.UNKNOWN
    else:
        state = AdviceState.NOT_NEEDED
    return Advice(
        evolution=evolution,
        stage=rulebook.stages[evolution.stage],
        state=state,
        because=tuple(trigger.key for trigger in firing),
    )
