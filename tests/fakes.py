"""Small working stand-ins for what is slow, remote or hard to break: fakes, not mocks."""

import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from xops_watch.core.decision import Decision, Ended, Kept
from xops_watch.core.evaluate import Evaluation, TriggerKey
from xops_watch.core.notice import Notice
from xops_watch.core.reading import Gap, History, Observation, Reading, Series
from xops_watch.core.rule import InForce, Rulebook
from xops_watch.core.trigger import Transition, Trigger
from xops_watch.errors import DeliveryError, GapReason, StoreError
from xops_watch.ports import NOTHING_NEEDED, OutboxDepth, Owed


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    """One notice of the outbox; `retry_at` None is due at once."""

    notice: Notice
    attempts: int = 0
    retry_at: datetime | None = None
    delivered_at: datetime | None = None


class MemoryStore:
    """Store, outbox and memory in dictionaries; held to the contract of the real one."""

    def __init__(self) -> None:
        self._memories: dict[str, str] = {}
        self._decisions: list[Kept] = []
        self._values: dict[tuple[str, str], dict[datetime, float]] = {}
        self._spoken: dict[tuple[str, str], datetime] = {}
        self._gaps: dict[tuple[str, str | None], Gap] = {}
        self._triggers: dict[TriggerKey, Trigger] = {}
        self._transitions: list[Transition] = []
        self._outbox: dict[str, _Entry] = {}

    def record(self, observations: Sequence[Observation]) -> None:
        """Keep every reading, and of gaps the newest per series and per signal."""
        for seen in observations:
            if isinstance(seen, Reading):
                key = seen.signal, seen.subject
                self._values.setdefault(key, {})[seen.taken_at] = seen.value
                if seen.seen_at is not None:
                    self._spoken[key] = max(seen.seen_at, self._spoken.get(key, seen.seen_at))
                continue
            if seen.subject is not None:
                self._values.setdefault((seen.signal, seen.subject), {})
            known = self._gaps.get((seen.signal, seen.subject))
            if known is None or seen.noticed_at >= known.noticed_at:
                self._gaps[seen.signal, seen.subject] = seen

    def history(self, needs: Mapping[str, timedelta], *, now: datetime) -> History:
        """Return the readings in [now - duration, now] and the open gap of every known series."""
        return History(
            series={
                (signal, subject): Series(
                    readings=tuple(
                        Reading(signal=signal, subject=subject, value=value, taken_at=taken_at)
                        for taken_at, value in sorted(values.items())
                        if now - needs[signal] <= taken_at <= now
                    ),
                    gap=self._open_gap(signal, subject, now=now),
                )
                for (signal, subject), values in self._values.items()
                if signal in needs
            },
            signal_gaps={
                signal: gap
                for (signal, subject), gap in self._gaps.items()
                if subject is None and signal in needs and gap.noticed_at <= now
            },
        )

    def triggers(self) -> Mapping[TriggerKey, Trigger]:
        """Return every trigger."""
        return dict(self._triggers)

    def commit(self, evaluation: Evaluation) -> None:
        """Take over triggers, transitions and notices."""
        self._triggers |= {trigger.key: trigger for trigger in evaluation.triggers}
        for key in evaluation.retired:
            self._triggers.pop(key, None)
        changes = {(t.at, t.rule, t.subject, t.after) for t in self._transitions}
        for transition in evaluation.transitions:
            change = (transition.at, transition.rule, transition.subject, transition.after)
            if change not in changes:
                changes.add(change)
                self._transitions.append(transition)
        for notice in evaluation.notices:
            self._outbox.setdefault(notice.key, _Entry(notice=notice))
        for ended in evaluation.ended:
            self._end(ended)

    def transitions(self, *, limit: int) -> Sequence[Transition]:
        """Return the newest transitions, newest first."""
        oldest_first = sorted(self._transitions, key=lambda transition: transition.at)
        return tuple(oldest_first[::-1][: max(limit, 0)])

    def prune(self, *, before: datetime, needed: Mapping[str, datetime] = NOTHING_NEEDED) -> int:
        """Drop readings, transitions and delivered notices older than `before`; return how many."""
        held = self._held()
        for (signal, _), values in self._values.items():
            since = min(before, needed.get(signal, before))
            for taken_at in [instant for instant in values if instant < since]:
                del values[taken_at]
        self._transitions = [t for t in self._transitions if t.at >= before]
        self._outbox = {
            key: entry
            for key, entry in self._outbox.items()
            if entry.delivered_at is None or entry.delivered_at >= before
        }
        self._gaps = {
            (signal, subject): gap
            for (signal, subject), gap in self._gaps.items()
            if gap.noticed_at >= min(before, needed.get(signal, before))
        }
        self._values = {
            (signal, subject): values
            for (signal, subject), values in self._values.items()
            if values or (signal, subject) in self._gaps or (signal, None) in self._gaps
        }
        return held - self._held()

    def standing(self) -> Mapping[str, Decision]:
        """Return the decisions that stand, by evolution."""
        return {one.decision.evolution: one.decision for one in self._decisions if not one.ended}

    def decide(self, decision: Decision) -> None:
        """Keep it, and end what stood."""
        because = f"{decision.who} decided anew: {decision.answer}"
        before = self.standing().get(decision.evolution)
        if before:
            self._end(Ended(decision=before, at=decision.at, because=because))
        self._decisions.append(Kept(decision=decision, ended=None))

    def decisions(self, *, limit: int) -> Sequence[Kept]:
        """Return the newest first; of one instant the last given."""
        given = enumerate(self._decisions)
        newest = sorted(given, key=lambda one: (one[1].decision.at, one[0]), reverse=True)
        return tuple(kept for _, kept in newest[: max(limit, 0)])

    def _end(self, ended: Ended) -> None:
        self._decisions = [
            replace(kept, ended=ended)
            if kept.ended is None and kept.decision == ended.decision
            else kept
            for kept in self._decisions
        ]

    def recall(self, name: str) -> str | None:
        """Return what was kept under the name."""
        return self._memories.get(name)

    def keep(self, name: str, text: str) -> None:
        """Keep it in the place of what was there."""
        self._memories[name] = text

    def owed(self, *, now: datetime, limit: int) -> Sequence[Owed]:
        """Return notices whose next attempt is due, oldest first."""
        due = [e for e in self._undelivered() if e.retry_at is None or e.retry_at <= now]
        oldest = sorted(due, key=lambda entry: entry.notice.at)[: max(limit, 0)]
        return tuple(Owed(notice=entry.notice, attempts=entry.attempts) for entry in oldest)

    def mark_delivered(self, key: str, *, at: datetime) -> None:
        """Note that the receiver took it; the first delivery stands."""
        entry = self._entry(key)
        if entry.delivered_at is None:
            self._outbox[key] = replace(entry, delivered_at=at)

    def mark_failed(self, key: str, *, error: str, retry_at: datetime) -> None:
        """Note one failed attempt and when the next is due; `error` is for people only."""
        del error
        entry = self._entry(key)
        if entry.delivered_at is None:
            self._outbox[key] = replace(entry, attempts=entry.attempts + 1, retry_at=retry_at)

    def depth(self) -> OutboxDepth:
        """Return how much is owed, due or not."""
        made = [entry.notice.at for entry in self._undelivered()]
        return OutboxDepth(notices=len(made), oldest_at=min(made, default=None))

    def _open_gap(self, signal: str, subject: str, *, now: datetime) -> Gap | None:
        # Its own gap first: of two with the same instant it says more.
        known = (self._gaps.get((signal, subject)), self._gaps.get((signal, None)))
        gaps = [gap for gap in known if gap is not None and gap.noticed_at <= now]
        if not gaps:
            return None
        seen = [*self._values[signal, subject]]
        seen += [at for key, at in self._spoken.items() if key == (signal, subject)]
        still = [gap for gap in gaps if not any(gap.noticed_at <= at <= now for at in seen)]
        newest = max(gaps, key=lambda gap: gap.noticed_at)
        gone = [gap for gap in still if gap.reason is GapReason.GONE and gap.subject is not None]
        return gone[0] if gone else (newest if newest in still else None)

    def _undelivered(self) -> list[_Entry]:
        return [e for e in tuple(self._outbox.values()) if e.delivered_at is None]

    def _entry(self, key: str) -> _Entry:
        if key not in self._outbox:
            raise StoreError(f"no notice has the key {key}", hint="mark only what `owed` returned")
        return self._outbox[key]

    def _held(self) -> int:
        readings = sum(len(values) for values in self._values.values())
        return readings + len(self._transitions) + len(self._outbox)


