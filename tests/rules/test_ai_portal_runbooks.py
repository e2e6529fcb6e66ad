"""Every rule of the ai-portal profile has a runbook that says what the rule says."""

from pathlib import Path

import pytest

from xops_watch.core.condition import thresholds
from xops_watch.rulebook import load

ROOT = Path(__file__).parents[2]
RUNBOOKS = ROOT / "docs" / "runbooks"
BOOK = load([ROOT / "rules" / "ai-portal"])
RULES = {rule.id: rule for rule in BOOK.rules}
PHASES = {"any": "any phase", "Enterprise": "phase Enterprise"}
HEADINGS = (
    "What it means",
    "How it is measured",
    "Why this threshold",
    "First five minutes",
    "The step",
    "How to verify",
    "How to go back",
    "What it does not know",
)


def test_every_rule_has_a_runbook_and_every_runbook_a_rule() -> None:
    assert {path.stem for path in RUNBOOKS.glob("portal-*.md")} == set(RULES)


def test_the_names_cannot_be_those_of_another_profile() -> None:
    names = [*RULES, *BOOK.evolutions, *BOOK.stages]
    assert [name for name in names if not name.startswith("portal-")] == []


@pytest.mark.parametrize("id_", RULES)
def test_a_runbook_says_what_the_rule_says(id_: str) -> None:
    rule = RULES[id_]
    step = BOOK.evolutions[rule.evolution]
    text = (RUNBOOKS / f"{id_}.md").read_text(encoding="utf-8")
    words = " ".join(text.split())
    phase = PHASES.get(step.phase, step.phase)
    assert text.startswith(f"# {rule.title}\n")
    expected = [
        f"**{step.title}** ({step.classification}, risk {step.risk}, {phase})",
        f"> {rule.quote}",
        f"Document row {rule.rows[0]}:",
        *(f"`{leaf.signal.name}`" for leaf in thresholds(rule.when)),
    ]
    assert [part for part in expected if part not in words] == []
    assert [line[3:] for line in text.splitlines() if line.startswith("## ")] == list(HEADINGS)


@pytest.mark.parametrize("id_", RULES)
def test_a_metric_in_a_runbook_is_one_that_there_is(id_: str) -> None:
    metrics = {leaf.signal.metric for rule in BOOK.rules for leaf in thresholds(rule.when)}
    metrics |= {"xops_asg_instances", "xops_bedrock_tokens_5m", "xops_rds_multi_az_state"}
    metrics |= {"xops_langfuse_traces_per_minute"}
    text = (RUNBOOKS / f"{id_}.md").read_text(encoding="utf-8")
    named = {part.split("{")[0] for part in text.split("`") if part.startswith("xops_")}
    assert named - metrics == set()


@pytest.mark.parametrize("id_", BOOK.evolutions)
def test_first_steps_fit_on_a_telephone(id_: str) -> None:
    steps = BOOK.evolutions[id_].first_steps
    assert 3 <= len(steps) <= 5
    assert [step for step in steps if len(step) > 100] == []
