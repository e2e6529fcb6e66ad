"""A draft of a decision record is plain Markdown, whatever people and providers wrote."""

from datetime import UTC, datetime

import pytest

from xops_watch.cli.decision_adr import adr_draft
from xops_watch.core.decision import Answer, Decision, Ended, Ground, Kept
from xops_watch.rulebook import load
from xops_watch.rulebook.shipped import shipped_rules

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
RULES = load(shipped_rules())


def draft(text: str) -> list[str]:
    """Return the lines of a draft in which everything that others write is this text."""
    grounds = (Ground(rule="rule-that-is-gone", subject=text, value=57, evidence=text),)
    decided = Decision(
        evolution="migrate-l4-to-rds",
        answer=Answer.REJECTED,
        who=text,
        why=text,
        at=AT,
        until=None,
        grounds=grounds,
    )
    kept = Kept(decision=decided, ended=Ended(decision=decided, at=AT, because=text))
    return adr_draft(kept, RULES, stack=text).splitlines()


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("# a\n## b", "\\# a \\#\\# b"),
        ("<script>alert(1)</script>", "\\<script\\>alert(1)\\</script\\>"),
        ("[a](javascript:b) ![i](c)", "\\[a\\](javascript:b) \\!\\[i\\](c)"),
        ("`c` *d* _e_ ~~f~~ | g", "\\`c\\` \\*d\\* \\_e\\_ \\~\\~f\\~\\~ \\| g"),
        ("&lt;b&gt; \\", "\\&lt;b\\&gt; \\\\"),
        ("1. first", "1\\. first"),
        ("2) second", "2\\) second"),
        ("- item", "\\- item"),
        ("+ item", "\\+ item"),
        ("=== a", "\\=== a"),
    ],
)
def test_text_of_others_stays_text(text: str, escaped: str) -> None:
    lines = draft(text)
    assert f"- Deciders: {escaped}" in lines
    assert f"- Stack: {escaped}" in lines
    assert f"- Ended: 2026-03-01, {escaped}" in lines
    assert f"- rule-that-is-gone on {escaped}:" in lines
    assert f"  {escaped}" in lines
    assert f"Rejected: {escaped}" in lines
    assert [line for line in lines if line.startswith("#")] == [
        "# Upgrade L4 to RDS",
        "## Context",
        "## Decision",
        "## Consequences",
    ]
