"""SQLite's errors in the words of an operator: which file, what failed, what to do."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from xops_watch.errors import StoreError

_CORRUPT = (
    "move the file and its -wal and -journal companions away or restore a copy; without one"
    " a new file is made, triggers begin anew and whatever still fires is notified again"
)
_READ_ONLY = (
    "the file and its directory must be writable for the user that runs xops-watch;"
    " look at the owner and at how the volume is mounted"
)

# By the start of SQLite's own name of the error; the first that fits is taken.
_HINTS: tuple[tuple[str, str], ...] = (
    ("SQLITE_FULL", "free some space on its filesystem; nothing was half-written"),
    ("SQLITE_BUSY", "another process holds the file; one daemon per file, and end what hangs"),
    ("SQLITE_LOCKED", "another process holds the file; one daemon per file, and end what hangs"),
    ("SQLITE_READONLY", _READ_ONLY),
    ("SQLITE_PERM", _READ_ONLY),
    ("SQLITE_AUTH", _READ_ONLY),
    ("SQLITE_CANTOPEN", _READ_ONLY),
    ("SQLITE_CORRUPT", _CORRUPT),
    ("SQLITE_NOTADB", _CORRUPT),
    ("SQLITE_IOERR", "look at the disk or volume below it, its space and its quota"),
)
_HINT_OTHERWISE = "if it happens again, keep a copy of the file and report it"


@contextmanager
def translated(place: str, doing: str) -> Iterator[None]:
    """Turn what goes wrong with the file into a StoreError: `place`: cannot `doing`: why."""
    try:
        yield
    except sqlite3.Error as error:
        raise StoreError(f"{place}: cannot {doing}: {error}", hint=_hint(error)) from error
    except OSError as error:
        why = error.strerror or str(error)
        raise StoreError(f"{place}: cannot {doing}: {why}", hint=_READ_ONLY) from error
    except UnicodeDecodeError as error:
        # The driver stumbles over SQLite's own message when that quotes a damaged schema.
        why = "malformed database schema"
        raise StoreError(f"{place}: cannot {doing}: {why}", hint=_CORRUPT) from error
    except UnicodeEncodeError as error:
        hint = "a source gave a name that is not text; report it with that source's answer"
        raise StoreError(f"{place}: cannot {doing}: {error}", hint=hint) from error


@contextmanager
def legible(place: str, doing: str) -> Iterator[None]:
    """Turn what makes no value of the core into a StoreError.

    SQLite checks the shape of its pages, not what is in them: a damaged file may hold any
    type in any column, and any text where a status should be.
    """
    try:
        yield
    except (ValueError, TypeError, LookupError, OverflowError) as error:
        why = f"unreadable content ({type(error).__name__}: {error})"
        raise StoreError(f"{place}: cannot {doing}: {why}", hint=_CORRUPT) from error


def _hint(error: sqlite3.Error) -> str:
    # Errors of the driver itself, such as a closed connection, carry no name.
    name: str = getattr(error, "sqlite_errorname", "")
    return next((hint for start, hint in _HINTS if name.startswith(start)), _HINT_OTHERWISE)
