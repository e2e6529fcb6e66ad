"""Rule files to a rulebook, or to everything that is wrong with them."""

import hashlib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from xops_watch.core.declared import Alias, Declared
from xops_watch.core.query import Query
from xops_watch.core.rule import Rulebook
from xops_watch.errors import RulebookError
from xops_watch.located_yaml import KeyPath, Plain, Problem, quoted
from xops_watch.rulebook.convert import read_rule
from xops_watch.rulebook.declarations import (
    loop_of,
    read_alias,
    read_contradiction,
    read_decision,
    read_fact,
    rules_of,
)
from xops_watch.rulebook.files import read_pages
from xops_watch.rulebook.overrides import apply_overrides
from xops_watch.rulebook.page import Page
from xops_watch.rulebook.queries import QUERIES_MAX, own_signals, query_reader
from xops_watch.rulebook.steps import Names, read_evolution, read_stage
from xops_watch.rulebook.wording import near

RULES_MAX = 500  # rules of one rulebook: each is judged on every subject in every tick
PROBLEMS_MAX = 200  # problems that are reported: more are one mistake, or an attack
SECTIONS = (
    *("rules", "evolutions", "stages", "queries"),
    *("aliases", "facts", "decisions", "contradictions"),
)

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where an entry was written."""

    page: Page
    path: KeyPath


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """A rulebook with the place of every entry, by section and id."""

    rulebook: Rulebook
    places: Mapping[tuple[str, str], Place]


def load(paths: Sequence[Path], *, overrides: Path | None = None) -> Rulebook:
    """Return the rulebook of `paths`, folders of rule files or single ones.

    `overrides` is a file of what this deployment changes of it. Raises RulebookError with every
    problem of every file.
    """
    return read(paths, overrides=overrides).rulebook


def read(paths: Sequence[Path], *, overrides: Path | None = None) -> Book:
    """Return the rulebook of `paths` and where everything in it was written.

    Raises RulebookError with every problem of every file.
    """
    book, problems = _read_all(paths, overrides)
    if book is None:
        raise RulebookError(tuple(str(problem) for problem in problems))
    return book


def _read_all(
    paths: Sequence[Path], overrides: Path | None
) -> tuple[Book | None, tuple[Problem, ...]]:
    book, problems = _read(paths)
    return (book, problems) if book is None or overrides is None else _overridden(book, overrides)


def _overridden(book: Book, file: Path) -> tuple[Book | None, tuple[Problem, ...]]:
    rulebook, problems, sha256 = apply_overrides(book.rulebook, file)
    if problems:
        return None, _bounded(problems)
    # What is judged depends on both: so does the digest that says what is judged.
    both = hashlib.sha256(f"{rulebook.digest}\n{sha256}".encode()).hexdigest()
    return replace(book, rulebook=replace(rulebook, digest=both)), ()


def check(paths: Sequence[Path], *, overrides: Path | None = None) -> tuple[Problem, ...]:
    """Return everything that is wrong with the files of `paths`, in their order.

    Overrides are looked at when the rules that they change can be read.
    """
    return _read_all(paths, overrides)[1]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Definition:
    """An entry of a section; `id` is None when it has no usable one.

    An entry that was not read to its end is not `whole`: others may refer to it, no more.
    """

    page: Page
    path: KeyPath
    id: str | None
    whole: bool


def _read(paths: Sequence[Path]) -> tuple[Book | None, tuple[Problem, ...]]:
    pages, problems = read_pages(paths)
    found: dict[str, list[_Definition]] = {section: [] for section in SECTIONS}
    for page in pages:
        for section, definition in _definitions(page):
            found[section].append(definition)
    rulebook = _rulebook(found, pages)
    problems += [problem for page in pages for problem in _in_order(page)]
    if not problems and not rulebook.rules:
        file = ", ".join(str(path) for path in paths)
        message = "no rules here: nothing would be watched"
        problems.append(Problem(file=file, position=None, message=message))
    if problems:
        return None, _bounded(problems)
    places = {
        (section, definition.id): Place(page=definition.page, path=definition.path)
        for section, definitions in found.items()
        for definition in definitions
        if definition.id is not None
    }
    return Book(rulebook=rulebook, places=places), ()


def _rulebook(found: Mapping[str, list[_Definition]], pages: Sequence[Page]) -> Rulebook:
    """Return what could be read; what is wrong is noted on the pages."""
    # What a reference names may stand in what could not be read: then every name passes.
    readable = not any(page.problems for page in pages)
    ids = {section: _ids(definitions, _SINGULAR[section]) for section, definitions in found.items()}
    _check_count(found["rules"])
    names = Names(
        rules=ids["rules"] if readable else None,
        evolutions=ids["evolutions"] if readable else None,
        stages=ids["stages"] if readable else None,
        decisions=ids["decisions"] if readable else None,
    )
    queries = _queries(found["queries"], pages)
    both = ids["rules"] | ids["aliases"] if readable else None
    stages = _each(found["stages"], read_stage)
    evolutions = _each(found["evolutions"], lambda page, path: read_evolution(page, path, names))
    rules = _each(found["rules"], lambda page, path: read_rule(page, path, names.evolutions))
    declared = Declared(
        aliases=_resolved(found["aliases"], both),
        facts=_each(found["facts"], read_fact),
        decisions=_each(found["decisions"], read_decision),
        contradictions=_each(found["contradictions"], read_contradiction),
    )
    return Rulebook(
        rules=rules,
        evolutions={evolution.id: evolution for evolution in evolutions},
        stages={stage.id: stage for stage in stages},
        digest=_digest(pages),
        declared=declared,
        queries=queries,
    )


def _queries(definitions: Sequence[_Definition], pages: Sequence[Page]) -> tuple[Query, ...]:
    """Return what a Prometheus server is asked for, and let every page know its signals."""
    queries = _each(definitions, query_reader())
    own = own_signals(queries)
    for page in pages:
        page.own_signals = own
    if len(definitions) > QUERIES_MAX:
        one_too_many = definitions[QUERIES_MAX]
        message = f"{len(definitions)} queries are too many; {QUERIES_MAX} is the most"
        one_too_many.page.refuse(one_too_many.path, message)
    return queries


_SINGULAR = {
    **{section: section[:-1] for section in SECTIONS},
    "aliases": "alias",
    "queries": "query of",
}


def _each(
    definitions: Sequence[_Definition], read_one: Callable[[Page, KeyPath], Value | None]
) -> tuple[Value, ...]:
    """Return what could be read of a section."""
    values = [read_one(entry.page, entry.path) for entry in definitions if entry.whole]
    return tuple(value for value in values if value is not None)


def _resolved(
    definitions: Sequence[_Definition], known: Collection[str] | None
) -> tuple[Alias, ...]:
    """Return the aliases, each of rules only; one that leads back to itself is refused."""
    aliases = _each(definitions, lambda page, path: read_alias(page, path, known))
    of = {alias.id: alias.of for alias in aliases}
    sound = True
    for definition in definitions:
        loop = loop_of(definition.id, of) if definition.id else ()
        if loop:
            sound = False
            way = " -> ".join(loop)
            message = f"the alias stands for itself: {way}"
            definition.page.refuse((*definition.path, "of"), message, hint="name a rule")
    if not sound:
        return ()
    return tuple(replace(alias, of=rules_of(alias.id, of)) for alias in aliases)


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
                name = entry.get(_name_key(section)) if isinstance(entry, dict) else None
                id_ = name if isinstance(name, str) else None
                yield section, _Definition(page=page, path=(section, index), id=id_, whole=not cut)


def _name_key(section: str) -> str:
    """Return the key that names an entry: a query has the name of its signal."""
    return "signal" if section == "queries" else "id"


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
            key = "signal" if what == _SINGULAR["queries"] else "id"
            position = other.page.document.position((*other.path, key))
            line = f":{position.line}" if position else ""
            definition.page.refuse(
                (*definition.path, key),
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


def _digest(pages: Sequence[Page]) -> str:
    """Return the hash of what `sha256sum` would print of the files: anybody can check it."""
    lines = (f"{page.document.sha256}  {Path(page.document.file).name}\n" for page in pages)
    return hashlib.sha256("".join(lines).encode(errors="surrogateescape")).hexdigest()
