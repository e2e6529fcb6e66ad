"""What a lint looks at, and what it says of it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from xops_watch.core.condition import AllOf, AnyOf, Condition, Not, Threshold
from xops_watch.core.evolution import Evolution
from xops_watch.core.rule import Rule, Rulebook
from xops_watch.located_yaml import KeyPath, Position
from xops_watch.rulebook.load import Book
from xops_watch.rulebook.page import Page


class Level(StrEnum):
    """An error makes `rules check` fail; a warning does so with `--strict`."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """What a lint has to say about an entry, at `path` from it; `key` points at the key."""

    section: str
    id: str
    message: str
    hint: str = ""
    path: KeyPath = ()
    key: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A remark or a problem at its place in a file, with the code people look it up by."""

    code: str
    level: Level
    file: str
    position: Position | None
    message: str
    hint: str = ""

    def __str__(self) -> str:
        """Write it as compilers do, on one line, so that editors can jump to it."""
        place = f":{self.position.line}:{self.position.column}" if self.position else ""
        hint = f" ({self.hint})" if self.hint else ""
        return f"{self.file}{place}: {self.level}: {self.message}{hint} [{self.code}]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """Everything that lints read: the book and what lies beside it.

    `runbooks` is the folder of runbooks, None where there is none. `scripted` are the rules that
    a script beside the rule files tests.
    """

    book: Book
    runbooks: Path | None = None
    scripted: frozenset[str] = frozenset()

    @property
    def rulebook(self) -> Rulebook:
        """Return what was read."""
        return self.book.rulebook

    def rules_of(self, evolution: Evolution) -> tuple[Rule, ...]:
        """Return the rules that recommend a step."""
        return tuple(rule for rule in self.rulebook.rules if rule.evolution == evolution.id)

    def rows_of(self, evolution: Evolution) -> set[str]:
        """Return the document rows whose rules, or aliases of them, recommend a step."""
        rules = self.rules_of(evolution)
        names = {rule.id for rule in rules}
        rows = {row for rule in rules for row in rule.rows}
        for alias in self.rulebook.declared.aliases:
            rows |= set(alias.rows) if names & set(alias.of) else set()
        return rows

    def page_of(self, section: str, name: str) -> tuple[Page, KeyPath]:
        """Return where an entry is written."""
        place = self.book.places[section, name]
        return place.page, place.path

    def conditions_of(self, rule: Rule) -> Iterator[tuple[KeyPath, Condition]]:
        """Yield every condition of a rule with its path from the entry."""
        yield ("when",), rule.when
        if rule.clear:
            page, path = self.page_of("rules", rule.id)
            raw = page.at((*path, "clear"))
            long = isinstance(raw, dict) and "when" in raw
            yield ("clear", "when") if long else ("clear",), rule.clear.when
        if rule.suppress:
            yield ("suppress_while",), rule.suppress
        if rule.applies:
            yield ("applies_when",), rule.applies
        if rule.corroboration:
            yield ("corroborated_by", "when"), rule.corroboration


@dataclass(frozen=True, slots=True, kw_only=True)
class Lint:
    """One check: its code, what it finds and why that matters, and how it looks."""

    code: str
    level: Level
    finds: str
    why: str
    look: Callable[[Scene], Iterator[Remark]]


def leaves_at(condition: Condition, path: KeyPath) -> Iterator[tuple[KeyPath, Threshold]]:
    """Yield the leaves of a condition with the path of each, in the order they are written."""
    match condition:
        case Threshold():
            yield path, condition
        case AllOf(parts=parts) | AnyOf(parts=parts):
            word = "all" if isinstance(condition, AllOf) else "any"
            for index, part in enumerate(parts):
                yield from leaves_at(part, (*path, word, index))
        case Not(part=part):
            yield from leaves_at(part, (*path, "not"))
