"""A source as the settings build it, on the small GitHub, with the time in a test's hands."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from tests.fakes import MemoryStore
from tests.sources.github.tiny_github import TOKEN
from xops_watch.core.reading import SeriesKey
from xops_watch.ports import Memory
from xops_watch.sources.github import (
    Budget,
    Collisions,
    Credentials,
    GithubApi,
    GithubSource,
    PullReader,
    Readers,
    Repositories,
    RunReader,
    account_matcher,
    path_matcher,
)
from xops_watch.sources.github.source import WorkflowRuns
from xops_watch.web.client import Web
from xops_watch.web.reply import Limits


class FixedToken:
    """Gives one token after the other; a refused one is replaced as long as there are more."""

    def __init__(self, *tokens: str) -> None:
        self.tokens = list(tokens or (TOKEN,))

    def token(self) -> str:
        return self.tokens[0]

    def renew(self) -> bool:
        if len(self.tokens) > 1:
            del self.tokens[0]
            return True
        return False


@dataclass(slots=True)
class RealTime:
    """Real seconds that only pass when a test says so."""

    seconds: float = 1000.0

    def __call__(self) -> float:
        return self.seconds


class Heard:
    """Keeps what became of names, and of what was remembered."""

    def __init__(self) -> None:
        self.names: list[tuple[str, ...]] = []

    def renamed(self, old: str, new: str) -> None:
        self.names.append((old, new))

    def replaced(self, name: str) -> None:
        self.names.append((name,))

    def forgot(self) -> None:
        self.names.append(())


def source_of(  # noqa: PLR0913 - what tests vary
    url: str,
    *names: str,
    credentials: Credentials | None = None,
    memory: Memory | None = None,
    time: RealTime | None = None,
    workflow_runs: WorkflowRuns = "fallback",
    workflows: tuple[str, ...] = ("*",),
    hears: Heard | None = None,
    pause: Callable[[timedelta], None] = lambda _: None,
    seen: tuple[SeriesKey, ...] = (),
) -> GithubSource:
    time = time or RealTime()
    heard = hears or Heard()
    limits = Limits(total=timedelta(seconds=5), bytes_max=8_000_000, redirects_max=3)
    api = GithubApi(
        Web(url, what="GitHub", limits=limits),
        credentials or FixedToken(),
        Budget(monotonic=time),
        graphql_url=f"{url}/graphql",
        monotonic=time,
    )
    is_bot = account_matcher(("*[bot]", "renovate*"))
    return GithubSource(
        Readers(
            api=api,
            repositories=Repositories(api, names or ("acme/infra",), hears=heard),
            pulls=PullReader(api, is_iac=path_matcher(("**/*.tf", "helm/**"))),
            collisions=Collisions(api, memory or MemoryStore(), pause=pause, forgot=heard.forgot),
            runs=RunReader(api, is_bot=is_bot, is_iac=account_matcher(workflows)),
        ),
        stack="xops",
        interval=timedelta(minutes=15),
        workflow_runs=workflow_runs,
        is_bot=is_bot,
        seen=seen,
    )
