"""Verdicts as they read most simply: see `slow_evidence.py`."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise

from tests.core.slow_evidence import Sight, is_stale, newest_of_each_period, until
from xops_watch.core.columns import to_micros
from xops_watch.core.condition import Across, AllOf, AnyOf, Condition, Not, Threshold, thresholds
from xops_watch.core.quantity import format_duration, format_reading
from xops_watch.core.reading import NOTHING_THERE, Gap, History, Reading
from xops_watch.core.rule import Rule, Severity
from xops_watch.core.truth import Truth, negate
from xops_watch.core.verdict import Verdict
from xops_watch.errors import GapReason


def judge(rule: Rule, subject: str, history: History, *, now: datetime) -> Verdict:
    """Return what `history` proves about `rule` on `subject` at `now`."""
    everything, begin = history, now - rule.lookback
    history = _recent(everything, begin)
    sight = Sight(history=history, subject=subject)
    glance = Sight(history=history, subject=subject, windows=False)
    condition = sight.truth(rule.when, known=now, at=now)
    run = _run(rule.when, sight, now=now) if condition is Truth.TRUE else None
    breaching = glance.truth(rule.when, known=now, at=now) is Truth.TRUE
    breach = run or (_run(rule.when, glance, now=now) if breaching else None)
    basis = _basis(rule.primary, sight, now=now)
    shown = sight
    if not basis.readings:  # in a long silence the last that was seen is shown, however old
        shown = Sight(history=everything, subject=subject)
        basis = _basis(rule.primary, shown, now=now)
    gone = _is_gone(rule.primary, basis, now=now)
    since = _since(rule.when, breach, basis, begin) if breach else None
    return Verdict(
        condition=condition,
        held=run is not None and run.length >= rule.hold,
        cleared=_cleared(rule, condition, sight, now=now),
        breaching=breaching,
        since=since,
        reaches_back=since is not None and since - begin <= rule.primary.signal.grace,
        value=shown.value(rule.primary, at=now),
        as_of=basis.readings[-1].taken_at if basis.readings else None,
        gap=basis.gap,
        evidence=_evidence(rule.primary, shown, basis, now=now, gone=gone),
        severity=_severity(rule, sight, now=now),
        applies=sight.truth(rule.applies, known=now, at=now) if rule.applies else Truth.TRUE,
        suppressed=_holds(rule.suppress, sight, now=now),
        excused=condition is Truth.UNKNOWN and _is_excused(rule.when, sight, now=now),
        gone=gone,
    )


def _recent(history: History, begin: datetime) -> History:
    """A rule sees nothing before what it looks back on, whatever else is known."""
    series = {
        key: replace(one, readings=tuple(r for r in one.readings if r.taken_at >= begin))
        for key, one in history.series.items()
    }
    return replace(history, series=series)


def _is_gone(leaf: Threshold, basis: "_Basis", *, now: datetime) -> bool:
    gone = basis.gap is not None and basis.gap.reason is GapReason.GONE
    return gone and is_stale(leaf, basis.readings, at=now)


def _is_excused(condition: Condition, sight: Sight, *, now: datetime) -> bool:
    """One leg of `all` that is not there is enough; of `any` each that is unknown has to be."""
    match condition:
        case AllOf(parts=parts):
            return any(_is_excused(part, sight, now=now) for part in parts)
        case AnyOf(parts=parts):
            unknown = [p for p in parts if sight.truth(p, known=now, at=now) is Truth.UNKNOWN]
            return all(_is_excused(part, sight, now=now) for part in unknown)
        case Not(part=part):
            return _is_excused(part, sight, now=now)
        case _:
            return sight.is_absent(condition, at=now)


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
    series = [
        sight.history.of(leaf.signal.name, subject)
        for leaf in thresholds(condition)
        for subject in sight.subjects(leaf)
    ]
    read = {reading.taken_at for one in series for reading in until(one, now)}
    if not read:
        return _Run(start=now, end=now)
    # Who is left out from some instant on changes what the others prove.
    left = {one.gap.noticed_at for one in series if one.gap and one.is_absent(at=to_micros(now))}
    instants = sorted(read | left, reverse=True)
    start = end = max(read)
    for later, earlier in pairwise([now, *instants]):
        # Between two instants nothing was read: what was true at the earlier one, and still just
        # before the later one, was true all along.
        truths = [sight.truth(condition, known=earlier, at=at) for at in (earlier, later)]
        if truths != [Truth.TRUE, Truth.TRUE]:
            break
        start = earlier
    return _Run(start=min(start, end), end=end)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Basis:
    """The readings that stand for a rule: of its primary signal, where it was last seen."""

    readings: tuple[Reading, ...]
    gap: Gap | None


def _basis(leaf: Threshold, sight: Sight, *, now: datetime) -> _Basis:
    """Return the readings of the primary leaf; of many subjects, those of the newest one."""
    # Of a signal without any subject yet, the gap of it all says why.
    read = sight.series(leaf, at=now) or (sight.history.of(leaf.signal.name, sight.subject),)
    known = [(until(series, now), series.gap) for series in read]
    seen = [readings for readings, _ in known if readings]
    newest = max(seen, key=lambda readings: readings[-1].taken_at, default=())
    unseen = [gap for readings, gap in known if is_stale(leaf, readings, at=now)]
    gaps = unseen or [gap for _, gap in known if gap is not None]
    # One subject that does not apply must not excuse another that should be seen and is not.
    gap = next((gap for gap in gaps if not _excuses(gap)), gaps[0] if gaps else None)
    return _Basis(readings=newest, gap=gap)


def _excuses(gap: Gap | None) -> bool:
    return gap is not None and gap.reason in NOTHING_THERE


def _since(condition: Condition, breach: _Run, basis: _Basis, begin: datetime) -> datetime:
    """Return when the breach began: M of N begins with the oldest breach of its window."""
    if not isinstance(condition, Threshold) or condition.datapoints is None or not basis.readings:
        return breach.start
    window = _window(condition, condition.datapoints.of, basis.readings)
    breaches = [r.taken_at for r in window if r is not None and condition.breached_by(r.value)]
    return min([breach.start, *(at for at in breaches if at >= begin)])


def _window(leaf: Threshold, periods: int, readings: tuple[Reading, ...]) -> list[Reading | None]:
    return newest_of_each_period(leaf, periods, readings, end=readings[-1].taken_at)


def _evidence(leaf: Threshold, sight: Sight, basis: _Basis, *, now: datetime, gone: bool) -> str:
    """Say in one line what the verdict rests on; of what is gone, that first."""
    if not gone or basis.gap is None:
        return _seen(leaf, sight, basis, now=now)
    line = f"subject gone: {basis.gap.detail}"
    if sight.value(leaf, at=now) is None:
        return line
    return f"{line}; {_seen(leaf, sight, replace(basis, gap=None), now=now)}"


def _seen(leaf: Threshold, sight: Sight, basis: _Basis, *, now: datetime) -> str:
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
