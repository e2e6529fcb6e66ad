"""The machine: whether the state file can be kept, and the port listened at.

Nothing is made or changed: a file that the doctor made as another user would lock the daemon out.
"""

import errno
import http.client
import os
import socket
from contextlib import closing
from pathlib import Path

from xops_watch.doctor.check import Check, failed, fine, warning
from xops_watch.errors import StoreError
from xops_watch.store.filesystem import Journal, suitable_journal
from xops_watch.store.opening import located

FREE_BYTES_MIN = 100_000_000  # fifteen days of readings of a hundred services
_MAGIC = b"SQLite format 3\0"
_ALIVE_SECONDS = 2.0
_ANYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - whom to ask then


def look_at_state(path: Path) -> Check:
    """Return whether the state file can be kept where it should be."""
    fix = "mount a volume there that the daemon's user may write to"
    try:
        place = located(path)
    except StoreError as error:
        return failed("state", error.what, fix=error.hint)
    journal = suitable_journal(place)
    if not os.access(place.parent, os.W_OK | os.X_OK, effective_ids=True):
        return failed("state", f"{place.parent} is not writable for this user", fix=fix)
    if place.exists():
        problem = _existing(place)
        if problem:
            return failed("state", f"{place} {problem}", fix="name another file, or move it away")
    return _room(place, journal)


def _existing(place: Path) -> str:
    """Return what is wrong with the file that is there, nothing if it may be ours."""
    if not os.access(place, os.R_OK | os.W_OK, effective_ids=True):
        return "is not writable for this user"
    try:
        with place.open("rb") as file:
            head = file.read(len(_MAGIC))
    except OSError as error:
        return f"cannot be read: {error.strerror}"
    return "" if head in (b"", _MAGIC) else "is not a state file"


def _room(place: Path, journal: Journal) -> Check:
    """Say where the file lies, and whether there is room left."""
    kept = "is there" if place.exists() else "will be made"
    found = f"{place} {kept}, on {journal.filesystem} (journal: {journal.mode})"
    try:
        disk = os.statvfs(place.parent)
    except OSError:
        return fine("state", found)
    free = disk.f_bavail * disk.f_frsize
    if free < FREE_BYTES_MIN:
        fix = "make room: without it nothing is remembered"
        return warning("state", f"{found}; only {free // 1_000_000} MB are free", fix=fix)
    return fine("state", found)


def look_at_port(host: str, port: int) -> Check:
    """Return whether the daemon could listen, or does."""
    shown = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
    except OSError as error:
        if error.errno == errno.EADDRINUSE and _is_daemon(_ANYWHERE.get(host, host), port):
            return fine("port", f"a daemon answers at {shown}")
        why = error.strerror or str(error)
        fix = "name another address in XOPS_WATCH_HTTP__LISTEN, or end who listens there"
        return failed("port", f"cannot listen at {shown}: {why}", fix=fix)
    return fine("port", f"{shown} is free")


def _is_daemon(host: str, port: int) -> bool:
    try:
        with closing(http.client.HTTPConnection(host, port, timeout=_ALIVE_SECONDS)) as asked:
            asked.request("GET", "/metrics")
            return b"xops_watch_build_info" in asked.getresponse().read(1_000_000)
    except (OSError, http.client.HTTPException):
        return False
