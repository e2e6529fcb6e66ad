"""Runs the demo: an embedded AWS, the daemon as its own process, the story and the teller."""

import os
import signal
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from http.client import HTTPException
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from xops_watch.clock import ScaledClock, machine_now, monotonic
from xops_watch.demo import stage, tell, world
from xops_watch.demo.beyond import Beyond, beyond_aws
from xops_watch.demo.decide import Board, deciding
from xops_watch.demo.process import DaemonProcess, Stop, started
from xops_watch.embedded_aws.control import ControlRefusedError
from xops_watch.embedded_aws.process import StartFailedError, spawn
from xops_watch.errors import UnreachableError

STEP_SECONDS_MAX = 0.5  # how often the world moves and the terminal looks, in real time
LAST_WORDS_MAX = 2000  # characters of what the embedded AWS leaves

Say = Callable[[tell.Line, timedelta], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How the demo runs: minutes a minute, real seconds (None until Ctrl-C), where to listen."""

    speed: float
    seconds: float | None
    listen: str

    @property
    def step_seconds(self) -> float:
        """Return the real time between two steps: a minute of the story, if it is short."""
        return min(STEP_SECONDS_MAX, 60 / self.speed)


def run(plan: Plan, say: Say) -> None:
    """Run the demo and leave nothing behind; raises UnreachableError when a part of it dies."""
    stop = Stop()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop.ask)
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # as it is under nohup
        signal.signal(signal.SIGHUP, stop.ask)
    _pass_by_proxies()
    try:
        _run(plan, say, stop)
    except BrokenPipeError:
        raise  # who reads what we say has seen enough
    except StartFailedError as error:
        if stop.asked:
            return  # Ctrl-C met it before it had its own session
        raise UnreachableError(str(error)[-LAST_WORDS_MAX:], hint="please report this") from error
    except (OSError, HTTPException, BotoCoreError, ClientError, ControlRefusedError) as error:
        raise UnreachableError(
            f"the demo ended early: {error}", hint="was the embedded AWS killed, is the disk full?"
        ) from error


def _pass_by_proxies() -> None:
    """Nothing of the demo is beyond this machine, whatever HTTP_PROXY says."""
    for name in ("NO_PROXY", "no_proxy"):
        os.environ[name] = ",".join(filter(None, (os.environ.get(name), "127.0.0.1,localhost,::1")))


def _run(plan: Plan, say: Say, stop: Stop) -> None:
    clock = ScaledClock(anchor=machine_now(), speed=plan.speed)
    with (
        tempfile.TemporaryDirectory(prefix="xops-watch-demo-") as directory,
        beyond_aws(Path(directory), clock) as beyond,
        spawn(clock=clock) as aws,
    ):
        ends = stage.build(aws)
        moving = stage.World(aws=aws, clock=clock)
        show = _Show(
            plan=plan,
            stop=stop,
            ends=ends,
            moving=moving,
            beyond=beyond,
            teller=tell.Teller(),
            out=say,
        )
        show.move()
        environment = {
            **aws.environment(stage.REGION),
            **_settings(clock, ends.pager),
            **beyond.settings(),
        }
        with (
            _daemon(show, environment, Path(directory)) as daemon,
            deciding(daemon.environment) as board,
        ):
            daemon.wait_ready(stop, meanwhile=show.move)
            moving.begin()
            if not stop.asked:
                show.introduce(daemon.address)
                show.live(daemon, board)
        show.messages()
    show.say(tell.Line(who="demo", text="stopped; nothing is left behind"))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Show:
    """What is shown, and to whom."""

    plan: Plan
    stop: Stop
    ends: stage.Ends
    moving: stage.World
    beyond: Beyond
    teller: tell.Teller
    out: Say

    def say(self, *lines: tell.Line) -> None:
        elapsed = max(self.moving.elapsed, timedelta())
        for line in lines:
            self.out(line, elapsed)

    def introduce(self, address: str) -> None:
        for text in (
            f"one real second is {self.plan.speed:g} s here; Ctrl-C ends everything",
            f"metrics  {address}/metrics",
            f"page     {address}/",
        ):
            self.say(tell.Line(who="demo", text=text))

    def move(self) -> None:
        """Bring all of the world to the present, and tell what broke in it."""
        self.moving.move()
        self.ends.log.ship(self.beyond.chat.logged(), at=self.moving.clock.now())
        self.say(*self.beyond.move(self.moving.elapsed))

    def live(self, daemon: DaemonProcess, board: Board) -> None:
        """Move the world and tell what happens, until it is time to stop."""
        scenes = list(world.SCENES)
        began = monotonic()
        while not self.stop.wait(self.plan.step_seconds):
            self.move()
            elapsed = self.moving.elapsed
            while scenes and scenes[0].at <= elapsed:
                self.say(tell.Line(who="world", text=scenes.pop(0).text, tone="world"))
            document = daemon.snapshot()
            if document is not None:
                self.say(*self.teller.news(document, elapsed=elapsed))
                if elapsed >= world.ANSWER:
                    self.say(*board.answer(document, now=self.moving.clock.now()))
            self.say(*board.answered())
            self.messages()
            if self.plan.seconds is not None and monotonic() - began >= self.plan.seconds:
                return

    def messages(self) -> None:
        """Tell what reached the phone."""
        for body in self.ends.pager.messages():
            self.say(*self.teller.message(body))


def _settings(clock: ScaledClock, pager: stage.Pager) -> dict[str, str]:
    return {
        "XOPS_WATCH_STACK": "xops-demo",
        "XOPS_WATCH_ECS__CLUSTERS": world.CLUSTER,
        "XOPS_WATCH_SNS__TOPIC_ARN": pager.topic_arn,
        "XOPS_WATCH_APP_LOG__GROUP": stage.LOG_GROUP,
        "XOPS_WATCH_TICK_SECONDS": "30",
        "XOPS_WATCH_CLOCK__SPEED": str(clock.speed),
        "XOPS_WATCH_CLOCK__ANCHOR": clock.anchor.isoformat(),
    }


@contextmanager
def _daemon(
    show: _Show, environment: Mapping[str, str], directory: Path
) -> Iterator[DaemonProcess]:
    """Yield a daemon that listens where it is wished, or on another port if it cannot."""
    listen = show.plan.listen
    with started(listen, environment, directory) as daemon:
        if daemon.wait_listening(show.stop):
            yield daemon
            return
    text = f"{listen} cannot be listened on; the daemon takes another port"
    show.say(tell.Line(who="demo", text=text))
    with started("127.0.0.1:0", environment, directory) as daemon:
        if not daemon.wait_listening(show.stop):
            raise daemon.failure("the daemon does not listen")
        yield daemon
