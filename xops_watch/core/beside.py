"""What is shown beside a rule's own number: what a reader of its evidence would ask next."""

from collections.abc import Iterable

from xops_watch.core.columns import to_instant
from xops_watch.core.quantity import format_reading
from xops_watch.core.reading import History, Series
from xops_watch.core.signal import Signal


def shown_beside(
    signals: Iterable[Signal], subject: str, history: History, *, now: int
) -> tuple[str, ...]:
    """Return one phrase for each signal, on the subject, else its highest on any.

    `now` is in microseconds. What cannot be seen is said to be unknown, and why.
    """
    return tuple(_phrase(signal, subject, history, now=now) for signal in signals)


def _phrase(signal: Signal, subject: str, history: History, *, now: int) -> str:
    every = history.of_signal(signal.name)
    chosen = {subject: every[subject]} if subject in every else every
    values = [v for one in chosen.values() if (v := _fresh(one, signal, now=now)) is not None]
    if not values:
        return f"{signal.name} unknown{_why(signal, subject, history, chosen.values())}"
    most = "" if len(values) == 1 else "up to "
    return f"{signal.name} {most}{format_reading(max(values), signal)}"


def _fresh(series: Series, signal: Signal, *, now: int) -> float | None:
    """Return the newest value, unless it is old or the provider took it back."""
    if series.gap is not None:
        return None
    at = to_instant(now)
    readings = series.until(at)
    if not readings or at - readings[-1].taken_at > signal.grace:
        return None
    return readings[-1].value


def _why(signal: Signal, subject: str, history: History, chosen: Iterable[Series]) -> str:
    gap = next((one.gap for one in chosen if one.gap), history.of(signal.name, subject).gap)
    return f" ({gap.reason})" if gap else ""
