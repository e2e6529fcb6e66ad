"""`xops-watch rules test`: play the scripts that lie beside the rules."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from xops_watch.cli.junit import junit_xml
from xops_watch.cli.output import show_json
from xops_watch.cli.rulebooks import found, rule_files
from xops_watch.cli.rules_test_show import (
    described,
    described_mutants,
    show_coverage,
    show_file,
    show_mutants,
    show_summary,
)
from xops_watch.errors import ConfigurationError, RulebookError
from xops_watch.rulescript.coverage import Coverage
from xops_watch.rulescript.folder import Suite, is_script, places_of_rules, read_suite
from xops_watch.rulescript.mutation import Tried, try_mutants
from xops_watch.rulescript.run import FileResult, run_file
from xops_watch.rulescript.script import Script
from xops_watch.settings import read_settings

EXIT_NO = 1
EXIT_USAGE = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tested:
    """What came of one suite; `rules` are those that were looked at, `tried` with `--mutate`."""

    suite: Suite
    results: tuple[FileResult, ...]
    coverage: Coverage
    rules: tuple[str, ...]
    places: dict[str, str]
    tried: tuple[Tried, ...]

    @property
    def failed(self) -> bool:
        return any(result.failed for result in self.results)

    @property
    def lacks(self) -> dict[str, list[str]]:
        """Return the outcomes that no script brings about, by rule."""
        lacking = self.coverage.lacks(self.suite.rulebook)
        return {rule: list(lacking[rule]) for rule in self.rules if rule in lacking}


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@click.option("-k", "text", default="", help="Only tests whose name or rule has this text.")
@click.option("-v", "--verbose", is_flag=True, help="One line for each test.")
@click.option("--coverage", is_flag=True, help="Show what the tests bring about; all must be.")
@click.option("--mutate", is_flag=True, help="Change every rule; each change must be noticed.")
@click.option(
    "--junit",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write the results as JUnit XML.",
)
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def test(  # noqa: PLR0913 - each option of the command is one
    paths: tuple[Path, ...],
    *,
    text: str,
    verbose: bool,
    coverage: bool,
    mutate: bool,
    junit: Path | None,
    as_json: bool,
) -> int:
    """Play the test scripts of rules: `*.test.yaml` beside the rule files.

    PATHS are directories, each a rulebook with its own scripts, or single scripts; the rules in
    use when none is given. Exit code 1 when a test fails (or, when asked for, an outcome is not
    covered or a change not noticed), 2 when a file is wrong.
    """
    try:
        suites = _read_suites(paths)
    except RulebookError as error:
        for problem in error.problems:
            click.echo(problem)
        click.echo(error.hint, err=True)
        return EXIT_USAGE
    tested = [_test(suite, text=text.casefold(), mutate=mutate) for suite in suites]
    results = [result for one in tested for result in one.results]
    if not any(result.results for result in results):
        raise ConfigurationError("no tests", hint="scripts are `*.test.yaml` beside the rules")
    if junit:
        _write(junit, junit_xml(results))
    if as_json:
        show_json(_described(tested, coverage=coverage, mutate=mutate))
    else:
        _show(tested, verbose=verbose, coverage=coverage, mutate=mutate)
    noes = [any(one.failed for one in tested)]
    noes += [coverage and bool(one.lacks) for one in tested]
    noes += [bool(tried.alive) for one in tested for tried in one.tried]
    return EXIT_NO if any(noes) else 0


def _read_suites(paths: Sequence[Path]) -> list[Suite]:
    """Return a suite for each folder; scripts named by themselves play on their folder's rules."""
    if not paths:
        return [read_suite(rule_files(read_settings()).paths)]
    suites: list[Suite] = []
    for path in found(paths):
        if not path.exists():
            raise ConfigurationError(f"there is no {path}", hint="name a folder of rule files")
        suites.append(
            read_suite((path.parent,), (path,)) if is_script(path) else read_suite((path,))
        )
    return suites


def _test(suite: Suite, *, text: str, mutate: bool) -> _Tested:
    def chosen(script: Script) -> bool:
        return text in f"{script.name} {script.rule or ''}".casefold()

    coverage = Coverage()
    results = tuple(run_file(file, suite.rulebook, coverage, chosen) for file in suite.files)
    scripts = [one.script for result in results for one in result.results]
    whole = not text and not suite.partial
    wanted = {name for script in scripts for name in ([script.rule] if script.rule else [])}
    rules = [rule for rule in suite.rulebook.rules if whole or rule.id in wanted]
    # Mutants of rules whose own tests fail would all seem to be noticed.
    sound = mutate and not any(result.failed for result in results)
    return _Tested(
        suite=suite,
        results=results,
        coverage=coverage,
        rules=tuple(rule.id for rule in rules),
        places=places_of_rules(suite.paths) if sound else {},
        tried=tuple(try_mutants(rule, suite.rulebook, scripts) for rule in rules) if sound else (),
    )


def _show(tested: Sequence[_Tested], *, verbose: bool, coverage: bool, mutate: bool) -> None:
    for one in tested:
        for result in one.results:
            show_file(result, verbose=verbose)
        if coverage:
            show_coverage(one.suite.rulebook, one.rules, one.coverage)
        if mutate and one.failed:
            click.echo("no rule was changed: first let the tests pass", err=True)
        elif mutate:
            show_mutants(one.tried, one.places)
    show_summary([result for one in tested for result in one.results])


def _described(tested: Sequence[_Tested], *, coverage: bool, mutate: bool) -> dict[str, object]:
    shown: dict[str, object] = {
        "tests": [test for one in tested for result in one.results for test in described(result)]
    }
    if coverage:
        shown["not_covered"] = {rule: lack for one in tested for rule, lack in one.lacks.items()}
    if mutate:
        shown["mutants"] = [
            entry for one in tested for entry in described_mutants(one.tried, one.places)
        ]
    return shown


def _write(path: Path, document: bytes) -> None:
    try:
        path.write_bytes(document)
    except OSError as error:
        raise ConfigurationError(
            f"{path} cannot be written: {error.strerror}", hint="name another file"
        ) from error
