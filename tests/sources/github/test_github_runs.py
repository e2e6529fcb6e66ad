"""Workflow runs: the fallback where pull requests cannot be read."""

import json

import pytest

from tests.sources.github.scene import source_of
from tests.sources.github.tiny_github import DAY, NOW, Repo, run, tiny_github
from tests.sources.github.told import gaps, reasons, values
from tests.web.loopback import answer
from xops_watch.errors import GapReason


def test_runs_are_branches_of_people_of_the_week() -> None:
    runs = [
        run("one"),
        run("one", at=NOW - 2 * DAY),
        run("one", repository=2),
        run("two", name="Build", path=".github/workflows/build.yml"),
        run("three", actor={"login": "dependabot[bot]", "type": "Bot"}),
        run("four", at=NOW - 7 * DAY),
        run("five", event="push"),
        run("six", name=None, actor=None, head_repository=None),
    ]
    with tiny_github(infra=Repo(1, runs=runs)) as github:
        every = source_of(github.url, workflow_runs="always")
        some = source_of(github.url, workflow_runs="always", workflows=("*build*",))
        assert values(every.observe(now=NOW))["iac_runs_7d"] == 4
        assert values(some.observe(now=NOW))["iac_runs_7d"] == 2


def test_more_runs_than_a_search_lists_are_read_day_by_day() -> None:
    runs = [run(f"b{n}", at=NOW - (n % 6) * DAY) for n in range(1500)]
    with tiny_github(infra=Repo(1, runs=runs)) as github:
        told = source_of(github.url, workflow_runs="always").observe(now=NOW)
    assert values(told)["iac_runs_7d"] == 1500


def test_more_runs_of_a_day_than_a_search_lists_are_not_told() -> None:
    with tiny_github(infra=Repo(1, runs=[run(f"b{n}") for n in range(1001)])) as github:
        told = source_of(github.url, workflow_runs="always").observe(now=NOW)
    assert gaps(told)["iac_runs_7d"] == (
        GapReason.INVALID,
        "GitHub: acme/infra has too many workflow runs of one day",
    )


@pytest.mark.parametrize("workflow_runs", ["fallback", "never"])
def test_runs_are_not_asked_for_where_pull_requests_can_be_read(workflow_runs: str) -> None:
    with tiny_github(infra=Repo(1)) as github:
        told = source_of(github.url, workflow_runs=workflow_runs).observe(now=NOW)  # type: ignore[arg-type]  # by name
        assert github.asked("/repos/acme/infra/actions/runs") == []
    expected = {"fallback": GapReason.NOT_APPLICABLE, "never": GapReason.NOT_ENABLED}
    assert reasons(told)["iac_runs_7d"] is expected[workflow_runs]


def test_runs_are_the_fallback_where_pull_requests_may_not_be_read() -> None:
    denied = {"data": {"r0": None}, "errors": [{"type": "FORBIDDEN", "message": "no"}]}
    with tiny_github(infra=Repo(1, runs=[run("one"), run("two")])) as github:
        github.faults["PullRequests"] = answer(json.dumps(denied))
        told = source_of(github.url).observe(now=NOW)
    assert values(told)["iac_runs_7d"] == 2
    assert gaps(told)["iac_prs_7d"] == (
        GapReason.DENIED,
        "GitHub PullRequests of acme/infra: the token lacks the permission Pull requests: read",
    )