class RecordingNotifier:
    """Keeps what it took; answers each attempt by the next of `answers`, then takes everything.

    An answer is None to take the notice, or the error to refuse it with. `answers` may be
    changed between two attempts.
    """

    def __init__(self, *answers: DeliveryError | None) -> None:
        self.tried: list[Notice] = []
        self.taken: list[Notice] = []
        self.answers = list(answers)

    @property
    def name(self) -> str:
        """Name in metrics and logs."""
        return "recording"

    def send(self, notice: Notice) -> None:
        """Take the notice, or refuse it as planned."""
        self.tried.append(notice)
        answer = self.answers.pop(0) if self.answers else None
        if answer is not None:
            raise answer
        self.taken.append(notice)


class RecordingTelemetry:
    """Counts by label values, and keeps every depth that it was shown."""

    def __init__(self) -> None:
        self.gaps: Counter[tuple[str, str]] = Counter()
        self.source_bugs: Counter[str] = Counter()
        self.failed_ticks = 0
        self.aws_requests: Counter[tuple[str, str, str]] = Counter()
        self.aws_costs: dict[tuple[str, str], float] = {}
        self.notices: Counter[str] = Counter()
        self.depths: list[tuple[OutboxDepth, datetime]] = []

    def gap(self, source: str, reason: str) -> None:
        """Count one gap."""
        self.gaps[source, reason] += 1

    def source_bug(self, source: str) -> None:
        """Count one unexpected exception of a source."""
        self.source_bugs[source] += 1

    def tick_failed(self) -> None:
        """Count one tick that could not be finished."""
        self.failed_ticks += 1

    def aws_request(self, service: str, operation: str, outcome: str) -> None:
        """Count one request to AWS."""
        self.aws_requests[service, operation, outcome] += 1

    def aws_cost(self, service: str, operation: str, dollars_per_month: float) -> None:
        """Keep the newest cost of the operation."""
        self.aws_costs[service, operation] = dollars_per_month

    def notice(self, outcome: str) -> None:
        """Count one delivery attempt."""
        self.notices[outcome] += 1

    def outbox(self, depth: OutboxDepth, *, now: datetime) -> None:
        """Keep the depth and when it was shown."""
        self.depths.append((depth, now))


