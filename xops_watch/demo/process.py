"""The daemon as a process of its own, started and seen as anybody would."""

import json
import os
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from xops_watch.clock import monotonic
from xops_watch.demo.tell import Document
from xops_watch.errors import UnreachableError

READY_SECONDS = 60.0  # a cold start on a busy machine takes ten
STOP_SECONDS = 25.0  # the daemon ends within 20 s
LOG_LINES = 15
_ANSWER_SECONDS = 5.0
_LOOK_SECONDS = 0.1
_ANYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - whom to ask then


@dataclass(slots=True)
class Stop:
    """Whether a signal asked for the end. No Event: its lock cannot be taken in a handler."""

    asked: bool = False

    def ask(self, *_: object) -> None:
        """Note that it is time; this is the signals' handler."""
        self.asked = True

    def wait(self, seconds: float) -> bool:
        """Pause, and return whether the end was asked for."""
        if not self.asked:
            threading.Event().wait(seconds)
        return self.asked


@dataclass(slots=True, kw_only=True)
class DaemonProcess:
    """One process of `xops-watch run`; `address` is known once it listens."""

    process: subprocess.Popen[bytes]
    log: Path
    environment: Mapping[str, str]
    address: str = ""
    _heard: float = 0.0

    def wait_listening(self, stop: Stop) -> bool:
        """Return whether it came to listen, or `stop` was asked; not if it ended before."""
        limit = monotonic() + READY_SECONDS
        while not stop.asked and monotonic() < limit:
            ended = self.process.poll() is not None
            self.address = self._listening_at() or ""
            if self.address or ended:
                return bool(self.address)
            stop.wait(_LOOK_SECONDS)
        return stop.asked

    def wait_ready(self, stop: Stop, *, meanwhile: Callable[[], object]) -> None:
        """Return when the first tick is done, or `stop` is asked; raises UnreachableError."""
        limit = monotonic() + READY_SECONDS
        while not stop.asked and self._get("/readyz") is None:
            self.check_alive()
            if monotonic() > limit:
                raise self.failure(f"the daemon was not ready after {READY_SECONDS:g} s")
            meanwhile()
            stop.wait(_LOOK_SECONDS)
        self._heard = monotonic()

    def snapshot(self) -> Document | None:
        """Return the newest snapshot, None when a busy machine delays it; or UnreachableError."""
        self.check_alive()
        body = self._get("/api/v1/snapshot")
        if body is None and monotonic() - self._heard < READY_SECONDS:
            return None
        if body is None:
            raise self.failure("the daemon does not answer")
        self._heard = monotonic()
        document: Document = json.loads(body)
        return document

    def check_alive(self) -> None:
        """Raise UnreachableError when the process has ended."""
        if self.process.poll() is not None:
            raise self.failure(f"the daemon ended with exit code {self.process.returncode}")

    def failure(self, what: str) -> UnreachableError:
        """Return an error with the end of the daemon's log."""
        last = "\n".join(self.log.read_text(errors="replace").splitlines()[-LOG_LINES:])
        return UnreachableError(f"{what}; its last words:\n{last}", hint="please report this")

    def _get(self, path: str) -> bytes | None:
        try:
            with urllib.request.urlopen(f"{self.address}{path}", timeout=_ANSWER_SECONDS) as answer:  # noqa: S310 - http, ours
                return bytes(answer.read())
        except (urllib.error.URLError, OSError):
            return None

    def _listening_at(self) -> str | None:
        """Return the address that the daemon tells in its log: port 0 is another one then."""
        for line in self.log.read_text(errors="replace").splitlines():
            if line.startswith("{") and line.endswith("}"):
                told = json.loads(line)
                if told.get("event") == "listening":
                    host, _, port = str(told["address"]).rpartition(":")
                    host = _ANYWHERE.get(host, host)
                    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
        return None


@contextmanager
def started(listen: str, settings: Mapping[str, str], directory: Path) -> Iterator[DaemonProcess]:
    """Yield a daemon that begins to start; it has ended in order when the block has."""
    environment = {
        **{name: value for name, value in os.environ.items() if not _is_ours(name)},
        **settings,
        "XOPS_WATCH_STATE_PATH": str(directory / "state.db"),
        "XOPS_WATCH_HTTP__LISTEN": listen,
        "XOPS_WATCH_LOG__FORMAT": "json",
    }
    log = directory / "daemon.log"
    with log.open("wb") as out:
        # A session of its own: Ctrl-C reaches the demo, which then ends the daemon in order.
        process = subprocess.Popen(
            [sys.executable, "-m", "xops_watch", "run"],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
        try:
            yield DaemonProcess(process=process, log=log, environment=environment)
        finally:
            process.terminate()
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _is_ours(name: str) -> bool:
    return name.startswith(("XOPS_WATCH_", "AWS_", "ECS_CONTAINER_"))
