"""How large ChromaDB is on disk: file sizes are added up, and no file is ever opened."""

import os
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

from xops_watch.aws.standing import reading
from xops_watch.core.reading import Observation
from xops_watch.errors import GapReason, SourceError

FILES_MAX = 20_000  # each is a question to the file system, some milliseconds on EFS

_STORED = "chroma.stored"


class ChromaSource:
    """Adds up the sizes of the files below a directory, without following links."""

    name = "chroma"
    signals = (_STORED,)

    def __init__(
        self, path: Path, *, interval: timedelta, stack: str, files_max: int = FILES_MAX
    ) -> None:
        self.interval = interval
        self._path = path
        self._stack = stack
        self._files_max = files_max

    def observe(self, *, now: datetime) -> Sequence[Observation]:
        """Return the bytes stored; raises SourceError when they cannot be counted."""
        try:
            total = _size(self._path, self._files_max)
        except FileNotFoundError as error:
            why, hint = "is not there", "mount the volume of Open WebUI, read-only"
            raise self._error(why, GapReason.UNREACHABLE, hint) from error
        except PermissionError as error:
            why, hint = "may not be read", "give the container the user id of Open WebUI"
            raise self._error(why, GapReason.DENIED, hint) from error
        except OSError as error:
            why, hint = f"cannot be read: {error.strerror}", "look at the mount of the volume"
            raise self._error(why, GapReason.UNREACHABLE, hint) from error
        if total is None:
            hint = "name the directory of ChromaDB alone"
            raise self._error(f"has more than {self._files_max} files", GapReason.INVALID, hint)
        return (reading(_STORED, self._stack, total, at=now),)

    def _error(self, why: str, reason: GapReason, hint: str) -> SourceError:
        return SourceError(
            f"the directory {str(self._path)!r:.200} {why}", reason=reason, hint=hint
        )


def _size(path: Path, files_max: int) -> int | None:
    """Return the size of all files below, None when there are too many to ask."""
    total = files = 0
    waiting = [os.fspath(path)]
    while waiting:
        with os.scandir(waiting.pop()) as entries:
            for entry in entries:
                files += 1
                if files > files_max:
                    return None
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(entry.path)
                elif entry.is_file(follow_symlinks=False):
                    total += _of_file(entry)
    return total


def _of_file(entry: "os.DirEntry[str]") -> int:
    try:
        return entry.stat(follow_symlinks=False).st_size
    except FileNotFoundError:  # ChromaDB removed it a moment ago
        return 0
