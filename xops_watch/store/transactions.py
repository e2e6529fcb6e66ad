"""Transactions that say what they are for, so that waiting happens at the start only."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlite_utils import Database


@contextmanager
def writing(db: Database) -> Iterator[None]:
    """Hold the write lock for what is inside, all of it or nothing.

    IMMEDIATE takes the lock at once, and waits for it as long as the busy timeout says. A
    plain BEGIN (sqlite-utils' `atomic`) would first read and then ask for the lock, which
    SQLite refuses without waiting when another process wrote in between.
    """
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
        db.execute("COMMIT")
    finally:
        # Does nothing after the commit, nor when SQLite itself has rolled back (disk full).
        db.rollback()


@contextmanager
def reading(db: Database) -> Iterator[None]:
    """Let every query inside see one and the same state of the file."""
    db.execute("BEGIN")
    try:
        yield
    finally:
        db.rollback()
