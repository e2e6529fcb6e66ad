"""What the stored readings prove about one rule on one subject, in data time.

A verdict never depends on when it was asked, only on `now` and on the readings: late points,
restarts and replays give the same answer. Three questions are kept apart:

- `condition`: is the documented condition true, by the newest evidence? (three-valued)
- `held`: has it been true, without a break in the evidence, for the rule's hold?
- `cleared`: is it proven that a firing trigger may end? (three-valued)
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from xops_watch.core.beside import shown_beside
from xops_watch.core.columns import MICROSECOND, to_instant, to_micros
from xops_watch.core.condition import Across, Condition, Not, Threshold, thresholds
from xops_watch.core.evidence import Evidence
from xops_watch.core.excuse import is_excused
from xops_watch.core.gauge import Gauge
from xops_watch.core.quantity import format_duration, format_reading
from xops_watch.core.reading import NOTHING_THERE, Gap, History, Readings
from xops_watch.core.rule import Rule, Severity
from xops_watch.core.run import Run, View, run_of
from xops_watch.core.truth import Truth, negate
from xops_watch.errors import GapReason


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What is proven now; `since` is the first reading of the newest unbroken breach.

    `breaching` tells whether the newest reading itself is over the line, which may be so
    before `condition` is (datapoints) or `held` is (hold). `value` and `as_of` come from the
    rule's primary signal; `gap` says why it has no newer reading. `applies` is FALSE where the
    rule has nothing to say; while `suppressed`, nothing new fires. `excused` tells that nothing
    is unknown but what is not there to be seen; `gone` that the subject is no more, and that its
    last reading proves nothing any more; `reaches_back` that the breach may have begun before
    what the rule looks back on.

    What cannot matter is not asked: of what is known to fire, `held` is whether the condition
    still is true, and `since` is None while nothing ends it; of what is known not to, `cleared`
    is whether the condition is disproven.
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
    excused: bool = False
    gone: bool = False
    reaches_back: bool = False


def judge(rule: Rule, subject: str, history: History, *, now: datetime) -> Verdict:
    """Return all that `history` proves about `rule` on `subject` at `now`."""
    return Judge(rule, Evidence(history), now=now).verdict(subject)


class Judge:
    """Judges one rule on many subjects at one instant."""

    def __init__(self, rule: Rule, evidence: Evidence, *, now: datetime) -> None:
        self._rule = rule
        self._now = to_micros(now)
        since = self._now - rule.lookback // MICROSECOND
        self._everything, self._since_when = evidence, since
        self._edge = since + rule.primary.signal.grace // MICROSECOND
        self._evidence = evidence = Evidence(evidence.history, since=since)
        self._primary = evidence.gauge(rule.primary)
        self._name = _name(rule.primary)
        gauges = [evidence.gauge(leaf) for leaf in thresholds(rule.when)]
        self._windowed = any(gauge.windowed for gauge in gauges)

    def verdict(self, subject: str, *, firing: bool | None = None) -> Verdict:
        """Return what is proven; who says whether the rule is firing is spared what follows."""
        rule, now = self._rule, self._now
        view = View(evidence=self._evidence, subject=subject, now=now)
        condition = self._truth(rule.when, subject)
        basis = self._basis(subject)
        gone = _is_gone(self._primary, basis, now=now)
        applies = self._truth(rule.applies, subject) if rule.applies else Truth.TRUE
        cleared = negate(condition) if firing is False else self._cleared(condition, view)
        stays = firing and cleared is not Truth.TRUE and applies is not Truth.FALSE and not gone
        glance = condition
        if self._windowed:
            glance = self._evidence.truth(rule.when, subject, known=now, at=now, windows=False)
        breach = None if stays else self._breach(condition, glance, view)
        since = self._since(breach, basis) if breach else None
        is_held = breach is not None and breach.length >= rule.hold // MICROSECOND
        return Verdict(
            condition=condition,
            held=condition is Truth.TRUE and (bool(stays) or is_held),
            cleared=cleared,
            breaching=glance is Truth.TRUE,
            since=None if since is None else to_instant(since),
            value=basis.value,
            as_of=to_instant(basis.newest) if basis.newest is not None else None,
            gap=basis.gap,
            evidence="; ".join((self._words(basis, gone=gone), *self._beside(subject))),
            severity=self._severity(subject),
            applies=applies,
            suppressed=self._holds(rule.suppress, subject),
            excused=condition is Truth.UNKNOWN and is_excused(rule.when, view),
            gone=gone,
            reaches_back=since is not None and since <= self._edge,
        )

    def has_ended(self, subject: str) -> bool:
        """Tell whether a subject is gone for so long that nothing may be said of it any more."""
        if all(series.gap is None for series in self._primary.series(subject)):
            return False  # the usual case
        basis = _basis(self._primary, subject, self._evidence.history, now=self._now)
        return _is_gone(self._primary, basis, now=self._now)

    def _basis(self, subject: str) -> "_Basis":
        """Return what is shown: in a long silence the last that was seen, however old."""
        history, now = self._evidence.history, self._now
        basis = _basis(self._primary, subject, history, now=now)
        if basis.newest is not None:
            return basis
        return _basis(self._everything.gauge(self._rule.primary), subject, history, now=now)

    def _truth(self, condition: Condition, subject: str) -> Truth:
        return self._evidence.truth(condition, subject, known=self._now, at=self._now)

    def _holds(self, condition: Condition | None, subject: str) -> bool:
        return condition is not None and self._truth(condition, subject) is Truth.TRUE

    def _severity(self, subject: str) -> Severity:
        rule = self._rule
        if rule.corroborated and self._holds(rule.corroboration, subject):
            return rule.corroborated
        return rule.severity

    def _cleared(self, condition: Truth, view: View) -> Truth:
        """A rule clears when its condition is disproven, and stayed so, and its clear level held.

        The level alone is not enough: a window may still prove the condition when newer readings
        are below the level already, and a leg of the condition that fell silent may still breach.
        """
        rule = self._rule
        if condition is not Truth.FALSE:
            return negate(condition)
        if rule.keep and not _has_lasted(Not(part=rule.when), rule.keep, view):
            return Truth.FALSE
        if rule.clear is None:
            return Truth.TRUE
        truth = self._truth(rule.clear.when, view.subject)
        if truth is not Truth.TRUE:
            return truth
        return Truth.of(_has_lasted(rule.clear.when, rule.clear.hold, view))

    def _breach(self, condition: Truth, glance: Truth, view: View) -> Run | None:
        if condition is Truth.TRUE:
            return run_of(self._rule.when, view)
        if glance is not Truth.TRUE:
            return None
        newest = View(evidence=view.evidence, subject=view.subject, now=view.now, windows=False)
        return run_of(self._rule.when, newest)

    def _since(self, breach: Run, basis: "_Basis") -> int:
        """Return when the breach began: M of N begins with the oldest breach of its window."""
        leaf = self._rule.when
        if not isinstance(leaf, Threshold) or leaf.datapoints is None or basis.newest is None:
            return breach.start
        instants, values = basis.view.columns.instants, basis.view.columns.values
        breaches = [
            instants[place]
            for place in self._window(basis, leaf.datapoints.of)
            if place is not None and self._primary.breached_by(values[place])
        ]
        return min([breach.start, *(at for at in breaches if at >= self._since_when)])

    def _window(self, basis: "_Basis", periods: int) -> list[int | None]:
        end = basis.view.columns.instants[basis.stop - 1]
        return self._primary.newest_of_each_period(basis.view, basis.stop, periods, end=end)

    def _words(self, basis: "_Basis", *, gone: bool) -> str:
        """Say in one line what the verdict rests on; of what is gone, that first."""
        gap = basis.gap
        if not gone or gap is None:
            line = self._seen(basis)
            if gap and basis.value is not None:
                line += f"; now {gap.reason}: {gap.detail}"
            return line
        line = f"subject gone: {gap.detail}"
        return line if basis.value is None else f"{line}; {self._seen(basis)}"

    def _beside(self, subject: str) -> tuple[str, ...]:
        history = self._evidence.history
        return shown_beside(self._rule.beside, subject, history, now=self._now)

    def _seen(self, basis: "_Basis") -> str:
        leaf, value, newest = self._rule.primary, basis.value, basis.newest
        if value is None or newest is None:
            return basis.gap.detail if basis.gap else f"no reading of {leaf.signal.name} yet"
        over = "" if self._primary.breached_by(value) else "not "
        line = f"{self._name} {format_reading(value, leaf.signal)} ({over}{leaf.phrase})"
        if leaf.datapoints:
            window = self._window(basis, leaf.datapoints.of)
            values, breached_by = basis.view.columns.values, self._primary.breached_by
            breaches = sum(p is not None and breached_by(values[p]) for p in window)
            missing = window.count(None)
            line += f", {breaches} of the last {leaf.datapoints.of} points breach"
            line += f", {missing} missing" if missing else ""
        if self._primary.is_stale(basis.view, basis.stop, at=self._now):
            age = timedelta(microseconds=self._now - newest)
            line += f", last read {format_duration(age)} ago"
        return line


def _has_lasted(condition: Condition, hold: timedelta, view: View) -> bool:
    enough = hold // MICROSECOND
    return run_of(condition, view, enough=enough).length >= enough


@dataclass(frozen=True, slots=True, kw_only=True)
class _Basis:
    """What stands for a rule: the readings of its primary signal, where it was last seen."""

    view: Readings
    stop: int
    newest: int | None
    gap: Gap | None
    value: float | None


def _basis(gauge: Gauge, subject: str, history: History, *, now: int) -> _Basis:
    """Return the readings of the primary leaf; of many subjects, those of the newest one."""
    # Of a signal without any subject yet, the gap of it all says why.
    read = gauge.there(subject, at=now) or (history.of(gauge.leaf.signal.name, subject),)
    if len(read) == 1:
        view = read[0].view
        stop = view.bound(now)
        return _Basis(
            view=view,
            stop=stop,
            newest=view.columns.instants[stop - 1] if stop > view.start else None,
            gap=read[0].gap,
            value=gauge.value(subject, at=now),
        )
    known = [(series.view, series.view.bound(now), series.gap) for series in read]
    newest = [
        (v.columns.instants[s - 1], v, s) if s > v.start else (None, v, s) for v, s, _ in known
    ]
    instant, view, stop = max(newest, key=lambda one: -1 if one[0] is None else one[0])
    return _Basis(
        view=view,
        stop=stop,
        newest=instant,
        gap=_gap(gauge, known, now=now),
        value=gauge.value(subject, at=now),
    )


def _gap(
    gauge: Gauge, known: Sequence[tuple[Readings, int, Gap | None]], *, now: int
) -> Gap | None:
    if all(gap is None for _, _, gap in known):
        return None
    unseen = [gap for view, stop, gap in known if gauge.is_stale(view, stop, at=now)]
    gaps = unseen or [gap for _, _, gap in known if gap is not None]
    # One subject that does not apply must not excuse another that should be seen and is not.
    return next((gap for gap in gaps if not _excuses(gap)), gaps[0])


def _excuses(gap: Gap | None) -> bool:
    return gap is not None and gap.reason in NOTHING_THERE


def _is_gone(gauge: Gauge, basis: _Basis, *, now: int) -> bool:
    gone = basis.gap is not None and basis.gap.reason is GapReason.GONE
    return gone and gauge.is_stale(basis.view, basis.stop, at=now)


def _name(leaf: Threshold) -> str:
    """Return the signal with what is made of it: `p90 over 1h of edge.ttfb`."""
    name = leaf.signal.name
    if leaf.aggregate:
        name = f"{leaf.aggregate.text} over {format_duration(leaf.aggregate.over)} of {name}"
    return name if leaf.across is Across.EACH else f"{leaf.across} of all {name}"
