"""A GitHub that asks to slow down, seen by the whole daemon: blind for a while, no more."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from threading import Event

import pytest

from tests.sources.github.tiny_github import Repo, TinyGithub, pull, tiny_github
from tests.system.daemons import RunningDaemon, eventually, running
from tests.web.loopback import answer
from xops_watch.clock import machine_now
from xops_watch.embedded_aws.control import EmbeddedAws

SIGNAL = "github.iac_prs_7d"
SPENT = {"x-ratelimit-limit": "5000", "x-ratelimit-remaining": "0", "x-ratelimit-reset": "1"}
LIMIT = '{"message": "You have exceeded a secondary rate limit. Please wait."}'


@pytest.fixture
def github() -> Iterator[TinyGithub]:
    now = machine_now()
    with tiny_github(infra=Repo(1, pulls=[pull(n, at=now) for n in range(6)])) as tiny:
        yield tiny


def watching(github: TinyGithub, folder: Path) -> Mapping[str, str]:
    """Return settings of a daemon whose minute is a tenth of a second."""
    (folder / "token").write_text(github.token, encoding="utf-8")
    return {
        "XOPS_WATCH_GITHUB__REPOSITORIES": "acme/infra",
        "XOPS_WATCH_GITHUB__TOKEN_FILE": str(folder / "token"),
        "XOPS_WATCH_GITHUB__API_URL": github.url,
        "XOPS_WATCH_GITHUB__INTERVAL_SECONDS": "60",
        "XOPS_WATCH_CLOCK__SPEED": "120",
        "XOPS_WATCH_CLOCK__ANCHOR": machine_now().isoformat(),
    }


def ticks(daemon: RunningDaemon) -> str:
    return str(daemon.snapshot().get("at"))


def said(daemon: RunningDaemon) -> str:
    """Return why the source says nothing at all, empty when it says something."""
    sources = daemon.snapshot().get("sources", [])
    return "".join(one["detail"] for one in sources if one["source"] == "github" and not one["up"])


@pytest.mark.parametrize("status", [403, 429])
@pytest.mark.parametrize("headers", [{"retry-after": "1"}, SPENT | {"retry-after": "1"}])
def test_a_limit_blinds_the_source_alone_and_passes(
    github: TinyGithub, aws: EmbeddedAws, tmp_path: Path, status: int, headers: dict[str, str]
) -> None:
    github.faults["PullRequests"] = answer(LIMIT, status=status, headers=headers)
    with running(aws, tmp_path, **watching(github, tmp_path)) as daemon:
        eventually(lambda: daemon.signal_status(SIGNAL, "xops") == "throttled", "it is told")
        before = ticks(daemon)
        eventually(lambda: ticks(daemon) != before, "the next tick is told")
        github.faults.clear()
        eventually(lambda: daemon.signal_status(SIGNAL, "xops") == "ok", "it recovers")
        assert daemon.end() == 0
    assert "source_read_again" in daemon.events()
    assert github.token not in daemon.log_path.read_text()


def test_a_limit_without_a_time_is_left_alone_for_a_minute(
    github: TinyGithub, aws: EmbeddedAws, tmp_path: Path
) -> None:
    github.faults["/repos/acme/infra"] = answer(LIMIT, status=403)
    with running(aws, tmp_path, **watching(github, tmp_path)) as daemon:
        eventually(lambda: "asked to slow down (403)" in said(daemon), "it is told")
        for _ in range(3):
            before = ticks(daemon)
            eventually(lambda at=before: ticks(daemon) != at, "the next tick is told")  # type: ignore[misc]  # the loop's own
        assert len(github.loopback.asked) == 1
        assert daemon.end() == 0


def test_a_github_that_hangs_delays_neither_a_tick_nor_the_end(
    github: TinyGithub, aws: EmbeddedAws, tmp_path: Path
) -> None:
    asked = Event()

    def hang(_: object) -> None:
        asked.set()
        github.loopback.over.wait()

    github.faults["PullRequests"] = hang
    with running(aws, tmp_path, **watching(github, tmp_path)) as daemon:
        eventually(asked.is_set, "it hangs")
        eventually(lambda: "has not answered within" in said(daemon), "it is told")
        before = ticks(daemon)
        eventually(lambda: ticks(daemon) != before, "the next tick is told")
        assert daemon.end() == 0
