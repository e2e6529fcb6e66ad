"""From settings to a source that reads GitHub."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
import structlog
from pydantic import ValidationError

from tests.fakes import MemoryStore, RecordingTelemetry
from tests.sources.github.tiny_github import NOW, Repo, pull, tiny_github
from tests.sources.github.told import values
from tests.web.loopback import answer
from xops_watch.aws.clients import Clients
from xops_watch.bootstrap.github import WIRING
from xops_watch.bootstrap.wiring import Needs
from xops_watch.core.rule import Rulebook
from xops_watch.errors import ConfigurationError
from xops_watch.ports import Source
from xops_watch.settings import Settings
from xops_watch.settings.github import Github
from xops_watch.sources.github import SIGNALS


def built(github: Github) -> Source:
    settings = Settings(stack="xops", github=github)
    telemetry = RecordingTelemetry()

    def no_rules() -> Rulebook:
        raise KeyError("no source of GitHub asks for rules")

    needs = Needs(
        settings=settings,
        clients=Clients(telemetry, connect_seconds=1, read_seconds=1),
        rules=no_rules,
        seen=(),
        tell=lambda _: None,
        memory=MemoryStore(),
        telemetry=telemetry,
        log=structlog.get_logger(),
    )
    assert WIRING.enabled(settings)
    (source,) = WIRING.build(needs)
    return source


def test_nothing_is_built_where_no_repository_is_named() -> None:
    assert not WIRING.enabled(Settings())
    assert not WIRING.iam_actions
    assert WIRING.signals == SIGNALS


def test_a_token_of_a_file_reads_a_repository(tmp_path: Path) -> None:
    with tiny_github(infra=Repo(1, pulls=[pull(1)])) as github:
        path = tmp_path / "token"
        path.write_text(github.token, encoding="utf-8")
        source = built(
            Github(repositories=("acme/infra",), token_file=path, api_url=f"{github.url}/")
        )
        assert values(source.observe(now=NOW))["iac_prs_7d"] == 1
        asked = github.asked("/repos/acme/infra")[0]
    assert source.interval.total_seconds() == 900
    assert asked.headers["accept"] == "application/vnd.github+json"
    assert asked.headers["x-github-api-version"] == "2022-11-28"


def test_an_enterprise_server_has_graphql_beside_its_api(tmp_path: Path) -> None:
    with tiny_github(infra=Repo(1, pulls=[pull(1)])) as github:
        path = tmp_path / "token"
        path.write_text(github.token, encoding="utf-8")
        github.faults["/api/v3/repos/acme/infra"] = answer('{"id": 1, "full_name": "acme/infra"}')
        page = {"pageInfo": {"hasNextPage": False, "endCursor": None}, "nodes": []}
        pulls = {"databaseId": 1, "recent": page, "open": page}
        repository = pulls | {"isEmpty": True, "defaultBranchRef": None}
        data = {"rateLimit": None, "r0": repository}
        github.faults["/api/graphql"] = answer(json.dumps({"data": data}))
        url = f"{github.url}/api/v3"
        source = built(Github(repositories=("acme/infra",), token_file=path, api_url=url))
        told = values(source.observe(now=NOW))
    assert (told["iac_prs_7d"], told["engineers_28d"]) == (0, 0)


def test_an_app_is_built_from_its_key(tmp_path: Path) -> None:
    path = tmp_path / "app.pem"
    source = built(Github(repositories=("acme/*",), app_id="12345", private_key_file=path))
    assert source.signals == SIGNALS


@pytest.mark.parametrize(
    "given",
    [{}, {"app_id": "1"}, {"private_key_file": "/k"}, {"app_id": "1", "api_url": "http://x"}],
)
def test_repositories_need_a_way_in(given: Mapping[str, str]) -> None:
    with pytest.raises(ConfigurationError) as caught:
        built(Github.model_validate({"repositories": "acme/infra", **given}))
    assert caught.value.what == (
        "XOPS_WATCH_GITHUB__REPOSITORIES needs a token, or a GitHub App with its private key"
    )
    assert "XOPS_WATCH_GITHUB__TOKEN_FILE" in caught.value.hint


@pytest.mark.parametrize(
    ("api_url", "graphql_url"),
    [
        ("https://api.github.com", "https://api.github.com/graphql"),
        ("https://ghe.example/api/v3", "https://ghe.example/api/graphql"),
        ("https://ghe.example/api/v3/", "https://ghe.example/api/graphql"),
        ("https://api.acme.ghe.com", "https://api.acme.ghe.com/graphql"),
    ],
)
def test_where_graphql_is(api_url: str, graphql_url: str) -> None:
    assert Github(api_url=api_url).graphql_url == graphql_url


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"repositories": "acme"}, "each must be owner/name, owner/* or owner/part-*"),
        ({"repositories": "*/infra"}, "each must be owner/name, owner/* or owner/part-*"),
        ({"repositories": "acme/a/b"}, "each must be owner/name, owner/* or owner/part-*"),
        ({"repositories": "a/b?c=d"}, "each must be owner/name, owner/* or owner/part-*"),
        ({"repositories": "a/.."}, "each must be owner/name, owner/* or owner/part-*"),
        ({"token": "a", "token_file": "/t"}, "token_file and token exclude each other: name one"),
        ({"private_key": "a", "token_file": "/t"}, "token_file and private_key exclude each other"),
        ({"app_id": "1 2"}, "must be the App's number, or its client id"),
        ({"api_url": "ftp://x"}, "must be a URL such as https://api.github.com"),
        ({"api_url": "https://x?y=z"}, "must be a URL such as https://api.github.com"),
        ({"api_url": "https://u:p@x"}, "must not hold a user or a password"),
    ],
)
def test_settings_that_cannot_be_followed(given: Mapping[str, str], why: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Github.model_validate(given)
    assert why in str(caught.value)


def test_names_are_separated_by_commas_and_an_app_may_be_a_number() -> None:
    github = Github.model_validate(
        {"repositories": "acme/infra, acme/live-*", "app_id": 12345, "private_key": "x"}
    )
    assert github.repositories == ("acme/infra", "acme/live-*")
    assert github.app_id == "12345"
    assert "private_key=SecretStr('**********')" in repr(github)