class FakeClock:
    """A clock that stands still until it is moved; `speed` of its seconds take a real one."""

    def __init__(self, now: datetime, *, speed: float = 1.0) -> None:
        self._now = now
        self._speed = speed

    def now(self) -> datetime:
        """Return the instant it was set to."""
        return self._now

    def real_seconds(self, duration: timedelta) -> float:
        """Return how many real seconds `duration` takes on this clock."""
        return duration.total_seconds() / self._speed

    def advance(self, duration: timedelta) -> datetime:
        """Move on (or back, when negative) and return the new instant."""
        self._now += duration
        return self._now


class FakeSource:
    """Answers each question by the next of `answers`, then by the last one again.

    An answer is what to return, or what to raise. After `hang` a question blocks until
    `release`. `asked` keeps the instants of the questions.
    """

    def __init__(
        self,
        *answers: Sequence[Observation] | BaseException,
        name: str = "fake",
        signals: tuple[str, ...] = ("ecs.tasks_pending",),
        interval: timedelta = timedelta(minutes=1),
    ) -> None:
        self.name = name
        self.signals = signals
        self.interval = interval
        self.asked: list[datetime] = []
        self._answers = list(answers) or [()]
        self._gate = threading.Event()
        self._gate.set()

    def hang(self) -> None:
        """Make the coming questions block."""
        self._gate.clear()

    def release(self) -> None:
        """Let go the question that blocks, and those to come."""
        self._gate.set()

    def observe(self, *, now: datetime) -> Sequence[Observation]:
        """Answer as planned."""
        self.asked.append(now)
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        self._gate.wait()
        if isinstance(answer, BaseException):
            raise answer
        return answer


@dataclass(frozen=True, slots=True, kw_only=True)
class FixedRules:
    """A rulebook that never changes."""

    rulebook: Rulebook

    @property
    def current(self) -> InForce:
        """The rulebook, as if it had been read at the beginning of time."""
        return InForce(rulebook=self.rulebook, loaded_at=datetime.min.replace(tzinfo=UTC))

    def in_force(self, *, now: datetime) -> InForce:
        """Return the rulebook, as if it had just been read."""
        return InForce(rulebook=self.rulebook, loaded_at=now)
