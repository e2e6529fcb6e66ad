from pathlib import Path

import pytest

from tests.rulescript.books import QUEUE, only_rule, script, scripts
from xops_watch.rulescript.mutants import mutants
from xops_watch.rulescript.mutation import try_mutants

LIMIT = ["`> 6` to `> 7`", "`> 6` to `> 5`", "`> 6` to `≥ 6`", "`> 6` to `< 6`"]
SILENCE = ["missing unknown to breaching", "missing unknown to not_breaching"]
OF_QUEUE = [*LIMIT, *SILENCE, "across each to any"]


def changes(folder: Path, text: str, *, of: str = "") -> list[str]:
    """Return what is changed of a rule; with `of` only what begins so, without that."""
    rule, _ = only_rule(folder, text)
    found = [mutant.change for mutant in mutants(rule)]
    return [change.removeprefix(of) for change in found if change.startswith(of)]


def test_every_part_of_a_rule_is_changed(tmp_path: Path) -> None:
    text = f"{QUEUE}\nfor: 10m\nclear: {{at_most: 2, for: 30m}}\nkeep_firing_for: 1h"
    assert changes(tmp_path, text) == [
        *[f"when: crew.queue_depth: {change}" for change in OF_QUEUE],
        "clear: crew.queue_depth: `≤ 2` to `≤ 3`",
        "clear: crew.queue_depth: `≤ 2` to `≤ 1`",
        "clear: crew.queue_depth: `≤ 2` to `< 2`",
        "clear: crew.queue_depth: `≤ 2` to `≥ 2`",
        "clear: crew.queue_depth: missing unknown to breaching",
        "clear: crew.queue_depth: across each to any",
        "for 10m to 0s",
        "for 10m to 5m",
        "for 10m to 20m",
        "keep_firing_for 1h to 0s",
        "keep_firing_for 1h to 30m",
        "keep_firing_for 1h to 2h",
        "clear: for 30m to 0s",
        "clear: for 30m to 15m",
        "clear: for 30m to 1h",
        "clear removed",
        "severity warning to info",
    ]


@pytest.mark.parametrize(
    ("leaf", "levels"),
    [
        ("signal: ecs.cpu_utilization, above: 80%", ["`> 80%` to `> 81%`", "`> 80%` to `> 79%`"]),
        ("signal: crew.queue_depth, at_least: 40", ["`≥ 40` to `≥ 42`", "`≥ 40` to `≥ 38`"]),
        ("signal: crew.queue_depth, at_most: 20", ["`≤ 20` to `≤ 21`", "`≤ 20` to `≤ 19`"]),
        ("signal: crew.queue_depth, above: 0.5", ["`> 0.5` to `> 0.525`", "`> 0.5` to `> 0.475`"]),
        (
            "signal: ecs.platform_version, below: 1.4.0",
            ["`< 1.4.0` to `< 1.4.1`", "`< 1.4.0` to `< 1.3.999`"],
        ),
        ("signal: database.kind, is: sqlite", ["`is sqlite` to `is postgresql`"]),
        (
            "signal: ecs.cpu_utilization, aggregate: count, over: 1h, above: 6",
            ["`> 6` to `> 7`", "`> 6` to `> 5`"],
        ),
    ],
)
def test_a_step_is_as_large_as_people_slip(tmp_path: Path, leaf: str, levels: list[str]) -> None:
    rule, _ = only_rule(tmp_path, f"when: {{{leaf}}}")
    of = f"when: {rule.primary.signal.name}: "
    found = changes(tmp_path, f"when: {{{leaf}}}", of=of)
    assert found[: len(levels)] == levels


