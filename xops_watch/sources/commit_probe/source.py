"""Times a commit once a minute, in a short-lived process that can be killed."""

import contextlib
import os
import subprocess
import sys
from collections import deque
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from xops_watch.core.reading import Gap, Observation, Reading, SeriesKey
from xops_watch.errors import GapReason, SourceError

_LATENCY = "sqlite.commit_latency"
LIFE = timedelta(seconds=8)  # within the deadline of a tick
_REAP_SECONDS = 1.0
_RECENT = timedelta(minutes=5)
_PROGRAM = Path(__file__).with_name("time_commit.py")
# -I -S: nothing but the standard library, whatever the directory and the environment hold.
TIME_COMMIT = (sys.executable, "-I", "-S", "-B", str(_PROGRAM))
# What a Python may need to start; tokens and AWS credentials stay here.
_PASSED_ON = ("PATH", "LD_LIBRARY_PATH", "LANG", "LC_ALL", "TZ")

_SETTING = "XOPS_WATCH_SQLITE__PROBE_PATH"
_WHY = {
    "not_ours": (GapReason.INVALID, "is a file of another program"),
    "denied": (GapReason.DENIED, "may not be written by this user"),
    "read_only": (GapReason.DENIED, "is on a filesystem that is mounted read-only"),
    "missing": (GapReason.UNREACHABLE, "is in a directory that is not there"),
    "io_error": (GapReason.UNREACHABLE, "cannot be opened: the filesystem gives an error"),
    "failed": (GapReason.INVALID, "could not be committed to"),
}


class _Timed(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    seconds: Annotated[float, Field(ge=0, allow_inf_nan=False)]


class _Refused(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    refused: str


class CommitProbeSource:
    """Reports the time of a commit for the databases that lie on the probe's filesystem.

    `path` is the file that it commits to. A commit that takes longer than `life` is ended; as long
    as it cannot be, no other is begun. `seen` is what was observed before the process started.
    """

    name = "commit_probe"
    signals = (_LATENCY,)
    interval = timedelta(minutes=1)

    def __init__(
        self,
        subjects: Sequence[str],
        path: Path,
        *,
        life: timedelta = LIFE,
        command: Sequence[str] = TIME_COMMIT,
        seen: Collection[SeriesKey] = (),
    ) -> None:
        self._subjects = tuple(subjects)
        self._path = path
        self._life = life
        self._command = tuple(command)
        self._stuck: subprocess.Popen[bytes] | None = None
        self._recent: deque[tuple[datetime, float]] = deque(maxlen=5)
        self._forgotten = {
            subject for signal, subject in seen if signal == _LATENCY and subject not in subjects
        }

    def commit_seconds(self) -> float | None:
        """Return the median of the last commits, None when there was none lately."""
        return median(seconds for _, seconds in self._recent) if self._recent else None

    def observe(self, *, now: datetime) -> Sequence[Observation]:
        """Return the time of one commit; raises SourceError when none could be timed."""
        while self._recent and now - self._recent[0][0] > _RECENT:
            self._recent.popleft()
        seconds = self._time(self._path)
        self._recent.append((now, seconds))
        gone, self._forgotten = self._forgotten, set()
        return (
            *(
                Reading(signal=_LATENCY, subject=subject, value=seconds, taken_at=now)
                for subject in self._subjects
            ),
            *(_gone(subject, now) for subject in sorted(gone)),
        )

    def _time(self, path: Path) -> float:
        if self._stuck is not None and self._stuck.poll() is None:
            raise _stuck()
        self._stuck = None
        try:
            process = subprocess.Popen(  # noqa: S603 - our own program, no shell
                [*self._command, str(path)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                cwd="/",
                env=_environment(),
            )
        except OSError as error:
            raise SourceError(
                "the commit probe could not be started",
                reason=GapReason.UNREACHABLE,
                hint="the task is short of memory or processes",
            ) from error
        with contextlib.suppress(subprocess.TimeoutExpired):
            output, _ = process.communicate(timeout=self._life.total_seconds())
            return _parsed(output)
        process.kill()
        try:
            process.communicate(timeout=_REAP_SECONDS)
        except subprocess.TimeoutExpired:
            # It waits for a filesystem that does not answer, and cannot even be killed.
            self._stuck = process
            raise _stuck() from None
        raise SourceError(
            f"the commit probe took longer than {self._life.total_seconds():g} s",
            reason=GapReason.TIMEOUT,
            hint="the filesystem hardly answers: see its limits",
        )


def _environment() -> Mapping[str, str]:
    return {name: os.environ[name] for name in _PASSED_ON if name in os.environ}


def _parsed(output: bytes) -> float:
    try:
        return _Timed.model_validate_json(output).seconds
    except ValidationError:
        pass
    try:
        word = _Refused.model_validate_json(output).refused
    except ValidationError:
        word = "failed"
    reason, why = _WHY.get(word, _WHY["failed"])
    raise SourceError(f"the file of the commit probe {why}", reason=reason, hint=f"see {_SETTING}")


def _stuck() -> SourceError:
    return SourceError(
        "the commit probe hangs: the filesystem does not answer",
        reason=GapReason.UNREACHABLE,
        hint="see the mount and its server; the probe goes on when it answers",
    )


def _gone(subject: str, now: datetime) -> Gap:
    return Gap(
        signal=_LATENCY,
        subject=subject,
        reason=GapReason.GONE,
        detail="it is no longer among the databases of sqlite.path",
        noticed_at=now,
    )
