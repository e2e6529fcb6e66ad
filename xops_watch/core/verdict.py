"""What the stored readings prove about one rule on one subject, in data time.

A verdict never depends on when it was asked, only on `now` and on the readings: late points,
restarts and replays give the same answer. Three questions are kept apart:

- `condition`: is the documented condition true, by the newest evidence? (three-valued)
- `held`: has it been true, without a break in the evidence, for the rule's hold?
- `cleared`: is it proven that a firing trigger may end? (three-valued)
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

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

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


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
    condition = _truth(rule.when, subject, history, at=now)
    run = _run(rule.when, subject, history, now=now) if condition is Truth.TRUE else None
    held = run is not None and run.length >= rule.hold
    primary = rule.primary
    series = history.of(primary.signal.name, subject)
    newest = _newest(series.readings, now)
    breaching = _breaching(rule.when, subject, history, now)
    since = _first_breach(primary, series.readings, now) if breaching else None
    if run is not None and (since is None or run.start < since):
        since = run.start
    return Verdict(
        condition=condition,
        held=held,
        cleared=_cleared(rule.clear, condition, subject, history, now=now),
        breaching=breaching,
        since=since,
        value=newest.value if newest else None,
        as_of=newest.taken_at if newest else None,
        gap=series.gap,
        evidence=_evidence(rule, series.readings, newest, series.gap, now),
    )


def _cleared(
    clear: Clear | None, condition: Truth, subject: str, history: History, *, now: datetime
) -> Truth:
    """Without a clear level of its own, a rule clears when its condition is disproven."""
    if clear is None:
        return negate(condition)
    truth = _truth(clear.when, subject, history, at=now)
    if truth is not Truth.TRUE:
        return truth
    run = _run(clear.when, subject, history, now=now)
    return Truth.of(run is not None and run.length >= clear.hold)


def _truth(condition: Condition, subject: str, history: History, *, at: datetime) -> Truth:
    match condition:
        case AllOf(parts=parts):
            return all_of(_truth(part, subject, history, at=at) for part in parts)
        case AnyOf(parts=parts):
            return any_of(_truth(part, subject, history, at=at) for part in parts)
        case Not(part=part):
            return negate(_truth(part, subject, history, at=at))
        case Threshold():
            readings = history.of(condition.signal.name, subject).readings
            return _leaf_truth(condition, readings, at=at)


def _leaf_truth(leaf: Threshold, readings: tuple[Reading, ...], *, at: datetime) -> Truth:
    newest = _newest(readings, at)
    if newest is None or at - newest.taken_at > leaf.signal.grace:
        return Truth.UNKNOWN
    if leaf.datapoints is None:
        return Truth.of(leaf.comparison.holds(newest.value, leaf.value))
    breaches, missing = _count(leaf, leaf.datapoints, readings, newest)
    if breaches >= leaf.datapoints.needed:
        return Truth.TRUE
    # Even if every missing point had breached, there would not be enough: disproven.
    if breaches + missing < leaf.datapoints.needed:
        return Truth.FALSE
    return Truth.UNKNOWN


def _count(
    leaf: Threshold, datapoints: Datapoints, readings: tuple[Reading, ...], newest: Reading
) -> tuple[int, int]:
    """Return how many of the newest periods breach, and how many have no reading.

    The window ends at the newest reading, not at `now`: points that the provider has not
    published yet are not missing.
    """
    last = _slot(newest, leaf.signal.period)
    values: dict[int, float] = {}
    for reading in reversed(readings):
        if reading.taken_at > newest.taken_at:
            continue
        slot = _slot(reading, leaf.signal.period)
        if slot <= last - datapoints.of:
            break
        values.setdefault(slot, reading.value)
    breaches = sum(leaf.comparison.holds(value, leaf.value) for value in values.values())
    return breaches, datapoints.of - len(values)


def _slot(reading: Reading, period: timedelta) -> int:
    return (reading.taken_at - EPOCH) // period


def _newest(readings: tuple[Reading, ...], at: datetime) -> Reading | None:
    """Return the last reading not in the future: a skewed clock must not prove anything."""
    return next((r for r in reversed(readings) if r.taken_at <= at), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    """The newest unbroken stretch of evidence on which a condition was true."""

    start: datetime
    end: datetime

    @property
    def length(self) -> timedelta:
        return self.end - self.start


def _run(condition: Condition, subject: str, history: History, *, now: datetime) -> _Run | None:
    """Walk back over the readings until the condition is not true or the evidence has a hole."""
    leaves = list(thresholds(condition))
    grace = min(leaf.signal.grace for leaf in leaves)
    signals = {leaf.signal.name for leaf in leaves}
    instants = sorted(
        {
            reading.taken_at
            for name in signals
            for reading in history.of(name, subject).readings
            if reading.taken_at <= now
        },
        reverse=True,
    )
    start: datetime | None = None
    for instant in instants:
        if start is not None and start - instant > grace:
            break
        if _truth(condition, subject, history, at=instant) is not Truth.TRUE:
            break
        start = instant
    return None if start is None else _Run(start=start, end=instants[0])


def _breaching(condition: Condition, subject: str, history: History, now: datetime) -> bool:
    """Tell whether the newest readings themselves breach, whatever windows and holds say."""
    return _truth(_instantaneous(condition), subject, history, at=now) is Truth.TRUE


def _instantaneous(condition: Condition) -> Condition:
    match condition:
        case AllOf(parts=parts):
            return AllOf(parts=tuple(_instantaneous(part) for part in parts))
        case AnyOf(parts=parts):
            return AnyOf(parts=tuple(_instantaneous(part) for part in parts))
        case Not(part=part):
            return Not(part=_instantaneous(part))
        case Threshold():
            return Threshold(
                signal=condition.signal,
                comparison=condition.comparison,
                value=condition.value,
                text=condition.text,
            )


def _first_breach(leaf: Threshold, readings: tuple[Reading, ...], now: datetime) -> datetime | None:
    """Return when the oldest breach of the window happened: the "since" of M of N."""
    newest = _newest(readings, now)
    if newest is None:
        return None
    start = newest.taken_at - leaf.window
    return next(
        (
            reading.taken_at
            for reading in readings
            if start < reading.taken_at <= now and leaf.comparison.holds(reading.value, leaf.value)
        ),
        None,
    )


def _evidence(
    rule: Rule,
    readings: tuple[Reading, ...],
    newest: Reading | None,
    gap: Gap | None,
    now: datetime,
) -> str:
    """Say in one line what the verdict rests on."""
    leaf = rule.primary
    if newest is None:
        return gap.detail if gap else f"no reading of {leaf.signal.name} yet"
    value = format_value(newest.value, leaf.signal.unit)
    line = f"{leaf.signal.name} {value} ({leaf.comparison.symbol} {leaf.text})"
    if leaf.datapoints:
        breaches, missing = _count(leaf, leaf.datapoints, readings, newest)
        line += f", {breaches} of the last {leaf.datapoints.of} points breach"
        line += f", {missing} missing" if missing else ""
    age = now - newest.taken_at
    if age > leaf.signal.grace:
        line += f", last read {format_duration(age)} ago"
    if gap:
        line += f"; now {gap.reason}: {gap.detail}"
    return line
