"""Entries for a ledger, all of one instant."""

from datetime import UTC, datetime

from xops_watch.ledger import Head, Ledger

NOW = datetime(2026, 1, 5, 12, 0, 30, tzinfo=UTC)


def fill(ledger: Ledger, count: int) -> Head:
    """Add so many entries and return the end of the chain."""
    for number in range(1, count + 1):
        head = ledger.append("mandate.declared", {"mandate": "mtls", "version": number}, now=NOW)
    return head
