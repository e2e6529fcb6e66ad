"""From the entries of `aliases`, `facts`, `decisions` and `contradictions` to core values.

Every function returns None when something is wrong; the page then says what and where.
"""

from collections.abc import Mapping, Sequence

from xops_watch.core.declared import Alias, Contradiction, Fact, PermanentDecision
from xops_watch.located_yaml import KeyPath
from xops_watch.rulebook.page import Page
from xops_watch.rulebook.schema import AliasEntry, ContradictionEntry, DecisionEntry, FactEntry
from xops_watch.rulebook.steps import Known


def read_alias(page: Page, path: KeyPath, known: Known) -> Alias | None:
    """Return the alias at `path`; `known` are the rules and aliases that it may stand for."""
    entry = page.entry(AliasEntry, path)
    names = [page.reference(place, known, "rule") for place in page.places((*path, "of"))]
    if entry is None or not all(names):
        return None
    return Alias(id=entry.id, rows=entry.rows, quote=entry.quote, of=entry.of, note=entry.note)


def read_fact(page: Page, path: KeyPath) -> Fact | None:
    """Return the fact at `path`."""
    entry = page.entry(FactEntry, path)
    if entry is None:
        return None
    return Fact(
        id=entry.id,
        title=entry.title,
        rows=entry.rows,
        quote=entry.quote,
        signals=tuple(signal.name for signal in entry.signals),
        note=entry.note,
    )


def read_decision(page: Page, path: KeyPath) -> PermanentDecision | None:
    """Return the permanent decision at `path`."""
    entry = page.entry(DecisionEntry, path)
    if entry is None:
        return None
    return PermanentDecision(
        id=entry.id,
        title=entry.title,
        why=entry.why,
        rows=entry.rows,
        never=entry.never,
        keeps=entry.keeps,
    )


def read_contradiction(page: Page, path: KeyPath) -> Contradiction | None:
    """Return the contradiction at `path`."""
    entry = page.entry(ContradictionEntry, path)
    if entry is None:
        return None
    return Contradiction(
        id=entry.id, conflict=entry.conflict, treatment=entry.treatment, rows=entry.rows
    )


def loop_of(alias: str, of: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """Return the way by which an alias stands for itself, empty when it does not.

    `of` tells what each alias stands for; what is not in it is a rule.
    """
    ways: list[tuple[str, ...]] = [(alias,)]
    passed: set[str] = set()
    while ways:
        way = ways.pop()
        for name in of.get(way[-1], ()):
            if name == alias:
                return (*way, name)
            if name in of and name not in passed:
                passed.add(name)
                ways.append((*way, name))
    return ()


def rules_of(alias: str, of: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """Return the rules that an alias stands for in the end; there must be no loop."""
    found: dict[str, None] = {}
    for name in of[alias]:
        found.update(dict.fromkeys(rules_of(name, of) if name in of else (name,)))
    return tuple(found)
