"""The contradictions that a reader of the documents must know."""

import re

from tests.rules.altered import SHIPPED
from tests.rules.transcribed import ROWS


def test_there_are_27_contradictions_each_about_rows_that_exist() -> None:
    contradictions = SHIPPED.declared.contradictions
    assert [entry.id for entry in contradictions] == [f"c{number}" for number in range(1, 28)]
    named_rows = {row for entry in contradictions for row in entry.rows}
    assert {row for row in named_rows if not row.startswith("C.")} <= set(ROWS)


def test_a_treatment_names_only_rules_that_exist() -> None:
    known = {rule.id for rule in SHIPPED.rules} | {"xops", "ai-portal"}
    quoted = {
        name
        for entry in SHIPPED.declared.contradictions
        for name in re.findall(r"`([^`]+)`", entry.conflict + entry.treatment)
    }
    assert len(quoted) > 10
    assert quoted <= known
