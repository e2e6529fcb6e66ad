"""One evaluation: rules x stored readings x stored triggers, to what changed and what is owed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from xops_watch.core.advise import Advice, advise
from xops_watch.core.evidence import ALL_SUBJECTS
from xops_watch.core.notice import Notice, NoticeKind, Stack, kind_of, notice_of
from xops_watch.core.reading import History
from xops_watch.core.rule import Across, Rule, Rulebook
from xops_watch.core.trigger import Status, Transition, Trigger, advance, new_trigger
from xops_watch.core.verdict import Verdict, judge

TriggerKey = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """Everything one evaluation decided; `retired` are triggers whose rule or subject is gone."""

    at: datetime
    triggers: tuple[Trigger, ...]
    verdicts: Mapping[TriggerKey, Verdict]
    transitions: tuple[Transition, ...]
    notices: tuple[Notice, ...]
    advice: tuple[Advice, ...]
    retired: tuple[TriggerKey, ...] = field(default=())


def evaluate(
    rulebook: Rulebook,
    history: History,
    triggers: Mapping[TriggerKey, Trigger],
    *,
    stack: Stack,
    now: datetime,
) -> Evaluation:
    """Judge every rule on every subject ever seen, and say what that changes."""
    # A subject lives as long as anything of it is in store, or it fires: nothing else is lost
    # with it, and what is blind for ever would leave its evolution unknown for ever.
    firing = _firing(triggers.values())
    steps = [
        _step(rule, subject, rulebook, history, triggers, stack=stack, now=now)
        for rule in rulebook.rules
        for subject in sorted(_judged_on(rule, history) | firing.get(rule.id, set()))
    ]
    verdicts = {step.trigger.key: step.verdict for step in steps}
    return Evaluation(
        at=now,
        triggers=tuple(step.trigger for step in steps),
        verdicts=verdicts,
        transitions=tuple(step.transition for step in steps if step.transition),
        notices=tuple(step.notice for step in steps if step.notice),
        advice=advise(rulebook, [step.trigger for step in steps]),
        retired=tuple(sorted(triggers.keys() - verdicts.keys())),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Step:
    """What one evaluation decided about one rule on one subject."""

    trigger: Trigger
    verdict: Verdict
    transition: Transition | None = None
    notice: Notice | None = None


def _step(  # noqa: PLR0913 - one judgement needs the whole of what is known
    rule: Rule,
    subject: str,
    rulebook: Rulebook,
    history: History,
    triggers: Mapping[TriggerKey, Trigger],
    *,
    stack: Stack,
    now: datetime,
) -> _Step:
    before = triggers.get((rule.id, subject)) or new_trigger(rule.id, subject, now=now)
    verdict = judge(rule, subject, history, now=now)
    after = advance(before, verdict, now=now)
    if after.status is before.status:
        return _Step(trigger=after, verdict=verdict)
    transition = _transition(before, after, verdict, now=now)
    kind = kind_of(transition)
    if kind is None:
        return _Step(trigger=after, verdict=verdict, transition=transition)
    # A resolved message tells since when it had been firing, not since when it is quiet.
    told = after if kind is NoticeKind.FIRING else before
    notice = notice_of(
        transition,
        kind,
        trigger=told,
        severity=verdict.severity,
        rule=rule,
        rulebook=rulebook,
        stack=stack,
    )
    return _Step(trigger=after, verdict=verdict, transition=transition, notice=notice)


def _judged_on(rule: Rule, history: History) -> frozenset[str]:
    """Return the subjects of a rule: one that it names, all as one, or each that was ever seen."""
    leaf = rule.primary
    if leaf.subject is not None:
        return frozenset({leaf.subject})
    if leaf.across is not Across.EACH:
        return frozenset({ALL_SUBJECTS})
    return history.subjects(leaf.signal.name)


def _firing(triggers: Iterable[Trigger]) -> Mapping[str, set[str]]:
    """Return the subjects on which each rule fires."""
    subjects: dict[str, set[str]] = {}
    for trigger in triggers:
        if trigger.status is Status.FIRING:
            subjects.setdefault(trigger.rule, set()).add(trigger.subject)
    return subjects


def _transition(before: Trigger, after: Trigger, verdict: Verdict, *, now: datetime) -> Transition:
    return Transition(
        rule=after.rule,
        subject=after.subject,
        before=before.status,
        after=after.status,
        at=now,
        evidence=verdict.evidence,
    )
