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

from xops_watch.core.quantity import format_duration, format_value
from xops_watch.core.reading import Gap, History, Reading
from xops_watch.core.rule import (
    AllOf,
    AnyOf,
    Clear,
    Condition,
    Datapoints,
    Not,
    Rule,
    Threshold,
    thresholds,
)
from xops_watch.core.truth import Truth, all_of, any_of, negate


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What is proven now; `since` is the first reading of the newest unbroken breach.

    `breaching` tells whether the newest reading itself is over the line, which may be so
    before `condition` is (datapoints) or `held` is (hold). `value` and `as_of` come from the
    rule's primary signal; `gap` says why it has no newer reading.
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


def judge(rule: Rule, subject: str, history: History, *, now: datetime) -> Verdict:
    """Return what `history` proves about `rule` on `subject` at `now`."""
    sight = _Sight(history=history, subject=subject)
    glance = _Sight(history=history, subject=subject, windows=False)
    condition = _truth(rule.when, sight, known=now, at=now)
    run = _run(rule.when, sight, now=now) if condition is Truth.TRUE else None
    breaching = _truth(rule.when, glance, known=now, at=now) is Truth.TRUE
    breach = run or (_run(rule.when, glance, now=now) if breaching else None)
    series = history.of(rule.primary.signal.name, subject)
    readings = series.until(now)
    newest = readings[-1] if readings else None
    return Verdict(
        condition=condition,
        held=run is not None and run.length >= rule.hold,
        cleared=_cleared(rule.clear, condition, sight, now=now),
        breaching=breaching,
        since=_since(rule.when, breach, readings) if breach else None,
        value=newest.value if newest else None,
        as_of=newest.taken_at if newest else None,
        gap=series.gap,
        evidence=_evidence(rule.primary, readings, series.gap, now=now),
    )


def _cleared(clear: Clear | None, condition: Truth, sight: "_Sight", *, now: datetime) -> Truth:
    """A rule clears when its condition is disproven, and its clear level, if any, was held.

    The level alone is not enough: a window may still prove the condition when newer readings
    are below the level already, and a leg of the condition that fell silent may still breach.
    """
    if clear is None or condition is not Truth.FALSE:
        return negate(condition)
    truth = _truth(clear.when, sight, known=now, at=now)
    if truth is not Truth.TRUE:
        return truth
    return Truth.of(_run(clear.when, sight, now=now).length >= clear.hold)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sight:
    """What conditions are judged on: one subject's readings.

    Without `windows` the newest reading of a signal speaks alone, whatever M of N says.
    """

    history: History
    subject: str
    windows: bool = True

    def datapoints(self, leaf: Threshold) -> Datapoints | None:
        return leaf.datapoints if self.windows else None


def _truth(condition: Condition, sight: _Sight, *, known: datetime, at: datetime) -> Truth:
    """Return what the readings until `known` prove at `at`: with time, evidence goes stale."""
    match condition:
        case Threshold():
            return _leaf_truth(condition, sight, known=known, at=at)
        case AllOf(parts=parts):
            return all_of(_truth(part, sight, known=known, at=at) for part in parts)
        case AnyOf(parts=parts):
            return any_of(_truth(part, sight, known=known, at=at) for part in parts)
        case Not(part=part):  # pragma: no branch - there is no other condition
            return negate(_truth(part, sight, known=known, at=at))


def _leaf_truth(leaf: Threshold, sight: _Sight, *, known: datetime, at: datetime) -> Truth:
    readings = sight.history.of(leaf.signal.name, sight.subject).until(known)
    if not readings or at - readings[-1].taken_at > leaf.signal.grace:
        return Truth.UNKNOWN
    datapoints = sight.datapoints(leaf)
    if datapoints is None:
        return Truth.of(leaf.comparison.holds(readings[-1].value, leaf.value))
    window = _window(leaf, datapoints, readings)
    breaches = len(_breaches(leaf, window))
    if breaches >= datapoints.needed:
        return Truth.TRUE
    # Even if every missing point had breached, there would not be enough: disproven.
    if breaches + datapoints.of - len(window) < datapoints.needed:
        return Truth.FALSE
    return Truth.UNKNOWN


def _window(
    leaf: Threshold, datapoints: Datapoints, readings: tuple[Reading, ...]
) -> list[Reading]:
    """Return the newest reading of each of the last N periods, newest first.

    The periods are counted back from the newest reading, not from `now`: points that the
    provider has not published yet are not missing. What is read some milliseconds early or
    late still belongs to its own period, because each reaches half a period to either side.
    """
    period, end = leaf.signal.period, readings[-1].taken_at + leaf.signal.period / 2
    window: list[Reading] = []
    filled = -1
    for reading in reversed(readings):
        back = (end - reading.taken_at) // period
        if back >= datapoints.of:
            break
        if back > filled:
            window.append(reading)
            filled = back
    return window


def _breaches(leaf: Threshold, window: list[Reading]) -> list[Reading]:
    return [reading for reading in window if leaf.comparison.holds(reading.value, leaf.value)]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    """The newest unbroken stretch of evidence on which a condition was true."""

    start: datetime
    end: datetime

    @property
    def length(self) -> timedelta:
        return self.end - self.start


def _run(condition: Condition, sight: _Sight, *, now: datetime) -> _Run:
    """Walk back over the readings until a condition, true now, was not, or was not proven."""
    signals = {leaf.signal.name for leaf in thresholds(condition)}
    instants = sorted(
        {
            reading.taken_at
            for name in signals
            for reading in sight.history.of(name, sight.subject).until(now)
        },
        reverse=True,
    )
    start = instants[0]
    for later, earlier in pairwise(instants):
        # Between two instants nothing was read, and evidence only goes stale: what was still
        # true just before the later one was true from the earlier one on.
        if _truth(condition, sight, known=earlier, at=later) is not Truth.TRUE:
            break
        start = earlier
    return _Run(start=start, end=instants[0])


def _since(condition: Condition, breach: _Run, readings: tuple[Reading, ...]) -> datetime:
    """Return when the breach began: M of N begins with the oldest breach of its window."""
    if not isinstance(condition, Threshold) or condition.datapoints is None:
        return breach.start
    window = _window(condition, condition.datapoints, readings)
    return min(breach.start, _breaches(condition, window)[-1].taken_at)


def _evidence(
    leaf: Threshold, readings: tuple[Reading, ...], gap: Gap | None, *, now: datetime
) -> str:
    """Say in one line what the verdict rests on."""
    if not readings:
        return gap.detail if gap else f"no reading of {leaf.signal.name} yet"
    newest = readings[-1]
    value = format_value(newest.value, leaf.signal.unit)
    line = f"{leaf.signal.name} {value} ({leaf.comparison.symbol} {leaf.text})"
    if leaf.datapoints:
        window = _window(leaf, leaf.datapoints, readings)
        missing = leaf.datapoints.of - len(window)
        line += f", {len(_breaches(leaf, window))} of the last {leaf.datapoints.of} points breach"
        line += f", {missing} missing" if missing else ""
    age = now - newest.taken_at
    if age > leaf.signal.grace:
        line += f", last read {format_duration(age)} ago"
    if gap:
        line += f"; now {gap.reason}: {gap.detail}"
    return line
