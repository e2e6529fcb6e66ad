"""Which files make a rulebook: one folder of `*.yaml`, in the order of their names."""

from collections.abc import Sequence
from pathlib import Path

from xops_watch.located_yaml import Problem, read_yaml
from xops_watch.rulebook.page import Page

FILES_MAX = 50  # files of one rulebook: with the size limit of each, bounds memory
TEST_SUFFIX = ".test.yaml"


def read_pages(paths: Sequence[Path]) -> tuple[list[Page], list[Problem]]:
    """Return the pages of all files, and the problems of folders that hold none."""
    problems: list[Problem] = []
    files = [file for path in paths for file in _files_of(path, problems)]
    if len(files) > FILES_MAX:
        message = f"{len(files)} rule files are too many; {FILES_MAX} is the most"
        problems.append(_about(files[FILES_MAX], message))
        files = files[:FILES_MAX]
    return [Page(read_yaml(file)) for file in files], problems


def _files_of(path: Path, problems: list[Problem]) -> list[Path]:
    if not path.is_dir():
        return [path]
    try:
        names = sorted(entry.name for entry in path.iterdir() if not entry.name.startswith("."))
    except OSError as error:
        problems.append(_about(path, f"cannot be listed: {error.strerror}"))
        return []
    for name in names:
        if name.endswith(".yml"):
            message = "is not read: rule files end in `.yaml`"
            problems.append(_about(path / name, message, "rename it"))
    files = [n for n in names if n.endswith(".yaml") and not n.endswith(TEST_SUFFIX)]
    if not files and not any(name.endswith(".yml") for name in names):
        problems.append(_about(path, "holds no rule files", "rule files end in `.yaml`"))
    return [path / name for name in files]


def _about(path: Path, message: str, hint: str = "") -> Problem:
    return Problem(file=str(path), position=None, message=message, hint=hint)
