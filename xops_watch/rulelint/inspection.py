"""Lints: what is wrong with rules that can be read, before they wake anybody.

What cannot be read is a problem of the files (`load.check`); lints look at what could.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from xops_watch.core.rule import Rulebook
from xops_watch.errors import RulebookError
from xops_watch.located_yaml import Plain, Problem, read_yaml
from xops_watch.rulebook.files import TEST_SUFFIX
from xops_watch.rulebook.load import check, read
from xops_watch.rulelint.catalogue import LINTS
from xops_watch.rulelint.findings import Finding, Level, Lint, Remark, Scene
from xops_watch.rulelint.ignore import excusing, misused, read_ignored, unused

UNREADABLE = "rule-file"  # the code of what makes a file no rulebook
CODES = frozenset(lint.code for lint in LINTS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What was found in rule files, and the rulebook that they make, if they make one."""

    rulebook: Rulebook | None
    findings: tuple[Finding, ...]

    def count(self, level: Level) -> int:
        """Return how many findings are of a level."""
        return sum(finding.level is level for finding in self.findings)


def inspect(
    paths: Sequence[Path], runbooks: Path | None = None, *, overrides: Path | None = None
) -> Report:
    """Return every finding about the rule files of `paths`, in the order of files and lines.

    Lints look when the files make a rulebook; until then their problems are the findings.
    """
    try:
        book = read(paths, overrides=overrides)
    except RulebookError:
        problems = tuple(_problem(problem) for problem in check(paths, overrides=overrides))
        return Report(rulebook=None, findings=problems)
    scene = Scene(book=book, runbooks=runbooks, scripted=scripted_beside(paths))
    return Report(rulebook=book.rulebook, findings=findings(scene))


def findings(scene: Scene) -> tuple[Finding, ...]:
    """Return what lints find and no comment excuses, and what is wrong with such comments."""
    files = dict.fromkeys(place.page.document.file for place in scene.book.places.values())
    ignored = {file: read_ignored(file) for file in files}
    left: list[Finding] = []
    used: set[tuple[str, int]] = set()
    for lint in LINTS:
        for remark in lint.look(scene):
            page, path = scene.page_of(remark.section, remark.id)
            finding = _finding(scene, lint, remark)
            excuses = list(excusing(finding, page.document.position(path), ignored))
            used |= {(excuse.file, excuse.position.line) for excuse in excuses}
            if not excuses:
                left.append(finding)
    for one in (comment for comments in ignored.values() for comment in comments):
        wrong = misused(one, CODES)
        if wrong or (one.file, one.position.line) not in used:
            left.append(wrong or unused(one))
    order = {file: index for index, file in enumerate(files)}
    return tuple(sorted(left, key=lambda finding: (order[finding.file], *_spot(finding))))


def scripted_beside(paths: Sequence[Path]) -> frozenset[str]:
    """Return the ids of rules that the scripts beside rule files name."""
    folders = dict.fromkeys(path if path.is_dir() else path.parent for path in paths)
    scripts = [file for folder in folders for file in sorted(folder.glob(f"*{TEST_SUFFIX}"))]
    return frozenset(name for file in scripts for name in _named(read_yaml(file).content))


def _named(content: Plain) -> set[str]:
    """Return every rule that is named anywhere in a script."""
    match content:
        case dict():
            own = {name for key, name in content.items() if key == "rule" and isinstance(name, str)}
            return own.union(*(_named(value) for value in content.values()))
        case list():
            return set().union(*(_named(value) for value in content))
        case _:
            return set()


def _problem(problem: Problem) -> Finding:
    return Finding(
        code=UNREADABLE,
        level=Level.ERROR,
        file=problem.file,
        position=problem.position,
        message=problem.message,
        hint=problem.hint,
    )


def _finding(scene: Scene, lint: Lint, remark: Remark) -> Finding:
    page, path = scene.page_of(remark.section, remark.id)
    position = page.document.position((*path, *remark.path), key=remark.key)
    return Finding(
        code=lint.code,
        level=lint.level,
        file=page.document.file,
        position=position,
        message=remark.message,
        hint=remark.hint,
    )


def _spot(finding: Finding) -> tuple[int, int]:
    position = finding.position
    return (position.line, position.column) if position else (0, 0)
