"""Which scripts belong to which rules: those that lie beside them."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from xops_watch.core.rule import Rulebook
from xops_watch.errors import RulebookError
from xops_watch.located_yaml import Problem, read_yaml
from xops_watch.rulebook import load
from xops_watch.rulebook.files import TEST_SUFFIX
from xops_watch.rulebook.page import Page
from xops_watch.rulescript.asked import place_of
from xops_watch.rulescript.read import read_script
from xops_watch.rulescript.script import ScriptFile

FILES_MAX = 200  # scripts of one folder


@dataclass(frozen=True, slots=True, kw_only=True)
class Suite:
    """A rulebook, the folders it was read from, and the scripts that lie there.

    It is `partial` when only some of the scripts were asked for.
    """

    paths: tuple[Path, ...]
    rulebook: Rulebook
    files: tuple[ScriptFile, ...]
    partial: bool = False


def read_suite(paths: Sequence[Path], only: Sequence[Path] = ()) -> Suite:
    """Return the rulebook of `paths` with its scripts, or with `only` these.

    Raises RulebookError with everything that is wrong with the rules, or with the scripts.
    """
    rulebook = load(paths)
    problems: list[Problem] = []
    files: list[ScriptFile] = []
    for script in only or [script for path in paths for script in scripts_beside(path)]:
        file, found = read_script(read_yaml(script), rulebook)
        files.append(file)
        problems.extend(found)
    if problems:
        error = RulebookError(tuple(str(problem) for problem in problems))
        error.hint = "correct what is named above, and play the scripts again"
        raise error
    return Suite(paths=tuple(paths), rulebook=rulebook, files=tuple(files), partial=bool(only))


def scripts_beside(path: Path) -> list[Path]:
    """Return the script files of a folder; of a single rule file, the one of its name."""
    if not path.is_dir():
        script = path.with_name(path.name.removesuffix(".yaml") + TEST_SUFFIX)
        return [script] if script.is_file() else []
    names = sorted(entry.name for entry in path.iterdir() if not entry.name.startswith("."))
    found = [path / name for name in names if name.endswith(TEST_SUFFIX)]
    if len(found) > FILES_MAX:
        about = (
            f"{found[FILES_MAX]}: {len(found)} script files are too many; {FILES_MAX} is the most"
        )
        raise RulebookError((about,))
    return found


def is_script(path: Path) -> bool:
    """Tell whether a path names a script and not rules."""
    return path.name.endswith(TEST_SUFFIX)


def places_of_rules(paths: Sequence[Path]) -> dict[str, str]:
    """Return where each rule is written: `file:line:column` by id."""
    places: dict[str, str] = {}
    for path in paths:
        files = sorted(path.glob("*.yaml")) if path.is_dir() else [path]
        for file in files:
            if not is_script(file) and not file.name.startswith("."):
                places |= _places(Page(read_yaml(file)))
    return places


def _places(page: Page) -> dict[str, str]:
    raw = page.at(("rules",))
    entries = raw if isinstance(raw, list) else []
    return {
        str(entry["id"]): place_of(page, ("rules", index, "id"))
        for index, entry in enumerate(entries)
        if isinstance(entry, dict) and "id" in entry
    }
