"""Runs the demo: an embedded AWS, the daemon as its own process, the story and the teller."""

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from xops_watch.clock import ScaledClock, machine_now, monotonic
from xops_watch.demo import stage, tell, world
from xops_watch.embedded_aws.control import EmbeddedAws
from xops_watch.embedded_aws.process import spawn
from xops_watch.errors import UnreachableError

STEP_SECONDS = 0.5  # how often the world moves and the terminal looks, in real time
STOP_SECONDS = 25.0  # the daemon flushes what is owed for up to 20 s
READY_SECONDS = 30.0
LOG_LINES = 15

Say = Callable[[tell.Line, timedelta], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How the demo runs: minutes a minute, real seconds (None until Ctrl-C), where to listen."""

    speed: float
    seconds: float | None
    listen: str


def run(plan: Plan, say: Say) -> None:
    """Run the demo and leave nothing behind; raises UnreachableError when the daemon dies."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    clock = ScaledClock(anchor=machine_now(), speed=plan.speed)
    with (
        tempfile.TemporaryDirectory(prefix="xops-watch-demo-") as directory,
        spawn(clock=clock) as aws,
    ):
        pager = stage.build(aws)
        moving = stage.World(aws=aws, clock=clock)
        moving.move()
        with _daemon(plan, aws, pager, clock, Path(directory)) as daemon:
            daemon.wait_ready(stop)
            _introduce(daemon.address, plan, say)
            _live(plan, moving, pager, daemon, stop, say)
        for body in pager.messages():
            _say_all(tell.Teller().message(body), moving.elapsed, say)
    say(tell.Line(who="demo", text="stopped; nothing is left behind"), moving.elapsed)


def _live(
    plan: Plan,
    moving: stage.World,
    pager: stage.Pager,
    daemon: "_Daemon",
    stop: threading.Event,
    say: Say,
) -> None:
    """Move the world and tell what happens, until it is time to stop."""
    teller = tell.Teller()
    scenes = list(world.SCENES)
    began = monotonic()
    while not stop.wait(STEP_SECONDS):
        moving.move()
        elapsed = moving.elapsed
        while scenes and scenes[0].at <= elapsed:
            say(tell.Line(who="world", text=scenes.pop(0).text, tone="world"), elapsed)
        _say_all(teller.news(daemon.snapshot(), elapsed=elapsed), elapsed, say)
        for body in pager.messages():
            _say_all(teller.message(body), elapsed, say)
        if plan.seconds is not None and monotonic() - began >= plan.seconds:
            return


def _introduce(address: str, plan: Plan, say: Say) -> None:
    for text in (
        f"one real second is {plan.speed:g} s here; Ctrl-C ends everything",
        f"metrics  {address}/metrics",
        f"page     {address}/",
    ):
        say(tell.Line(who="demo", text=text), timedelta())


def _say_all(lines: Iterator[tell.Line], elapsed: timedelta, say: Say) -> None:
    for line in lines:
        say(line, elapsed)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Daemon:
    """The daemon's process, as somebody outside sees it."""

    process: subprocess.Popen[bytes]
    address: str
    log: Path

    def wait_ready(self, stop: threading.Event) -> None:
        """Return when the first tick is done; raises UnreachableError."""
        limit = monotonic() + READY_SECONDS
        while monotonic() < limit and not stop.is_set():
            self._check_alive()
            if self._get("/readyz") is not None:
                return
            stop.wait(0.1)
        if not stop.is_set():
            raise self._failure(f"the daemon was not ready after {READY_SECONDS:g} s")

    def snapshot(self) -> tell.Document:
        """Return the daemon's newest snapshot; raises UnreachableError."""
        self._check_alive()
        body = self._get("/api/v1/snapshot")
        if body is None:
            raise self._failure("the daemon does not answer")
        document: tell.Document = json.loads(body)
        return document

    def _get(self, path: str) -> bytes | None:
        try:
            with urllib.request.urlopen(f"{self.address}{path}", timeout=5) as answer:  # noqa: S310 - http, ours
                return bytes(answer.read())
        except (urllib.error.URLError, OSError):
            return None

    def _check_alive(self) -> None:
        if self.process.poll() is not None:
            raise self._failure(f"the daemon ended with exit code {self.process.returncode}")

    def _failure(self, what: str) -> UnreachableError:
        last = "\n".join(self.log.read_text(errors="replace").splitlines()[-LOG_LINES:])
        return UnreachableError(f"{what}; its last words:\n{last}", hint="please report this")


@contextmanager
def _daemon(
    plan: Plan, aws: EmbeddedAws, pager: stage.Pager, clock: ScaledClock, directory: Path
) -> Iterator[_Daemon]:
    listen = plan.listen if _is_free(plan.listen) else f"127.0.0.1:{_free_port()}"
    environment = {
        **{name: value for name, value in os.environ.items() if not _is_ours(name)},
        **aws.environment(stage.REGION),
        "XOPS_WATCH_STACK": "xops-demo",
        "XOPS_WATCH_STATE_PATH": str(directory / "state.db"),
        "XOPS_WATCH_ECS__CLUSTERS": world.CLUSTER,
        "XOPS_WATCH_SNS__TOPIC_ARN": pager.topic_arn,
        "XOPS_WATCH_HTTP__LISTEN": listen,
        "XOPS_WATCH_TICK_SECONDS": "60",
        "XOPS_WATCH_LOG__FORMAT": "json",
        "XOPS_WATCH_CLOCK__SPEED": str(clock.speed),
        "XOPS_WATCH_CLOCK__ANCHOR": clock.anchor.isoformat(),
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
            yield _Daemon(process=process, address=f"http://{listen}", log=log)
        finally:
            process.terminate()
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _is_ours(name: str) -> bool:
    return name.startswith(("XOPS_WATCH_", "AWS_", "ECS_CONTAINER_"))


def _is_free(listen: str) -> bool:
    host, port = listen.rsplit(":", 1)
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, int(port)))
        except OSError:
            return False
    return True


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
