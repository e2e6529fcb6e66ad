"""The SQLite databases that are watched: whether they can be read, and lie where they should.

Nothing is locked or written. A filesystem that does not answer is not waited for.
"""

import os
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

from xops_watch.doctor.check import Check, failed, fine, warning
from xops_watch.sources.sqlite_wal.mounts import filesystem_of, read_mountinfo

_MAGIC = b"SQLite format 3\0"
_HEADER_BYTES = 100
_WRITE_VERSION = 18  # the byte that says how the file is written
_MODES = {1: "rollback journal", 2: "WAL"}
_ANSWER_SECONDS = 3.0


def look_at_databases(paths: Sequence[str]) -> Iterator[Check]:
    """Yield a check of each database."""
    for path in paths:
        yield _in_time(Path(path))


def _in_time(path: Path) -> Check:
    found: list[Check] = []
    looking = threading.Thread(target=lambda: found.append(_look(path)), daemon=True)
    looking.start()
    looking.join(_ANSWER_SECONDS)
    if found:
        return found[0]
    why = f"{path}: its filesystem has not answered within {_ANSWER_SECONDS:g} s"
    return failed("database", why, fix="check the mount, and the server behind it")


def _look(path: Path) -> Check:
    try:
        with path.open("rb") as file:
            header = file.read(_HEADER_BYTES)
            device = os.fstat(file.fileno()).st_dev
        shares = os.statvfs(path)
    except PermissionError:
        fix = f"let the daemon's user read it: its group, or user {os.geteuid()}"
        return failed("database", f"{path} is not readable for this user", fix=fix)
    except OSError as error:
        fix = "mount the volume of the database into this container, and name its path there"
        return failed("database", f"{path}: {error.strerror}", fix=fix)
    if not header:
        return warning("database", f"{path} is empty", fix="start its application once")
    if not header.startswith(_MAGIC) or len(header) < _HEADER_BYTES:
        fix = "name the database itself, not a copy of another kind; SQLCipher cannot be read"
        return failed("database", f"{path} is not an SQLite database", fix=fix)
    mode = _MODES.get(header[_WRITE_VERSION], "an unknown journal mode")
    filesystem = filesystem_of(path.resolve(), device, read_mountinfo())
    mounted = "read-only" if shares.f_flag & os.ST_RDONLY else "writable"
    found = f"{path}: {mode}, on {filesystem.kind}, mounted {mounted} here"
    if mode == "WAL":
        return _with_index(path, found, is_network=filesystem.is_network is True)
    return fine("database", found)


def _with_index(path: Path, found: str, *, is_network: bool) -> Check:
    """Say whether the locks can be looked at: in WAL they are on the -shm file."""
    index = Path(f"{path}-shm")
    if index.exists() and not os.access(index, os.R_OK, effective_ids=True):
        fix = "let the daemon's user read the -shm file as well: without it no lock can be seen"
        return failed("database", f"{found}; {index.name} is not readable", fix=fix)
    if is_network:
        fix = "WAL works with the processes of one machine only: one replica, or another database"
        return warning("database", f"{found}; WAL on a network filesystem", fix=fix)
    if not index.exists():
        return warning("database", f"{found}; nobody has it open", fix="start its application")
    return fine("database", found)
