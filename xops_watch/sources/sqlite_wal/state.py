"""The state of a database file, in the words of the signal."""

import errno
from dataclasses import dataclass
from enum import StrEnum

from xops_watch.errors import GapReason
from xops_watch.sources.sqlite_wal.layout import Refusal


class FileState(StrEnum):
    """The state of the file; all but OK and REPLACED leave nothing to measure."""

    OK = "ok"
    MISSING = "missing"
    EMPTY = "empty"
    SHORT = "short"
    NOT_SQLITE = "not_sqlite"
    NO_SHM = "no_shm"
    RECOVERING = "recovering"
    REPLACED = "replaced"
    DENIED = "denied"
    IO_ERROR = "io_error"
    TORN = "torn"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A state, and in words what was found."""

    state: FileState
    detail: str = ""

    @property
    def reason(self) -> GapReason:
        """Why there is no value in this state."""
        return _REASONS[self.state]


FINE = Standing(state=FileState.OK)

_REASONS = {
    FileState.OK: GapReason.STALE,
    FileState.REPLACED: GapReason.STALE,
    FileState.MISSING: GapReason.UNREACHABLE,
    FileState.EMPTY: GapReason.STALE,
    FileState.SHORT: GapReason.INVALID,
    FileState.NOT_SQLITE: GapReason.INVALID,
    # Whether nobody has it open or one has it for himself alone: both look like this.
    FileState.NO_SHM: GapReason.STALE,
    FileState.RECOVERING: GapReason.STALE,
    FileState.DENIED: GapReason.DENIED,
    FileState.IO_ERROR: GapReason.UNREACHABLE,
    FileState.TORN: GapReason.STALE,
}


def of_database(refusal: Refusal) -> Standing:
    """Return how a database stands whose header says nothing."""
    match refusal:
        case Refusal.EMPTY:
            return Standing(state=FileState.EMPTY, detail="the file is empty: nothing was written")
        case Refusal.SHORT:
            why = "the file ends within its header: it is being copied, or damaged"
            return Standing(state=FileState.SHORT, detail=why)
        case _:
            why = "the file has no SQLite header: it is encrypted, or of another program"
            return Standing(state=FileState.NOT_SQLITE, detail=why)


def of_index(refusal: Refusal) -> Standing:
    """Return how a database in WAL mode stands whose wal-index says nothing."""
    match refusal:
        case Refusal.TORN:
            why = "the wal-index changed in the middle of each of many reads"
            return Standing(state=FileState.TORN, detail=why)
        case Refusal.NOT_SQLITE:
            why = "the wal-index has a form that is not known: another version of SQLite"
            return Standing(state=FileState.TORN, detail=why)
        case _:
            why = "the wal-index is being made: a process opens the database, or one crashed"
            return Standing(state=FileState.RECOVERING, detail=why)


NO_INDEX = Standing(
    state=FileState.NO_SHM,
    detail="WAL mode without a -shm file: nobody has the database open, or one has it exclusively",
)


def of_error(error: OSError) -> Standing:
    """Return how a database stands that the kernel does not let be read."""
    name = errno.errorcode.get(error.errno or 0, str(error.errno))
    match error.errno:
        case errno.ENOENT | errno.ENOTDIR:
            why = f"there is no such file ({name}): is the volume mounted here, at this path?"
            return Standing(state=FileState.MISSING, detail=why)
        case errno.EACCES | errno.EPERM:
            why = (
                f"it may not be read ({name}): run xops-watch as the uid or gid that owns it,"
                " or let others read it"
            )
            return Standing(state=FileState.DENIED, detail=why)
        case errno.ELOOP:
            why = f"it is a symbolic link ({name}): name the file itself in sqlite.path"
            return Standing(state=FileState.DENIED, detail=why)
        case _:
            return Standing(state=FileState.IO_ERROR, detail=f"the filesystem answers {name}")
