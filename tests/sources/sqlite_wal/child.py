"""A process with a connection of its own: what the watch sees is never the watcher's own lock.

`child.py PATH` obeys lines of JSON on stdin, each answered by one on stdout.
"""

import json
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self


class Child:
    """The process, seen from the test."""

    def __init__(self, path: Path, *, mode: str | None = None, uri: str = "") -> None:
        self.process = subprocess.Popen(
            [sys.executable, __file__, uri or str(path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        if mode is not None:
            assert self.sql(f"PRAGMA journal_mode = {mode}") == [[mode]]

    def ask(self, order: str, *arguments: object) -> Any:  # noqa: ANN401 - JSON
        self.send(order, *arguments)
        return self.answer()

    def send(self, order: str, *arguments: object) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps([order, *arguments]) + "\n")
        self.process.stdin.flush()

    def answer(self) -> Any:  # noqa: ANN401 - JSON
        assert self.process.stdout is not None
        return json.loads(self.process.stdout.readline())

    def sql(self, statement: str) -> Any:  # noqa: ANN401 - JSON
        return self.ask("sql", statement)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.process.kill()
        self.process.communicate()


def _sql(db: sqlite3.Connection, statement: str) -> list[tuple[object, ...]]:
    return db.execute(statement).fetchall()


def _commit(db: sqlite3.Connection, rows: int, pause: float) -> int:
    """Commit so many transactions, each of which changes a page; return how many."""
    for row in range(rows):
        db.execute("INSERT INTO t VALUES (?)", (row,))
        time.sleep(pause)
    return rows


def _duty(
    db: sqlite3.Connection, hold: float, idle: float, seconds: float
) -> list[tuple[float, float]]:
    """Hold the write lock and let it go, again and again; return when it was held."""
    held = []
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        db.execute("BEGIN IMMEDIATE")
        began = time.monotonic()
        db.execute("INSERT INTO t VALUES (?)", (began,))
        time.sleep(hold)
        db.execute("COMMIT")
        held.append((began, time.monotonic()))
        time.sleep(idle)
    return held


def _serve(path: str) -> None:
    db = sqlite3.connect(path, isolation_level=None, timeout=5, uri=path.startswith("file:"))
    orders: dict[str, Any] = {"sql": _sql, "commit": _commit, "duty": _duty}
    for line in sys.stdin:
        order, *arguments = json.loads(line)
        try:
            answer: object = orders[order](db, *arguments)
        except sqlite3.Error as error:
            answer = f"{error.sqlite_errorname}: {error}"
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    _serve(sys.argv[1])
