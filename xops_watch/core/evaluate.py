"""One evaluation: rules x stored readings x stored triggers, to what changed and what is owed."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from xops_watch.core.advise import Advice, AdviceState, advise
from xops_watch.core.condition import Across
from xops_watch.core.decision import NOTHING_ANSWERED, Answered, Ended, review
from xops_watch.core.evidence import ALL_SUBJECTS, Evidence
from xops_watch.core.notice import Notice, NoticeKind, Stack, kind_of, notice_of
from xops_watch.core.reading import History
from xops_watch.core.rule import Rule, Rulebook, Severity
from xops_watch.core.trigger import Status, Transition, Trigger, advance, new_trigger
from xops_watch.core.verdict import Judge, Verdict

TriggerKey = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """Everything one evaluation decided.

    `retired` are triggers whose rule or subject is gone, `ended` decisions that stand no more.
    """

    at: datetime
    triggers: tuple[Trigger, ...]
    verdicts: Mapping[TriggerKey, Verdict]
    transitions: tuple[Transition, ...]
    notices: tuple[Notice, ...]
    advice: tuple[Advice, ...]
    retired: tuple[TriggerKey, ...] = field(default=())
    ended: tuple[Ended, ...] = field(default=())


def evaluate(
    rulebook: Rulebook,
    history: History,
    triggers: Mapping[TriggerKey, Trigger],
    *,
    stack: Stack,
    now: datetime,
    answered: Answered = NOTHING_ANSWERED,
) -> Evaluation:
    """Judge every rule on every subject ever seen, and say what that changes."""
    # A subject lives as long as anything of it is in store, or it fires: nothing else is lost
    # with it, and what is blind for ever would leave its evolution unknown for ever.
    active = _active(triggers.values())
    evidence = Evidence(history)
    judges = [(rule, Judge(rule, evidence, now=now)) for rule in rulebook.rules]
    steps = [
        _step(rule, subject, judge, triggers, now=now)
        for rule, judge in judges
        for subject in sorted(_judged_on(rule, judge, history, active.get(rule.id, {})))
    ]
    verdicts = {step.trigger.key: step.verdict for step in steps}
    ended = review(answered, rulebook, ((step.trigger, step.verdict) for step in steps), now=now)
    standing = answered.without(ended)
    advice = advise(rulebook, [step.trigger for step in steps], history, standing, now=now)
    off = _switched_off(rulebook, triggers, now=now)
    changes: tuple[_Step | _Told, ...] = (*steps, *off)
    return Evaluation(
        at=now,
        triggers=tuple(step.trigger for step in steps),
        verdicts=verdicts,
        transitions=tuple(change.transition for change in changes if change.transition),
        notices=_notices((*changes, *_asked_again(steps, ended, now=now)), advice, stack=stack),
        advice=advice,
        retired=tuple(sorted(triggers.keys() - verdicts.keys())),
        ended=ended,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Step:
    """What one evaluation decided about one rule on one subject."""

    rule: Rule
    before: Trigger
    trigger: Trigger
    verdict: Verdict
    transition: Transition | None

    @property
    def severity(self) -> Severity:
        """Return how much a message about it matters."""
        return self.verdict.severity


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    """What is told although no verdict changed a status; `again` says why it is asked again."""

    rule: Rule
    before: Trigger
    trigger: Trigger
    transition: Transition
    severity: Severity
    again: str = ""


def _step(
    rule: Rule,
    subject: str,
    judge: Judge,
    triggers: Mapping[TriggerKey, Trigger],
    *,
    now: datetime,
) -> _Step:
    before = triggers.get((rule.id, subject)) or new_trigger(rule.id, subject, now=now)
    verdict = judge.verdict(subject, firing=before.status is Status.FIRING)
    after = advance(before, verdict, now=now)
    changed = after.status is not before.status
    transition = _transition(before, after, verdict, now=now) if changed else None
    return _Step(rule=rule, before=before, trigger=after, verdict=verdict, transition=transition)


def _notices(
    changes: Iterable[_Step | _Told], advice: Iterable[Advice], *, stack: Stack
) -> tuple[Notice, ...]:
    """Return the messages owed: each says what is advised after everything was judged."""
    advice_on = {one.evolution.id: one for one in advice}
    notices: list[Notice] = []
    for step in changes:
        kind = kind_of(step.transition) if step.transition else None
        if step.transition is None or kind is None:
            continue
        said = advice_on[step.rule.evolution]
        # Somebody answered "not now": it is told all the same, and wakes nobody.
        muted = said.state in (AdviceState.DEFERRED, AdviceState.REJECTED)
        told = [f"asked again: {step.again}"] if isinstance(step, _Told) and step.again else []
        told += [f"answered: {said.decision}"] if said.decision else []
        notice = notice_of(
            step.transition,
            kind,
            # A resolved message tells since when it had been firing, not since when it is quiet.
            trigger=step.trigger if kind is NoticeKind.FIRING else step.before,
            severity=Severity.INFO if muted else step.severity,
            rule=step.rule,
            advice=replace(said, notes=(*told, *said.notes)),
            stack=stack,
        )
        notices.append(notice)
    return tuple(notices)


def _switched_off(
    rulebook: Rulebook, triggers: Mapping[TriggerKey, Trigger], *, now: datetime
) -> tuple[_Told, ...]:
    """End what fires of rules that are off: somebody was told, and nobody would ever say more."""
    off = {one.rule.id: one for one in rulebook.off}
    ended: list[_Told] = []
    for key in sorted(triggers):
        before = triggers[key]
        if before.rule not in off or before.status is not Status.FIRING:
            continue
        rule, reason = off[before.rule].rule, off[before.rule].reason
        after = replace(before, status=Status.INACTIVE, since=now, changed_at=now)
        transition = Transition(
            rule=rule.id,
            subject=before.subject,
            before=before.status,
            after=after.status,
            at=now,
            evidence=f"not judged any more: {reason}",
        )
        ended.append(
            _Told(
                rule=rule,
                before=before,
                trigger=after,
                transition=transition,
                severity=rule.severity,
            )
        )
    return tuple(ended)


def _asked_again(
    steps: Iterable[_Step], ended: Iterable[Ended], *, now: datetime
) -> Iterator[_Told]:
    """Yield the firing triggers of decisions that ended: who answered is asked again, once."""
    because = {one.decision.evolution: one.because for one in ended}
    for step in steps if because else ():
        trigger, again = step.trigger, because.get(step.rule.evolution, "")
        if not again or trigger.status is not Status.FIRING or step.transition is not None:
            continue  # a trigger that fires now is told by its own change
        transition = Transition(
            rule=trigger.rule,
            subject=trigger.subject,
            before=trigger.status,
            after=trigger.status,
            at=now,
            evidence=step.verdict.evidence,
        )
        yield _Told(
            rule=step.rule,
            before=trigger,
            trigger=trigger,
            transition=transition,
            severity=step.severity,
            again=again,
        )


def _judged_on(
    rule: Rule, judge: Judge, history: History, active: Mapping[str, Status]
) -> set[str]:
    """Return the subjects to judge: those ever seen and not gone, and where something is to end.

    `active` are the subjects on which the rule is pending or firing.
    """
    seen = _subjects(rule, history)
    firing = {subject for subject, status in active.items() if status is Status.FIRING}
    ended = {subject for subject in seen - active.keys() if judge.has_ended(subject)}
    return set(seen - ended) | firing


def _subjects(rule: Rule, history: History) -> frozenset[str]:
    """Return the subjects of a rule: one that it names, all as one, or each that was ever seen."""
    leaf = rule.primary
    if leaf.subject is None and leaf.across is Across.EACH:
        return history.subjects(leaf.signal.name)
    if not history.is_watched(leaf.signal.name):
        return frozenset()  # nobody looks: neither quiet nor blind
    return frozenset({ALL_SUBJECTS if leaf.subject is None else leaf.subject})


def _active(triggers: Iterable[Trigger]) -> Mapping[str, Mapping[str, Status]]:
    """Return the subjects on which each rule is pending or firing."""
    subjects: dict[str, dict[str, Status]] = {}
    for trigger in triggers:
        if trigger.status is not Status.INACTIVE:
            subjects.setdefault(trigger.rule, {})[trigger.subject] = trigger.status
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
