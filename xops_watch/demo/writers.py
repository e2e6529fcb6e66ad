"""Stands in for Open WebUI: a process with threads that write to one SQLite database.

`python -m xops_watch.demo.writers DATABASE SPEED ANCHOR PEOPLE` makes a database in which so many
were active within a day, and obeys lines of JSON on stdin (how many
people are there, how much they write) and ends with it: whoever started it may be killed at any
time. Its log goes to stdout.

The database is in WAL mode, as Open WebUI has it since 0.9.1: readers hold up nobody there, and
the checkpoint lock can be looked at as well. A commit on a local disk takes 0.3 ms, so no lock
would ever be busy; each write holds its transaction for HOLD_SECONDS, as the round trips of EFS do.
"""

import json
import random
import sqlite3
import sys
import threading
from collections import deque
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from xops_watch.clock import ScaledClock

THREADS = 6
HOLD_SECONDS = (0.010, 0.030)
BUSY_SECONDS = 5.0  # Open WebUI's: then it gives up, and logs it
REGISTERED = 90
_REST_SECONDS_MAX = 1.0  # whoever rests longer would miss the next order
_END_SECONDS = 1.0
_WITHIN_A_DAY_SECONDS = (3600, 20 * 3600)
_LONG_AGO_SECONDS = (2 * 86_400, 30 * 86_400)
_PROMPT_CHARACTERS = 2000

# The part of Open WebUI's schema that is written to here.
_SCHEMA = (
    "PRAGMA journal_mode=WAL",
    """CREATE TABLE "user" (
         id VARCHAR(255) NOT NULL PRIMARY KEY, name VARCHAR(255) NOT NULL,
         email VARCHAR(255) NOT NULL, role VARCHAR(255) NOT NULL, created_at INTEGER NOT NULL,
         updated_at INTEGER NOT NULL, last_active_at INTEGER NOT NULL)""",
    """CREATE TABLE chat (
         id VARCHAR(255) NOT NULL PRIMARY KEY, user_id VARCHAR(255) NOT NULL,
         title TEXT NOT NULL, chat JSON, updated_at BIGINT NOT NULL)""",
)


@dataclass(slots=True, kw_only=True)
class Work:
    """What there is to do: `people` are there, and write so many times a second together."""

    clock: ScaledClock
    people: int = 0
    writes_per_second: float = 0.0
    arrived: deque[int] = field(default_factory=deque)
    stopping: threading.Event = field(default_factory=threading.Event)

    def obey(self, line: str) -> None:
        """Take over an order; whoever came in is written down first."""
        order = json.loads(line)
        self.arrived.extend(range(self.people, order["people"]))
        self.people, self.writes_per_second = order["people"], order["writes_per_second"]

    def pause(self) -> float:
        """Return how long a thread rests before its next write, in real seconds."""
        if not self.writes_per_second:
            return _REST_SECONDS_MAX
        mean = THREADS / self.writes_per_second - sum(HOLD_SECONDS) / 2
        rest = random.expovariate(1 / mean) if mean > 0 else 0.0
        return min(rest, _REST_SECONDS_MAX)

    def next_person(self) -> int:
        """Return who writes next."""
        try:
            return self.arrived.popleft()
        except IndexError:
            return random.randrange(max(1, self.people))  # noqa: S311 - no secret

    def now(self) -> int:
        """Return the seconds since 1970 in the demo's time."""
        return int(self.clock.now().timestamp())


def main(arguments: Sequence[str]) -> None:
    """Make the database, write until stdin ends."""
    path, speed, anchor, people = arguments
    clock = ScaledClock(anchor=datetime.fromisoformat(anchor), speed=float(speed))
    work = Work(clock=clock, people=int(people))
    with closing(_connected(Path(path))) as connection:
        _prepare(connection, work)
        _say("Started server process")
        threads = [
            threading.Thread(target=_write_on, args=(Path(path), work), daemon=True)
            for _ in range(THREADS)
        ]
        for thread in threads:
            thread.start()
        for line in sys.stdin:
            work.obey(line)
        work.stopping.set()
        for thread in threads:
            thread.join(_END_SECONDS)


def _connected(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, timeout=BUSY_SECONDS)
    connection.execute("PRAGMA synchronous=NORMAL")
    return connection


def _prepare(connection: sqlite3.Connection, work: Work) -> None:
    now = work.now()
    for statement in _SCHEMA:
        connection.execute(statement)
    people = [
        _person(number, now - _ago(active=number < work.people)) for number in range(REGISTERED)
    ]
    chats = [(f"chat-{n}", f"user-{n}", f"Chat {n}", "{}", now) for n in range(REGISTERED)]
    connection.execute("BEGIN IMMEDIATE")
    connection.executemany('INSERT INTO "user" VALUES (?, ?, ?, ?, ?, ?, ?)', people)
    connection.executemany("INSERT INTO chat VALUES (?, ?, ?, ?, ?)", chats)
    connection.execute("COMMIT")


def _ago(*, active: bool) -> int:
    return random.randint(*(_WITHIN_A_DAY_SECONDS if active else _LONG_AGO_SECONDS))  # noqa: S311 - no secret


def _person(number: int, seen: int) -> tuple[str | int, ...]:
    role = "admin" if number == 0 else "user"
    address = f"{number}@example.com"
    return (f"user-{number}", f"Person {number}", address, role, seen, seen, seen)


def _write_on(path: Path, work: Work) -> None:
    """Write until it is time to stop; what SQLite refuses is logged, as the application does."""
    connection = _connected(path)
    while not work.stopping.wait(work.pause()):
        if not work.people:
            continue
        try:
            _write(connection, work)
        except sqlite3.Error as error:
            _say(f"sqlalchemy.exc.OperationalError: (sqlite3.{type(error).__name__}) {error}")
            if connection.in_transaction:
                connection.rollback()
    connection.close()


def _write(connection: sqlite3.Connection, work: Work) -> None:
    """Note that somebody is there, and what was said: one transaction."""
    person = work.next_person()
    said = json.dumps({"messages": f"{work.now()} ".ljust(_PROMPT_CHARACTERS, "x")})
    connection.execute("BEGIN IMMEDIATE")
    now, who = work.now(), f"user-{person}"
    connection.execute('UPDATE "user" SET last_active_at = ? WHERE id = ?', (now, who))
    connection.execute(
        "UPDATE chat SET chat = ?, updated_at = ? WHERE id = ?", (said, now, f"chat-{person}")
    )
    work.stopping.wait(random.uniform(*HOLD_SECONDS))  # noqa: S311 - no secret
    connection.execute("COMMIT")


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
