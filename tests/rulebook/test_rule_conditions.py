"""What conditions in files become: the sound ones, every form once."""

from datetime import timedelta
from pathlib import Path

import pytest

from xops_watch.core.catalogue import SIGNAL_BY_NAME
from xops_watch.core.condition import AllOf, AnyOf, Comparison, Condition, Not, Threshold
from xops_watch.core.datapoints import Datapoints
from xops_watch.core.quantity import parse_duration
from xops_watch.core.rule import Clear, Rule
from xops_watch.rulebook import check, load

BASE = (Path(__file__).parent / "bad" / "base.yaml").read_text(encoding="utf-8")
PENDING = SIGNAL_BY_NAME["ecs.tasks_pending"]
CPU = SIGNAL_BY_NAME["ecs.cpu_utilization"]


def leaf(value: float, comparison: Comparison = Comparison.ABOVE) -> Threshold:
    return Threshold(signal=PENDING, comparison=comparison, value=value, text=f"{value:g}")


def base_with(tmp_path: Path, *lines: str) -> Path:
    old = "  when: {signal: ecs.tasks_pending, above: 3}\n"
    assert old in BASE
    file = tmp_path / "rule.yaml"
    file.write_text(BASE.replace(old, "".join(f"  {line}\n" for line in lines)))
    return file


def read(tmp_path: Path, *lines: str) -> Rule:
    (rule,) = load([base_with(tmp_path, *lines)]).rules
    return rule


@pytest.mark.parametrize(
    ("text", "condition"),
    [
        ("{signal: ecs.tasks_pending, above: 3}", leaf(3)),
        ("{signal: ecs.tasks_pending, at_least: 3}", leaf(3, Comparison.AT_LEAST)),
        ("{signal: ecs.tasks_pending, below: 3}", leaf(3, Comparison.BELOW)),
        ("{signal: ecs.tasks_pending, at_most: 3}", leaf(3, Comparison.AT_MOST)),
        ("{signal: ecs.tasks_pending, above: '3'}", leaf(3)),
        ("{signal: ecs.tasks_pending, above: 2.5}", leaf(2.5)),
        ("{signal: ecs.tasks_pending, above: 0}", leaf(0)),
        ("{not: {signal: ecs.tasks_pending, above: 3}}", Not(part=leaf(3))),
        ("{all: [{signal: ecs.tasks_pending, above: 3}]}", AllOf(parts=(leaf(3),))),
        (
            "{any: [{signal: ecs.tasks_pending, above: 3}, {signal: ecs.tasks_pending, above: 5}]}",
            AnyOf(parts=(leaf(3), leaf(5))),
        ),
        (
            "{all: [{not: {any: [{signal: ecs.tasks_pending, above: 3}]}}]}",
            AllOf(parts=(Not(part=AnyOf(parts=(leaf(3),))),)),
        ),
        (
            "{signal: ecs.cpu_utilization, above: 80%, datapoints: 12/15}",
            Threshold(
                signal=CPU,
                comparison=Comparison.ABOVE,
                value=0.8,
                text="80%",
                datapoints=Datapoints(needed=12, of=15),
            ),
        ),
    ],
)
def test_each_form_of_a_condition(tmp_path: Path, text: str, condition: Condition) -> None:
    rule = read(tmp_path, f"when: {text}")
    assert rule.when == condition
    assert rule.hold == timedelta()
    assert rule.clear is None


@pytest.mark.parametrize(
    ("text", "clear"),
    [
        ("{at_most: 1}", Clear(when=leaf(1, Comparison.AT_MOST), hold=timedelta())),
        ("{below: 2, for: 1h}", Clear(when=leaf(2, Comparison.BELOW), hold=timedelta(hours=1))),
        (
            "{when: {not: {signal: ecs.tasks_pending, above: 2}}, for: 90s}",
            Clear(when=Not(part=leaf(2)), hold=timedelta(seconds=90)),
        ),
        (
            "{when: {signal: ecs.tasks_pending, at_most: 2}}",
            Clear(when=leaf(2, Comparison.AT_MOST), hold=timedelta()),
        ),
    ],
)
def test_each_form_of_clear(tmp_path: Path, text: str, clear: Clear) -> None:
    rule = read(tmp_path, "when: {signal: ecs.tasks_pending, above: 3}", f"clear: {text}")
    assert rule.clear == clear


def test_a_clear_level_is_of_the_first_signal_written(tmp_path: Path) -> None:
    rule = read(
        tmp_path,
        "when:",
        "  all:",
        "  - not: {signal: ecs.cpu_utilization, below: 80%}",
        "  - {signal: ecs.tasks_pending, above: 3}",
        "clear: {below: 65%}",
    )
    assert rule.clear is not None
    assert isinstance(rule.clear.when, Threshold)
    assert rule.clear.when.signal == CPU


def test_a_hold_is_a_duration(tmp_path: Path) -> None:
    rule = read(tmp_path, "when: {signal: ecs.tasks_pending, above: 3}", "for: 1h30m")
    assert rule.hold == parse_duration("90m")


@pytest.mark.parametrize(
    ("when", "clear", "overlaps"),
    [
        ("above: 3", "at_most: 3", False),
        ("above: 3", "below: 3", False),
        ("at_least: 3", "below: 3", False),
        ("at_least: 3", "at_most: 3", True),
        ("above: 3", "below: 4", True),
        ("above: 3", "above: 1", True),
        ("below: 3", "at_least: 3", False),
        ("below: 3", "above: 2", True),
        ("at_most: 3", "at_least: 3", True),
    ],
)
def test_no_value_may_both_fire_and_clear(
    tmp_path: Path, when: str, clear: str, *, overlaps: bool
) -> None:
    lines = (f"when: {{signal: ecs.tasks_pending, {when}}}", f"clear: {{{clear}}}")
    found = [problem.message for problem in check([base_with(tmp_path, *lines)])]
    message = "`clear`: the same value both fires and clears the rule"
    assert found == ([message] if overlaps else [])


def test_clearing_on_another_signal_is_no_contradiction(tmp_path: Path) -> None:
    clear = "clear: {when: {signal: ecs.tasks_running, above: 3}}"
    assert read(tmp_path, "when: {signal: ecs.tasks_pending, above: 3}", clear).clear is not None
