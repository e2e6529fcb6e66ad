"""Times one small commit in a SQLite file of its own. A program, started by `source.py`.

It uses the standard library only and lives for one commit: what hangs on a network filesystem can
be killed. It opens nothing but the file that it made itself. It prints one line of JSON: the
seconds of the commit, or one word for why there are none.

time_commit.py PATH
"""

import json
import os
import sqlite3
import sys
import time
from pathlib import Path

APPLICATION_ID = 0x786F7043  # "xopC"
_APPLICATION_ID_AT, _HEADER_BYTES = 68, 100
_BUSY_SECONDS = 1.0


def main(path: Path) -> dict[str, float | str]:
    """Return what is printed."""
    try:
        if not _is_ours(path):
            return {"refused": "not_ours"}
        return {"seconds": _commit(path)}
    except PermissionError:
        return {"refused": "denied"}
    except FileNotFoundError:
        return {"refused": "missing"}
    except OSError:
        return {"refused": "io_error"}
    except sqlite3.Error as error:
        name = getattr(error, "sqlite_errorname", "")
        return {"refused": "read_only" if name.startswith("SQLITE_READONLY") else "failed"}


def _is_ours(path: Path) -> bool:
    """Look before SQLite opens it; an empty file is made, so that no other name is ever used."""
    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK, 0o600)
    try:
        header = os.pread(fd, _HEADER_BYTES, 0)
    finally:
        os.close(fd)
    stamp = header[_APPLICATION_ID_AT : _APPLICATION_ID_AT + 4]
    return not header or stamp == APPLICATION_ID.to_bytes(4, "big")


def _commit(path: Path) -> float:
    db = sqlite3.connect(
        f"{path.as_uri()}?mode=rw", uri=True, isolation_level=None, timeout=_BUSY_SECONDS
    )
    try:
        # A rollback journal, made durable: safe on any filesystem, and what a commit costs there.
        db.execute("PRAGMA journal_mode = DELETE")
        db.execute("PRAGMA synchronous = FULL")
        db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        db.execute("CREATE TABLE IF NOT EXISTS probe (id INTEGER PRIMARY KEY, turn INTEGER)")
        db.execute("INSERT OR IGNORE INTO probe VALUES (1, 0)")
        began = time.perf_counter()
        db.execute("BEGIN IMMEDIATE")
        db.execute("UPDATE probe SET turn = turn + 1")
        db.execute("COMMIT")
        return time.perf_counter() - began
    finally:
        db.close()


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(Path(sys.argv[1]))))
