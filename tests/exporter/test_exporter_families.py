from collections import Counter
from dataclasses import replace

import pytest

from tests.exporter.client import (
    PROMETHEUS_ACCEPT,
    Desk,
    ask,
    families,
    labels,
    of,
    samples,
    scrape,
)
from tests.exporter.scenes import (
    CPU_HIGH,
    NOW,
    QUEUE_LONG,
    crowd,
    evolution,
    rule,
    rulebook,
    series,
    snapshot,
    source,
    threshold,
    usual,
)
from xops_watch.core.advise import AdviceState
from xops_watch.core.catalogue import SIGNALS
from xops_watch.core.condition import AllOf, AnyOf, Comparison, Not
from xops_watch.core.evolution import Classification
from xops_watch.core.reading import Series
from xops_watch.core.rule import Rule
from xops_watch.errors import GapReason
from xops_watch.exporter.catalogue import FAMILIES, family_of
from xops_watch.exporter.standing import headroom_ratio
from xops_watch.ports import OutboxDepth

# The contract: dashboards and alerts build on these names and labels.
CONTRACT = {
    "xops_signal_timestamp_seconds": {"signal", "subject"},
    "xops_signal_status": {"signal", "subject", "status"},
    "xops_trigger_state": {"rule", "subject", "state"},
    "xops_trigger_blind": {"rule", "subject"},
    "xops_trigger_since_timestamp_seconds": {"rule", "subject"},
    "xops_trigger_value": {"rule", "subject"},
    "xops_trigger_threshold": {"rule", "subject"},
    "xops_trigger_headroom_ratio": {"rule", "subject"},
    "xops_evolution_info": {"evolution", "component", "classification", "risk", "phase"},
    "xops_evolution_state": {"evolution", "state"},
    "xops_stage_info": {"stage"},
    "xops_stage_monthly_cost_dollars": {"stage"},
    "xops_stage_saas_ratio": {"stage"},
    "xops_watch_source_up": {"source"},
    "xops_watch_source_last_success_timestamp_seconds": {"source"},
    "xops_watch_source_duration_seconds": {"source"},
    "xops_watch_rules": set(),
    "xops_watch_rules_off": set(),
    "xops_watch_rules_overridden": set(),
    "xops_watch_rules_unwatched": set(),
    "xops_watch_rules_last_reload_successful": set(),
    "xops_watch_rules_last_reload_success_timestamp_seconds": set(),
    "xops_watch_tick_duration_seconds": set(),
    "xops_watch_last_tick_timestamp_seconds": set(),
    "xops_watch_build_info": {"version"},
    "xops_watch_leader": set(),
    "xops_watch_gaps_total": {"source", "reason"},
    "xops_watch_source_bugs_total": {"source"},
    "xops_watch_tick_failures_total": set(),
    "xops_watch_aws_requests_total": {"service", "operation", "outcome"},
    "xops_watch_aws_cost_dollars_per_month": {"service", "operation"},
    "xops_watch_notices_total": {"outcome"},
    "xops_watch_outbox_notices": set(),
    "xops_watch_outbox_oldest_seconds": set(),
}
OPEN_WEBUI = "xops/open-webui"


