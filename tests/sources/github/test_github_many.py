"""Many repositories: several in one query, each with its own failure, and never without end."""

import json
import re
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler

import pytest

from tests.sources.github.scene import Heard, source_of
from tests.sources.github.tiny_github import (
    DAY,
    NOW,
    Node,
    Repo,
    TinyGithub,
    commit,
    named,
    pull,
    tiny_github,
)
from tests.sources.github.told import gaps, reasons, values
from tests.web.loopback import answer, asked_of
from xops_watch.core.reading import Reading
from xops_watch.errors import GapReason


def organisation(count: int) -> dict[str, Repo]:
    return {
        f"repo{n:03}": Repo(n, pulls=[pull(n, by=f"p{n % 7}")], commits=[commit(login=f"c{n % 5}")])
        for n in range(count)
    }


def sizes(github: TinyGithub, operation: str) -> list[int]:
    return sorted(len(named(one)) for one in github.asked(operation))


def test_many_repositories_take_few_requests() -> None:
    with tiny_github(**organisation(45)) as github:
        told = values(source_of(github.url, "acme/*").observe(now=NOW))
        assert sizes(github, "PullRequests") == sizes(github, "Commits") == [5, 20, 20]
        assert len(github.asked("Files")) == 1
    assert told["iac_prs_7d"] == 45
    assert told["engineers_28d"] == 7 + 5


def test_few_names_are_found_by_requests_that_are_free_when_nothing_changed() -> None:
    repos = organisation(8)
    with tiny_github(**repos) as github:
        source = source_of(github.url, *(f"acme/{name}" for name in repos))
        assert values(source.observe(now=NOW)) == values(source.observe(now=NOW))
        asked = [one for one in github.loopback.asked if one.method == "GET"]
    assert len(asked) == 16
    assert sum("if-none-match" in one.headers for one in asked) == 8


def test_many_names_are_found_by_few_queries_which_show_where_nothing_happened() -> None:
    heard = Heard()
    repos = organisation(30) | {"quiet": Repo(99, pushed_at=NOW - 30 * DAY)}
    with tiny_github(**repos) as github:
        github.moved = {"acme/repo003": "acme/moved"}
        github.repos["acme/moved"] = repos["repo003"]
        names = [f"acme/{name}" for name in repos]
        source = source_of(github.url, *names, "acme/quiet*", hears=heard)
        for _ in range(2):
            told = values(source.observe(now=NOW))
        assert sizes(github, "Repository") == [11, 11, 20, 20]
        asked = [name for one in github.asked("PullRequests") for name in named(one)]
    assert "acme/quiet" not in asked
    assert asked.count("acme/moved") == 2
    assert heard.names == [("acme/repo003", "acme/moved")]
    assert (told["iac_prs_7d"], told["engineers_28d"]) == (30, 12)


def test_one_of_many_names_that_is_not_there_is_named() -> None:
    repos = organisation(30)
    with tiny_github(**repos) as github:
        names = [f"acme/{name}" for name in repos]
        told = source_of(github.url, *names, "acme/typo").observe(now=NOW)
    assert gaps(told)["iac_prs_7d"] == (
        GapReason.DENIED,
        "GitHub Repository of acme/typo: is not there, or the token may not see it",
    )


def test_pages_of_some_are_read_on_without_the_others() -> None:
    long = Repo(1, pulls=[pull(n, by=f"p{n}") for n in range(9)])
    long.open = {f"PR_{n}": "MERGEABLE" for n in range(100)} | {"PR_x": "CONFLICTING"}
    long.commits = [commit(login=f"c{n}") for n in range(150)]
    with tiny_github(long=long, short=Repo(2, pulls=[pull(100)])) as github:
        github.page = 4
        told = values(source_of(github.url, "acme/long", "acme/short").observe(now=NOW))
        pages = [named(one) for one in github.asked("PullRequests")]
        assert pages == [["acme/long", "acme/short"], ["acme/long"], ["acme/long"]]
        assert [named(one) for one in github.asked("OpenPullRequests")] == [["acme/long"]]
    assert told["iac_prs_7d"] == 10
    assert told["engineers_28d"] == 9 + 1 + 150
    assert told["pr_conflicts_7d"] == 1


@pytest.mark.parametrize(
    ("kind", "reason", "what"),
    [
        ("FORBIDDEN", GapReason.DENIED, "the token lacks the permission Pull requests: read"),
        ("NOT_FOUND", GapReason.DENIED, "is not there, or the token may not see it"),
        ("ODD", GapReason.INVALID, "the query failed (ODD)"),
    ],
)
def test_the_error_of_one_is_told_of_that_one(kind: str, reason: GapReason, what: str) -> None:
    repos = {"good": Repo(1, open={"PR_1": "CONFLICTING"}), "bad": Repo(2), "last": Repo(3)}
    with tiny_github(**repos) as github:
        source = source_of(github.url, "acme/*", workflow_runs="never")
        github.parts["acme/bad"] = {"type": kind, "message": "no"}
        told = source.observe(now=NOW)
        assert gaps(told)["iac_prs_7d"] == (reason, f"GitHub PullRequests of acme/bad: {what}")
        # What was seen in the others is kept, though nothing is said of all of them.
        del github.parts["acme/bad"]
        repos["good"].open.clear()
        assert values(source.observe(now=NOW + DAY))["pr_conflicts_7d"] == 1


