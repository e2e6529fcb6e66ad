"""What people and machines read: golden files, and facts that no edit may lose."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.notify.golden_files import golden, rendered
from tests.notify.notices import FIRING, GOLDEN, HOSTILE, MIGRATION, OVERLONG, RESOLVED
from xops_watch.core.notice import Notice
from xops_watch.notify.machine import machine
from xops_watch.notify.render import LINE_MAX, _fitted, subject, text


@pytest.mark.parametrize("name", GOLDEN)
def test_every_form_is_as_recorded(name: str) -> None:
    for suffix, content in rendered(GOLDEN[name]).items():
        assert content == golden(name, suffix).read_text(encoding="utf-8")


def test_the_subject_names_state_rule_place_and_phase() -> None:
    assert subject(FIRING) == "[FIRING] ECS CPU above 80 % sustained - xops/open-webui (BC1 PEAK)"
    assert subject(RESOLVED).startswith("[RESOLVED] ECS CPU above 80 % sustained")


def test_a_long_title_leaves_room_for_the_place() -> None:
    line = subject(replace(FIRING, title="A title that never ends " * 9))
    assert line.endswith("... - xops/open-webui (BC1 PEAK)")
    assert len(line) == 99


def test_a_long_place_leaves_room_for_the_title() -> None:
    line = subject(replace(FIRING, subject="cluster/" + "service-" * 30))
    assert line.startswith("[FIRING] ECS CPU above 80 % sustained - cluster/service-")
    assert line.endswith("... (BC1 PEAK)")
    assert len(line) == 99


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("CPU ≥ 80 % — sustained", "CPU >= 80 % - sustained"),
        ("Größe überschritten", "Grosse uberschritten"),
        ("naïve café", "naive cafe"),
        ("負荷", "??"),
        ("a\r\nBcc: b@example.com", "a Bcc: b@example.com"),
    ],
)
def test_the_subject_is_folded_to_ascii(written: str, read: str) -> None:
    assert subject(replace(FIRING, title=written)).startswith(f"[FIRING] {read} - ")


def test_a_notice_without_title_is_named_by_its_rule() -> None:
    line = subject(replace(FIRING, title="", subject="", phase=""))
    assert line == "[FIRING] ecs-cpu-sustained"
    assert subject(replace(FIRING, title="", rule="", subject="", phase="")) == (
        "[FIRING] unnamed rule"
    )


@pytest.mark.parametrize(
    "fact",
    [
        "ECS CPU above 80 % sustained",
        "stack xops",
        "xops/open-webui (L5, L6)",
        "Since 2026-03-02 03:02 UTC, 12m20s before this notice",
        "ecs.cpu_utilization 91.3% (> 80%)",
        "1. Check the SQLite guard first",
        "Scale L5+L6 to 6 replicas",
        "Terraform min_capacity and max_capacity",
        "Config Change (proposed), risk LOW, phase BC1 PEAK",
        "Lead time: 1d (proposed)",
        "$380 a month",
        "declared by the document, not a prediction",
        'Row A.trigger.2: ">100 concurrent | ECS CPU >80% sustained |',
        "The threshold is documented.",
        "Proposed, not documented: datapoints, clear",
        "https://docs.example.com/runbooks/ecs-cpu-sustained.md",
        "4f1d0c2b9a7e4c31b6d2a5f0c9e8d713",
    ],
)
def test_a_firing_message_tells(fact: str) -> None:
    assert fact in " ".join(text(FIRING).split())


@pytest.mark.parametrize(
    "fact",
    [
        "RESOLVED: ECS CPU above 80 % sustained",
        "xops/open-webui (L5, L6), stack xops",
        "Ended 2026-03-02 05:10 UTC after 2h8m",
        "Began 2026-03-02 03:02 UTC",
        "ecs.cpu_utilization 61.2%",
        "b8c3f1a05d2e4e6f9a7b1c2d3e4f5061",
    ],
)
def test_a_resolved_message_tells(fact: str) -> None:
    assert fact in text(RESOLVED)


def test_a_resolved_message_asks_for_nothing() -> None:
    said = text(RESOLVED)
    assert not any(step in said for step in RESOLVED.first_steps)
    assert RESOLVED.action not in said
    assert "Cost" not in said


def test_what_is_wrong_comes_before_what_to_do_before_why() -> None:
    said = text(MIGRATION)
    order = [said.index(part) for part in ("FIRING", "Since", "DO FIRST", "THE STEP", "WHY")]
    assert order == sorted(order)


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("documented", "The threshold is documented.\n"),
        ("documented_reinterpreted", "The threshold is documented, as we read it."),
        ("proposed", "The threshold is proposed, not documented."),
    ],
)
def test_the_origin_of_the_threshold_is_said(source: str, words: str) -> None:
    assert words in text(replace(FIRING, threshold_source=source))


@pytest.mark.parametrize("notice", [FIRING, RESOLVED, MIGRATION, OVERLONG, HOSTILE])
def test_lines_are_short_unless_they_hold_an_address(notice: Notice) -> None:
    long = [line for line in text(notice).splitlines() if len(line) > LINE_MAX]
    assert all("://" in line for line in long)


def test_an_address_is_never_broken() -> None:
    address = "https://docs.example.com/" + "very-long-folder/" * 8 + "rule.md"
    assert address in text(replace(FIRING, runbook=address))


def test_there_is_no_heading_without_anything_under_it() -> None:
    assert "DO FIRST" not in text(replace(FIRING, first_steps=(), runbook=""))
    assert "DO FIRST\nRunbook: docs/x.md" in text(
        replace(FIRING, first_steps=(), runbook="docs/x.md")
    )
    assert "5. Schedule the scale-in\n\nTHE STEP" in text(replace(FIRING, runbook=""))


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0.0, "0s"),
        (90.0, "1m30s"),
        (-1.0, "unknown"),
        (1e300, "unknown"),
        (float("inf"), "unknown"),
    ],
)
def test_a_lead_time_is_told_or_unknown(seconds: float, said: str) -> None:
    assert f"Lead time: {said} (proposed)" in text(replace(FIRING, lead_time_seconds=seconds))


@pytest.mark.parametrize(
    ("dollars", "said"),
    [
        (180.0, "$180 a"),
        (1200.0, "$1,200 a"),
        (7.21, "$7.21 a"),
        (float("nan"), "an unknown sum a"),
    ],
)
def test_a_cost_is_told_in_dollars(dollars: float, said: str) -> None:
    assert f"Cost: {said} month" in text(replace(FIRING, stage_monthly_cost_dollars=dollars))


def test_a_text_that_is_cut_says_so_and_keeps_its_key() -> None:
    said = text(OVERLONG)
    assert "[cut: the JSON form has the rest]" in said
    assert said.endswith("Rule ecs-cpu-sustained\nKey 4f1d0c2b9a7e4c31b6d2a5f0c9e8d713")


@pytest.mark.parametrize(
    ("room", "kept"),
    [
        (69, "first\nsecond\n" + "x" * 56),
        (68, "first\nsecond\n[cut: the JSON form has the rest]"),
        (46, "first\nsecond\n[cut: the JSON form has the rest]"),
        (45, "first\n[cut: the JSON form has the rest]"),
    ],
)
def test_whole_lines_are_kept_while_they_fit(room: int, kept: str) -> None:
    assert _fitted("first\nsecond\n" + "x" * 56, room) == kept


def test_no_ordinary_message_is_cut() -> None:
    assert all("[cut" not in text(notice) for notice in (FIRING, RESOLVED, MIGRATION))


def test_foreign_text_cannot_add_a_line() -> None:
    forged = replace(FIRING, subject="a\nRunbook: https://evil.example\n\nKey 0000")
    starts = {line.split(":")[0] for line in text(forged).splitlines()}
    assert sum(line.startswith("Runbook") for line in text(forged).splitlines()) == 1
    assert "Key 0000" not in starts


def test_a_clock_that_was_set_back_gives_no_negative_duration() -> None:
    backward = replace(RESOLVED, at=RESOLVED.since - timedelta(hours=1))
    assert "after 0s" in text(backward)
    assert json.loads(machine(backward))["duration_seconds"] == 0.0


def test_the_json_form_is_in_base_units_and_iso_times() -> None:
    said = json.loads(machine(MIGRATION))
    assert said["schema"] == "xops-watch.notice.v1"
    assert said["lead_time_seconds"] == 2_419_200.0
    assert said["stage_monthly_cost_dollars"] == 360.0
    assert said["stage_cost_basis"] == "declared"
    assert said["since"] == "2026-02-26T22:40:00Z"
    assert said["at"] == "2026-03-02T03:14:20Z"
    assert said["duration_seconds"] == 275_660.0
    assert said["truncated"] == []


def test_the_json_form_can_be_read_by_people_too() -> None:
    assert "≥ 80 %" in machine(replace(FIRING, evidence="≥ 80 %"))


def test_the_json_form_tells_what_was_cut() -> None:
    said = json.loads(machine(replace(OVERLONG, layers=("L1",) * 13)))
    assert said["truncated"] == ["evidence", "quote", "layer", "first_steps"]
    assert said["quote"].endswith("...[cut]")


def test_firing_and_resolved_share_the_trigger_key_and_nothing_else_does() -> None:
    key = json.loads(machine(FIRING))["trigger_key"]
    assert json.loads(machine(RESOLVED))["trigger_key"] == key
    others = [
        replace(FIRING, stack="other"),
        replace(FIRING, rule="other"),
        replace(FIRING, subject="other"),
    ]
    assert key not in {json.loads(machine(other))["trigger_key"] for other in others}