@pytest.fixture(params=["", PROMETHEUS_ACCEPT], ids=["classic", "openmetrics"])
def accept(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_every_family_has_exactly_the_name_and_the_labels_of_the_contract(accept: str) -> None:
    desk = Desk()
    desk.publisher.publish(usual())
    desk.telemetry.gap("ecs", "denied")
    desk.telemetry.source_bug("ecs")
    desk.telemetry.aws_request("ecs", "DescribeServices", "ok")
    desk.telemetry.aws_cost("cloudwatch", "GetMetricData", 4.32)
    desk.telemetry.outbox(OutboxDepth(notices=0, oldest_at=None), now=NOW)
    exported: dict[str, set[frozenset[str]]] = {}
    for name, found in samples(ask(desk.app, "/metrics", accept=accept)):
        exported.setdefault(name, set()).add(frozenset(label for label, _ in found))
    own = {name: keys for name, keys in exported.items() if name.startswith("xops_")}
    signals = {signal.metric for signal in SIGNALS}
    assert {name for name in own if name not in signals} == set(CONTRACT)
    assert {name: {frozenset(CONTRACT[name])} for name in CONTRACT} == {
        name: keys for name, keys in own.items() if name in CONTRACT
    }
    assert all(own[name] == {frozenset({"subject"})} for name in own if name in signals)


def test_the_catalogue_is_the_contract() -> None:
    assert {family.name: set(family.labels) for family in FAMILIES} == CONTRACT


def test_no_signal_takes_the_name_of_another_family() -> None:
    names = [family.name for family in FAMILIES] + [family_of(signal).name for signal in SIGNALS]
    assert max(Counter(names).values()) == 1


def test_a_signal_that_is_seen_has_its_value_in_base_units(accept: str) -> None:
    assert of(scrape(usual(), accept), "xops_ecs_cpu_utilization_ratio") == {
        labels(subject="xops/chroma"): 0.2,
        labels(subject="xops/fastapi"): 0.81,
        labels(subject=OPEN_WEBUI): 0.9125,
    }


def test_a_stale_or_denied_signal_has_no_value_but_a_status_and_the_time_it_was_last_seen() -> None:
    reply = scrape(usual())
    stale = ("ecs.cpu_utilization", "xops/litellm")
    denied = ("crew.queue_depth", "xops/crew")
    statuses = of(reply, "xops_signal_status")
    times = of(reply, "xops_signal_timestamp_seconds")
    assert of(reply, "xops_crew_queue_depth") == {}
    assert statuses[labels(signal=stale[0], subject=stale[1], status="stale")] == 1
    assert statuses[labels(signal=denied[0], subject=denied[1], status="denied")] == 1
    assert len(statuses) == 6
    assert times[labels(signal=stale[0], subject=stale[1])] == NOW.timestamp() - 1800
    assert times[labels(signal=denied[0], subject=denied[1])] == NOW.timestamp()


def test_a_signal_that_was_never_read_has_a_status_alone() -> None:
    reply = scrape(snapshot(series("ecs.tasks_running", "s", [], gap=GapReason.THROTTLED)))
    key = {"signal": "ecs.tasks_running", "subject": "s"}
    assert of(reply, "xops_signal_status") == {labels(**key, status="throttled"): 1}
    assert of(reply, "xops_signal_timestamp_seconds") == {}
    assert of(reply, "xops_ecs_tasks_running") == {}


def test_a_trigger_is_in_exactly_one_of_its_states() -> None:
    states = of(scrape(usual()), "xops_trigger_state")
    now_in = {
        (dict(found)["subject"], dict(found)["state"]) for found, one in states.items() if one == 1
    }
    assert now_in == {
        ("xops/chroma", "inactive"),
        ("xops/fastapi", "pending"),
        ("xops/litellm", "firing"),
        (OPEN_WEBUI, "firing"),
        ("xops/crew", "firing"),
    }
    assert len(states) == 15


def test_a_blind_trigger_keeps_its_state_and_has_no_value() -> None:
    reply = scrape(usual())
    key = {"rule": "ecs-cpu-sustained", "subject": "xops/litellm"}
    assert of(reply, "xops_trigger_state")[labels(**key, state="firing")] == 1
    assert of(reply, "xops_trigger_blind")[labels(**key)] == 1
    assert of(reply, "xops_trigger_threshold")[labels(**key)] == 0.8
    assert labels(**key) not in of(reply, "xops_trigger_value")
    assert labels(**key) not in of(reply, "xops_trigger_headroom_ratio")


def test_a_value_within_its_grace_is_known_although_the_newest_look_was_refused() -> None:
    reply = scrape(usual())
    key = labels(rule="crew-queue", subject="xops/crew")
    assert of(reply, "xops_trigger_blind")[key] == 0
    assert of(reply, "xops_trigger_value")[key] == 8


def test_a_firing_trigger_tells_since_when_and_how_far_it_is_over() -> None:
    reply = scrape(usual())
    key = labels(rule="ecs-cpu-sustained", subject=OPEN_WEBUI)
    assert of(reply, "xops_trigger_since_timestamp_seconds")[key] == NOW.timestamp() - 240
    assert of(reply, "xops_trigger_headroom_ratio")[key] == pytest.approx(-0.140625)


@pytest.mark.parametrize(
    ("comparison", "text", "value", "room"),
    [
        (Comparison.ABOVE, "80%", 0.6, 0.25),
        (Comparison.ABOVE, "80%", 0.8, 0.0),
        (Comparison.AT_LEAST, "5", 10, -1.0),
        (Comparison.BELOW, "10", 15, 0.5),
        (Comparison.AT_MOST, "10", 5, -0.5),
        (Comparison.ABOVE, "-10", -15, 0.5),
        (Comparison.BELOW, "-10", -15, -0.5),
        (Comparison.ABOVE, "0", 3, None),
    ],
)
def test_headroom_is_positive_while_there_is_room(
    comparison: Comparison, text: str, value: float, room: float | None
) -> None:
    watched = rule("r", threshold("ecs.tasks_running", comparison, text))
    found = headroom_ratio(watched, value)
    assert found is None if room is None else found == pytest.approx(room)


def test_the_headroom_of_a_negated_condition_is_the_other_way_round() -> None:
    leaf = threshold("ecs.tasks_running", Comparison.AT_LEAST, "2")
    nested = AnyOf(parts=(Not(part=AllOf(parts=(leaf, QUEUE_LONG))), QUEUE_LONG))
    assert headroom_ratio(rule("r", Not(part=leaf)), 3) == pytest.approx(0.5)
    assert headroom_ratio(rule("r", Not(part=Not(part=leaf))), 3) == pytest.approx(-0.5)
    assert headroom_ratio(rule("r", nested), 3) == pytest.approx(0.5)


def test_a_headroom_without_end_is_no_sample() -> None:
    tiny: Rule = rule("r", replace(QUEUE_LONG, value=1e-300))
    assert headroom_ratio(tiny, 1e300) is None


@pytest.mark.parametrize(
    ("histories", "state"),
    [
        (series("ecs.cpu_utilization", "s", [0.9] * 5), AdviceState.RECOMMENDED),
        (series("ecs.cpu_utilization", "s", [0.1] * 5), AdviceState.UNKNOWN),
        (
            series("ecs.cpu_utilization", "s", [0.1] * 5) | series("crew.queue_depth", "s", [1]),
            AdviceState.NOT_NEEDED,
        ),
    ],
    ids=lambda value: str(value) if isinstance(value, AdviceState) else "",
)
def test_an_evolution_is_in_exactly_one_of_all_states(
    histories: dict[tuple[str, str], Series], state: AdviceState
) -> None:
    states = of(scrape(snapshot(histories)), "xops_evolution_state")
    assert states == {
        labels(evolution="scale-out", state=one.value): float(one is state) for one in AdviceState
    }


def test_an_evolution_is_told_in_the_words_of_the_documents() -> None:
    book = rulebook(
        [rule("r", CPU_HIGH, evolution="rds")],
        [
            evolution(
                "rds",
                component="Database",
                classification=Classification.DATA_MIGRATION,
                phase="BC2",
            )
        ],
    )
    assert of(scrape(snapshot(book=book)), "xops_evolution_info") == {
        labels(
            evolution="rds",
            component="Database",
            classification="Data Migration",
            risk="MED",
            phase="BC2",
        ): 1
    }


def test_stages_sources_and_the_tick_itself_are_told(accept: str) -> None:
    reply = scrape(usual(), accept)
    assert of(reply, "xops_stage_info") == {
        labels(stage="bc1_prod"): 1,
        labels(stage="bc1_peak"): 1,
    }
    assert of(reply, "xops_stage_monthly_cost_dollars")[labels(stage="bc1_peak")] == 380
    assert of(reply, "xops_stage_saas_ratio")[labels(stage="bc1_peak")] == 5.3
    assert of(reply, "xops_watch_source_up") == {
        labels(source="ecs"): 1,
        labels(source="cloudwatch"): 0,
    }
    assert of(reply, "xops_watch_source_last_success_timestamp_seconds") == {
        labels(source="ecs"): NOW.timestamp() - 60
    }
    assert of(reply, "xops_watch_source_duration_seconds")[labels(source="ecs")] == 0.25
    assert of(reply, "xops_watch_rules") == {labels(): 2}
    assert of(reply, "xops_watch_tick_duration_seconds") == {labels(): 0.125}
    assert of(reply, "xops_watch_last_tick_timestamp_seconds") == {labels(): NOW.timestamp()}


def test_a_family_without_samples_is_left_out() -> None:
    assert all(family.samples for family in families(scrape(snapshot())))


def test_openmetrics_names_types_and_units() -> None:
    found = {family.name: family for family in families(scrape(usual(), PROMETHEUS_ACCEPT))}
    assert found["xops_ecs_cpu_utilization_ratio"].unit == "ratio"
    assert found["xops_stage_monthly_cost_dollars"].unit == "dollars"
    assert found["xops_ecs_tasks_running"].unit == ""
    assert found["xops_evolution"].type == "info"
    assert found["xops_trigger_state"].type == "gauge"
    assert found["xops_watch_notices"].type == "counter"


def test_sixty_rules_on_ten_services_are_all_told() -> None:
    reply = scrape(crowd(60, 10), PROMETHEUS_ACCEPT)
    assert len(of(reply, "xops_trigger_state")) == 1800
    assert len(of(reply, "xops_trigger_value")) == 600


def test_a_source_that_never_answered_has_no_last_success() -> None:
    reply = scrape(snapshot(sources=[source("ecs", up=False)]))
    assert of(reply, "xops_watch_source_last_success_timestamp_seconds") == {}
