"""What GitHub really answered, replayed over HTTP. data/README.md says where it is from."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.sources.github.scene import FixedToken, Heard, RealTime, source_of
from tests.sources.github.tiny_github import NOW, Repo, TinyGithub, tiny_github
from tests.sources.github.told import gaps, values
from tests.web.loopback import Answer, answer
from xops_watch.core.reading import Reading
from xops_watch.errors import GapReason, SourceError
from xops_watch.sources.github import Budget, GithubApi, GithubSource
from xops_watch.sources.github.answers import RepositoryAnswer
from xops_watch.web.client import Web
from xops_watch.web.reply import Limits

RECORDED: dict[str, list[dict[str, Any]]] = json.loads(
    (Path(__file__).parent / "data" / "recorded.json").read_text(encoding="utf-8")
)
ASKED = "/repos/acme/infra"


def replayed(exchange: dict[str, Any], *, url: str = "") -> Answer:
    """Answer as recorded; what leads to GitHub leads to the loopback server."""
    moved = [
        (name, value.replace("https://api.github.com", url)) for name, value in exchange["headers"]
    ]
    headers = {
        name: value for name, value in moved if name.lower() not in {"date", "content-length"}
    }
    return answer(exchange["body"], status=exchange["status"], headers=headers)


def refused(source: GithubSource) -> SourceError:
    with pytest.raises(SourceError) as caught:
        source.observe(now=NOW)
    return caught.value


def api_of(github: TinyGithub) -> GithubApi:
    time = RealTime()
    return GithubApi(
        Web(github.url, what="GitHub", limits=Limits(redirects_max=3)),
        FixedToken(),
        Budget(monotonic=time),
        graphql_url=f"{github.url}/graphql",
        monotonic=time,
    )


def test_a_spent_limit_of_2013_without_a_reset() -> None:
    (exchange,) = RECORDED["limit"]
    with tiny_github(infra=Repo(1)) as github:
        github.faults[ASKED] = replayed(exchange)
        told = source_of(github.url).observe(now=NOW)
    assert gaps(told)["iac_prs_7d"][0] is GapReason.THROTTLED
    left = [o.value for o in told if isinstance(o, Reading) and o.signal == "github.api_remaining"]
    assert left == [0]


def test_bad_credentials() -> None:
    (exchange,) = RECORDED["bad_credentials"]
    with tiny_github(infra=Repo(1)) as github:
        github.faults[ASKED] = replayed(exchange)
        told = source_of(github.url).observe(now=NOW)
    what = f"GitHub GET {ASKED}: the token was refused (401)"
    assert gaps(told)["iac_prs_7d"] == (GapReason.DENIED, what)


def test_an_internal_error_and_the_answer_after_it() -> None:
    broken, well = RECORDED["server_error"]
    with tiny_github(infra=Repo(1)) as github:
        api = api_of(github)
        github.faults[ASKED] = replayed(broken)
        with pytest.raises(SourceError) as caught:
            api.get(ASKED, RepositoryAnswer, needs="Metadata: read")
        assert caught.value.reason is GapReason.UNREACHABLE
        github.faults[ASKED] = replayed(well)
        answered = api.get(ASKED, RepositoryAnswer, needs="Metadata: read")
    assert (answered.id, answered.full_name) == (3544490, "PyGithub/PyGithub")
    assert api.budget.noted["core"].remaining == 4998


def test_not_modified_is_what_was_read_before() -> None:
    (unchanged,) = RECORDED["not_modified"]
    _, well = RECORDED["server_error"]
    with tiny_github(infra=Repo(1)) as github:
        api = api_of(github)
        github.faults[ASKED] = replayed(well)
        first = api.get(ASKED, RepositoryAnswer, needs="Metadata: read")
        github.faults[ASKED] = replayed(unchanged)
        assert api.get(ASKED, RepositoryAnswer, needs="Metadata: read") is first
        assert github.asked(ASKED)[1].headers["if-none-match"] == dict(well["headers"])["ETag"]


def test_a_renamed_repository_is_found_where_it_is_now() -> None:
    moved, there = RECORDED["renamed"]
    heard = Heard()
    old, new = (
        "octokit-fixture-org/rename-repository",
        "octokit-fixture-org/rename-repository-newname",
    )
    with tiny_github() as github:
        github.repos[new] = Repo(1000)
        github.faults[moved["path"]] = replayed(moved, url=github.url)
        github.faults[there["path"]] = replayed(there)
        source = source_of(github.url, old, hears=heard)
        assert values(source.observe(now=NOW))["iac_prs_7d"] == 0
    assert heard.names == [(old, new)]


def test_workflow_runs_of_2020_without_names_and_actors() -> None:
    (exchange,) = RECORDED["runs"]
    with tiny_github(infra=Repo(1)) as github:
        github.faults[f"{ASKED}/actions/runs"] = replayed(exchange)
        source = source_of(github.url, workflow_runs="always")
        told = source.observe(now=datetime(2020, 5, 21, tzinfo=UTC))
    # Five are on the page, two of pull requests; each page of the replay is the same.
    branches = {
        (one["head_repository"]["id"], one["head_branch"])
        for one in json.loads(exchange["body"])["workflow_runs"]
        if one["event"] == "pull_request"
    }
    assert values(told)["iac_runs_7d"] == len(branches) == 2


def test_the_headers_of_a_graphql_answer() -> None:
    (exchange,) = RECORDED["graphql"]
    limits = {
        name: value for name, value in exchange["headers"] if name.lower().startswith("x-ratelimit")
    }
    with tiny_github(infra=Repo(1)) as github:
        github.limits = limits
        told = source_of(github.url).observe(now=NOW)
    left = {o.subject: o.value for o in told if isinstance(o, Reading) and "remaining" in o.signal}
    assert left == {"graphql": 4979}
