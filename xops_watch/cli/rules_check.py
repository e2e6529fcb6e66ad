"""`xops-watch rules check` and `rules schema`: what is wrong with rule files, and their shape."""

from collections.abc import Callable
from pathlib import Path

import click

from xops_watch.cli.output import printable, show_json
from xops_watch.cli.rulebooks import files_of
from xops_watch.cli.rules_documents import described_contradictions, show_contradictions
from xops_watch.core.rule import Rulebook
from xops_watch.rulebook.json_schema import rule_file_schema
from xops_watch.rulelint.findings import Finding, Level
from xops_watch.rulelint.inspection import Report, inspect
from xops_watch.rulescript.json_schema import script_file_schema

RUNBOOKS = Path("docs/runbooks")


@click.command()
@click.option("--strict", is_flag=True, help="Warnings make the exit code 1 as well.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "github", "json"]),
    default="text",
    help="`github` prints annotations for a workflow; `json` is for programs.",
)
@click.option("--json", "as_json", is_flag=True, help="The same as `--format json`.")
@click.option("--documents", is_flag=True, help="Print the contradictions in the documents, too.")
@click.option(
    "--runbooks",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Folder of runbooks; `docs/runbooks` when it is there.",
)
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
def check(
    paths: tuple[Path, ...],
    *,
    strict: bool,
    form: str,
    as_json: bool,
    documents: bool,
    runbooks: Path | None,
) -> int:
    """Check rule files: one line per finding, `file:line:column: error|warning: message [code]`.

    PATHS are rule files' directories or names of shipped profiles, together one rulebook; the
    rules and overrides in use when none is given. Exit code 1 when there are errors. A comment
    `# lint: ignore CODE REASON` at an entry accepts a finding of a lint.
    """
    chosen = files_of(paths)
    report = inspect(
        chosen.paths,
        runbooks or (RUNBOOKS if RUNBOOKS.is_dir() else None),
        overrides=chosen.overrides,
    )
    _SHOW["json" if as_json else form](report, documents)
    failed = report.count(Level.ERROR) or (strict and report.findings)
    return 1 if failed else 0


@click.command()
@click.option("--scripts", is_flag=True, help="That of `*.test.yaml` instead.")
def schema(*, scripts: bool) -> None:
    """Print the JSON Schema of rule files, for editors."""
    show_json(script_file_schema() if scripts else rule_file_schema())


def _show_text(report: Report, documents: bool) -> None:  # noqa: FBT001 - one of a table of functions
    for finding in report.findings:
        click.echo(printable(str(finding)))
    _show_end(report, documents=documents)


def _show_github(report: Report, documents: bool) -> None:  # noqa: FBT001 - one of a table of functions
    for finding in report.findings:
        click.echo(annotation(finding))
    _show_end(report, documents=documents)


def _show_json(report: Report, documents: bool) -> None:  # noqa: FBT001 - one of a table of functions
    rulebook = report.rulebook
    described: dict[str, object] = {
        "findings": [_described(finding) for finding in report.findings],
        "errors": report.count(Level.ERROR),
        "warnings": report.count(Level.WARNING),
        "rules": len(rulebook.rules) if rulebook else None,
        "digest": rulebook.digest if rulebook else None,
    }
    if documents and rulebook:
        described["contradictions"] = described_contradictions(rulebook)
    show_json(described)


_SHOW: dict[str, Callable[[Report, bool], None]] = {
    "text": _show_text,
    "github": _show_github,
    "json": _show_json,
}


def _show_end(report: Report, *, documents: bool) -> None:
    """Print the contradictions, when they are asked for, and the last line."""
    if documents and report.rulebook:
        show_contradictions(report.rulebook)
        click.echo()
    click.echo(_summary(report))
    if report.rulebook is None:
        click.echo("lints look when the files can be read: correct these and check again", err=True)


def _summary(report: Report) -> str:
    found = ", ".join(
        f"{count} {level}{'s' if count > 1 else ''}"
        for level in Level
        if (count := report.count(level))
    )
    if report.rulebook is None:
        return found
    return f"{_counts(report.rulebook)}: {found or 'fine'} (digest {report.rulebook.digest[:12]})"


def _counts(rulebook: Rulebook) -> str:
    numbers = (
        (len(rulebook.rules), "rule"),
        (len(rulebook.evolutions), "evolution"),
        (len(rulebook.stages), "stage"),
    )
    return ", ".join(f"{count} {word}{'' if count == 1 else 's'}" for count, word in numbers)


def annotation(finding: Finding) -> str:
    """Return a finding as a command to GitHub Actions, which shows it at its line."""
    place = finding.position
    properties = {
        "file": _from_here(finding.file),
        "line": str(place.line) if place else "",
        "col": str(place.column) if place else "",
        "title": f"rules check: {finding.code}",
    }
    told = ",".join(f"{key}={_property(value)}" for key, value in properties.items() if value)
    hint = f" ({finding.hint})" if finding.hint else ""
    return f"::{finding.level} {told}::{_data(finding.message + hint)}"


def _from_here(file: str) -> str:
    """Return a file as the checkout calls it: annotations of absolute paths are not shown."""
    path, here = Path(file), Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else file


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def _described(finding: Finding) -> dict[str, object]:
    place = finding.position
    return {
        "code": finding.code,
        "severity": finding.level,
        "file": finding.file,
        "line": place.line if place else None,
        "column": place.column if place else None,
        "message": finding.message,
        "hint": finding.hint,
    }
