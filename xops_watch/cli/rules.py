"""`xops-watch rules`: what the rule files say, and whether they may say it."""

from pathlib import Path

import click

from xops_watch.cli.output import printable, show_json, show_table
from xops_watch.cli.rulebooks import files_of
from xops_watch.cli.rules_check import check, schema
from xops_watch.cli.rules_described import described_rule, rows_of
from xops_watch.cli.rules_documents import show_rows
from xops_watch.cli.rules_show import show
from xops_watch.cli.rules_test import test
from xops_watch.core.rule import Rule, Rulebook

_PATHS = click.argument("paths", nargs=-1, type=click.Path(path_type=Path))


@click.group()
def rules() -> None:
    """Look at the rules: documented threshold rows, and the steps they recommend."""


rules.add_command(check)
rules.add_command(test)
rules.add_command(schema)
rules.add_command(show)


@rules.command("list")
@click.option("--rows", is_flag=True, help="Every documented row and what covers it.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@_PATHS
def list_rules(paths: tuple[Path, ...], *, rows: bool, as_json: bool) -> int:
    """List the rules with the rows they cover and the class and risk of their step.

    PATHS are rule files' directories or names of shipped profiles, together one rulebook; the
    rules in use, overrides applied, when none is given.
    """
    rulebook = files_of(paths).read()
    if rows:
        show_rows(rulebook, as_json=as_json)
        return 0
    if as_json:
        described = [described_rule(rule, rulebook) for rule in rulebook.rules]
        off = [{**described_rule(one.rule, rulebook), "off": one.reason} for one in rulebook.off]
        show_json([*described, *off])
        return 0
    show_table(
        ("rule", "title", "rows", "classification", "risk", "phase", "threshold"),
        [_row(rule, rulebook) for rule in rulebook.rules],
    )
    for rule in rulebook.rules:
        for override in rule.overrides:
            click.echo(printable(f"overridden: {rule.id}: {override}"))
    for one in rulebook.off:
        click.echo(printable(f"off: {one.rule.id}: {one.reason}"))
    return 0


def _row(rule: Rule, rulebook: Rulebook) -> tuple[object, ...]:
    evolution = rulebook.evolutions[rule.evolution]
    overridden = " (overridden)" if rule.overrides else ""
    return (
        rule.id,
        rule.title,
        ", ".join(rows_of(rule, rulebook)),
        evolution.classification,
        evolution.risk,
        rule.phase,
        f"{rule.threshold_source}{overridden}",
    )
