"""Which outcomes of each rule the scripts bring about."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from xops_watch.core.condition import Across, Threshold, thresholds
from xops_watch.core.datapoints import Missing
from xops_watch.core.evaluate import Evaluation
from xops_watch.core.rule import Rule, Rulebook
from xops_watch.core.trigger import Status
from xops_watch.core.truth import Truth
from xops_watch.rulescript.script import Script


class Outcome(StrEnum):
    """What can become of a rule.

    `unknown` is a trigger that cannot be judged; `suppressed` a breach that does not fire.
    """

    FIRES = "fires"
    CLEARS = "clears"
    UNKNOWN = "unknown"
    SUPPRESSED = "suppressed"


@dataclass(frozen=True, slots=True)
class Coverage:
    """The outcomes seen so far, by rule."""

    _seen: dict[str, set[Outcome]] = field(default_factory=dict)

    def watch(self, script: Script, evaluations: Iterator[Evaluation]) -> Iterator[Evaluation]:
        """Yield the evaluations of a script, and note what becomes of the rules that it names."""
        for evaluation in evaluations:
            for rule, outcome in _outcomes(evaluation):
                if rule in script.rules:
                    self._seen.setdefault(rule, set()).add(outcome)
            yield evaluation

    def of(self, rule: Rule) -> dict[Outcome, bool | None]:
        """Return which outcomes were seen; None is one that the rule cannot have."""
        seen = self._seen.get(rule.id, set())
        possible = possible_outcomes(rule)
        return {outcome: outcome in seen if outcome in possible else None for outcome in Outcome}

    def lacks(self, rulebook: Rulebook) -> dict[str, tuple[Outcome, ...]]:
        """Return the outcomes that no script brings about, by rule."""
        every = {rule.id: self.of(rule) for rule in rulebook.rules}
        lacking = {
            name: tuple(outcome for outcome, seen in outcomes.items() if seen is False)
            for name, outcomes in every.items()
        }
        return {name: outcomes for name, outcomes in lacking.items() if outcomes}


def possible_outcomes(rule: Rule) -> frozenset[Outcome]:
    """Return what can become of a rule."""
    possible = {Outcome.FIRES, Outcome.CLEARS}
    if any(not _is_always_known(leaf) for leaf in thresholds(rule.when)):
        possible.add(Outcome.UNKNOWN)
    if rule.suppress is not None:
        possible.add(Outcome.SUPPRESSED)
    return frozenset(possible)


def _is_always_known(leaf: Threshold) -> bool:
    """Silence counts as something, and no window can be too thin."""
    decided = leaf.missing in (Missing.BREACHING, Missing.NOT_BREACHING)
    return decided and leaf.aggregate is None and leaf.across is Across.EACH


def _outcomes(evaluation: Evaluation) -> Iterator[tuple[str, Outcome]]:
    for transition in evaluation.transitions:
        if transition.after is Status.FIRING:
            yield transition.rule, Outcome.FIRES
        if transition.before is Status.FIRING:
            yield transition.rule, Outcome.CLEARS
    for trigger in evaluation.triggers:
        verdict = evaluation.verdicts[trigger.key]
        if verdict.condition is Truth.UNKNOWN or trigger.blind:
            yield trigger.rule, Outcome.UNKNOWN
        if verdict.suppressed and verdict.held and trigger.status is not Status.FIRING:
            yield trigger.rule, Outcome.SUPPRESSED
