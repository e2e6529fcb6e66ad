"""Runs the demo as a person would, and looks at what it leaves."""

import queue
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from signal import SIGKILL

import psutil

from tests.cli.command import clean_environment

WAIT_SECONDS = 90.0  # never reached by what works, however busy the machine is
ANYWHERE = "127.0.0.1:0"
MOMENTARY = ("count_users.py",)  # what the daemon reads the users with


@dataclass(slots=True, kw_only=True)
class Showing:
    """A demo that runs in a session of its own, as on a terminal of its own."""

    process: subprocess.Popen[str]
    folder: Path
    lines: list[str] = field(default_factory=list)
    left: list[psutil.Process] = field(default_factory=list)
    _lines: "queue.Queue[str]" = field(default_factory=queue.Queue)
    _listener: threading.Thread = field(init=False)

    def __post_init__(self) -> None:
        self._listener = threading.Thread(target=self._listen)
        self._listener.start()

    def _listen(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._lines.put(line.rstrip("\n"))

    def wait_for(self, text: str) -> str:
        """Return the next line that has `text` in it."""
        while True:
            self.lines.append(self._lines.get(timeout=WAIT_SECONDS))
            if text in self.lines[-1]:
                return self.lines[-1]

    def children(self) -> list[psutil.Process]:
        """Return the processes that the demo has started so far, and remember them.

        Those that only live for a moment are not among them: they end by themselves.
        """
        now = [
            child
            for child in psutil.Process(self.process.pid).children(recursive=True)
            if not any(part in _command_of(child) for part in MOMENTARY)
        ]
        self.left += [child for child in now if child not in self.left]
        return now

    def child(self, part: str) -> psutil.Process:
        """Return the process with this in its command line."""
        return next(child for child in self.children() if part in _command_of(child))

    def has_started(self, part: str) -> bool:
        """Return whether there is a process with this in its command line."""
        return any(part in _command_of(child) for child in self.children())

    def end(self) -> int:
        """Wait for the end, check that nothing is left, and return the exit code."""
        code = self.process.wait(WAIT_SECONDS)
        self._listener.join()
        while not self._lines.empty():
            self.lines.append(self._lines.get())
        assert not [child for child in self.left if child.is_running()]
        assert list(self.folder.iterdir()) == []
        assert "Traceback" not in self.text
        return code

    @property
    def text(self) -> str:
        """Return all that was said."""
        return "\n".join(self.lines)

    def close(self) -> None:
        """Leave nothing, whatever went wrong."""
        for process in (*self.left, *psutil.Process().children(recursive=True)):
            if process in self.left or process.pid == self.process.pid:
                process.send_signal(SIGKILL) if process.is_running() else None
        self.process.wait()
        self._listener.join()
        assert self.process.stdout is not None
        self.process.stdout.close()


def _command_of(process: psutil.Process) -> str:
    """Return the command line, empty if the process has just ended."""
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""


@contextmanager
def showing(folder: Path, *arguments: str, **environment: str) -> Iterator[Showing]:
    """Yield a running demo; its temporary files are in `folder`."""
    process = subprocess.Popen(
        [sys.executable, "-m", "xops_watch", "demo", "--speed", "600", *arguments],
        env=clean_environment({"TMPDIR": str(folder), **environment}),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    demo = Showing(process=process, folder=folder)
    try:
        yield demo
    finally:
        demo.close()


def read(address: str) -> str:
    """Return what a page says; raises OSError when nobody answers."""
    with urllib.request.urlopen(address, timeout=10) as answer:  # noqa: S310 - http, ours
        return str(answer.read().decode())
