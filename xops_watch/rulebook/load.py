"""Rule files to a rulebook, or to everything that is wrong with them."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from xops_watch.core.evolution import Evolution, Stage
from xops_watch.core.rule import Rule, Rulebook
from xops_watch.errors import RulebookError
from xops_watch.located_yaml import KeyPath, Plain, Problem, quoted
from xops_watch.rulebook.convert import read_evolution, read_rule, read_stage
from xops_watch.rulebook.files import read_pages
from xops_watch.rulebook.page import Page
from xops_watch.rulebook.wording import near

RULES_MAX = 500  # rules of one rulebook: each is judged on every subject in every tick
PROBLEMS_MAX = 200  # problems that are reported: more are one mistake, or an attack
SECTIONS = ("rules", "evolutions", "stages")


def load(paths: Sequence[Path]) -> Rulebook:
    """Return the rulebook of `paths`, folders of rule files or single ones.

    Raises RulebookError with every problem of every file.
    """
    rulebook, problems = _read(paths)
    if rulebook is None:
        raise RulebookError(tuple(str(problem) for problem in problems))
    return rulebook


def check(paths: Sequence[Path]) -> tuple[Problem, ...]:
    """Return everything that is wrong with the files of `paths`, in their order."""
    return _read(paths)[1]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Definition:
    """An entry of a section; `id` is None when it has no usable one.

    An entry that was not read to its end is not `whole`: others may refer to it, no more.
    """

    page: Page
    path: KeyPath
    id: str | None
    whole: bool


def _read(paths: Sequence[Path]) -> tuple[Rulebook | None, tuple[Problem, ...]]:
    pages, problems = read_pages(paths)
    found: dict[str, list[_Definition]] = {section: [] for section in SECTIONS}
    for page in pages:
        for section, definition in _definitions(page):
            found[section].append(definition)
    # What a reference names may stand in what could not be read: then every name passes.
    readable = not any(page.problems for page in pages)
    ids = {section: _ids(definitions, section[:-1]) for section, definitions in found.items()}
    known = ids if readable else dict.fromkeys(SECTIONS)
    whole = {section: [d for d in found[section] if d.whole] for section in SECTIONS}
    stages = [read_stage(d.page, d.path) for d in whole["stages"]]
    evolutions = [read_evolution(d.page, d.path, known["stages"]) for d in whole["evolutions"]]
    rules = [read_rule(d.page, d.path, known["evolutions"]) for d in whole["rules"]]
    _check_count(found["rules"])
    problems += [problem for page in pages for problem in _in_order(page)]
    if not problems and not rules:
        file = ", ".join(str(path) for path in paths)
        message = "no rules here: nothing would be watched"
        problems.append(Problem(file=file, position=None, message=message))
    if problems:
        return None, _bounded(problems)
    return _rulebook(rules, evolutions, stages, digest=_digest(pages)), ()


def _rulebook(
    rules: list[Rule | None],
    evolutions: list[Evolution | None],
    stages: list[Stage | None],
    *,
    digest: str,
) -> Rulebook:
    return Rulebook(
        rules=tuple(rule for rule in rules if rule),
        evolutions={evolution.id: evolution for evolution in evolutions if evolution},
        stages={stage.id: stage for stage in stages if stage},
        digest=digest,
    )


def _definitions(page: Page) -> Iterator[tuple[str, _Definition]]:
    """Yield every entry of a page with its section, noting sections that are none."""
    content = page.document.content
    if not isinstance(content, dict):
        if not page.problems:
            message = f"a rule file has the keys {', '.join(SECTIONS)}, one or more of them"
            page.refuse((), message)
        return
    for section, entries in content.items():
        if section not in SECTIONS:
            message = f"{quoted(section)} is not a key of a rule file"
            hint = near(section, SECTIONS) or f"its keys are {', '.join(SECTIONS)}"
            page.refuse((section,), message, hint=hint, key=True)
        elif not isinstance(entries, list):
            page.refuse((section,), f"`{section}` needs a list", hint="begin each entry with `- `")
        else:
            for index, entry in enumerate(entries):
                cut = not page.document.complete and (section, index) == _last_place(content)
                name = entry.get("id") if isinstance(entry, dict) else None
                id_ = name if isinstance(name, str) else None
                yield section, _Definition(page=page, path=(section, index), id=id_, whole=not cut)


def _last_place(content: dict[str, Plain]) -> KeyPath:
    """Return the path of the entry that was read last."""
    section, entries = list(content.items())[-1]
    return section, len(entries) - 1 if isinstance(entries, list) else 0


def _ids(definitions: list[_Definition], what: str) -> set[str]:
    """Return all ids, noting those that are used twice."""
    first: dict[str, _Definition] = {}
    for definition in definitions:
        if definition.id is None:
            continue
        other = first.setdefault(definition.id, definition)
        if other is not definition:
            position = other.page.document.position((*other.path, "id"))
            line = f":{position.line}" if position else ""
            definition.page.refuse(
                (*definition.path, "id"),
                f"there is another {what} {quoted(definition.id)}",
                hint=f"in {other.page.document.file}{line}",
            )
    return set(first)


def _check_count(rules: list[_Definition]) -> None:
    if len(rules) > RULES_MAX:
        one_too_many = rules[RULES_MAX]
        message = f"{len(rules)} rules are too many; {RULES_MAX} is the most"
        one_too_many.page.refuse(one_too_many.path, message)


def _in_order(page: Page) -> list[Problem]:
    def place(problem: Problem) -> tuple[int, int]:
        position = problem.position
        return (position.line, position.column) if position else (0, 0)

    return sorted(page.problems, key=place)


def _bounded(problems: list[Problem]) -> tuple[Problem, ...]:
    if len(problems) <= PROBLEMS_MAX:
        return tuple(problems)
    last = problems[PROBLEMS_MAX]
    message = f"{len(problems) - PROBLEMS_MAX} more problems from here on"
    rest = Problem(file=last.file, position=last.position, message=message)
    return (*problems[:PROBLEMS_MAX], rest)


def _digest(pages: list[Page]) -> str:
    """Return the hash of what `sha256sum` would print of the files: anybody can check it."""
    lines = (f"{page.document.sha256}  {Path(page.document.file).name}\n" for page in pages)
    return hashlib.sha256("".join(lines).encode(errors="surrogateescape")).hexdigest()
