"""Everything known after one tick, as one immutable value: metrics, API and page read this."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from xops_watch.core.advise import Advice
from xops_watch.core.catalogue import SIGNAL_BY_NAME
from xops_watch.core.condition import thresholds
from xops_watch.core.evaluate import Evaluation
from xops_watch.core.evolution import Stage
from xops_watch.core.quantity import format_duration
from xops_watch.core.reading import Gap, History, Reading, Series
from xops_watch.core.rule import InForce, Rule, Rulebook
from xops_watch.core.signal import Signal
from xops_watch.core.trigger import Trigger
from xops_watch.core.verdict import Verdict
from xops_watch.errors import GapReason


class SignalStatus(StrEnum):
    """Whether a signal can be seen on a subject now (the values of `xops_signal_status`)."""

    OK = "ok"
    STALE = "stale"
    NOT_ENABLED = "not_enabled"
    DENIED = "denied"
    THROTTLED = "throttled"
    UNREACHABLE = "unreachable"
    INVALID = "invalid"
    NOT_APPLICABLE = "not_applicable"


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalView:
    """One signal on one subject: its newest reading, if any, and whether it can be seen.

    The subject is empty while none is known: then the gap of the whole signal is told.
    """

    signal: Signal
    subject: str
    status: SignalStatus
    newest: Reading | None
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TriggerView:
    """One trigger with the rule it lives by and the verdict it rests on."""

    trigger: Trigger
    rule: Rule
    verdict: Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceReport:
    """How one source did when it was last asked; durations in real seconds.

    A `local` one asks nobody: that it is up proves nothing of the world outside.
    """

    source: str
    up: bool
    last_success: datetime | None
    duration_seconds: float
    detail: str
    local: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Unwatched:
    """A rule that is never judged, because no source here observes these signals of it.

    `settings` are those that would turn sources of them on.
    """

    rule: Rule
    signals: tuple[Signal, ...]
    settings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """The whole of one tick; `duration_seconds` is real time."""

    stack: str
    at: datetime
    duration_seconds: float
    signals: tuple[SignalView, ...]
    triggers: tuple[TriggerView, ...]
    advice: tuple[Advice, ...]
    stages: tuple[Stage, ...]
    sources: tuple[SourceReport, ...]
    rules: InForce
    unwatched: tuple[Unwatched, ...]

    @property
    def rulebook(self) -> Rulebook:
        """Return the rulebook in force."""
        return self.rules.rulebook


def compose(  # noqa: PLR0913 - the parts of what is known, each a value
    evaluation: Evaluation,
    history: History,
    sources: tuple[SourceReport, ...],
    rules: InForce,
    *,
    stack: str,
    duration_seconds: float,
    wanted: Mapping[str, str] = MappingProxyType({}),
) -> Snapshot:
    """Put together what a tick has learned; `wanted` are settings by signals nobody reads here."""
    by_id = {rule.id: rule for rule in rules.rulebook.rules}
    known = {**SIGNAL_BY_NAME, **rules.rulebook.own_signals}
    return Snapshot(
        stack=stack,
        at=evaluation.at,
        duration_seconds=duration_seconds,
        signals=(
            *(
                _signal_view(known[name], subject, series, now=evaluation.at)
                for (name, subject), series in sorted(history.series.items())
            ),
            *_unseen(history, known),
        ),
        triggers=tuple(
            TriggerView(
                trigger=trigger,
                rule=by_id[trigger.rule],
                verdict=evaluation.verdicts[trigger.key],
            )
            for trigger in evaluation.triggers
        ),
        advice=evaluation.advice,
        stages=tuple(rules.rulebook.stages.values()),
        sources=sources,
        rules=rules,
        unwatched=tuple(_unwatched(rules.rulebook, history, wanted)),
    )


def _unwatched(
    rulebook: Rulebook, history: History, wanted: Mapping[str, str]
) -> Iterator[Unwatched]:
    for rule in rulebook.rules:
        signals = {leaf.signal.name: leaf.signal for leaf in thresholds(rule.when)}
        unseen = [signal for name, signal in signals.items() if not history.is_watched(name)]
        if unseen:
            settings = dict.fromkeys(wanted[one.name] for one in unseen if one.name in wanted)
            yield Unwatched(rule=rule, signals=tuple(unseen), settings=tuple(settings))


def _signal_view(signal: Signal, subject: str, series: Series, *, now: datetime) -> SignalView:
    # A reading of the future proves nothing to a rule: it must not look as if all were well.
    readings = series.until(now)
    newest = readings[-1] if readings else None
    if series.gap is not None:
        status, detail = _status_of(series.gap), series.gap.detail
    elif newest is None or now - newest.taken_at > signal.grace:
        age = f"last read {format_duration(now - newest.taken_at)} ago" if newest else "never read"
        status, detail = SignalStatus.STALE, age
    else:
        status, detail = SignalStatus.OK, ""
    return SignalView(signal=signal, subject=subject, status=status, newest=newest, detail=detail)


def _unseen(history: History, known: Mapping[str, Signal]) -> Iterator[SignalView]:
    """Yield signals of which nothing but a gap is known: there is no subject to tell it of."""
    for name, gap in sorted(history.signal_gaps.items()):
        if not history.subjects(name):
            yield SignalView(
                signal=known[name],
                subject="",
                status=_status_of(gap),
                newest=None,
                detail=gap.detail,
            )


def _status_of(gap: Gap) -> SignalStatus:
    """Return the contract's word: it has none for a slow provider or a subject that is gone."""
    if gap.reason is GapReason.TIMEOUT:
        return SignalStatus.UNREACHABLE
    if gap.reason is GapReason.GONE:
        return SignalStatus.NOT_APPLICABLE
    return SignalStatus(gap.reason)
