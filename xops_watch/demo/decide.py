"""Somebody answers a recommendation, by the command that anybody would type."""

import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import IO, Final

from xops_watch.demo.tell import Document, Line

EVOLUTION: Final = "atlantis-on-k3s"
_PUT_OFF = timedelta(days=14)
_WHO = "Platform board"
_WHY = "the release comes first"
_END_SECONDS = 5.0


@dataclass(slots=True, kw_only=True)
class Board:
    """Whoever decides: once, when it is recommended, without anybody waiting for the command."""

    environment: Mapping[str, str]
    output: IO[bytes]
    _process: subprocess.Popen[bytes] | None = field(default=None, init=False)
    _is_done: bool = field(default=False, init=False)

    def answer(self, document: Document, *, now: datetime) -> Iterator[Line]:
        """Start the command if the recommendation is there, and yield it as it is typed."""
        if self._process is None and _is_recommended(document):
            arguments = _arguments(now)
            self._process = subprocess.Popen(  # noqa: S603 - our own command, no shell
                [sys.executable, "-m", "xops_watch", *arguments],
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=self.output,
                stderr=self.output,
                start_new_session=True,
            )
            yield Line(who="board", text=f"$ xops-watch {shlex.join(arguments)}", tone="world")

    def answered(self) -> Iterator[Line]:
        """Yield what the command said, once it has ended."""
        if self._process is not None and not self._is_done and self._process.poll() is not None:
            self._is_done = True
            self.output.seek(0)
            for line in self.output.read().decode(errors="replace").splitlines():
                yield Line(who="board", text=line)

    def end(self) -> None:
        """End the command if it still runs."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(_END_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()


@contextmanager
def deciding(environment: Mapping[str, str]) -> Iterator[Board]:
    """Yield the board of a daemon that runs with this environment."""
    with tempfile.TemporaryFile() as output:
        board = Board(environment=environment, output=output)
        try:
            yield board
        finally:
            board.end()


def _arguments(now: datetime) -> tuple[str, ...]:
    until = f"{now + _PUT_OFF:%Y-%m-%d}"
    return ("decision", "defer", EVOLUTION, "--until", until, "--by", _WHO, "--reason", _WHY)


def _is_recommended(document: Document) -> bool:
    return any(
        advice["evolution"]["id"] == EVOLUTION and advice["state"] == "recommended"
        for advice in document["advice"]
    )