def test_an_odd_answer_of_one_names_that_one() -> None:
    with tiny_github(good=Repo(1), bad=Repo(2)) as github:
        page = {"pageInfo": {"hasNextPage": False, "endCursor": None}, "nodes": []}
        well = {"databaseId": 1, "recent": page, "open": page}
        odd = well | {"recent": {**page, "nodes": None}}
        github.faults["PullRequests"] = answer(json.dumps({"data": {"r0": well, "r1": odd}}))
        told = source_of(github.url, "acme/good", "acme/bad").observe(now=NOW)
    reason, detail = gaps(told)["iac_prs_7d"]
    assert reason is GapReason.INVALID
    assert detail.startswith("GitHub PullRequests of acme/bad: recent.nodes: ")


@pytest.mark.parametrize(
    "problem",
    [
        {"type": "RATE_LIMITED", "message": "API rate limit exceeded", "path": ["r1"]},
        {"message": "You have exceeded a secondary rate limit.", "path": ["r0", "recent"]},
    ],
)
def test_a_limit_is_one_of_all_whatever_part_it_is_told_of(problem: Node) -> None:
    with tiny_github(**organisation(30)) as github:
        body = json.dumps({"data": {"r0": None}, "errors": [problem]})
        github.faults["PullRequests"] = answer(body)
        told = source_of(github.url, "acme/*").observe(now=NOW)
        assert not github.asked("Commits")
    assert reasons(told)["iac_prs_7d"] is GapReason.THROTTLED


TOO_MUCH: Mapping[str, object] = {
    "timeout": {"message": "Something went wrong while executing your query. A timeout"},
    "resources": {"type": "RESOURCE_LIMITS_EXCEEDED", "path": ["r3"], "message": "no"},
    "nodes": {"type": "MAX_NODE_LIMIT_EXCEEDED", "message": "no"},
}


@pytest.mark.parametrize("problem", TOO_MUCH.values(), ids=TOO_MUCH)
def test_a_query_that_is_too_much_is_cut_and_grows_again(problem: object) -> None:
    """A GitHub that answers no more than six at once."""
    with tiny_github(**organisation(40)) as github:
        source = source_of(github.url, "acme/*")

        def busy(handler: BaseHTTPRequestHandler) -> None:
            asked = asked_of(handler)
            if len(named(asked)) > 6:
                answer(json.dumps({"data": None, "errors": [problem]}))(handler)
            else:
                github._graphql(json.loads(asked.body), handler)

        github.faults["Commits"] = busy
        assert values(source.observe(now=NOW))["engineers_28d"] == 12
        asked = sizes(github, "Commits")
        assert asked[:8] == [5] * 8
        assert set(asked[8:]) == {20}  # once or twice: the second may begin before the first fails
        github.faults.clear()
        github.loopback.asked.clear()
        assert values(source.observe(now=NOW))["engineers_28d"] == 12
        assert sizes(github, "Commits") == [10] * 4
        source.observe(now=NOW)
        assert sizes(github, "Commits") == [10] * 4 + [20, 20]


def test_files_that_are_too_much_are_asked_for_in_smaller_queries() -> None:
    with tiny_github(infra=Repo(1, pulls=[pull(n) for n in range(30)])) as github:

        def busy(handler: BaseHTTPRequestHandler) -> None:
            asked = asked_of(handler)
            many = len(json.loads(asked.body)["variables"]["ids"]) > 10
            if many:
                answer("", status=502)(handler)
            else:
                github._graphql(json.loads(asked.body), handler)

        github.faults["Files"] = busy
        told = values(source_of(github.url).observe(now=NOW))
        assert len(github.asked("Files")) == 1 + 3
    assert told["iac_prs_7d"] == 30


def forever(cursor: Iterator[str | None]) -> Mapping[str, Node]:
    """Return pages that say that another follows, by the part that they are a page of."""

    def page(*nodes: object) -> Node:
        return {"pageInfo": {"hasNextPage": True, "endCursor": next(cursor)}, "nodes": list(nodes)}

    end = {"pageInfo": {"hasNextPage": False, "endCursor": None}, "nodes": []}
    history = {"target": {"history": page()}}
    return {
        "PullRequests": {"databaseId": 1, "recent": page(), "open": end},
        "OpenPullRequests": {"open": page()},
        "Commits": {"databaseId": 1, "isEmpty": False, "defaultBranchRef": history},
    }


