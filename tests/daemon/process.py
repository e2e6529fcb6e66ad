"""Starts small programs, waits for what they say, and gathers what they leave."""

import json
import queue
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from signal import Signals
from typing import IO, Any

ROOT = Path(__file__).parents[2]
WAIT_SECONDS = 40.0  # never reached by what works, however busy the machine is

PRELUDE = """
import os, signal, threading, time
from datetime import datetime, timedelta, UTC
from tests.daemon.program import job, live, raising, say
from xops_watch.daemon import Limits
from xops_watch.errors import StoreError
"""


@dataclass(slots=True, kw_only=True)
class Program:
    """A running program: what it says line by line and, when it has ended, its log."""

    process: subprocess.Popen[str]
    errors: IO[str]
    said: list[str] = field(default_factory=list)
    log: list[dict[str, Any]] = field(default_factory=list)
    _lines: "queue.Queue[str]" = field(default_factory=queue.Queue)
    _listener: threading.Thread = field(init=False)

    def __post_init__(self) -> None:
        self._listener = threading.Thread(target=self._listen)
        self._listener.start()

    def _listen(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._lines.put(line.rstrip("\n"))

    def wait_for(self, line: str) -> None:
        """Return when the program has said this line (again)."""
        self.said.append(self._lines.get(timeout=WAIT_SECONDS))
        while self.said[-1] != line:
            self.said.append(self._lines.get(timeout=WAIT_SECONDS))

    def send(self, number: Signals) -> None:
        """Send a signal."""
        self.process.send_signal(number)

    def end(self, number: Signals | None = None) -> int:
        """Send a signal, if any, and return the exit code; every line of stderr must be JSON."""
        if number is not None:
            self.send(number)
        code = self.process.wait(WAIT_SECONDS)
        self._listener.join()
        while not self._lines.empty():
            self.said.append(self._lines.get())
        self.errors.seek(0)
        self.log = [json.loads(line) for line in self.errors]
        return code

    def events(self) -> list[str]:
        """Return the names of the log's events."""
        return [line["event"] for line in self.log]

    def close(self) -> None:
        """Leave nothing."""
        self.process.kill()
        self.process.wait()
        self._listener.join()
        assert self.process.stdout is not None
        self.process.stdout.close()


@contextmanager
def program(body: str) -> Iterator[Program]:
    """Yield a running program, which is gone afterwards."""
    with tempfile.TemporaryFile("w+", encoding="utf-8") as errors:
        process = subprocess.Popen(
            [sys.executable, "-c", PRELUDE + body],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
        running = Program(process=process, errors=errors)
        try:
            yield running
        finally:
            running.close()
