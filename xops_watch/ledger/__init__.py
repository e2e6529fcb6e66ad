"""A file that only grows, in which each entry vouches for the one before.

Who changes, drops or inserts an entry later breaks the chain there, and it is told where. It is
evidence among colleagues, not proof against who can rewrite the whole file: the daemon keeps the
end of the chain in its state file as well, so that a rewritten or shortened file shows too.
"""

from xops_watch.ledger.chain import Break, Chain, Entry, Head
from xops_watch.ledger.file import Ledger

__all__ = ["Break", "Chain", "Entry", "Head", "Ledger"]
