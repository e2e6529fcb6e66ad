"""One tick, top to bottom: collect, record, derive, evaluate, commit, publish. Read this first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from structlog.typing import FilteringBoundLogger

from xops_watch.clock import monotonic
from xops_watch.core.catalogue import SIGNALS
from xops_watch.core.decision import WORSE_BY_DEFAULT, Answered
from xops_watch.core.derive import DERIVED_NEEDS, derive
from xops_watch.core.evaluate import Evaluation, evaluate
from xops_watch.core.notice import Stack
from xops_watch.core.reading import History, Observation
from xops_watch.core.rule import Rulebook
from xops_watch.core.snapshot import Snapshot, compose
from xops_watch.core.trigger import Status
from xops_watch.ports import Clock, Collects, Publisher, Rulebooks, Store

UNRECORDED_MAX = 50_000  # hours of a large stack while the disk is full; some 10 MiB


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """The watch over one stack. Of a tick nothing is kept here but what the store did not take.

    Sources go on from their newest reading: what they gave is not given again. `wanted` are the
    settings that would turn on signals that nobody reads here.
    """

    stack: Stack
    rulebooks: Rulebooks
    clock: Clock
    collector: Collects
    store: Store
    publisher: Publisher
    log: FilteringBoundLogger
    worse_by: float = WORSE_BY_DEFAULT
    wanted: Mapping[str, str] = field(default_factory=dict)
    _unrecorded: list[Observation] = field(default_factory=list, init=False, repr=False)

    def tick(self) -> Snapshot:
        """Pass once through the house; the clock is read once. Raises StoreError."""
        began, now = monotonic(), self.clock.now()
        rules = self.rulebooks.in_force(now=now)
        collection = self.collector.collect(now=now)
        self._record(collection.observations)
        history = self._history(rules.rulebook, now=now)
        before = self.store.triggers()
        answered = Answered(decisions=self.store.standing(), worse_by=self.worse_by)
        evaluation = evaluate(
            rules.rulebook, history, before, stack=self.stack, answered=answered, now=now
        )
        self.store.commit(evaluation)
        snapshot = compose(
            evaluation,
            history,
            collection.reports,
            rules,
            stack=self.stack.name,
            wanted=self.wanted,
            duration_seconds=monotonic() - began,
        )
        self.publisher.publish(snapshot)
        self._tell(evaluation, snapshot)
        return snapshot

    def _history(self, rulebook: Rulebook, *, now: datetime) -> History:
        """Return what is judged: what was read, and what follows from it."""
        needs = needs_of(rulebook)
        history = self.store.history(needs, now=now)
        derived = derive(rulebook.stages, history, stack=self.stack.name, now=now)
        if not derived:
            return history  # the usual case
        self._record(derived)
        return self.store.history(needs, now=now)

    def _record(self, observations: Sequence[Observation]) -> None:
        self._unrecorded.extend(observations)
        del self._unrecorded[:-UNRECORDED_MAX]
        self.store.record(tuple(self._unrecorded))
        self._unrecorded.clear()

    def _tell(self, evaluation: Evaluation, snapshot: Snapshot) -> None:
        for ended in evaluation.ended:
            self.log.info(
                "decision_ended",
                evolution=ended.decision.evolution,
                answer=str(ended.decision.answer),
                because=ended.because,
            )
        for transition in evaluation.transitions:
            self.log.info(
                "trigger_changed",
                rule=transition.rule,
                subject=transition.subject,
                before=str(transition.before),
                after=str(transition.after),
                evidence=transition.evidence,
            )
        statuses = [trigger.status for trigger in evaluation.triggers]
        self.log.info(
            "tick",
            seconds=round(snapshot.duration_seconds, 3),
            signals=len(snapshot.signals),
            triggers=len(statuses),
            pending=statuses.count(Status.PENDING),
            firing=statuses.count(Status.FIRING),
            blind=sum(trigger.blind for trigger in evaluation.triggers),
            sources_down=[report.source for report in snapshot.sources if not report.up],
        )


def needs_of(rulebook: Rulebook) -> Mapping[str, timedelta]:
    """Return how much history a tick reads of each signal.

    Signals that no rule reads are shown as well: of them the newest reading is enough.
    """
    asked = rulebook.needs()
    derived = {name: max(span, asked.get(name, span)) for name, span in DERIVED_NEEDS.items()}
    return {signal.name: signal.grace for signal in SIGNALS} | asked | derived
