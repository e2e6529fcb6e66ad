"""What is shown of the rules themselves: overrides, rules that are off, files that were refused."""

import json
from dataclasses import replace
from typing import Any

import pytest

from tests.exporter.client import Desk, ask
from tests.exporter.scenes import CPU_HIGH, QUEUE_LONG, rule, rulebook, series, snapshot
from xops_watch.core.advise import Advice, AdviceState
from xops_watch.core.evolution import Classification
from xops_watch.core.rule import InForce, Override, SwitchedOff
from xops_watch.core.snapshot import Snapshot

CPU = rule("ecs-cpu-sustained", CPU_HIGH)
CREWS = rule("crew-queue", QUEUE_LONG)
HOSTILE = "</p><script>alert(1)</script>"


def shown(known: Snapshot, path: str) -> str:
    desk = Desk()
    desk.publisher.publish(known)
    return ask(desk.app, path).text


def known(**changes: Any) -> Snapshot:  # noqa: ANN401 - any field of a rulebook
    """Return a snapshot of one busy service; the rulebook is changed."""
    book = replace(rulebook([CPU]), **changes)
    busy = series("ecs.cpu_utilization", "xops/open-webui", [0.91] * 5)
    return snapshot(busy, book=book)


def api(known: Snapshot) -> Any:  # noqa: ANN401 - a document
    return json.loads(shown(known, "/api/v1/snapshot"))


def samples(known: Snapshot) -> dict[str, str]:
    lines = shown(known, "/metrics").splitlines()
    return dict(line.rsplit(" ", 1) for line in lines if line.startswith("xops_watch_rules"))


def overridden(reason: str) -> Snapshot:
    told = Override(part="threshold", written="80%", used="85%", reason=reason)
    return known(rules=(replace(CPU, overrides=(told,)),))


def test_an_override_is_on_the_page_in_the_api_and_counted() -> None:
    seen = overridden("we scale later")
    assert "threshold 85% instead of 80%: we scale later" in shown(seen, "/")
    (trigger,) = api(seen)["triggers"]
    assert trigger["overrides"] == [
        {"part": "threshold", "written": "80%", "used": "85%", "reason": "we scale later"}
    ]
    assert samples(seen)["xops_watch_rules_overridden"] == "1.0"


def test_a_rule_that_is_off_is_named_with_its_reason() -> None:
    off = (SwitchedOff(rule=CREWS, reason="crews run elsewhere"),)
    seen = known(off=off)
    page = shown(seen, "/")
    assert "Not judged here" in page
    assert "crews run elsewhere" in page
    assert api(seen)["rulebook"]["off"] == [{"rule": CREWS.id, "reason": "crews run elsewhere"}]
    assert samples(seen)["xops_watch_rules_off"] == "1.0"


def test_refused_files_are_told_everywhere() -> None:
    good = known()
    seen = replace(good, rules=replace(good.rules, refused=("rules.yaml:3:1: no such signal",)))
    assert "Newer rule files were refused" in shown(seen, "/")
    assert "rules.yaml:3:1: no such signal" in shown(seen, "/")
    assert samples(seen)["xops_watch_rules_last_reload_successful"] == "0.0"
    assert samples(good)["xops_watch_rules_last_reload_successful"] == "1.0"
    assert "refused" not in shown(good, "/")


def test_the_time_of_the_last_good_files_is_a_metric() -> None:
    seen = known()
    stamp = float(samples(seen)["xops_watch_rules_last_reload_success_timestamp_seconds"])
    assert stamp == seen.rules.loaded_at.timestamp()


@pytest.mark.parametrize(
    "seen",
    [
        overridden(HOSTILE),
        known(off=(SwitchedOff(rule=CREWS, reason=HOSTILE),)),
        replace(
            known(), rules=InForce(rulebook=rulebook(), loaded_at=known().at, refused=(HOSTILE,))
        ),
    ],
    ids=["override", "off", "refused"],
)
def test_hostile_text_stays_text(seen: Snapshot) -> None:
    page = shown(seen, "/")
    assert "<script" not in page
    assert "&lt;script&gt;" in page


def advised(**changes: Any) -> Advice:  # noqa: ANN401 - any field of an advice
    return replace(known().advice[0], **changes)


def page_of(advice: Advice) -> str:
    return shown(replace(known(), advice=(advice,)), "/")


def test_what_must_be_known_before_a_step_is_begun_is_on_its_card() -> None:
    page = page_of(advised(state=AdviceState.BLOCKED, notes=("blocked by guard on db", HOSTILE)))
    assert "blocked by guard on db" in page
    assert "&lt;script&gt;" in page
    assert "<script" not in page


def test_a_step_without_a_stage_shows_no_cost() -> None:
    assert "a month" in page_of(advised(state=AdviceState.RECOMMENDED))
    assert "a month" not in page_of(advised(state=AdviceState.RECOMMENDED, stage=None))


def test_a_range_of_costs_is_shown_whole() -> None:
    advice = advised(state=AdviceState.RECOMMENDED)
    assert advice.stage is not None
    scaled = replace(
        advice.stage,
        monthly_cost_dollars=670.0,
        monthly_cost_to_dollars=730.0,
        saas_ratio=None,
    )
    page = page_of(replace(advice, stage=scaled))
    assert "$670.00 to $730.00 a month" in page
    assert "SaaS equivalent" not in page


def test_a_response_that_changes_nothing_says_so() -> None:
    advice = advised(state=AdviceState.RECOMMENDED)
    none = replace(advice.evolution, classification=Classification.NONE)
    assert "no change of the stack" in page_of(replace(advice, evolution=none))


def test_rules_that_no_source_can_judge_are_named() -> None:
    busy = series("ecs.cpu_utilization", "xops/open-webui", [0.91] * 5)
    seen = snapshot(busy, book=rulebook([CPU, CREWS]))
    assert api(seen)["rulebook"]["unwatched"] == [
        {"rule": "crew-queue", "signals": ["crew.queue_depth"], "settings": []}
    ]
    assert samples(seen)["xops_watch_rules_unwatched"] == "1.0"
    assert "Not watched (1)" in shown(seen, "/")
    assert "Not watched" not in shown(known(), "/")


def test_a_rule_that_is_not_watched_says_which_setting_would_turn_it_on() -> None:
    seen = snapshot(book=rulebook([CREWS]))
    (one,) = seen.unwatched
    named = replace(seen, unwatched=(replace(one, settings=("XOPS_WATCH_ECS__CLUSTERS",)),))
    assert api(named)["rulebook"]["unwatched"][0]["settings"] == ["XOPS_WATCH_ECS__CLUSTERS"]
    assert "<strong>XOPS_WATCH_ECS__CLUSTERS</strong>: " in shown(named, "/")
    assert "<strong>source ecs</strong>: " in shown(seen, "/")
