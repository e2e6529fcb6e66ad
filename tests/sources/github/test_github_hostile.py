"""Answers of any shape: a SourceError or gaps, never another exception, never a guess."""

import copy
import json
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.contract.source_promises import assert_promises_kept
from tests.sources.github.scene import source_of
from tests.sources.github.tiny_github import NOW, Repo, TinyGithub, commit, pull, run, tiny_github
from tests.web.loopback import answer
from xops_watch.core.reading import Gap
from xops_watch.errors import GapReason, SourceError

PAGE = {"pageInfo": {"hasNextPage": False, "endCursor": None}}
FILES = {**PAGE, "nodes": [{"path": "main.tf"}]}
PULL = {
    "id": "PR_1",
    "createdAt": "2026-11-20T11:00:00Z",
    "author": {"__typename": "User", "login": "alice"},
}
OPEN = {**PAGE, "nodes": [{"id": "PR_1", "mergeable": "CONFLICTING"}]}
WELL: dict[str, Any] = {
    "PullRequests": {
        "r0": {"databaseId": 1, "recent": {**PAGE, "nodes": [PULL]}, "open": OPEN},
        "rateLimit": {"limit": 5000, "remaining": 4999, "resetAt": "2026-11-20T13:00:00Z"},
    },
    "Files": {"nodes": [{"id": "PR_1", "files": FILES}]},
    "Commits": {
        "r0": {
            "databaseId": 1,
            "isEmpty": False,
            "defaultBranchRef": {
                "target": {
                    "history": {
                        **PAGE,
                        "nodes": [
                            {
                                "committedDate": "2026-11-20T11:00:00Z",
                                "author": {"email": "a@x", "user": {"login": "bob"}},
                            }
                        ],
                    }
                }
            },
        }
    },
}

junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["nodes", "id", "message", "type", "data"]), inner)
    ),
    max_leaves=5,
)


@pytest.fixture(scope="module")
def github() -> Iterator[TinyGithub]:
    repo = Repo(1, pulls=[pull(1)], commits=[commit(login="bob")], runs=[run("one")])
    with tiny_github(infra=repo) as tiny:
        yield tiny


def places(value: object, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    children: list[tuple[Any, object]] = []
    if isinstance(value, dict):
        children = list(value.items())
    elif isinstance(value, list):
        children = list(enumerate(value))
    for name, child in children:
        yield from places(child, (*path, name))


def changed(value: object, path: tuple[Any, ...], to: object) -> object:
    if not path:
        return to
    whole: Any = copy.deepcopy(value)
    inner = whole
    for name in path[:-1]:
        inner = inner[name]
    inner[path[-1]] = to
    return whole


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_one_part_of_an_answer_that_is_something_else(
    github: TinyGithub, data: st.DataObject
) -> None:
    operation = data.draw(st.sampled_from(sorted(WELL)))
    whole = {"data": WELL[operation]}
    path = data.draw(st.sampled_from(list(places(whole))))
    body = json.dumps(changed(whole, path, data.draw(junk)))
    github.faults = {operation: answer(body)}
    assert_honest(github)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    where=st.sampled_from(["/repos/acme/infra", "/repos/acme/infra/actions/runs", "Commits"]),
    status=st.sampled_from([200, 202, 204, 206, 304, 401, 403, 404, 422, 429, 500, 599]),
    body=st.binary(max_size=60) | junk.map(lambda value: json.dumps(value).encode()),
    headers=st.dictionaries(
        st.sampled_from(
            [
                "retry-after",
                "x-ratelimit-limit",
                "x-ratelimit-remaining",
                "x-ratelimit-reset",
                "x-accepted-github-permissions",
                "etag",
            ]
        ),
        st.text(alphabet="0123456789-=;,a ", max_size=30),
    ),
)
def test_any_status_with_any_body_and_headers(
    github: TinyGithub, where: str, status: int, body: bytes, headers: dict[str, str]
) -> None:
    empty = status in {204, 304}
    github.faults = {where: answer(b"" if empty else body, status=status, headers=headers)}
    assert_honest(github)


def assert_honest(github: TinyGithub) -> None:
    source = source_of(github.url, workflow_runs="always")
    for _ in range(2):
        with suppress(SourceError):
            assert_promises_kept(source, source.observe(now=NOW), now=NOW)


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "soon"])
@pytest.mark.parametrize(
    ("operation", "path"),
    [
        ("PullRequests", ("r0", "recent", "nodes", 0, "createdAt")),
        ("PullRequests", ("rateLimit", "resetAt")),
        (
            "Commits",
            ("r0", "defaultBranchRef", "target", "history", "nodes", 0, "committedDate"),
        ),
    ],
)
def test_an_instant_that_no_clock_shows_is_no_answer(
    operation: str, path: tuple[Any, ...], at: str
) -> None:
    with tiny_github(infra=Repo(1)) as tiny:
        tiny.faults = {name: answer(json.dumps({"data": data})) for name, data in WELL.items()}
        odd = changed(WELL[operation], path, at)
        tiny.faults[operation] = answer(json.dumps({"data": odd}))
        told = source_of(tiny.url, workflow_runs="never").observe(now=NOW)
    signal = "github.engineers_28d" if operation == "Commits" else "github.iac_prs_7d"
    (gap,) = [o for o in told if isinstance(o, Gap) and o.signal == signal]
    assert gap.reason is GapReason.INVALID


def test_the_answers_that_are_changed_are_well() -> None:
    with tiny_github(infra=Repo(1)) as tiny:
        tiny.faults = {name: answer(json.dumps({"data": data})) for name, data in WELL.items()}
        told = source_of(tiny.url).observe(now=NOW)
    values = {o.signal: getattr(o, "value", None) for o in told}
    assert values["github.iac_prs_7d"] == 1
    assert values["github.engineers_28d"] == 2
    assert values["github.pr_conflicts_7d"] == 1
