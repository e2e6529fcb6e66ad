"""What the stored readings prove about one rule on one subject, in data time.

A verdict never depends on when it was asked, only on `now` and on the readings: late points,
restarts and replays give the same answer. Three questions are kept apart:

- `condition`: is the documented condition true, by the newest evidence? (three-valued)
- `held`: has it been true, without a break in the evidence, for the rule's hold?
- `cleared`: is it proven that a firing trigger may end? (three-valued)
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from xops_watch.core.evidence import Sight, is_stale, newest_of_each_period
from xops_watch.core.quantity import format_duration, format_reading
from xops_watch.core.reading import Gap, History, Reading
from xops_watch.core.rule import Across, Condition, Not, Rule, Severity, Threshold, thresholds
from xops_watch.core.truth import Truth, negate
from xops_watch.errors import GapReason


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What is proven now; `since` is the first reading of the newest unbroken breach.

    `breaching` tells whether the newest reading itself is over the line, which may be so
    before `condition` is (datapoints) or `held` is (hold). `value` and `as_of` come from the
    rule's primary signal; `gap` says why it has no newer reading. `applies` is FALSE where the
    rule has nothing to say; while `suppressed`, nothing new fires.
    """

    condition: Truth
    held: bool
    cleared: Truth
    breaching: bool
    since: datetime | None
    value: float | None
    as_of: datetime | None
    gap: Gap | None
    evidence: str
    severity: Severity
    applies: Truth = Truth.TRUE
    suppressed: bool = False


def judge(rule: Rule, subject: str, history: History, *, now: datetime) -> Verdict:
    """Return what `history` proves about `rule` on `subject` at `now`."""
    sight = Sight(history=history, subject=subject)
    glance = Sight(history=history, subject=subject, windows=False)
    condition = sight.truth(rule.when, known=now, at=now)
    run = _run(rule.when, sight, now=now) if condition is Truth.TRUE else None
    breaching = glance.truth(rule.when, known=now, at=now) is Truth.TRUE
    breach = run or (_run(rule.when, glance, now=now) if breaching else None)
    basis = _basis(rule.primary, sight, now=now)
    return Verdict(
        condition=condition,
        held=run is not None and run.length >= rule.hold,
        cleared=_cleared(rule, condition, sight, now=now),
        breaching=breaching,
        since=_since(rule.when, breach, basis) if breach else None,
        value=sight.value(rule.primary, at=now),
        as_of=basis.readings[-1].taken_at if basis.readings else None,
        gap=basis.gap,
        evidence=_evidence(rule.primary, sight, basis, now=now),
        severity=_severity(rule, sight, now=now),
        applies=sight.truth(rule.applies, known=now, at=now) if rule.applies else Truth.TRUE,
        suppressed=_holds(rule.suppress, sight, now=now),
    )


def _holds(condition: Condition | None, sight: Sight, *, now: datetime) -> bool:
    return condition is not None and sight.truth(condition, known=now, at=now) is Truth.TRUE


def _severity(rule: Rule, sight: Sight, *, now: datetime) -> Severity:
    if rule.corroborated and _holds(rule.corroboration, sight, now=now):
        return rule.corroborated
    return rule.severity


def _cleared(rule: Rule, condition: Truth, sight: Sight, *, now: datetime) -> Truth:
    """A rule clears when its condition is disproven, and stayed so, and its clear level held.

    The level alone is not enough: a window may still prove the condition when newer readings
    are below the level already, and a leg of the condition that fell silent may still breach.
    """
    if condition is not Truth.FALSE:
        return negate(condition)
    if rule.keep and _run(Not(part=rule.when), sight, now=now).length < rule.keep:
        return Truth.FALSE
    if rule.clear is None:
        return Truth.TRUE
    truth = sight.truth(rule.clear.when, known=now, at=now)
    if truth is not Truth.TRUE:
        return truth
    return Truth.of(_run(rule.clear.when, sight, now=now).length >= rule.clear.hold)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    """The newest unbroken stretch of evidence on which a condition was true."""

    start: datetime
    end: datetime

    @property
    def length(self) -> timedelta:
        return self.end - self.start


