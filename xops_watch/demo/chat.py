"""Open WebUI's stand-in as a process of its own: started, given orders, ended."""

import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from xops_watch.clock import ScaledClock

_STOP_SECONDS = 5.0
DATABASE = "webui.db"


@dataclass(slots=True, kw_only=True)
class Chat:
    """The process that writes to the database; nobody else opens it, but the daemon looks."""

    process: subprocess.Popen[bytes]
    database: Path
    log: Path
    _order: bytes = b""
    _read: int = field(default=0, init=False)
    _told: bool = field(default=False, init=False)

    def order(self, *, people: int, writes_per_second: float) -> None:
        """Say how many people are there, and how many writes a second they make together."""
        order = {"people": people, "writes_per_second": round(writes_per_second, 1)}
        line = json.dumps(order).encode() + b"\n"
        if line != self._order and self.process.stdin is not None:
            self._order = line
            with contextlib.suppress(BrokenPipeError):  # `ended` tells
                self.process.stdin.write(line)
                self.process.stdin.flush()

    def ended(self) -> int | None:
        """Return the exit code once, when the process has ended before its time."""
        if self._told or self.process.poll() is None:
            return None
        self._told = True
        return self.process.returncode

    def logged(self) -> list[str]:
        """Return the whole lines of its log since the last call."""
        with self.log.open("rb") as log:
            log.seek(self._read)
            whole = log.read().rpartition(b"\n")[0]
        self._read += len(whole) + 1 if whole else 0
        return whole.decode(errors="replace").splitlines()


@contextmanager
def chatting(directory: Path, clock: ScaledClock, *, people: int) -> Iterator[Chat]:
    """Yield Open WebUI, which so many people used within a day; it ends with the block.

    Its database is in a directory of its own.
    """
    home = directory / "open-webui"
    home.mkdir()
    database, log = home / DATABASE, directory / "open-webui.log"
    with log.open("wb") as out:
        # A session of its own: Ctrl-C reaches the demo, which then closes its stdin.
        process = subprocess.Popen(  # noqa: S603 - our own module, by our own interpreter
            [
                *(sys.executable, "-m", "xops_watch.demo.writers"),
                *(str(database), str(clock.speed), clock.anchor.isoformat(), str(people)),
            ],
            stdin=subprocess.PIPE,
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
    try:
        yield Chat(process=process, database=database, log=log)
    finally:
        if process.stdin is not None:
            with contextlib.suppress(BrokenPipeError):
                process.stdin.close()
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
