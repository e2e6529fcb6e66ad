"""Databases as Open WebUI leaves them, and other processes that have them open."""

import json
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

NOW = 1_772_420_660  # 2026-03-02T03:04:20Z
MINUTE, HOUR, DAY = 60, 3600, 86_400

# The columns of Open WebUI's table `user` in the order of its own migrations.
_0_3 = (
    "id VARCHAR(255) NOT NULL, name VARCHAR(255) NOT NULL, email VARCHAR(255) NOT NULL,"
    " role VARCHAR(255) NOT NULL, profile_image_url TEXT NOT NULL, api_key VARCHAR(255),"
    " created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, last_active_at INTEGER NOT NULL,"
    " settings TEXT, info TEXT, oauth_sub TEXT"
)
_0_6 = f"{_0_3}, username VARCHAR(50), bio TEXT, gender TEXT, date_of_birth DATE"
_0_8 = (
    "id VARCHAR(255) NOT NULL, name VARCHAR(255) NOT NULL, email VARCHAR(255) NOT NULL,"
    " role VARCHAR(255) NOT NULL, profile_image_url TEXT NOT NULL, created_at INTEGER NOT NULL,"
    " updated_at INTEGER NOT NULL, last_active_at INTEGER NOT NULL, username VARCHAR(50),"
    " bio TEXT, gender TEXT, date_of_birth DATE, profile_banner_image_url TEXT, timezone VARCHAR,"
    " presence_state VARCHAR, status_emoji VARCHAR, status_message TEXT, status_expires_at BIGINT,"
    " oauth JSON, info JSON, settings JSON, scim JSON"
)
REVISIONS: Mapping[str, str] = {"7e5b5dc7342b": _0_3, "3af16a1c9fb6": _0_6, "b2c3d4e5f6a7": _0_8}

# Role and seconds since somebody was active: 6 users, 5 in 7 days, 4 in 24 hours, 2 in 3 minutes.
PEOPLE = (
    ("admin", 10),
    ("user", 180),
    ("user", 181),
    ("user", DAY),
    ("user", 7 * DAY),
    ("user", 7 * DAY + 1),
    ("pending", 0),
    ("pending", 3 * DAY),
)


def make_database(path: Path, *, mode: str = "WAL", columns: str = _0_8) -> None:
    """Make a database with the people in it, and leave it closed."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute(f"PRAGMA journal_mode={mode}")
        connection.execute("CREATE TABLE auth (id TEXT, email TEXT, password TEXT)")
        connection.execute("INSERT INTO auth VALUES ('0', 'a@example.com', '$2b$12$secret')")
        connection.execute(f'CREATE TABLE "user" ({columns})')
        for number, (role, ago) in enumerate(PEOPLE):
            row = {
                "id": f"user-{number}",
                "name": f"Person {number}",
                "email": f"{number}@example.com",
                "role": role,
                "profile_image_url": "data:image/png;base64," + "A" * 20_000,
                "created_at": NOW - 90 * DAY,
                "updated_at": NOW - ago,
                "last_active_at": NOW - ago,
            }
            names, marks = ", ".join(row), ", ".join("?" * len(row))
            statement = f'INSERT INTO "user" ({names}) VALUES ({marks})'  # noqa: S608 - our names
            connection.execute(statement, tuple(row.values()))


_APP = """
import json, sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=0.25)
print("ready", flush=True)
for line in sys.stdin:
    try:
        said = [list(row) for row in connection.execute(json.loads(line))]
    except sqlite3.Error as error:
        said = str(error)
    print(json.dumps(said), flush=True)
"""


@dataclass(frozen=True, slots=True)
class App:
    """A process that has the database open, as Open WebUI has."""

    process: "subprocess.Popen[str]"

    def run(self, statement: str) -> object:
        """Run SQL in that process; return the rows, or the text of the error."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(statement) + "\n")
        self.process.stdin.flush()
        return json.loads(self.line())

    def update(self, column: str, value: object) -> object:
        """Set one column of every user, in a transaction of its own."""
        return self.run(f'UPDATE "user" SET {column} = {value}')  # noqa: S608 - our own words

    def line(self) -> str:
        """Return the next line that the process says."""
        assert self.process.stdout is not None
        return self.process.stdout.readline()

    def kill(self) -> None:
        """Kill it, as `kill -9` does."""
        self.process.kill()
        self.process.wait()


@contextmanager
def app(path: Path) -> Iterator[App]:
    """Yield a process that has the database open and has read in it; it is ended afterwards."""
    command = [sys.executable, "-c", _APP, str(path)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        running = App(process)
        assert running.line() == "ready\n"
        assert running.run("SELECT count(*) FROM sqlite_master") == [[2]]
        try:
            yield running
        finally:
            running.kill()


def footprint(directory: Path) -> Mapping[str, tuple[int, ...]]:
    """Return what would show that somebody wrote: names, inodes, sizes, times, modes, owners."""
    return {
        path.name: (
            state.st_ino,
            state.st_size,
            state.st_mtime_ns,
            state.st_ctime_ns,
            state.st_mode,
            state.st_uid,
        )
        for path in (directory, *sorted(directory.iterdir()))
        for state in [path.stat()]
    }