def test_windows_are_changed(tmp_path: Path) -> None:
    points = changes(tmp_path, "when: {signal: crew.queue_depth, above: 6, datapoints: 3/3}")
    assert [change.partition(": ")[2] for change in points] == [
        *[f"crew.queue_depth: {change}" for change in LIMIT],
        "crew.queue_depth: datapoints 3/3 to 2/3",
        "crew.queue_depth: datapoints 3/3 to 3/4",
        "crew.queue_depth: missing unknown to missing",
        "crew.queue_depth: missing unknown to breaching",
        "crew.queue_depth: missing unknown to not_breaching",
        "crew.queue_depth: missing unknown to ignore",
        "crew.queue_depth: across each to any",
        "",
    ]
    window = "aggregate: avg, over: 1h, samples: 2"
    found = changes(tmp_path, f"when: {{signal: crew.queue_depth, above: 6, {window}}}")
    assert [change.partition("depth: ")[2] for change in found if "depth: " in change][4:9] == [
        "over 1h to 30m",
        "over 1h to 2h",
        "avg to max",
        "samples 2 to 3",
        "samples 2 to 1",
    ]


def test_combinations_are_changed_at_every_depth(tmp_path: Path) -> None:
    text = (
        "when: {all: [{signal: crew.queue_depth, above: 6},"
        " {not: {any: [{signal: ecs.tasks_pending, above: 1}]}}]}"
    )
    found = changes(tmp_path, text, of="when: ")
    assert found[:4] == [f"crew.queue_depth: {change}" for change in LIMIT]
    assert "ecs.tasks_pending: `> 1` to `≥ 1`" in found
    assert found[-2:] == ["`not` removed", "`all` to `any`"]
    assert "`any` to `all`" not in found  # of one part both are the same


def test_what_stands_beside_the_condition_is_changed_and_removed(tmp_path: Path) -> None:
    beside = "{signal: ecs.tasks_pending, above: 1}"
    text = (
        f"{QUEUE}\nsuppress_while: {beside}\napplies_when: {beside}\n"
        f"corroborated_by: {{when: {beside}, severity: critical}}"
    )
    found = changes(tmp_path, text)
    for part in ("suppress_while", "applies_when", "corroborated_by"):
        assert f"{part}: ecs.tasks_pending: `> 1` to `≥ 1`" in found
        assert f"{part} removed" in found
    assert "severity warning to info" in found
    assert "corroborated_by: severity critical to info" in found


@pytest.mark.parametrize(
    ("text", "of", "policies"),
    [
        (QUEUE, "when: ", ["breaching", "not_breaching"]),
        (f"{QUEUE}\nsuppress_while: $", "suppress_while: ", ["breaching"]),
        (f"{QUEUE}\nsuppress_while: {{not: $}}", "suppress_while: ", ["not_breaching"]),
        (f"{QUEUE}\napplies_when: $", "applies_when: ", ["not_breaching"]),
        (f"{QUEUE}\napplies_when: {{not: $}}", "applies_when: ", ["breaching"]),
        (f"{QUEUE}\ncorroborated_by: {{when: $, severity: critical}}", "corr", ["breaching"]),
        (f"{QUEUE}\nclear: {{at_most: 3}}", "clear: ", []),
        (f"{QUEUE}\nclear: {{at_most: 3, for: 1m}}", "clear: ", ["breaching"]),
        ("when: {all: [$, $$]}", "when: ecs", ["not_breaching", "not_breaching"]),
        ("when: {any: [$, $$]}", "when: ecs", ["breaching", "breaching"]),
    ],
)
def test_a_missing_policy_is_only_changed_where_that_matters(
    tmp_path: Path, text: str, of: str, policies: list[str]
) -> None:
    other = "{signal: ecs.tasks_pending, above: 3}"
    written = text.replace("$$", other).replace("$", "{signal: ecs.tasks_pending, above: 1}")
    found = [change for change in changes(tmp_path, written, of=of) if "missing unknown" in change]
    assert [change.rpartition(" to ")[2] for change in found] == policies


