"""SQLite, sensed from outside: bytes are read, locks are asked about, nothing is written or held.

This package and whoever builds it must never open the watched files in another way in the same
process: see `files`.
"""

from xops_watch.sources.sqlite_wal.layout import JournalMode
from xops_watch.sources.sqlite_wal.source import SqliteWalSource, Watched
from xops_watch.sources.sqlite_wal.values import SIGNALS, Context

__all__ = ["SIGNALS", "Context", "JournalMode", "SqliteWalSource", "Watched"]
