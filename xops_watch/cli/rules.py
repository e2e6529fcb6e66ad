"""`xops-watch rules`: what the rule files say, and whether they may say it."""

from pathlib import Path

import click

from xops_watch.cli.output import show_json, show_table
from xops_watch.cli.rulebooks import rules_paths
from xops_watch.core.quantity import format_duration
from xops_watch.core.rule import Rule, Rulebook, Threshold, thresholds
from xops_watch.errors import RulebookError
from xops_watch.rulebook import load
from xops_watch.settings import read_settings

_PATHS = click.argument("paths", nargs=-1, type=click.Path(path_type=Path))


@click.group()
def rules() -> None:
    """Look at the rules: documented threshold rows, and the steps they recommend."""


@rules.command()
@_PATHS
def check(paths: tuple[Path, ...]) -> int:
    """Check rule files: one line per finding, `file:line:column: message`.

    PATHS are rule files' directories; the rules in use when none is given. Exit code 1 when
    there are findings.
    """
    try:
        rulebook = load(paths or rules_in_use())
    except RulebookError as error:
        for problem in error.problems:
            click.echo(problem)
        click.echo(error.hint, err=True)
        return 1
    counts = f"{len(rulebook.rules)} rules, {len(rulebook.evolutions)} evolutions"
    click.echo(f"{counts}, {len(rulebook.stages)} stages: fine (digest {rulebook.digest[:12]})")
    return 0


@rules.command("list")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@_PATHS
def list_rules(paths: tuple[Path, ...], *, as_json: bool) -> int:
    """List the rules with the rows they cover and the class and risk of their step."""
    rulebook = load(paths or rules_in_use())
    if as_json:
        show_json([_described(rule, rulebook) for rule in rulebook.rules])
        return 0
    show_table(
        ("rule", "title", "rows", "classification", "risk", "phase", "threshold"),
        [
            (
                rule.id,
                rule.title,
                ", ".join(rule.rows),
                rulebook.evolutions[rule.evolution].classification,
                rulebook.evolutions[rule.evolution].risk,
                rule.phase,
                rule.threshold_source,
            )
            for rule in rulebook.rules
        ],
    )
    return 0


def rules_in_use() -> tuple[Path, ...]:
    """Return the directories that the daemon would read with the settings of this environment."""
    return rules_paths(read_settings())


def _described(rule: Rule, rulebook: Rulebook) -> dict[str, object]:
    evolution = rulebook.evolutions[rule.evolution]
    return {
        "id": rule.id,
        "title": rule.title,
        "rows": list(rule.rows),
        "quote": rule.quote,
        "layers": list(rule.layers),
        "signals": sorted({leaf.signal.name for leaf in thresholds(rule.when)}),
        "thresholds": [_threshold(leaf) for leaf in thresholds(rule.when)],
        "hold": format_duration(rule.hold),
        "severity": rule.severity,
        "threshold_source": rule.threshold_source,
        "proposed": list(rule.proposed),
        "evolution": evolution.id,
        "action": evolution.title,
        "how": evolution.how,
        "classification": evolution.classification,
        "risk": evolution.risk,
        "phase": rule.phase,
        "lead_time": format_duration(evolution.lead_time),
        "stage": evolution.stage,
        "stage_monthly_cost_dollars": rulebook.stages[evolution.stage].monthly_cost_dollars,
    }


def _threshold(leaf: Threshold) -> dict[str, object]:
    return {
        "signal": leaf.signal.name,
        "comparison": leaf.comparison,
        "value": leaf.value,
        "unit": leaf.signal.unit,
        "text": leaf.text,
        "datapoints": f"{leaf.datapoints.needed}/{leaf.datapoints.of}" if leaf.datapoints else None,
    }