@pytest.mark.parametrize(
    ("operation", "signal", "pages", "what"),
    [
        ("PullRequests", "iac_prs_7d", 100, "pull requests of four weeks"),
        ("Commits", "engineers_28d", 100, "commits of four weeks"),
        ("OpenPullRequests", "pr_conflicts_7d", 20, "open pull requests"),
    ],
)
@pytest.mark.parametrize("goes_on", [True, False], ids=["new cursors", "the same cursor"])
def test_pages_without_end_end(
    operation: str, signal: str, pages: int, what: str, *, goes_on: bool
) -> None:
    numbers = iter(range(10**6))
    with tiny_github(infra=Repo(1, open={f"PR_{n}": "MERGEABLE" for n in range(101)})) as github:

        def endless(handler: BaseHTTPRequestHandler) -> None:
            cursors = iter(lambda: f"c{next(numbers) if goes_on else 0}", "")
            part = forever(cursors)[operation]
            answer(json.dumps({"data": {"r0": part}}))(handler)

        github.faults[operation] = endless
        told = source_of(github.url, workflow_runs="never").observe(now=NOW)
        assert len(github.asked(operation)) == (pages if goes_on else 2)
    assert gaps(told)[signal] == (GapReason.INVALID, f"GitHub: acme/infra has too many {what}")


def test_an_organisation_without_end_ends() -> None:
    page = {"pageInfo": {"hasNextPage": True, "endCursor": "again"}, "nodes": []}
    body = json.dumps({"data": {"repositoryOwner": {"repositories": page}}})
    with tiny_github(infra=Repo(1)) as github:
        github.faults["Repositories"] = answer(body)
        told = source_of(github.url, "acme/*").observe(now=NOW)
        assert len(github.asked("Repositories")) == 2
    assert reasons(told)["iac_prs_7d"] is GapReason.INVALID


def test_a_name_that_was_given_to_another_repository_is_told_once() -> None:
    heard = Heard()
    old = Repo(1, pulls=[pull(1)], open={"PR_1": "CONFLICTING"})
    with tiny_github(infra=old) as github:
        source = source_of(github.url, hears=heard)
        assert values(source.observe(now=NOW))["pr_conflicts_7d"] == 1
        github.repos["acme/infra"] = Repo(2)
        for _ in range(2):
            told = values(source.observe(now=NOW + DAY))
    assert heard.names == [("acme/infra",)]
    # What was seen in the one before is not told of the one that took its name.
    assert (told["iac_prs_7d"], told["pr_conflicts_7d"]) == (0, 0)


def test_a_name_that_changes_hands_within_a_poll_is_not_counted() -> None:
    with tiny_github(infra=Repo(2, pulls=[pull(1)], commits=[commit(login="x")])) as github:
        github.faults["/repos/acme/infra"] = answer('{"id": 1, "full_name": "acme/infra"}')
        told = source_of(github.url).observe(now=NOW)
    for signal in ("iac_prs_7d", "engineers_28d", "pr_conflicts_7d"):
        assert gaps(told)[signal] == (
            GapReason.STALE,
            "GitHub: acme/infra is another repository than a moment ago",
        )


def test_an_archived_repository_that_is_named_counts() -> None:
    with tiny_github(old=Repo(1, pulls=[pull(1)], archived=True)) as github:
        told = values(source_of(github.url, "acme/old").observe(now=NOW))
    assert told["iac_prs_7d"] == 1


def test_texts_of_people_are_not_even_asked_for() -> None:
    with tiny_github(**organisation(12)) as github:
        source_of(github.url, *(f"acme/repo{n:03}" for n in range(12))).observe(now=NOW)
        queries = [json.loads(one.body)["query"] for one in github.loopback.asked]
    assert len(queries) == 4
    words = set(re.findall(r"\w+", " ".join(queries)))
    assert not words & {"title", "body", "bodyText", "message", "headRefName", "labels", "comments"}


def test_what_is_left_is_told_as_the_last_of_several_answers_has_it() -> None:
    with tiny_github(**organisation(3)) as github:
        github.rate_limit = {"limit": 5000, "remaining": 4321, "resetAt": "2026-11-20T13:00:00Z"}
        told = source_of(github.url, "acme/*").observe(now=NOW)
    left = [o.value for o in told if isinstance(o, Reading) and o.signal == "github.api_remaining"]
    assert left == [4321]


def test_conflicts_that_cannot_be_asked_for_again_blind_only_themselves() -> None:
    with tiny_github(infra=Repo(1, pulls=[pull(1)], open={"PR_1": "UNKNOWN"})) as github:
        github.faults["Mergeable"] = answer("", status=502)
        told = source_of(github.url).observe(now=NOW)
    assert reasons(told)["pr_conflicts_7d"] is GapReason.UNREACHABLE
    assert values(told)["conflicts_watched_7d"] == 0
    assert values(told)["iac_prs_7d"] == 1
