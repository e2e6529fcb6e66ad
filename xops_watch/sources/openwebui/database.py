"""Open WebUI's table of users, counted by a short-lived process that can be killed.

This process never opens the database: see `count_users.py` for what the other one does, and why.
"""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from xops_watch.errors import GapReason, SourceError

LIFE = timedelta(seconds=2)
_PROGRAM = Path(__file__).with_name("count_users.py")
# -I -S: nothing but the standard library, whatever the directory and the environment hold.
COUNT_USERS = (sys.executable, "-I", "-S", "-B", str(_PROGRAM))
_REAP = timedelta(seconds=1)
# What a Python may need to start; tokens and AWS credentials stay here.
_PASSED_ON = ("PATH", "LD_LIBRARY_PATH", "LANG", "LC_ALL", "TZ")

_DAY = timedelta(days=1)
_WEEK = timedelta(days=7)
_PATH = "XOPS_WATCH_OPENWEBUI__DATABASE_PATH"

_Count = Annotated[int, Field(ge=0)]


class _Told(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    registered: _Count
    active: Annotated[list[_Count], Field(min_length=3, max_length=3)]


class _Refused(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    refused: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UserCounts:
    """Users without those pending: all, and those active in the last days and moments."""

    registered: int
    active_7d: int
    active_24h: int
    active_now: int


class UserTable:
    """Counts the users in the database at `path`, active now meaning within `window`.

    `account` is the id of a user who does not count. A count that takes longer than `life` is
    ended; as long as it cannot be, no other is begun.
    """

    def __init__(
        self,
        path: Path,
        *,
        window: timedelta,
        account: str = "",
        life: timedelta = LIFE,
        command: Sequence[str] = COUNT_USERS,
    ) -> None:
        self._path = path
        self._windows = tuple(int(each.total_seconds()) for each in (_WEEK, _DAY, window))
        self._account = account
        self._life = life
        self._command = tuple(command)
        self._stuck: subprocess.Popen[bytes] | None = None

    def count(self, *, now: datetime) -> UserCounts:
        """Return the counts as of `now`; raises SourceError."""
        if self._stuck is not None and self._stuck.poll() is None:
            raise _error(*_STUCK)
        self._stuck = None
        life = max(1, int(self._life.total_seconds()))
        arguments = (str(self._path), str(life), str(int(now.timestamp())), self._account)
        return _parsed(self._run([*arguments, *map(str, self._windows)]))

    def _run(self, arguments: Sequence[str]) -> bytes:
        """Return what the process says; raises SourceError if it does not come to an end."""
        try:
            process = subprocess.Popen(  # noqa: S603 - our own program, no shell
                [*self._command, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                cwd="/",
                env=_environment(),
            )
        except OSError as error:
            raise _error(*_NOT_STARTED) from error
        with contextlib.suppress(subprocess.TimeoutExpired):
            output, _ = process.communicate(timeout=self._life.total_seconds())
            if process.returncode == -signal.SIGALRM:
                raise _error(*_TOO_LATE)
            return output
        process.kill()
        if process.stdout is not None:
            process.stdout.close()
        try:
            process.wait(timeout=_REAP.total_seconds())
        except subprocess.TimeoutExpired:
            # It waits for a filesystem that does not answer, and cannot even be killed.
            self._stuck = process
            raise _error(*_STUCK) from None
        raise _error(*_TOO_LATE)


def _environment() -> Mapping[str, str]:
    return {name: os.environ[name] for name in _PASSED_ON if name in os.environ}


def _parsed(output: bytes) -> UserCounts:
    try:
        told = _Told.model_validate_json(output)
    except ValidationError:
        raise _refused(output) from None
    week, day, now = told.active
    return UserCounts(registered=told.registered, active_7d=week, active_24h=day, active_now=now)


def _refused(output: bytes) -> SourceError:
    try:
        word = _Refused.model_validate_json(output).refused
    except ValidationError:
        word = "failed"
    return _error(*_WHY.get(word, _WHY["failed"]))


def _error(reason: GapReason, why: str, hint: str) -> SourceError:
    return SourceError(f"Open WebUI's database {why}", reason=reason, hint=hint)


_Why = tuple[GapReason, str, str]
_API = "let Open WebUI count: set XOPS_WATCH_OPENWEBUI__URL"
_STUCK: _Why = (
    GapReason.TIMEOUT,
    "hangs, and so does the process that counts in it",
    "see the network filesystem: the file cannot be read at all",
)
_NOT_STARTED: _Why = (
    GapReason.UNREACHABLE,
    "is not read: no process could be started",
    "the task is short of memory or processes",
)
_TOO_LATE: _Why = (
    GapReason.TIMEOUT,
    "could not be counted in within 2 s",
    f"its filesystem is slow, or pictures in the table make it large; {_API}",
)
_WHY: Mapping[str, _Why] = {
    "missing": (GapReason.UNREACHABLE, "is not there", f"check the mount and {_PATH}"),
    "denied": (
        GapReason.DENIED,
        "or its -shm file may not be read",
        f"run with the uid of Open WebUI (this is {os.getuid()}), the volume mounted readOnly",
    ),
    "io_error": (
        GapReason.UNREACHABLE,
        "cannot be read: input/output error",
        "see the filesystem and the kernel's log",
    ),
    "cannot_open": (
        GapReason.UNREACHABLE,
        "cannot be opened",
        "run with the uid of Open WebUI, on the same volume entry of the task",
    ),
    "empty": (GapReason.INVALID, "is an empty file", "Open WebUI makes the tables when it starts"),
    "not_sqlite": (
        GapReason.INVALID,
        "is encrypted, or no SQLite file",
        f"check {_PATH}; if it is encrypted, {_API}",
    ),
    "corrupt": (
        GapReason.INVALID,
        "is malformed",
        "run PRAGMA integrity_check on a copy, and have a backup at hand",
    ),
    "not_open": (
        GapReason.UNREACHABLE,
        "is not counted in: Open WebUI is not running",
        "nobody has the database open, and opening it then would leave files behind",
    ),
    "locked": (
        GapReason.TIMEOUT,
        "was locked for 0.2 s",
        "it is asked again; if that goes on, see sqlite.write_lock_busy",
    ),
    "hot_journal": (
        GapReason.UNREACHABLE,
        "waits for its repair after a crash",
        "Open WebUI repairs it when it starts; the journal is left alone",
    ),
    "schema": (
        GapReason.INVALID,
        "has no table `user` with id, role and last_active_at",
        f"a migration is under way, or this Open WebUI is too new or too old; {_API}",
    ),
    "no_seconds": (
        GapReason.INVALID,
        "has times that are no seconds since 1970",
        f"this Open WebUI is too new or too old; {_API}",
    ),
    "slow": (
        GapReason.TIMEOUT,
        "took too long to count in",
        f"a reader holds up the writers in rollback mode; {_API}, or switch it to WAL",
    ),
    "replaced": (
        GapReason.UNREACHABLE,
        "was replaced while it was read",
        "the new one is read next time",
    ),
    "failed": (
        GapReason.INVALID,
        "could not be counted in",
        f"the counting process failed; {_API}",
    ),
}
