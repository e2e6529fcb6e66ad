"""Every metric family but the signals' own: name, labels and help, each said once."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from prometheus_client.metrics_core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    InfoMetricFamily,
    Metric,
)

from xops_watch.core.signal import Signal, Unit

Rows = Iterable[tuple[Sequence[str], float]]

_UNITS = (Unit.SECONDS, Unit.RATIO, Unit.BYTES, Unit.DOLLARS)


class Kind(StrEnum):
    """What a family measures. State sets are gauges: their label is `state`, by contract."""

    GAUGE = "gauge"
    COUNTER = "counter"
    INFO = "info"


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """One family as it is scraped; `help` ends without a full stop, as is the custom."""

    name: str
    help: str
    labels: tuple[str, ...] = ()
    kind: Kind = Kind.GAUGE

    @property
    def unit(self) -> str:
        """Return the base unit at the end of the name, or nothing."""
        last = self.name.rpartition("_")[2]
        return last if last in _UNITS else ""


def family_of(signal: Signal) -> Family:
    """Return the family of a signal."""
    return Family(name=signal.metric, help=signal.help, labels=("subject",))


def filled(family: Family, rows: Rows) -> Metric:
    """Return the family with one sample for each row of label values and number."""
    match family.kind:
        case Kind.GAUGE:
            gauge = GaugeMetricFamily(
                family.name, family.help, labels=family.labels, unit=family.unit
            )
            for labels, value in rows:
                gauge.add_metric(labels, value)
            return gauge
        case Kind.COUNTER:
            counter = CounterMetricFamily(family.name, family.help, labels=family.labels)
            for labels, value in rows:
                counter.add_metric(labels, value)
            return counter
        case Kind.INFO:
            # The library wants the name without `_info` and puts it back on the sample.
            info = InfoMetricFamily(family.name.removesuffix("_info"), family.help, labels=())
            for labels, _ in rows:
                info.add_metric((), dict(zip(family.labels, labels, strict=True)))
            return info


SIGNAL_TIMESTAMP = Family(
    name="xops_signal_timestamp_seconds",
    help="When the newest reading of the signal was taken, however old",
    labels=("signal", "subject"),
)
SIGNAL_STATUS = Family(
    name="xops_signal_status",
    help="1 for the status that the signal has now, of no subject while none is known; the other"
    " statuses are absent",
    labels=("signal", "subject", "status"),
)
TRIGGER_STATE = Family(
    name="xops_trigger_state",
    help="1 for the state that the trigger is in, 0 for the others",
    labels=("rule", "subject", "state"),
)
TRIGGER_BLIND = Family(
    name="xops_trigger_blind",
    help="1 while the trigger cannot be judged and keeps the state it had",
    labels=("rule", "subject"),
)
TRIGGER_SINCE = Family(
    name="xops_trigger_since_timestamp_seconds",
    help="First reading of the breach while pending or firing, else the last change of state",
    labels=("rule", "subject"),
)
TRIGGER_VALUE = Family(
    name="xops_trigger_value",
    help="Value held against the threshold, in the base unit of its signal; absent when unknown",
    labels=("rule", "subject"),
)
TRIGGER_THRESHOLD = Family(
    name="xops_trigger_threshold",
    help="Threshold of the rule, in the base unit of its signal",
    labels=("rule", "subject"),
)
TRIGGER_HEADROOM = Family(
    name="xops_trigger_headroom_ratio",
    help="Room left to the threshold as a share of it: 0 is on the line, below 0 is past it",
    labels=("rule", "subject"),
)
EVOLUTION_INFO = Family(
    name="xops_evolution_info",
    help="What the evolution is: the words of the documents",
    labels=("evolution", "component", "classification", "risk", "phase"),
    kind=Kind.INFO,
)
EVOLUTION_STATE = Family(
    name="xops_evolution_state",
    help="1 for what is said of the evolution now, 0 for the other states",
    labels=("evolution", "state"),
)
STAGE_INFO = Family(
    name="xops_stage_info",
    help="1 for each stage of the cost table",
    labels=("stage",),
    kind=Kind.INFO,
)
STAGE_COST = Family(
    name="xops_stage_monthly_cost_dollars",
    help="Declared cost of the stack at the stage, a month",
    labels=("stage",),
)
STAGE_SAAS = Family(
    name="xops_stage_saas_ratio",
    help="Declared cost of the SaaS equivalent over the cost of the stage",
    labels=("stage",),
)
SOURCE_UP = Family(
    name="xops_watch_source_up",
    help="1 when the source answered the last time it was asked",
    labels=("source",),
)
SOURCE_LAST_SUCCESS = Family(
    name="xops_watch_source_last_success_timestamp_seconds",
    help="When the source last answered; absent while it never has",
    labels=("source",),
)
SOURCE_DURATION = Family(
    name="xops_watch_source_duration_seconds",
    help="Real time that the source took the last time it was asked",
    labels=("source",),
)
RULES = Family(name="xops_watch_rules", help="Rules of the rulebook in force")
RULES_OFF = Family(name="xops_watch_rules_off", help="Rules that this deployment switched off")
RULES_OVERRIDDEN = Family(
    name="xops_watch_rules_overridden", help="Rules of which this deployment changed a part"
)
RULES_UNWATCHED = Family(
    name="xops_watch_rules_unwatched",
    help="Rules of which no source here observes every signal: they cannot fire",
)
RULES_GOOD = Family(
    name="xops_watch_rules_last_reload_successful",
    help="1 when the rule files are in force as they are, 0 when newer ones were refused",
)
RULES_LOADED = Family(
    name="xops_watch_rules_last_reload_success_timestamp_seconds",
    help="When the rules in force were read",
)
TICK_DURATION = Family(
    name="xops_watch_tick_duration_seconds", help="Real time that the last tick took"
)
LAST_TICK = Family(name="xops_watch_last_tick_timestamp_seconds", help="When the last tick began")
BUILD_INFO = Family(
    name="xops_watch_build_info",
    help="Version of the daemon",
    labels=("version",),
    kind=Kind.INFO,
)
LEADER = Family(name="xops_watch_leader", help="1 when this daemon polls and notifies")
GAPS = Family(
    name="xops_watch_gaps_total",
    help="Values that a source should have had and had not",
    labels=("source", "reason"),
    kind=Kind.COUNTER,
)
SOURCE_BUGS = Family(
    name="xops_watch_source_bugs_total",
    help="Unexpected exceptions of a source; each is in the log",
    labels=("source",),
    kind=Kind.COUNTER,
)
TICK_FAILURES = Family(
    name="xops_watch_tick_failures_total",
    help="Ticks that could not be finished",
    kind=Kind.COUNTER,
)
AWS_REQUESTS = Family(
    name="xops_watch_aws_requests_total",
    help="Requests to AWS",
    labels=("service", "operation", "outcome"),
    kind=Kind.COUNTER,
)
AWS_COST = Family(
    name="xops_watch_aws_cost_dollars_per_month",
    help="What the operation costs a month at its list price and the pace it is asked now",
    labels=("service", "operation"),
)
NOTICES = Family(
    name="xops_watch_notices_total",
    help="Attempts to deliver a notice",
    labels=("outcome",),
    kind=Kind.COUNTER,
)
OUTBOX_NOTICES = Family(name="xops_watch_outbox_notices", help="Notices that wait for delivery")
OUTBOX_OLDEST = Family(
    name="xops_watch_outbox_oldest_seconds",
    help="Age of the oldest notice that waits for delivery, 0 when none does",
)

FAMILIES: tuple[Family, ...] = (
    SIGNAL_TIMESTAMP,
    SIGNAL_STATUS,
    TRIGGER_STATE,
    TRIGGER_BLIND,
    TRIGGER_SINCE,
    TRIGGER_VALUE,
    TRIGGER_THRESHOLD,
    TRIGGER_HEADROOM,
    EVOLUTION_INFO,
    EVOLUTION_STATE,
    STAGE_INFO,
    STAGE_COST,
    STAGE_SAAS,
    SOURCE_UP,
    SOURCE_LAST_SUCCESS,
    SOURCE_DURATION,
    RULES,
    RULES_OFF,
    RULES_OVERRIDDEN,
    RULES_UNWATCHED,
    RULES_GOOD,
    RULES_LOADED,
    TICK_DURATION,
    LAST_TICK,
    BUILD_INFO,
    LEADER,
    GAPS,
    SOURCE_BUGS,
    TICK_FAILURES,
    AWS_REQUESTS,
    AWS_COST,
    NOTICES,
    OUTBOX_NOTICES,
    OUTBOX_OLDEST,
)
