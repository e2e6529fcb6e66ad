"""The reference page of signals: what can be measured, by whom, and what nothing measures yet."""

from collections.abc import Iterable, Iterator

from docs.markdown import table
from xops_watch.bootstrap import OBSERVED_SIGNALS, WIRINGS
from xops_watch.core.catalogue import SIGNALS
from xops_watch.core.quantity import format_duration
from xops_watch.core.signal import Signal


def signals() -> Iterator[str]:
    """Yield the page; every signal is on it."""
    yield "# Signals\n"
    yield (
        "What can be measured. Rules name a signal; Prometheus has it as the family beside it, in\n"
        "base units, with the label `subject`. A signal that cannot be seen has no sample.\n"
        "`period` is the usual spacing of its readings; after a silence of `grace` the last\n"
        "reading proves nothing any more and triggers go blind. `delay` is how long the provider\n"
        "takes to publish a value. A source runs when the setting beside it is there; in a task\n"
        "of ECS the cluster need not be named. A state is exported as its place in the list,\n"
        "from 0, and a version `1.4.0` as 1004000. The daemon's other families are in\n"
        "[metrics](metrics.md).\n"
    )
    yield "## Observed by this version\n"
    yield from _table(signal for signal in SIGNALS if signal.name in OBSERVED_SIGNALS)
    yield "\n## Declared, and observed by no source yet\n"
    yield (
        "Rules that read one of these cannot fire: the status page lists them as not watched, and\n"
        "`xops_watch_rules_unwatched` counts them.\n"
    )
    yield from _table(signal for signal in SIGNALS if signal.name not in OBSERVED_SIGNALS)
    yield "\n## What the task role has to allow\n"
    yield (
        "`xops-watch iam-policy` prints the policy for the settings at hand, limited to their\n"
        "resources; `doctor` and the status of a signal name what is missing.\n"
    )
    yield from table(
        ("sources", "turned on by", "IAM actions"),
        [
            (
                wiring.name,
                f"`{wiring.setting}`",
                ", ".join(f"`{one}`" for one in sorted(wiring.iam_actions)),
            )
            for wiring in WIRINGS
            if wiring.iam_actions
        ],
    )


def _table(shown: Iterable[Signal]) -> Iterator[str]:
    yield from table(
        (
            *("signal", "meaning", "unit", "subject", "source", "turned on by"),
            *("period", "grace", "delay", "family"),
        ),
        [_row(signal) for signal in shown],
    )


def _row(signal: Signal) -> tuple[str, ...]:
    states = f" ({', '.join(f'`{state}`' for state in signal.states)})" if signal.states else ""
    return (
        f"`{signal.name}`",
        signal.help + states,
        str(signal.unit),
        signal.subject_kind,
        signal.source,
        _turned_on_by(signal),
        format_duration(signal.period),
        format_duration(signal.grace),
        format_duration(signal.delay),
        f"`{signal.metric}`",
    )


def _turned_on_by(signal: Signal) -> str:
    """Return the settings of the sources that observe it; what follows from others needs none."""
    settings = dict.fromkeys(
        f"`{wiring.setting}`" for wiring in WIRINGS if signal.name in wiring.signals
    )
    return " or ".join(settings)
