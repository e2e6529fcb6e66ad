"""What the rulebooks declare of the documents stands on the pages, and in words that are right."""

from pathlib import Path

import pytest

from docs.documents_page import documents
from docs.generate import rendered
from docs.rules_page import rules
from tests.rules.altered import SHIPPED
from xops_watch.core.rule import Rulebook
from xops_watch.rulebook import load
from xops_watch.rulebook.shipped import shipped_profiles

PAGES = rendered()
BOOKS = {name: load([folder]) for name, folder in shipped_profiles().items()}
RULES_PAGES = {"xops": PAGES["rules.md"], "ai-portal": PAGES["rules-ai-portal.md"]}
DOCUMENTS = PAGES["../explanation/documents.md"]
EMPTY = Rulebook(rules=(), evolutions={}, stages={}, digest="")


@pytest.mark.parametrize("name", BOOKS)
def test_everything_declared_is_on_the_rules_page(name: str) -> None:
    page = RULES_PAGES[name]
    cells = [line.strip("| ").split(" | ") for line in page.splitlines() if line.startswith("| ")]
    first = {row[0] for row in cells}
    declared = BOOKS[name].declared
    rows = [alias.rows for alias in declared.aliases] + [fact.rows for fact in declared.facts]
    assert {", ".join(names) for names in rows} <= first
    assert {f"`{decision.id}`" for decision in declared.decisions} <= first
    assert {f"`{stage.id}`" for stage in BOOKS[name].stages.values()} <= first


@pytest.mark.parametrize("name", BOOKS)
def test_every_rule_has_its_section_and_its_runbook(name: str) -> None:
    for rule in BOOKS[name].rules:
        assert f"\n## `{rule.id}`\n" in RULES_PAGES[name]
        assert f"[{rule.id}](../runbooks/{rule.id}.md)" in RULES_PAGES[name]


def test_a_rule_without_a_row_has_no_empty_quote() -> None:
    assert any(not rule.quote for rule in SHIPPED.rules)
    assert "> “”" not in PAGES["rules.md"]


def test_a_step_says_what_the_documents_say_instead() -> None:
    assert "| the documents say | PriceClass_200, which does not help: " in PAGES["rules.md"]


def test_every_contradiction_has_a_section_with_its_rows() -> None:
    for book in BOOKS.values():
        for contradiction in book.declared.contradictions:
            assert f"\n### {contradiction.id.upper()}\n" in DOCUMENTS
            assert f"\nRows: {', '.join(contradiction.rows)}\n" in DOCUMENTS


def test_a_rule_is_linked_and_another_word_is_not() -> None:
    assert "[users-above-50](../reference/rules.md#users-above-50)" in DOCUMENTS
    assert "`xops`" in DOCUMENTS
    assert "(../reference/rules.md#xops)" not in DOCUMENTS


def test_a_rulebook_that_declares_nothing_has_no_empty_tables() -> None:
    page = "\n".join(rules(EMPTY))
    assert "Facts" not in page
    assert "Permanent decisions" not in page
    assert "covers already" not in page
    assert "###" not in "\n".join(documents({"xops": EMPTY}))


def test_the_pages_lie_where_the_links_lead() -> None:
    folder = Path(__file__).parents[2] / "docs"
    assert (folder / "explanation/documents.md").read_text("utf-8") == DOCUMENTS
    assert (folder / "reference/rules-ai-portal.md").is_file()
