"""The daemon as its own process, against an embedded AWS, watched from outside."""

import http.client
import json
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from threading import Event
from typing import Any

from tests.cli.command import clean_environment
from xops_watch.clock import monotonic
from xops_watch.embedded_aws.control import EmbeddedAws

WAIT_SECONDS = 40.0
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningDaemon:
    """One process of `xops-watch run`; its log lines are JSON."""

    process: subprocess.Popen[bytes]
    port: int
    log_path: Path

    def read(self, path: str) -> tuple[int, str]:
        """Return status and body; raises OSError when nobody listens."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def snapshot(self) -> dict[str, Any]:
        """Return the newest snapshot; {} before the first."""
        try:
            status, body = self.read("/api/v1/snapshot")
        except OSError:
            return {}
        document: dict[str, Any] = json.loads(body)
        return document if status == http.client.OK else {}

    def statuses(self) -> dict[tuple[str, str], str]:
        """Return the status of every trigger by rule and subject."""
        triggers = self.snapshot().get("triggers", [])
        return {(t["rule"], t["subject"]): t["status"] for t in triggers}

    def signal_status(self, name: str, subject: str) -> str:
        """Return whether a signal can be seen; empty when it is not known."""
        signals = self.snapshot().get("signals", [])
        found = [s["status"] for s in signals if (s["signal"], s["subject"]) == (name, subject)]
        return str(found[0]) if found else ""

    def log(self) -> list[dict[str, Any]]:
        """Return the log; every line must be JSON."""
        return [json.loads(line) for line in self.log_path.read_text().splitlines()]

    def events(self) -> list[str]:
        """Return the names of the log's events."""
        return [line["event"] for line in self.log()]

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal and return the exit code."""
        self.process.send_signal(number)
        return self.process.wait(WAIT_SECONDS)


@contextmanager
def running(aws: EmbeddedAws, directory: Path, **settings: str) -> Iterator[RunningDaemon]:
    """Yield a daemon; whatever happens, it is gone afterwards."""
    port = free_port()
    environment = clean_environment(
        aws.environment()
        | {
            "XOPS_WATCH_ECS__CLUSTERS": "xops",
            "XOPS_WATCH_STATE_PATH": str(directory / "state.db"),
            "XOPS_WATCH_HTTP__LISTEN": f"127.0.0.1:{port}",
            "XOPS_WATCH_LOG__FORMAT": "json",
        }
        | settings
    )
    log_path = directory / f"daemon-{port}.log"
    with log_path.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "xops_watch", "run"], env=environment, stdout=out, stderr=out
        )
        try:
            yield RunningDaemon(process=process, port=port, log_path=log_path)
        finally:
            process.kill()
            process.wait()


def eventually(fact: Callable[[], bool], what: str, *, seconds: float = WAIT_SECONDS) -> None:
    """Return as soon as `fact` holds; fail when it does not within so many real seconds."""
    limit = monotonic() + seconds
    pause = Event()
    while not fact():
        assert monotonic() < limit, f"not within {seconds} s: {what}"
        pause.wait(0.05)


def put_cpu(aws: EmbeddedAws, service: str, percent: float, *, until: datetime) -> None:
    """Give a service the last 40 minutes of CPU up to `until`, a point a minute."""
    minute = until.replace(second=0, microsecond=0)
    aws.put_points(
        {
            "namespace": "AWS/ECS",
            "metric": "CPUUtilization",
            "dimensions": {"ClusterName": "xops", "ServiceName": service},
            "unit": "Percent",
            "points": [(minute - number * MINUTE, percent) for number in range(40)],
        }
    )


def free_port() -> int:
    """Return a port that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