@pytest.mark.parametrize(
    ("text", "change"),
    [
        (f"{QUEUE}\nclear: {{at_most: 6}}", "clear removed"),
        (f"{QUEUE}\nclear: {{at_most: 6, for: 1h}}\nkeep_firing_for: 30m", "keep_firing_for 30m"),
        (f"{QUEUE}\ncorroborated_by: {{when: $, severity: warning}}", "corroborated_by: crew"),
        (f"{QUEUE}\ncorroborated_by: {{when: $, severity: warning}}", "corroborated_by removed"),
        (
            "when: {signal: crew.queue_depth, above: 6, across: any}",
            "when: crew.queue_depth: across any to max",
        ),
        (
            "when: {signal: crew.queue_depth, above: 1, aggregate: rate, over: 1h}",
            "when: crew.queue_depth: samples",
        ),
        (
            "when: {signal: crew.queue_depth, above: 6, missing: ignore, datapoints: 1/1}",
            "when: crew.queue_depth: missing ignore to missing",
        ),
    ],
)
def test_what_is_no_change_is_left_out(tmp_path: Path, text: str, change: str) -> None:
    written = text.replace("$", "{signal: crew.queue_depth, above: 9}")
    assert [found for found in changes(tmp_path, written) if found.startswith(change)] == []


@pytest.mark.parametrize(
    ("text", "change"),
    [
        (f"{QUEUE}\nclear: {{at_most: 5}}", "clear removed"),
        (f"{QUEUE}\nclear: {{at_most: 6, for: 1m}}", "clear removed"),
        (
            f"{QUEUE}\nclear: {{at_most: 6, for: 1h}}\nkeep_firing_for: 31m",
            "keep_firing_for 31m to 1h2m",
        ),
        (
            "when: {signal: crew.queue_depth, below: 6, across: any}",
            "when: crew.queue_depth: across any to max",
        ),
        (
            "when: {signal: crew.queue_depth, above: 6, missing: ignore, datapoints: 2/2}",
            "when: crew.queue_depth: missing ignore to missing",
        ),
    ],
)
def test_what_looks_alike_and_is_a_change_is_kept(tmp_path: Path, text: str, change: str) -> None:
    assert change in changes(tmp_path, text)


STRONG = """tests:
- name: fires above 6
  rule: queue
  series: [{signal: crew.queue_depth, subject: xops/crew, values: "6x2 7 6"}]
  notices: [{at: 3m, kind: firing, severity: warning}, {at: 4m, kind: resolved}]
- name: waits in silence
  rule: queue
  series: [{signal: crew.queue_depth, subject: xops/crew, values: "6 _x6"}]
  expect: [{at: 6m, state: inactive, blind: true}]
"""


def test_a_weak_script_leaves_mutants_alive(tmp_path: Path) -> None:
    rule, rulebook = only_rule(tmp_path, QUEUE)
    weak = script(
        'series: [{signal: crew.queue_depth, values: "1 9"}]\nexpect: [{at: 1m, state: firing}]',
        rulebook,
    )
    tried = try_mutants(rule, rulebook, [weak])
    assert tried.count == len(OF_QUEUE) + 1
    assert [mutant.change for mutant in tried.alive] == [
        "when: crew.queue_depth: `> 6` to `> 7`",
        "when: crew.queue_depth: `> 6` to `> 5`",
        "when: crew.queue_depth: `> 6` to `≥ 6`",
        "when: crew.queue_depth: missing unknown to breaching",
        "when: crew.queue_depth: missing unknown to not_breaching",
        "severity warning to info",
    ]


def test_strong_scripts_leave_none(tmp_path: Path) -> None:
    rule, rulebook = only_rule(tmp_path, QUEUE)
    tried = try_mutants(rule, rulebook, scripts(STRONG, rulebook))
    assert tried.alive == ()
    assert tried.count == len(OF_QUEUE) + 1


def test_a_rule_that_no_script_names_keeps_all_its_mutants(tmp_path: Path) -> None:
    rule, rulebook = only_rule(tmp_path, QUEUE)
    tried = try_mutants(rule, rulebook, [])
    assert len(tried.alive) == tried.count == len(OF_QUEUE) + 1
