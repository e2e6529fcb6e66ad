"""What GitHub answers when it does not answer, and what is said of it."""

import json

import pytest

from tests.sources.github.scene import FixedToken, source_of
from tests.sources.github.tiny_github import DAY, NOW, TOKEN, Repo, pull, tiny_github
from tests.sources.github.told import gaps, reasons, values
from tests.web.loopback import answer
from xops_watch.errors import GapReason, SourceError
from xops_watch.sources.github import GithubSource

REPO = "/repos/acme/infra"


def refused(source: GithubSource) -> SourceError:
    with pytest.raises(SourceError) as caught:
        source.observe(now=NOW)
    assert TOKEN not in f"{caught.value.what}{caught.value.hint}{caught.value!r}"
    return caught.value


@pytest.mark.parametrize(
    ("status", "headers", "reason", "what"),
    [
        (202, {}, GapReason.STALE, "is not ready yet (202)"),
        (401, {}, GapReason.DENIED, "the token was refused (401)"),
        (403, {}, GapReason.DENIED, "the token lacks the permission Metadata: read"),
        (
            403,
            {"x-accepted-github-permissions": "metadata=read"},
            GapReason.DENIED,
            "the token lacks the permission Metadata: read (metadata=read)",
        ),
        (
            403,
            {"x-accepted-github-permissions": f"<{TOKEN}>"},
            GapReason.DENIED,
            "the token lacks the permission Metadata: read",
        ),
        (
            403,
            {"x-github-sso": f"required; url=https://github.com/orgs/acme/sso?{TOKEN}"},
            GapReason.DENIED,
            "the organisation asks for single sign-on",
        ),
        (404, {}, GapReason.DENIED, "is not there, or the token may not see it (404)"),
        (500, {}, GapReason.UNREACHABLE, "GitHub has an internal error (500)"),
        (502, {}, GapReason.UNREACHABLE, "GitHub has an internal error (502)"),
        (418, {}, GapReason.INVALID, "the answer has status 418"),
        (304, {}, GapReason.INVALID, "the answer has status 304"),
    ],
)
def test_a_repository_that_is_not_answered(
    status: int, headers: dict[str, str], reason: GapReason, what: str
) -> None:
    with tiny_github(infra=Repo(1)) as github:
        github.faults[REPO] = answer(f'{{"message": "{TOKEN}"}}', status=status, headers=headers)
        source = source_of(github.url, workflow_runs="never")
        if reason is GapReason.UNREACHABLE:
            error = refused(source)
            assert (error.reason, error.what) == (reason, f"GitHub GET {REPO}: {what}")
            return
        told = source.observe(now=NOW)
    assert gaps(told)["iac_prs_7d"] == (reason, f"GitHub GET {REPO}: {what}")
    assert TOKEN not in str(told)


def test_one_repository_that_fails_blinds_the_count_and_is_named() -> None:
    with tiny_github(infra=Repo(1, pulls=[pull(1)])) as github:
        told = source_of(github.url, "acme/infra", "acme/typo").observe(now=NOW)
    for signal in ("iac_prs_7d", "engineers_28d", "pr_conflicts_7d"):
        assert gaps(told)[signal] == (
            GapReason.DENIED,
            "GitHub GET /repos/acme/typo: is not there, or the token may not see it (404)",
        )


def test_conflicts_are_not_forgotten_while_a_repository_fails() -> None:
    repo = Repo(1, open={"PR_1": "CONFLICTING"})
    with tiny_github(infra=repo) as github:
        source = source_of(github.url)
        source.observe(now=NOW)
        github.faults[REPO] = answer("", status=404)
        source.observe(now=NOW + DAY)
        github.faults.clear()
        repo.open.clear()
        assert values(source.observe(now=NOW + 2 * DAY))["pr_conflicts_7d"] == 1


@pytest.mark.parametrize(
    ("operation", "signal", "permission"),
    [
        ("PullRequests", "iac_prs_7d", "Pull requests: read"),
        ("Commits", "engineers_28d", "Contents: read"),
    ],
)
@pytest.mark.parametrize("kind", ["FORBIDDEN", "INSUFFICIENT_SCOPES"])
def test_a_missing_permission_is_named(
    operation: str, signal: str, permission: str, kind: str
) -> None:
    problem = {"type": kind, "path": ["r0"], "message": f"no {TOKEN}"}
    body = json.dumps({"data": {"r0": None}, "errors": [problem]})
    with tiny_github(infra=Repo(1, pulls=[pull(1)])) as github:
        github.faults[operation] = answer(body)
        told = source_of(github.url, workflow_runs="never").observe(now=NOW)
    assert gaps(told)[signal] == (
        GapReason.DENIED,
        f"GitHub {operation} of acme/infra: the token lacks the permission {permission}",
    )
    # What the other permission is for can still be read.
    assert (operation == "Commits") is ("iac_prs_7d" in values(told))


@pytest.mark.parametrize(
    ("message", "what"),
    [
        (
            "Resource protected by organization SAML enforcement. Grant access.",
            "the organisation asks for single sign-on",
        ),
        (
            "The `acme` organization has an IP allow list enabled; your address is not permitted",
            "the organisation does not let this address in",
        ),
    ],
)
def test_an_organisation_that_lets_nobody_in_like_this(message: str, what: str) -> None:
    problem = {"type": "FORBIDDEN", "message": message}
    with tiny_github(infra=Repo(1)) as github:
        github.faults["Commits"] = answer(json.dumps({"data": None, "errors": [problem]}))
        of_query = source_of(github.url).observe(now=NOW)
        github.faults[REPO] = answer(json.dumps({"message": message}), status=403)
        of_rest = source_of(github.url).observe(now=NOW)
    assert gaps(of_query)["engineers_28d"] == (
        GapReason.DENIED,
        f"GitHub Commits of acme/infra: {what}",
    )
    assert gaps(of_rest)["iac_prs_7d"] == (GapReason.DENIED, f"GitHub GET {REPO}: {what}")


