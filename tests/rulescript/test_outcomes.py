from pathlib import Path

import pytest

from tests.rulescript.books import QUEUE, book, only_rule, script
from xops_watch.rulescript.coverage import Coverage, Outcome, possible_outcomes
from xops_watch.rulescript.run import run_file
from xops_watch.rulescript.script import ScriptFile

SUPPRESSED = f"{QUEUE}\nsuppress_while: {{signal: ecs.deployments_in_progress, above: 0}}"
WINDOW = "when: {signal: crew.queue_depth, above: 6, aggregate: avg, over: 1h"
ROLLING = 'series:\n- {signal: crew.queue_depth, values: "%s"}\n'
ROLLING += '- {signal: ecs.deployments_in_progress, values: "1x20"}\nnotices: []\n'
ALONE = 'series: [{signal: crew.queue_depth, values: "%s"}]\nexpect: [{at: 0m, blind: false}]'


def covered(folder: Path, rule: str, body: str) -> list[str]:
    """Return the outcomes that a script brings about."""
    only, rulebook = only_rule(folder, rule)
    coverage = Coverage()
    file = ScriptFile(file="x", scripts=(script(body, rulebook),))
    run_file(file, rulebook, coverage, lambda _: True)
    return [str(outcome) for outcome, seen in coverage.of(only).items() if seen]


@pytest.mark.parametrize(
    ("rule", "body", "outcomes"),
    [
        (QUEUE, ALONE % "6x3", []),
        (QUEUE, ALONE % "7x3", ["fires"]),
        (QUEUE, ALONE % "7x3 6", ["fires", "clears"]),
        (QUEUE, ALONE % "6 _x5 6", []),
        (QUEUE, ALONE % "6 _x6 6", ["unknown"]),
        (SUPPRESSED, ROLLING % "6x20", []),
        (SUPPRESSED, ROLLING % "7x20", ["suppressed"]),
        (f"{SUPPRESSED}\nfor: 5m", ROLLING % "7x4 6x16", []),
    ],
)
def test_what_a_script_brings_about(
    tmp_path: Path, rule: str, body: str, outcomes: list[str]
) -> None:
    assert covered(tmp_path, rule, body) == outcomes


@pytest.mark.parametrize(
    ("rule", "impossible"),
    [
        (QUEUE, {"suppressed"}),
        (SUPPRESSED, set()),
        (
            "when: {signal: crew.queue_depth, above: 6, missing: not_breaching}",
            {"suppressed", "unknown"},
        ),
        (
            "when: {signal: crew.queue_depth, above: 6, missing: breaching, across: sum}",
            {"suppressed"},
        ),
        (
            f"{WINDOW}, missing: breaching}}",
            {"suppressed"},
        ),
    ],
)
def test_what_cannot_become_of_a_rule_is_not_asked_for(
    tmp_path: Path, rule: str, impossible: set[str]
) -> None:
    only, _ = only_rule(tmp_path, rule)
    assert set(Outcome) - possible_outcomes(only) == impossible


def test_rules_that_no_script_names_are_covered_by_none(tmp_path: Path) -> None:
    rulebook = book(tmp_path, queue=QUEUE, other=QUEUE)
    coverage = Coverage()
    body = ALONE % "7x1 6 _x6" + "\nadvice: [{at: 1m, state: recommended}]"
    file = ScriptFile(file="x", scripts=(script(body, rulebook),))
    run_file(file, rulebook, coverage, lambda _: True)
    assert coverage.lacks(rulebook) == {"other": (Outcome.FIRES, Outcome.CLEARS, Outcome.UNKNOWN)}
