"""The ledger of mandates and decisions: whether it is as it was written. Nothing is added to it."""

from collections.abc import Iterator

from xops_watch.doctor.check import Check, failed, fine
from xops_watch.errors import LedgerError
from xops_watch.ledger import Ledger
from xops_watch.settings import Settings

_NAME = "ledger"


def look_at_ledger(settings: Settings) -> Iterator[Check]:
    """Yield whether the ledger is whole, nothing where nobody keeps one."""
    ledger = Ledger(settings.ledger.beside(settings.state_path))
    if not settings.mandates.asked_for and not ledger.path.exists():
        return
    try:
        chain = ledger.verify()
    except LedgerError as error:
        yield failed(_NAME, error.what, fix=error.hint)
        return
    if chain.broken:
        fix = "compare with a copy; docs/how-to/declare-a-mandate.md tells what a break means"
        yield failed(_NAME, f"{ledger.path} is broken at {chain.broken}", fix=fix)
        return
    count = len(chain.entries)
    yield fine(_NAME, f"{ledger.path}: {count} {'entry' if count == 1 else 'entries'}, intact")
