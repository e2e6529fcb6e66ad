"""Whole organisations, and repositories that are not where they were."""

import pytest

from tests.sources.github.scene import Heard, source_of
from tests.sources.github.tiny_github import DAY, NOW, Repo, commit, named, pull, tiny_github
from tests.sources.github.told import gaps, values
from tests.web.loopback import answer
from xops_watch.core.reading import Reading
from xops_watch.errors import GapReason


def test_all_of_an_organisation_that_is_not_archived() -> None:
    with tiny_github(
        infra=Repo(1, pulls=[pull(1)]),
        live=Repo(2, pulls=[pull(2)]),
        docs=Repo(3, pulls=[pull(3)]),
        old=Repo(4, pulls=[pull(4)], archived=True),
    ) as github:
        told = values(source_of(github.url, "acme/*").observe(now=NOW))
        assert len(github.asked("Repositories")) == 2
    assert told["iac_prs_7d"] == 3


def test_a_fork_of_an_organisation_only_counts_where_it_is_named() -> None:
    upstream = [commit(login=f"stranger{n}") for n in range(40)]
    fork = Repo(2, pulls=[pull(2, by="bob")], commits=upstream, fork=True)
    with tiny_github(infra=Repo(1, pulls=[pull(1)]), provider=fork) as github:
        listed = values(source_of(github.url, "acme/*").observe(now=NOW))
        named_too = values(source_of(github.url, "acme/*", "acme/provider").observe(now=NOW))
    assert (listed["iac_prs_7d"], listed["engineers_28d"]) == (1, 1)
    assert (named_too["iac_prs_7d"], named_too["engineers_28d"]) == (2, 42)


def test_only_those_that_fit_the_pattern_each_once() -> None:
    with tiny_github(
        infra=Repo(1, pulls=[pull(1)]), infra_live=Repo(2, pulls=[pull(2)]), docs=Repo(3)
    ) as github:
        source = source_of(github.url, "ACME/infra*", "acme/infra")
        told = values(source.observe(now=NOW))
        (asked,) = github.asked("PullRequests")
    assert named(asked) == ["acme/infra", "acme/infra_live"]
    assert told["iac_prs_7d"] == 2


@pytest.mark.parametrize(
    ("repo", "asked"),
    [
        (Repo(1, pushed_at=NOW - 28 * DAY), 0),
        (Repo(1, pushed_at=None), 0),
        (Repo(1, pushed_at=NOW - 27 * DAY), 1),
        (Repo(1, pushed_at=None, updated_at=NOW - 27 * DAY), 1),
        (Repo(1, pushed_at=None, updated_at=NOW - 29 * DAY), 0),
        (Repo(1, pushed_at=None, open={"PR_1": "MERGEABLE"}), 1),
    ],
)
def test_where_nothing_can_count_nothing_is_asked(repo: Repo, asked: int) -> None:
    with tiny_github(infra=repo) as github:
        told = values(source_of(github.url, "acme/*").observe(now=NOW))
        assert len(github.asked("PullRequests")) == asked
        assert len(github.asked("Commits")) == asked
    assert told["iac_prs_7d"] == 0


@pytest.mark.parametrize("pattern", ["nobody/*", "acme/none-*"])
def test_an_organisation_without_repositories_is_no_zero(pattern: str) -> None:
    with tiny_github(infra=Repo(1)) as github:
        told = source_of(github.url, pattern).observe(now=NOW)
    assert gaps(told)["iac_prs_7d"] == (
        GapReason.DENIED,
        f"GitHub: the token sees no repository like {pattern}",
    )


def test_a_renamed_repository_is_followed_and_told_once() -> None:
    heard = Heard()
    with tiny_github(new=Repo(1, pulls=[pull(1)])) as github:
        moved = {"location": f"{github.url}/repositories/1"}
        github.faults["/repos/acme/old"] = answer('{"message": "Moved"}', status=301, headers=moved)
        github.faults["/repositories/1"] = answer('{"id": 1, "full_name": "acme/new"}')
        source = source_of(github.url, "acme/old", "acme/new", hears=heard)
        for _ in range(2):
            assert values(source.observe(now=NOW))["iac_prs_7d"] == 1
        assert len(github.asked("PullRequests")) == 2
    assert heard.names == [("acme/old", "acme/new")]


def test_conflicts_survive_a_rename() -> None:
    repo = Repo(1, open={"PR_1": "CONFLICTING"})
    with tiny_github(infra=repo) as github:
        source = source_of(github.url, "acme/*")
        source.observe(now=NOW)
        github.repos = {"acme/renamed": Repo(1)}
        told = source.observe(now=NOW + DAY)
    assert values(told)["pr_conflicts_7d"] == 1
    assert {o.subject for o in told if isinstance(o, Reading)} == {"xops"}
