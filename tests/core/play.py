"""Plays small scripts to the core as the daemon does: record, evaluate, commit, again.

One word of a script is one tick, one minute after the tick before:

    81         a reading of this minute
    81x12      the same for twelve ticks
    -          nothing is observed
    !denied    a gap, with its reason
    81,90@-3   several observations: here one of now, and one dated three minutes ago
    |          no tick: the process restarts, and only plain text survives
    ~-60       no tick: the clock jumps by so many minutes

What comes back is a line of one word a tick: `.` inactive, `p` pending, `F` firing, with `?`
while blind. `line("px11 F")` writes such a line out.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tests.core.samples import LOAD, MINUTE, NOON, STACK, SUBJECT, rulebook
from xops_watch.core.evaluate import Evaluation, TriggerKey, evaluate
from xops_watch.core.notice import Notice
from xops_watch.core.reading import Gap, History, Observation, Reading, Series
from xops_watch.core.rule import Rule
from xops_watch.core.signal import Signal
from xops_watch.core.trigger import Status, Trigger
from xops_watch.errors import GapReason


@dataclass(slots=True)
class Memory:
    """What survives between ticks: the newest value of an instant, the newest gap, triggers."""

    readings: dict[tuple[str, str], dict[datetime, float]] = field(default_factory=dict)
    gaps: dict[tuple[str, str], Gap] = field(default_factory=dict)
    triggers: dict[TriggerKey, Trigger] = field(default_factory=dict)

    def record(self, observations: Sequence[Observation]) -> None:
        """Keep what was observed."""
        for seen in observations:
            key = seen.signal, str(seen.subject)
            values = self.readings.setdefault(key, {})
            if isinstance(seen, Gap):
                self.gaps[key] = seen
            else:
                values[seen.taken_at] = seen.value
                self.gaps.pop(key, None)

    def history(self, needs: Mapping[str, timedelta], *, now: datetime) -> History:
        """Return no more than what the rules ask for."""
        return History(
            series={
                (name, subject): Series(
                    readings=tuple(
                        Reading(signal=name, subject=subject, value=value, taken_at=taken_at)
                        for taken_at, value in sorted(values.items())
                        if taken_at >= now - needs[name]
                    ),
                    gap=self.gaps.get((name, subject)),
                )
                for (name, subject), values in self.readings.items()
                if name in needs
            }
        )

    def restarted(self) -> "Memory":
        """Return what a new process reads back from text."""
        text = json.dumps(
            {
                "readings": [
                    [*key, taken_at.isoformat(), value]
                    for key, values in self.readings.items()
                    for taken_at, value in values.items()
                ],
                "gaps": [
                    [*key, gap.reason, gap.detail, gap.noticed_at.isoformat()]
                    for key, gap in self.gaps.items()
                ],
                "triggers": [_trigger_row(trigger) for trigger in self.triggers.values()],
            }
        )
        return _memory(json.loads(text))


@dataclass(slots=True)
class Played:
    """What happened: one evaluation a tick, and what is left in memory."""

    memory: Memory
    evaluations: list[Evaluation] = field(default_factory=list)

    @property
    def line(self) -> str:
        """Return the state after each tick."""
        return " ".join(_mark(evaluation.triggers) for evaluation in self.evaluations)

    @property
    def trigger(self) -> Trigger:
        """Return the only trigger, as it is in the end."""
        (trigger,) = self.evaluations[-1].triggers
        return trigger

    @property
    def notices(self) -> list[Notice]:
        """Return every message owed, oldest first."""
        return [notice for evaluation in self.evaluations for notice in evaluation.notices]

    @property
    def told(self) -> str:
        """Return the kinds of the messages owed."""
        return " ".join(notice.kind for notice in self.notices)


def play(script: str | Mapping[Signal, str], of: Rule) -> Played:
    """Play a script, or one for each signal in step, to one rule on one subject."""
    scripts = {LOAD: script} if isinstance(script, str) else script
    rows = [[(signal, word) for word in _words(text)] for signal, text in scripts.items()]
    played = Played(memory=Memory())
    now = NOON
    for step in zip(*rows, strict=True):
        word = step[0][1]
        if word == "|":
            played.memory = played.memory.restarted()
        elif word.startswith("~"):
            now += int(word[1:]) * MINUTE
        else:
            seen = [one for signal, word in step for one in _observations(signal, word, now)]
            played.evaluations.append(tick(played.memory, of, seen, now=now))
            now += MINUTE
    return played


def tick(
    memory: Memory, of: Rule, observations: Sequence[Observation], *, now: datetime
) -> Evaluation:
    """Do once what the watch does: record, evaluate, commit."""
    book = rulebook(of)
    memory.record(observations)
    seen = memory.history(book.needs(), now=now)
    evaluation = evaluate(book, seen, memory.triggers, stack=STACK, now=now)
    memory.triggers = {trigger.key: trigger for trigger in evaluation.triggers}
    return evaluation


def line(text: str) -> str:
    """Write `px3 F` out as `p p p F`."""
    return " ".join(_words(text))


def _words(text: str) -> list[str]:
    words: list[str] = []
    for word in text.split():
        what, _, times = word.partition("x")
        words.extend([what] * int(times or 1))
    return words


def _observations(of: Signal, word: str, now: datetime) -> list[Observation]:
    return [_observation(of, part, now) for part in word.split(",") if part != "-"]


def _observation(of: Signal, part: str, now: datetime) -> Observation:
    if part.startswith("!"):
        reason = GapReason(part[1:])
        detail = f"{of.name} is {reason}"
        return Gap(signal=of.name, subject=SUBJECT, reason=reason, detail=detail, noticed_at=now)
    value, _, minutes = part.partition("@")
    taken_at = now + float(minutes or 0) * MINUTE
    return Reading(signal=of.name, subject=SUBJECT, value=float(value), taken_at=taken_at)


def _mark(triggers: Sequence[Trigger]) -> str:
    if not triggers:
        return "nothing"
    (trigger,) = triggers
    marks = {Status.INACTIVE: ".", Status.PENDING: "p", Status.FIRING: "F"}
    return marks[trigger.status] + ("?" if trigger.blind else "")


def _trigger_row(trigger: Trigger) -> list[str | None]:
    blind_since = trigger.blind_since.isoformat() if trigger.blind_since else None
    instants = [trigger.since.isoformat(), trigger.changed_at.isoformat(), blind_since]
    return [trigger.rule, trigger.subject, trigger.status.value, *instants]


def _memory(plain: Mapping[str, list[list[str]]]) -> Memory:
    memory = Memory()
    for name, subject, taken_at, value in plain["readings"]:
        at = datetime.fromisoformat(taken_at)
        memory.readings.setdefault((name, subject), {})[at] = float(value)
    for name, subject, reason, detail, noticed_at in plain["gaps"]:
        memory.readings.setdefault((name, subject), {})
        memory.gaps[name, subject] = Gap(
            signal=name,
            subject=subject,
            reason=GapReason(reason),
            detail=detail,
            noticed_at=datetime.fromisoformat(noticed_at),
        )
    for name, subject, status, since, changed_at, blind_since in plain["triggers"]:
        memory.triggers[name, subject] = Trigger(
            rule=name,
            subject=subject,
            status=Status(status),
            since=datetime.fromisoformat(since),
            changed_at=datetime.fromisoformat(changed_at),
            blind_since=datetime.fromisoformat(blind_since) if blind_since else None,
        )
    return memory
