"""What the rest of the rule language becomes, and what of it contradicts itself."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from tests.rulebook.test_rule_conditions import CPU, base_with, leaf, read
from xops_watch.core.condition import Across, Comparison, Threshold
from xops_watch.core.datapoints import Missing
from xops_watch.core.measure import Aggregate, Statistic
from xops_watch.core.rule import Severity
from xops_watch.rulebook import check

HOUR = timedelta(hours=1)
BUSY = Threshold(signal=CPU, comparison=Comparison.ABOVE, value=0.8, text="80%")


@pytest.mark.parametrize(
    ("parts", "condition"),
    [
        ("missing: breaching", replace(leaf(3), missing=Missing.BREACHING)),
        ("missing: ignore", replace(leaf(3), missing=Missing.IGNORE)),
        ("across: sum", replace(leaf(3), across=Across.SUM)),
        ("subject: xops/open-webui", replace(leaf(3), subject="xops/open-webui")),
        (
            "aggregate: max, over: 1h",
            replace(leaf(3), aggregate=Aggregate(statistic=Statistic.MAX, over=HOUR)),
        ),
        (
            "aggregate: p99.5, over: 1h, samples: 3",
            replace(
                leaf(3),
                aggregate=Aggregate(
                    statistic=Statistic.PERCENTILE, over=HOUR, rank=0.995, samples=3
                ),
            ),
        ),
    ],
)
def test_a_part_of_a_threshold(tmp_path: Path, parts: str, condition: Threshold) -> None:
    rule = read(tmp_path, f"when: {{signal: ecs.tasks_pending, above: 3, {parts}}}")
    assert rule.when == condition


def test_a_count_of_readings_has_no_unit_whatever_the_signal_has(tmp_path: Path) -> None:
    line = "when: {signal: ecs.cpu_utilization, above: 10, aggregate: count, over: 1h}"
    assert read(tmp_path, line).primary.value == 10


def test_the_qualifiers_of_a_rule(tmp_path: Path) -> None:
    pending = "{signal: ecs.tasks_pending, above: 3}"
    rule = read(
        tmp_path,
        "when: {signal: ecs.cpu_utilization, above: 80%}",
        "keep_firing_for: 15m",
        f"suppress_while: {pending}",
        f"applies_when: {{not: {pending}}}",
        f"corroborated_by: {{when: {pending}, severity: critical}}",
    )
    assert rule.when == BUSY
    assert rule.keep == timedelta(minutes=15)
    assert rule.suppress == leaf(3)
    assert rule.applies is not None
    assert (rule.corroboration, rule.corroborated) == (leaf(3), Severity.CRITICAL)


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ("aggregate: avg", "`aggregate` needs `over` (write the window, like `over: 1h`)"),
        ("over: 1h", "`over` needs `aggregate` (`aggregate: avg`, `p90` ...)"),
        ("aggregate: mean, over: 1h", "`aggregate`: `mean` is none of avg, max, min,"),
        ("aggregate: p101, over: 1h", "`aggregate`: `p101` is none of"),
        (
            "aggregate: avg, over: 1h, datapoints: 1/2",
            "`datapoints` and `aggregate` in one threshold (judge points or a window)",
        ),
        (
            "across: max, datapoints: 1/2",
            "`datapoints` cannot be counted of a max of subjects (use `across: any`)",
        ),
        (
            "across: any, subject: xops",
            "`subject` and `across` in one threshold (name one subject, or read all)",
        ),
        ("missing: zero", "`missing`: `zero` is none of unknown, missing, breaching,"),
        ("samples: 0, aggregate: avg, over: 1h", "`samples`: needs a whole number from 1 to"),
    ],
)
def test_parts_that_do_not_go_together(tmp_path: Path, parts: str, said: str) -> None:
    line = f"when: {{signal: ecs.tasks_pending, above: 3, {parts}}}"
    (problem,) = check([base_with(tmp_path, line)])
    assert said in str(problem)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (
            "when: {signal: ecs.tasks_pending, is: wal}",
            "`ecs.tasks_pending` has no states (compare it with `above` or `below`)",
        ),
        (
            "corroborated_by: {severity: critical}",
            "a corroboration lacks `when`",
        ),
        ("suppress_while: {signal: ecs.tasks_pendin, above: 3}", "`ecs.tasks_pendin` is not a"),
        ("keep_firing_for: 15", "`keep_firing_for`: `15` has no unit"),
    ],
)
def test_what_is_wrong_with_a_qualifier_is_said(tmp_path: Path, line: str, said: str) -> None:
    lines = [line] if line.startswith("when") else ["when: {signal: ecs.tasks_pending, above: 3}"]
    problems = check([base_with(tmp_path, *lines, *([] if lines == [line] else [line]))])
    assert any(said in str(problem) for problem in problems), problems
