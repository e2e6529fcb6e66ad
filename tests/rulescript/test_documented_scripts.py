"""The scripts that the documentation shows are played."""

import re
from pathlib import Path

from tests.rulescript.books import only_rule, scripts
from xops_watch.errors import GapReason
from xops_watch.rulescript.compare import failures
from xops_watch.rulescript.mutation import try_mutants

DOCS = Path(__file__).parents[2] / "docs"
CPU = (
    "when: {signal: ecs.cpu_utilization, above: 80%, datapoints: 12/15}\n"
    "clear: {below: 65%, for: 60m}"
)


def blocks(page: str) -> list[str]:
    """Return the YAML blocks of a page."""
    return re.findall(r"```yaml\n(.*?)```", (DOCS / page).read_text("utf-8"), re.DOTALL)


def test_the_example_of_the_reference_passes(tmp_path: Path) -> None:
    (text,) = blocks("reference/rule-scripts.md")
    _, rulebook = only_rule(tmp_path, CPU)
    (one,) = scripts(text.replace("ecs-cpu-sustained", "queue"), rulebook)
    assert list(failures(one, rulebook)) == []


def test_the_four_tests_of_the_guide_pass_and_notice_every_change(tmp_path: Path) -> None:
    rule_text, *parts = blocks("how-to/test-your-rules.md")
    assert len(parts) == 4
    lines = rule_text.splitlines()[1:]
    rule, rulebook = only_rule(tmp_path, "\n".join(line.strip() for line in lines))
    found = scripts("".join(parts).replace("rule: crew-queue-depth", "rule: queue"), rulebook)
    assert [list(failures(one, rulebook)) for one in found] == [[], [], [], []]
    tried = try_mutants(rule, rulebook, found)
    assert [mutant.change for mutant in tried.alive] == []


def test_the_reference_names_every_reason_of_a_gap() -> None:
    text = (DOCS / "reference/rule-scripts.md").read_text("utf-8")
    assert [reason for reason in GapReason if f"`{reason}`" not in text] == []
