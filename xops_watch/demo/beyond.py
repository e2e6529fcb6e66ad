"""What the story needs beyond AWS: a chat with its database, GitHub, Prometheus, mandates."""

import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from xops_watch.clock import ScaledClock
from xops_watch.demo import github, mandates, world
from xops_watch.demo.chat import Chat, chatting
from xops_watch.demo.github import Github
from xops_watch.demo.loopback import serving
from xops_watch.demo.prometheus import Prometheus
from xops_watch.demo.tell import Line

_LOOKS_LEAST, _LOOKS_MOST = 50, 1000  # a real second
_LOOKS_PER_MINUTE = 50  # of the story


@dataclass(slots=True, kw_only=True)
class Beyond:
    """The rest of the world; `move` brings it to the present."""

    clock: ScaledClock
    chat: Chat
    mandates: Path
    github: Github
    github_url: str
    prometheus: Prometheus
    prometheus_url: str
    _pulls: int = field(default=0, init=False)
    _is_mandated: bool = field(default=False, init=False)

    def move(self, elapsed: timedelta) -> Iterator[Line]:
        """Let happen what is due `elapsed` after the start; yield what went wrong."""
        people, writes = world.people_at(elapsed), world.writes_at(elapsed)
        self.chat.order(people=people, writes_per_second=writes)
        while self._pulls < world.pulls_at(elapsed):
            self._pulls += 1
            self.github.opened.append(self.clock.now())
        if elapsed >= world.MANDATE and not self._is_mandated:
            self._is_mandated = True
            mandates.declare_sovereignty(self.mandates, now=self.clock.now())
        self.prometheus.numbers = world.numbers_at(elapsed)
        code = self.chat.ended()
        if code is not None:
            text = f"Open WebUI's writers ended ({_ending(code)}): nobody has webui.db open now"
            yield Line(who="demo", text=text, tone="bad")

    def settings(self) -> Mapping[str, str]:
        """Return the settings of a daemon that watches all of it."""
        looks = min(max(_LOOKS_LEAST, _LOOKS_PER_MINUTE * self.clock.speed / 60), _LOOKS_MOST)
        database = str(self.chat.database)
        return {
            "XOPS_WATCH_SQLITE__PATH": database,
            "XOPS_WATCH_SQLITE__LOOKS_PER_SECOND": f"{looks:g}",
            "XOPS_WATCH_OPENWEBUI__DATABASE_PATH": database,
            "XOPS_WATCH_MANDATES__PATH": str(self.mandates),
            "XOPS_WATCH_GITHUB__REPOSITORIES": github.REPOSITORY,
            "XOPS_WATCH_GITHUB__API_URL": self.github_url,
            "XOPS_WATCH_GITHUB__TOKEN": github.TOKEN,
            "XOPS_WATCH_GITHUB__INTERVAL_SECONDS": "300",
            "XOPS_WATCH_PROMETHEUS__URL": self.prometheus_url,
        }


@contextmanager
def beyond_aws(directory: Path, clock: ScaledClock) -> Iterator[Beyond]:
    """Yield the rest of the world, with its past; what runs of it ends with the block."""
    path = directory / "mandates.yaml"
    mandates.write_none(path)
    code = Github([clock.anchor - ago for ago in world.PULLS_BEFORE])
    numbers = Prometheus(clock=clock, numbers=world.numbers_at(-world.MINUTE))
    with (
        chatting(directory, clock, people=world.PEOPLE_BEFORE) as chat,
        serving(code.answer) as github_url,
        serving(numbers.answer) as prometheus_url,
    ):
        yield Beyond(
            clock=clock,
            chat=chat,
            mandates=path,
            github=code,
            github_url=github_url,
            prometheus=numbers,
            prometheus_url=prometheus_url,
        )


def _ending(code: int) -> str:
    return f"exit code {code}" if code >= 0 else signal.Signals(-code).name