def _run(condition: Condition, sight: Sight, *, now: datetime) -> _Run:
    """Walk back over the readings until a condition, true now, was not, or was not proven.

    A condition that is true of nothing but missing points has lasted no time.
    """
    instants = sorted(
        {
            reading.taken_at
            for leaf in thresholds(condition)
            for subject in sight.subjects(leaf)
            for reading in sight.history.of(leaf.signal.name, subject).until(now)
        },
        reverse=True,
    )
    if not instants:
        return _Run(start=now, end=now)
    start = instants[0]
    for later, earlier in pairwise(instants):
        # Between two instants nothing was read, and evidence only goes stale: what was still
        # true just before the later one was true from the earlier one on.
        if sight.truth(condition, known=earlier, at=later) is not Truth.TRUE:
            break
        start = earlier
    return _Run(start=start, end=instants[0])


@dataclass(frozen=True, slots=True, kw_only=True)
class _Basis:
    """The readings that stand for a rule: of its primary signal, where it was last seen."""

    readings: tuple[Reading, ...]
    gap: Gap | None


def _basis(leaf: Threshold, sight: Sight, *, now: datetime) -> _Basis:
    """Return the readings of the primary leaf; of many subjects, those of the newest one."""
    every = [sight.history.of(leaf.signal.name, subject) for subject in sight.subjects(leaf)]
    known = [(series.until(now), series.gap) for series in every]
    seen = [readings for readings, _ in known if readings]
    newest = max(seen, key=lambda readings: readings[-1].taken_at, default=())
    unseen = [gap for readings, gap in known if is_stale(leaf, readings, at=now)]
    gaps = unseen or [gap for _, gap in known if gap is not None]
    # One subject that does not apply must not excuse another that should be seen and is not.
    gap = next((gap for gap in gaps if not _excuses(gap)), gaps[0] if gaps else None)
    return _Basis(readings=newest, gap=gap)


def _excuses(gap: Gap | None) -> bool:
    return gap is not None and gap.reason is GapReason.NOT_APPLICABLE


def _since(condition: Condition, breach: _Run, basis: _Basis) -> datetime:
    """Return when the breach began: M of N begins with the oldest breach of its window."""
    if not isinstance(condition, Threshold) or condition.datapoints is None or not basis.readings:
        return breach.start
    window = _window(condition, condition.datapoints.of, basis.readings)
    breaches = [r.taken_at for r in window if r is not None and condition.breached_by(r.value)]
    return min([breach.start, *breaches])


def _window(leaf: Threshold, periods: int, readings: tuple[Reading, ...]) -> list[Reading | None]:
    return newest_of_each_period(leaf, periods, readings, end=readings[-1].taken_at)


def _evidence(leaf: Threshold, sight: Sight, basis: _Basis, *, now: datetime) -> str:
    """Say in one line what the verdict rests on."""
    value = sight.value(leaf, at=now)
    if value is None or not basis.readings:
        return basis.gap.detail if basis.gap else f"no reading of {leaf.signal.name} yet"
    line = f"{_name(leaf)} {format_reading(value, leaf.signal)}"
    line += f" ({leaf.phrase})" if leaf.breached_by(value) else f" (not {leaf.phrase})"
    if leaf.datapoints:
        window = _window(leaf, leaf.datapoints.of, basis.readings)
        breaches = sum(r is not None and leaf.breached_by(r.value) for r in window)
        missing = window.count(None)
        line += f", {breaches} of the last {leaf.datapoints.of} points breach"
        line += f", {missing} missing" if missing else ""
    age = now - basis.readings[-1].taken_at
    if age > leaf.signal.grace:
        line += f", last read {format_duration(age)} ago"
    if basis.gap:
        line += f"; now {basis.gap.reason}: {basis.gap.detail}"
    return line


def _name(leaf: Threshold) -> str:
    """Return the signal with what is made of it: `p90 over 1h of edge.ttfb`."""
    name = leaf.signal.name
    if leaf.aggregate:
        name = f"{leaf.aggregate.text} over {format_duration(leaf.aggregate.over)} of {name}"
    return name if leaf.across is Across.EACH else f"{leaf.across} of all {name}"
