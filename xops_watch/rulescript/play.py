"""Plays a script to a rulebook as the daemon would: look, evaluate, remember, again.

Nothing here reads a clock or a file. A script is judged against the rules it names, and those
that its advice depends on: what other rules make of the same signals is not its business.
"""

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from xops_watch.core.evaluate import Evaluation, TriggerKey, evaluate
from xops_watch.core.notice import Stack
from xops_watch.core.reading import Gap, History, Reading, Series
from xops_watch.core.rule import Rulebook
from xops_watch.core.trigger import Trigger
from xops_watch.errors import GapReason
from xops_watch.rulescript.script import Line, Script

BEGIN = datetime(2026, 1, 5, tzinfo=UTC)  # a Monday; scripts only know the time since
STACK = Stack(name="script", runbooks_url="https://runbooks.invalid")


def play(script: Script, rulebook: Rulebook) -> Iterator[Evaluation]:
    """Yield what each tick decides, until the script ends."""
    needs = rulebook.needs()
    tapes = [_record(line, script.interval) for line in script.lines]
    triggers: Mapping[TriggerKey, Trigger] = {}
    for tick in range(script.ticks):
        now = BEGIN + tick * script.every
        history = History(
            series={
                (tape.signal, tape.subject): tape.until(now, needs[tape.signal])
                for tape in tapes
                if tape.signal in needs and tape.spoken(now)
            }
        )
        evaluation = evaluate(rulebook, history, triggers, stack=STACK, now=now)
        triggers = {trigger.key: trigger for trigger in evaluation.triggers}
        yield evaluation


def restricted(rulebook: Rulebook, script: Script) -> Rulebook:
    """Return the rulebook with only the rules that can change what the script expects."""
    asked = {entry.evolution for entry in script.advice}
    evolutions = _reachable(rulebook, asked)
    guards = {rule for name in evolutions for rule in rulebook.evolutions[name].blocked_by}
    wanted = script.rules | guards
    rules = tuple(r for r in rulebook.rules if r.id in wanted or r.evolution in evolutions)
    named = evolutions | _reachable(rulebook, {rule.evolution for rule in rules})
    kept = {name: step for name, step in rulebook.evolutions.items() if name in named}
    return replace(rulebook, rules=rules, evolutions=kept)


def concerns(script: Script, rule: str, rulebook: Rulebook) -> bool:
    """Tell whether the script expects something that depends on `rule`."""
    if rule in script.rules:
        return True
    if not script.advice:
        return False
    return any(one.id == rule for one in restricted(rulebook, script).rules)


def _reachable(rulebook: Rulebook, names: set[str]) -> set[str]:
    """Return the evolutions with all that they require, and that those require."""
    found: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name in rulebook.evolutions and name not in found:
            found.add(name)
            waiting.extend(rulebook.evolutions[name].requires)
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tape:
    """Everything a source will say of one series, in the order in which it does.

    After event n, said at `said[n]`, there are `counts[n]` readings and the gap `gaps[n]`.
    """

    signal: str
    subject: str
    readings: tuple[Reading, ...]
    said: list[datetime]
    counts: list[int]
    gaps: list[Gap | None]

    def spoken(self, now: datetime) -> bool:
        """Tell whether anything was said until `now`."""
        return bool(self.said) and self.said[0] <= now

    def until(self, now: datetime, lookback: timedelta) -> Series:
        """Return what the store would give at `now`."""
        last = bisect_right(self.said, now) - 1
        count = self.counts[last]
        first = bisect_right(self.readings, now - lookback, hi=count, key=_just_before)
        return Series(readings=self.readings[first:count], gap=self.gaps[last])


def _just_before(reading: Reading) -> datetime:
    """A reading taken exactly at the edge of the window belongs to it."""
    return reading.taken_at + timedelta(microseconds=1)


def _record(line: Line, interval: timedelta) -> _Tape:
    readings: list[Reading] = []
    said: list[datetime] = []
    counts: list[int] = []
    gaps: list[Gap | None] = []
    for index, sample in enumerate(line.samples):
        if sample is None:
            continue
        taken_at = BEGIN + index * interval
        seen_at = taken_at + line.delay
        if isinstance(sample, GapReason):
            gaps.append(_gap(line, sample, seen_at))
        else:
            gaps.append(None)
            readings.append(
                Reading(
                    signal=line.signal.name,
                    subject=line.subject,
                    value=sample,
                    taken_at=taken_at,
                    seen_at=seen_at,
                )
            )
        said.append(seen_at)
        counts.append(len(readings))
    return _Tape(
        signal=line.signal.name,
        subject=line.subject,
        readings=tuple(readings),
        said=said,
        counts=counts,
        gaps=gaps,
    )


def _gap(line: Line, reason: GapReason, noticed_at: datetime) -> Gap:
    return Gap(
        signal=line.signal.name,
        subject=line.subject,
        reason=reason,
        detail=f"the script says {reason}",
        noticed_at=noticed_at,
    )
