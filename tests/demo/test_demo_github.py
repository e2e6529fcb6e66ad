"""The demo's GitHub, asked by the source that asks the real one."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from tests.sources.github.scene import FixedToken, source_of
from xops_watch.core.reading import Reading
from xops_watch.demo.github import REPOSITORY, TOKEN, Github
from xops_watch.demo.loopback import Asked, serving

NOW = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)


def _values(url: str, *, token: str = TOKEN) -> dict[str, float]:
    source = source_of(url, REPOSITORY, credentials=FixedToken(token))
    return {one.signal: one.value for one in source.observe(now=NOW) if isinstance(one, Reading)}


def test_its_pull_requests_are_what_the_source_counts() -> None:
    github = Github([NOW - ago * DAY for ago in (8, 6, 5, 3, 2)])
    with serving(github.answer) as url:
        values = _values(url)
        assert values["github.iac_prs_7d"] == 4
        assert values["github.engineers_28d"] == 3
        assert values["github.pr_conflicts_7d"] == 0
        github.opened += [NOW - timedelta(minutes=1), NOW]
        assert _values(url)["github.iac_prs_7d"] == 6


def test_whoever_has_another_token_is_refused() -> None:
    with serving(Github([NOW]).answer) as url:
        assert "github.iac_prs_7d" in _values(url)
        assert "github.iac_prs_7d" not in _values(url, token="other")  # noqa: S106 - of nobody


@pytest.mark.parametrize(
    ("target", "operation", "status", "said"),
    [
        ("/repos/xops/other", "", 404, "Not Found"),
        ("/graphql", "Viewer", 200, "the demo does not know it"),
    ],
)
def test_what_it_does_not_know_is_said(target: str, operation: str, status: int, said: str) -> None:
    body = json.dumps({"operationName": operation}).encode()
    asked = Asked(target=target, authorization=f"Bearer {TOKEN}", body=body)
    answered, document = Github([]).answer(asked)
    assert answered == status
    assert said in json.dumps(document)
