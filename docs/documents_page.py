"""What the rulebooks declare of the documents: tables for the rules pages, and its own page."""

import re
from collections.abc import Iterator, Mapping

from docs.markdown import plain, table
from xops_watch.core.declared import Contradiction
from xops_watch.core.rule import Rulebook

# Which page has the rules of a profile, as seen from the explanations.
_PAGES = {"xops": "../reference/rules.md", "ai-portal": "../reference/rules-ai-portal.md"}
_TITLES = {"xops": "The xOps stack", "ai-portal": "The AI Portal"}


def declared(rulebook: Rulebook) -> Iterator[str]:
    """Yield what stands on a rules page below the rules and the stages."""
    yield from _aliases(rulebook)
    yield from _decisions(rulebook)
    yield from _facts(rulebook)


def _aliases(rulebook: Rulebook) -> Iterator[str]:
    if not rulebook.declared.aliases:
        return
    yield "\n## Rows that a rule covers already\n"
    yield "They say what a rule says, and never page a second time.\n"
    yield from table(
        ("row", "what it says", "rules", "note"),
        [
            (
                ", ".join(alias.rows),
                alias.quote,
                ", ".join(f"[{name}](#{name})" for name in alias.of),
                alias.note,
            )
            for alias in rulebook.declared.aliases
        ],
    )


def _decisions(rulebook: Rulebook) -> Iterator[str]:
    if not rulebook.declared.decisions:
        return
    yield "\n## Permanent decisions\n"
    yield (
        "What the documents say does not change. `rules check` refuses a step that brings in a\n"
        "word of *never* or takes one of *keeps* away, unless a documented row does so and the\n"
        "step says which decision it leaves.\n"
    )
    yield from table(
        ("decision", "title", "why", "never", "keeps", "row"),
        [
            (
                f"`{decision.id}`",
                decision.title,
                decision.why,
                ", ".join(decision.never),
                ", ".join(decision.keeps),
                ", ".join(decision.rows),
            )
            for decision in rulebook.declared.decisions
        ],
    )


def _facts(rulebook: Rulebook) -> Iterator[str]:
    if not rulebook.declared.facts:
        return
    yield "\n## Facts\n"
    yield (
        "Rows that state something. Figures are the documents': quoted, never computed with. The\n"
        "signals show what is so now.\n"
    )
    yield from table(
        ("row", "what it says", "signals", "note"),
        [
            (
                ", ".join(fact.rows),
                fact.quote,
                ", ".join(f"`{name}`" for name in fact.signals),
                fact.note,
            )
            for fact in rulebook.declared.facts
        ],
    )


def documents(rulebooks: Mapping[str, Rulebook]) -> Iterator[str]:
    """Yield the page of the contradictions, of each profile by its name."""
    yield "# What the documents contradict\n"
    yield (
        "The rules are made from three documents: A, *Evolution Architecture*; B,\n"
        "*Architecture Layers*; C, *AI Portal Scaling Architecture*. In places they disagree with\n"
        "each other, with themselves, or with how AWS and Open WebUI work. A rule follows its row\n"
        "all the same: the documented condition is the condition. Where that could mislead\n"
        "somebody, it is said here and in the advice. `xops-watch rules check --documents` prints\n"
        "the same.\n\n"
        "C1 to C27 are numbered across all documents; a rulebook repeats those that matter to it.\n"
        "`xops-watch rules list --rows` names every row and what covers it."
    )
    for name, rulebook in rulebooks.items():
        yield f"\n## {_TITLES[name]}"
        ids = {rule.id for rule in rulebook.rules}
        for contradiction in rulebook.declared.contradictions:
            yield from _contradiction(contradiction, ids, _PAGES[name])


def _contradiction(contradiction: Contradiction, ids: set[str], page: str) -> Iterator[str]:
    def linked(found: re.Match[str]) -> str:
        return f"[{found[1]}]({page}#{found[1]})" if found[1] in ids else found[0]

    def prose(text: str) -> str:
        return re.sub(r"`([^`]+)`", linked, plain(text))

    yield f"\n### {contradiction.id.upper()}\n"
    yield f"{prose(contradiction.conflict)}\n"
    yield f"*Treatment.* {prose(contradiction.treatment)}\n"
    yield f"Rows: {', '.join(contradiction.rows)}"
