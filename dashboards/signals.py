"""What was measured: a graph for every signal that a source of this version observes."""

from collections.abc import Iterator

from dashboards.panels import (
    Line,
    Panel,
    Text,
    as_unit,
    graph,
    rows,
    threshold_line,
)
from dashboards.queries import one, series
from xops_watch.bootstrap import OBSERVED_SIGNALS
from xops_watch.core.catalogue import SIGNALS
from xops_watch.core.condition import Across, Threshold
from xops_watch.core.rule import Rulebook
from xops_watch.core.signal import Signal, Unit
from xops_watch.core.snapshot import SignalStatus
from xops_watch.exporter import catalogue
from xops_watch.exporter.catalogue import family_of

GRAFANA_UNITS = {
    Unit.COUNT: "short",
    Unit.RATIO: "percentunit",
    Unit.SECONDS: "s",
    Unit.BYTES: "bytes",
    Unit.DOLLARS: "currencyUSD",
    Unit.STATE: "none",
    Unit.VERSION: "none",
}


def signals(rulebook: Rulebook) -> Iterator[Panel]:
    """Every signal that is observed has a graph, with the thresholds of its rules.

    The table stands first: it is as wide as the page, and the last row of graphs may be short.
    """
    unseen = one("max", catalogue.SIGNAL_STATUS, status="|".join(_NOT_SEEN))
    yield rows(
        Text(
            title="Signals that are not seen",
            meaning="Why there is no value: a gap is never shown as 0",
        ),
        unseen,
        f"time() - {one('max', catalogue.SIGNAL_TIMESTAMP)} and on (signal, subject) {unseen}",
        columns={
            "signal": "Signal",
            "subject": "Subject",
            "status": "Status",
            "Value #B": "Age of the newest reading",
        },
    ).override_by_name("Age of the newest reading", as_unit("s"))
    for signal in (signal for signal in SIGNALS if signal.name in OBSERVED_SIGNALS):
        rules = "|".join(rule.id for rule in rulebook.rules if _is_drawn(rule.primary, signal))
        text = Text(title=signal.name, meaning=f"{signal.help}, by {signal.subject_kind}")
        values = Line(expr=one("max", family_of(signal)), legend="{{subject}}")
        if rules:
            yield _signal_with_thresholds(signal, text, values, rules)
        else:
            yield graph(text, values, unit=GRAFANA_UNITS[signal.unit])


def _is_drawn(leaf: Threshold, signal: Signal) -> bool:
    """Tell whether the threshold can be drawn beside the readings: it is held against them."""
    return leaf.signal == signal and leaf.aggregate is None and leaf.across is Across.EACH


_NOT_SEEN = [status for status in SignalStatus if status is not SignalStatus.OK]


def _signal_with_thresholds(signal: Signal, text: Text, values: Line, rules: str) -> Panel:
    limits = f"max by (rule) ({series(catalogue.TRIGGER_THRESHOLD, rule=rules)})"
    return threshold_line(
        graph(
            text,
            values,
            Line(expr=limits, legend="threshold of {{rule}}"),
            unit=GRAFANA_UNITS[signal.unit],
        ),
        "B",
    )
