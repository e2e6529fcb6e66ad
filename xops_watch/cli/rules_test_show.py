"""How `xops-watch rules test` speaks to people, and to programs."""

from collections.abc import Mapping, Sequence

import click

from xops_watch.cli.output import printable, show_table
from xops_watch.core.quantity import format_duration
from xops_watch.core.rule import Rulebook
from xops_watch.rulescript.compare import Failure
from xops_watch.rulescript.coverage import Coverage, Outcome
from xops_watch.rulescript.mutation import Tried
from xops_watch.rulescript.run import FileResult

_SEEN = {True: "yes", False: "NO", None: "-"}


def show_file(result: FileResult, *, verbose: bool) -> None:
    """Print one line of a file, and what failed in it."""
    if not result.results:
        return
    for one in result.results:
        if verbose:
            word = "FAIL" if one.failures else "pass"
            click.echo(f"{word}  {printable(one.script.name)}")
        for failure in one.failures:
            _show_failure(failure)
    count = len(result.results)
    click.echo(f"{printable(result.file)}: {count - result.failed} of {_tests(count)} pass")


def show_summary(results: Sequence[FileResult]) -> None:
    """Print the last line."""
    tests = sum(len(result.results) for result in results)
    failed = sum(result.failed for result in results)
    files = sum(bool(result.results) for result in results)
    noun = "file" if files == 1 else "files"
    outcome = f"{failed} failed" if failed else "all pass"
    click.echo(f"{_tests(tests)} in {files} {noun}: {outcome}")


def show_coverage(rulebook: Rulebook, rules: Sequence[str], coverage: Coverage) -> None:
    """Print which outcomes of each rule the scripts bring about."""
    show_table(
        ("rule", *Outcome),
        [
            (rule.id, *(_SEEN[seen] for seen in coverage.of(rule).values()))
            for rule in rulebook.rules
            if rule.id in rules
        ],
    )


def show_mutants(tried: Sequence[Tried], places: Mapping[str, str]) -> None:
    """Print every mutant that no script notices, and how many there were."""
    for one in tried:
        for mutant in one.alive:
            place = places.get(one.rule, one.rule)
            click.echo(printable(f"{place}: {one.rule}: no script notices {mutant.change}"))
    count = sum(one.count for one in tried)
    alive = sum(len(one.alive) for one in tried)
    outcome = f"{alive} not noticed" if alive else "all noticed"
    noun = "rule" if len(tried) == 1 else "rules"
    click.echo(f"{count} mutants of {len(tried)} {noun}: {outcome}")


def described(result: FileResult) -> list[dict[str, object]]:
    """Return the tests of a file for programs."""
    return [
        {
            "file": result.file,
            "place": one.script.place,
            "name": one.script.name,
            "rule": one.script.rule,
            "passed": not one.failures,
            "failures": [
                {
                    "place": failure.place,
                    "at_seconds": failure.at.total_seconds(),
                    "expected": failure.expected,
                    "actual": failure.actual,
                    "evidence": failure.evidence,
                }
                for failure in one.failures
            ],
        }
        for one in result.results
    ]


def described_mutants(tried: Sequence[Tried], places: Mapping[str, str]) -> list[dict[str, object]]:
    """Return what came of the mutants of each rule, for programs."""
    return [
        {
            "rule": one.rule,
            "place": places.get(one.rule),
            "mutants": one.count,
            "alive": [mutant.change for mutant in one.alive],
        }
        for one in tried
    ]


def _show_failure(failure: Failure) -> None:
    click.echo(printable(f"{failure.place}: {failure.script}"))
    at = format_duration(failure.at)
    click.echo(printable(f"    at {at} expected {failure.expected}"))
    click.echo(printable(f"    but it was {failure.actual}"))
    if failure.evidence:
        click.echo(printable(f"    evidence: {failure.evidence}"))


def _tests(count: int) -> str:
    return f"{count} test" if count == 1 else f"{count} tests"
