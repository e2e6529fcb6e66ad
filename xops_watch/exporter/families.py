"""A snapshot as metric families. A family that has nothing to say is left out."""

from collections.abc import Iterator

from prometheus_client.metrics_core import Metric

from xops_watch.core.advise import AdviceState
from xops_watch.core.catalogue import SIGNALS
from xops_watch.core.snapshot import SignalStatus, Snapshot
from xops_watch.core.trigger import Status
from xops_watch.exporter import catalogue
from xops_watch.exporter.catalogue import Family, Rows, family_of, filled
from xops_watch.exporter.standing import Standing, standings_of
from xops_watch.exporter.text import label_value


def families_of(snapshot: Snapshot) -> Iterator[Metric]:
    """Yield every family that the snapshot fills; times are seconds since the epoch."""
    for family, rows in _filled_rows(snapshot):
        metric = filled(family, rows)
        if metric.samples:
            yield metric


def _filled_rows(snapshot: Snapshot) -> Iterator[tuple[Family, Rows]]:
    yield from _signal_rows(snapshot)
    yield from _trigger_rows(snapshot)
    yield from _evolution_rows(snapshot)
    yield from _stage_rows(snapshot)
    yield from _source_rows(snapshot)
    yield catalogue.RULES, [((), len(snapshot.rulebook.rules))]
    yield catalogue.RULES_OFF, [((), len(snapshot.rulebook.off))]
    yield (
        catalogue.RULES_OVERRIDDEN,
        [((), sum(bool(r.overrides) for r in snapshot.rulebook.rules))],
    )
    yield catalogue.RULES_UNWATCHED, [((), len(snapshot.unwatched))]
    yield catalogue.RULES_GOOD, [((), float(not snapshot.rules.refused))]
    yield catalogue.RULES_LOADED, [((), snapshot.rules.loaded_at.timestamp())]
    yield catalogue.TICK_DURATION, [((), snapshot.duration_seconds)]
    yield catalogue.LAST_TICK, [((), snapshot.at.timestamp())]


def _signal_rows(snapshot: Snapshot) -> Iterator[tuple[Family, Rows]]:
    values: dict[str, list[tuple[tuple[str], float]]] = {}
    for view in snapshot.signals:
        if view.status is SignalStatus.OK and view.newest is not None:
            row = ((label_value(view.subject),), view.newest.value)
            values.setdefault(view.signal.name, []).append(row)
    for signal in (*SIGNALS, *snapshot.rulebook.own_signals.values()):
        yield family_of(signal), values.get(signal.name, ())
    views = [((view.signal.name, label_value(view.subject)), view) for view in snapshot.signals]
    yield (
        catalogue.SIGNAL_TIMESTAMP,
        [(at, view.newest.taken_at.timestamp()) for at, view in views if view.newest],
    )
    yield catalogue.SIGNAL_STATUS, [((*at, view.status), 1) for at, view in views]


def _trigger_rows(snapshot: Snapshot) -> Iterator[tuple[Family, Rows]]:
    standings = [(_key(standing), standing) for standing in standings_of(snapshot)]
    triggers = [(key, standing.view.trigger) for key, standing in standings]
    yield (
        catalogue.TRIGGER_STATE,
        [
            ((*key, status), float(trigger.status is status))
            for key, trigger in triggers
            for status in Status
        ],
    )
    yield catalogue.TRIGGER_BLIND, [(key, float(trigger.blind)) for key, trigger in triggers]
    yield catalogue.TRIGGER_SINCE, [(key, trigger.since.timestamp()) for key, trigger in triggers]
    yield (
        catalogue.TRIGGER_VALUE,
        [(key, standing.value) for key, standing in standings if standing.value is not None],
    )
    yield (
        catalogue.TRIGGER_THRESHOLD,
        [(key, standing.view.rule.primary.value) for key, standing in standings],
    )
    yield (
        catalogue.TRIGGER_HEADROOM,
        [
            (key, standing.headroom_ratio)
            for key, standing in standings
            if standing.headroom_ratio is not None
        ],
    )


def _key(standing: Standing) -> tuple[str, str]:
    trigger = standing.view.trigger
    return label_value(trigger.rule), label_value(trigger.subject)


def _evolution_rows(snapshot: Snapshot) -> Iterator[tuple[Family, Rows]]:
    evolutions = [advice.evolution for advice in snapshot.advice]
    yield (
        catalogue.EVOLUTION_INFO,
        [
            (
                (
                    label_value(evolution.id),
                    label_value(evolution.component),
                    evolution.classification,
                    evolution.risk,
                    label_value(evolution.phase),
                ),
                1,
            )
            for evolution in evolutions
        ],
    )
    yield (
        catalogue.EVOLUTION_STATE,
        [
            ((label_value(advice.evolution.id), state), float(advice.state is state))
            for advice in snapshot.advice
            for state in AdviceState
        ],
    )


def _stage_rows(snapshot: Snapshot) -> Iterator[tuple[Family, Rows]]:
    stages = [((label_value(stage.id),), stage) for stage in snapshot.stages]
    yield catalogue.STAGE_INFO, [(key, 1) for key, _ in stages]
    yield catalogue.STAGE_COST, [(key, stage.monthly_cost_dollars) for key, stage in stages]
    yield (
        catalogue.STAGE_SAAS,
        [(key, stage.saas_ratio) for key, stage in stages if stage.saas_ratio is not None],
    )


def _source_rows(snapshot: Snapshot) -> Iterator[tuple[Family, Rows]]:
    sources = [((label_value(report.source),), report) for report in snapshot.sources]
    yield catalogue.SOURCE_UP, [(key, float(report.up)) for key, report in sources]
    yield (
        catalogue.SOURCE_LAST_SUCCESS,
        [(key, report.last_success.timestamp()) for key, report in sources if report.last_success],
    )
    yield catalogue.SOURCE_DURATION, [(key, report.duration_seconds) for key, report in sources]
