"""`xops-watch rules show`: everything about one rule, as the documents say it and as it is used."""

from collections.abc import Iterator
from pathlib import Path
from textwrap import wrap

import click

from xops_watch.cli.output import printable, show_json
from xops_watch.cli.rulebooks import files_of
from xops_watch.cli.rules_described import described_rule
from xops_watch.core.condition import thresholds
from xops_watch.core.declared import Contradiction
from xops_watch.core.rule import Rule, Rulebook
from xops_watch.errors import ConfigurationError
from xops_watch.rulebook.description import judgement, step_in_words
from xops_watch.rulebook.wording import near

WIDTH = 96  # characters of a line: the same on a terminal and in a pipe
LABEL = 24  # characters of the left column


@click.command()
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@click.argument("rule_id", metavar="RULE")
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
def show(rule_id: str, paths: tuple[Path, ...], *, as_json: bool) -> None:
    """Show one rule: its rows, what makes it fire and end, and the step that it recommends.

    PATHS are rule files' directories or names of shipped profiles; the rules in use, overrides
    applied, when none is given.
    """
    rulebook = files_of(paths).read()
    rules = {rule.id: rule for rule in (*rulebook.rules, *(off.rule for off in rulebook.off))}
    if rule_id not in rules:
        hint = near(rule_id, rules) or "`xops-watch rules list` names them"
        raise ConfigurationError(f"there is no rule {printable(rule_id)}", hint=hint)
    rule = rules[rule_id]
    if as_json:
        found = [one.id for one in _contradictions(rule, rulebook)]
        show_json({**described_rule(rule, rulebook), "contradictions": found})
        return
    click.echo(click.style(printable(rule.title), bold=True))
    for label, text in _facts(rule, rulebook):
        _show(label, text)


def _facts(rule: Rule, rulebook: Rulebook) -> Iterator[tuple[str, str]]:
    step = rulebook.evolutions[rule.evolution]
    yield "rule", rule.id
    for off in rulebook.off:
        if off.rule.id == rule.id:
            yield "NOT JUDGED HERE", off.reason
    if rule.quote:
        yield f"row {', '.join(rule.rows)}", f'"{rule.quote}"'
    for alias in rulebook.declared.aliases:
        if rule.id in alias.of:
            yield f"row {', '.join(alias.rows)}", f'"{alias.quote}"'
    yield from judgement(rule)
    yield from _queries(rule, rulebook)
    yield "threshold", rule.threshold_source.replace("_", ", ")
    yield "proposed", ", ".join(rule.proposed) or "nothing"
    for override in rule.overrides:
        yield "overridden here", str(override)
    yield "layers, phase", f"{', '.join(rule.layers)}; {rule.phase}"
    yield from step_in_words(step)
    for number, first in enumerate(step.first_steps, start=1):
        yield "first steps" if number == 1 else "", f"{number}. {first}"
    for one in _contradictions(rule, rulebook):
        yield f"contradiction {one.id.upper()}", f"{one.conflict} {one.treatment}"
    yield "runbook", f"docs/runbooks/{rule.id}.md"


def _queries(rule: Rule, rulebook: Rulebook) -> Iterator[tuple[str, str]]:
    """Yield what a Prometheus server is asked for the rule, and why otherwise than usual."""
    read = {leaf.signal.name for one in rule.conditions for leaf in thresholds(one)}
    for query in rulebook.queries:
        if query.signal.name in read:
            yield query.signal.name, query.promql
            if query.because:
                yield "asked so here", query.because


def _contradictions(rule: Rule, rulebook: Rulebook) -> list[Contradiction]:
    """Return the contradictions in the documents that touch a row of the rule."""
    rows = set(rule.rows)
    for alias in rulebook.declared.aliases:
        rows |= set(alias.rows) if rule.id in alias.of else set()
    return [one for one in rulebook.declared.contradictions if rows & set(one.rows)]


def _show(label: str, text: str) -> None:
    lines = wrap(
        printable(text.replace("`", "")),
        WIDTH,
        initial_indent=f"{label:<{LABEL}}",
        subsequent_indent=" " * LABEL,
        break_on_hyphens=False,
    )
    click.echo("\n".join(lines))
