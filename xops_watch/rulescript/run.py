"""Plays the scripts of a suite and keeps what came of each."""

from collections.abc import Callable
from dataclasses import dataclass

from xops_watch.core.rule import Rulebook
from xops_watch.rulescript.compare import Failure, failures_of
from xops_watch.rulescript.coverage import Coverage
from xops_watch.rulescript.play import play, restricted
from xops_watch.rulescript.script import Script, ScriptFile


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptResult:
    """What came of one test."""

    script: Script
    failures: tuple[Failure, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FileResult:
    """What came of the tests of one file."""

    file: str
    results: tuple[ScriptResult, ...]

    @property
    def failed(self) -> int:
        """Return how many tests failed."""
        return sum(bool(result.failures) for result in self.results)


def run_file(
    file: ScriptFile, rulebook: Rulebook, coverage: Coverage, chosen: Callable[[Script], bool]
) -> FileResult:
    """Play the chosen scripts of a file."""
    results = tuple(_run(script, rulebook, coverage) for script in file.scripts if chosen(script))
    return FileResult(file=file.file, results=results)


def _run(script: Script, rulebook: Rulebook, coverage: Coverage) -> ScriptResult:
    part = restricted(rulebook, script)
    evaluations = coverage.watch(script, play(script, part))
    return ScriptResult(script=script, failures=tuple(failures_of(script, evaluations, part)))