def test_a_default_branch_that_is_hidden_is_not_an_empty_repository() -> None:
    hidden = {"data": {"r0": {"databaseId": 1, "isEmpty": False, "defaultBranchRef": None}}}
    with tiny_github(infra=Repo(1)) as github:
        github.faults["Commits"] = answer(json.dumps(hidden))
        told = source_of(github.url).observe(now=NOW)
    assert gaps(told)["engineers_28d"] == (
        GapReason.DENIED,
        "GitHub Commits of acme/infra: the token lacks the permission Contents: read",
    )


@pytest.mark.parametrize(
    ("errors", "reason", "what"),
    [
        (
            [{"type": "NOT_FOUND", "message": "Could not resolve"}],
            GapReason.DENIED,
            "is not there, or the token may not see it",
        ),
        (
            [{"message": "Something went wrong while executing your query. This may be a timeout"}],
            GapReason.UNREACHABLE,
            "GitHub could not answer in time",
        ),
        (
            [{"extensions": {"code": "undefinedField"}, "message": "Field 'x' doesn't exist"}],
            GapReason.INVALID,
            "the query failed (undefinedField)",
        ),
        (
            [{"type": "<b>", "message": f"{TOKEN}"}],
            GapReason.INVALID,
            "the query failed (of no known kind)",
        ),
    ],
)
def test_a_query_that_fails(errors: list[object], reason: GapReason, what: str) -> None:
    with tiny_github(infra=Repo(1)) as github:
        github.faults["Commits"] = answer(json.dumps({"data": None, "errors": errors}))
        told = source_of(github.url).observe(now=NOW)
    detail = f"GitHub Commits of acme/infra: {what}"
    assert gaps(told)["engineers_28d"] == (reason, detail)
    assert values(told)["iac_prs_7d"] == 0


@pytest.mark.parametrize(
    "body",
    [
        "",
        "<html>",
        "null",
        "[]",
        "{}",
        '{"data": null}',
        '{"data": {"r0": null}}',
        '{"data": {"r0": {"defaultBranchRef": {"target": {}}}}}',
        '{"data": {"r0": {}}}',
        "[" * 100_000,
        '{"errors": "many"}',
    ],
)
def test_an_answer_of_another_shape_is_not_a_count_of_none(body: str) -> None:
    with tiny_github(infra=Repo(1)) as github:
        github.faults["Commits"] = answer(body)
        told = source_of(github.url).observe(now=NOW)
    assert reasons(told)["engineers_28d"] is GapReason.INVALID
    assert values(told)["iac_prs_7d"] == 0


@pytest.mark.parametrize("missing", ["recent", "open", "databaseId"])
def test_pull_requests_that_are_missing_are_not_none(missing: str) -> None:
    whole = {
        "databaseId": 1,
        "recent": {"pageInfo": {"hasNextPage": False, "endCursor": None}, "nodes": []},
        "open": {"pageInfo": {"hasNextPage": False, "endCursor": None}, "nodes": []},
    }
    del whole[missing]
    with tiny_github(infra=Repo(1)) as github:
        github.faults["PullRequests"] = answer(json.dumps({"data": {"r0": whole}}))
        told = source_of(github.url, workflow_runs="never").observe(now=NOW)
    reason, detail = gaps(told)["iac_prs_7d"]
    assert reason is GapReason.INVALID
    assert missing in detail


def test_a_server_that_is_down_is_asked_once() -> None:
    with tiny_github() as github:
        url = github.url
    error = refused(source_of(url, "acme/infra", "acme/live"))
    assert error.reason is GapReason.UNREACHABLE
    assert error.what == "GitHub GET /repos/acme/infra: no connection (Connection refused)"


def test_a_server_that_fails_in_the_middle_is_not_asked_for_every_repository() -> None:
    names = [f"repo{n}" for n in range(60)]
    with tiny_github(**{name: Repo(n) for n, name in enumerate(names)}) as github:
        github.faults["PullRequests"] = answer("", status=502)
        told = source_of(github.url, "acme/*").observe(now=NOW)
        # It may have been too much: smaller queries are tried, a few at a time, and no more.
        assert len(github.asked("PullRequests")) <= 3 + 4 + 4
    assert reasons(told)["iac_prs_7d"] is GapReason.UNREACHABLE


def test_a_redirect_to_another_address_is_not_followed() -> None:
    with tiny_github(infra=Repo(1)) as github, tiny_github(infra=Repo(1)) as other:
        away = {"location": f"{other.url}/repos/acme/infra"}
        github.faults[REPO] = answer("", status=301, headers=away)
        told = source_of(github.url).observe(now=NOW)
        assert other.loopback.asked == []
    assert reasons(told)["iac_prs_7d"] is GapReason.INVALID


def test_a_refused_token_is_replaced_once() -> None:
    with tiny_github(infra=Repo(1)) as github:
        source = source_of(github.url, credentials=FixedToken("ghp_expired", TOKEN))
        assert values(source.observe(now=NOW))["iac_prs_7d"] == 0
