"""GitHub's limits: seen, obeyed, told, and never waited for."""

from collections.abc import Mapping
from datetime import timedelta
from email.utils import format_datetime

import pytest

from tests.sources.github.scene import FixedToken, RealTime, source_of
from tests.sources.github.tiny_github import NOW, Repo, TinyGithub, pull, stamp, tiny_github
from tests.sources.github.told import gaps, reasons, values
from tests.web.loopback import answer
from xops_watch.clock import machine_now
from xops_watch.core.reading import Gap, Observation, Reading
from xops_watch.errors import GapReason, SourceError
from xops_watch.sources.github import Budget, GithubSource
from xops_watch.sources.github.api import REQUESTS_MAX, SECONDS_MAX

LIMIT = '{"message": "You have exceeded a secondary rate limit."}'


def headers(remaining: int, *, reset: int = 1800, resource: str = "core") -> dict[str, str]:
    at = machine_now()
    return {
        "x-ratelimit-limit": "5000",
        "x-ratelimit-remaining": str(remaining),
        "x-ratelimit-reset": str(int(at.timestamp()) + reset),
        "x-ratelimit-resource": resource,
    }


def left(told: list[Observation] | tuple[Observation, ...]) -> dict[tuple[str, str], float]:
    found = [o for o in told if isinstance(o, Reading) and o.subject in {"core", "graphql"}]
    return {(o.signal.removeprefix("github."), o.subject): o.value for o in found}


def refused(source: GithubSource) -> SourceError:
    with pytest.raises(SourceError) as caught:
        source.observe(now=NOW)
    return caught.value


def test_what_is_left_is_told_by_resource() -> None:
    with tiny_github(infra=Repo(1)) as github:
        github.limits = headers(4000)
        github.rate_limit = {"limit": 10000, "remaining": 9000, "resetAt": stamp(machine_now())}
        told = source_of(github.url).observe(now=NOW)
    assert left(tuple(told)) == {
        ("api_remaining", "core"): 4000,
        ("api_budget_left", "core"): 0.8,
        ("api_remaining", "graphql"): 9000,
        ("api_budget_left", "graphql"): 0.9,
    }


@pytest.mark.parametrize("status", [403, 429])
@pytest.mark.parametrize(
    ("more", "seconds"),
    [
        ({"retry-after": "120"}, 120),
        ({"retry-after": "120", **headers(4000)}, 120),
        ({"x-ratelimit-remaining": "0"}, 60),
        ({}, 60),
        ({"retry-after": "soon"}, 60),
        ({"retry-after": "0"}, 1),
        ({"retry-after": "9" * 18}, 86400),
        ({"retry-after": "-5"}, 60),
    ],
)
def test_it_keeps_quiet_until_github_says(
    status: int, more: Mapping[str, str], seconds: float
) -> None:
    time = RealTime()
    with tiny_github(infra=Repo(1)) as github:
        github.faults["/repos/acme/infra"] = answer(LIMIT, status=status, headers=more)
        source = source_of(github.url, time=time)
        assert throttled(source)
        github.faults.clear()
        time.seconds += seconds - 1.5
        asked = len(github.loopback.asked)
        if seconds > 2:
            assert throttled(source)
            assert len(github.loopback.asked) == asked  # nobody was asked
        time.seconds += 2.5
        assert values(source.observe(now=NOW))["iac_prs_7d"] == 0


@pytest.mark.parametrize("status", [403, 429])
def test_a_spent_limit_is_waited_for_until_its_reset(status: int) -> None:
    time = RealTime()
    with tiny_github(infra=Repo(1)) as github:
        more = headers(0, reset=600)
        github.faults["/repos/acme/infra"] = answer(LIMIT, status=status, headers=more)
        source = source_of(github.url, time=time)
        assert throttled(source)
        github.faults.clear()
        time.seconds += 570
        assert throttled(source)
        time.seconds += 31
        assert values(source.observe(now=NOW))["iac_prs_7d"] == 0


def throttled(source: GithubSource) -> bool:
    """Tell whether nothing is said, because it is too early to ask."""
    try:
        told = source.observe(now=NOW)
    except SourceError as error:
        return error.reason is GapReason.THROTTLED
    found = {o.reason for o in told if isinstance(o, Gap)}
    return not values(told) and found == {GapReason.THROTTLED}


def test_retry_after_may_be_a_date() -> None:
    time = RealTime()
    until = machine_now().replace(microsecond=0) + timedelta(minutes=10)
    more = {"retry-after": format_datetime(until, usegmt=True)}
    with tiny_github(infra=Repo(1)) as github:
        github.faults["/repos/acme/infra"] = answer(LIMIT, status=429, headers=more)
        source = source_of(github.url, time=time)
        assert throttled(source)
        github.faults.clear()
        time.seconds += 560
        assert refused(source).what.startswith("GitHub asked to slow down: not asked for another")
        time.seconds += 41
        assert values(source.observe(now=NOW))["iac_prs_7d"] == 0


def test_a_spent_limit_is_told_with_what_is_left() -> None:
    with tiny_github(infra=Repo(1)) as github:
        github.faults["/repos/acme/infra"] = answer(LIMIT, status=403, headers=headers(0))
        told = source_of(github.url).observe(now=NOW)
    assert left(tuple(told)) == {("api_remaining", "core"): 0, ("api_budget_left", "core"): 0}
    assert gaps(told)["iac_prs_7d"] == (
        GapReason.THROTTLED,
        "GitHub GET /repos/acme/infra: GitHub asked to slow down (403)",
    )


@pytest.mark.parametrize(
    "problem",
    [
        '{"type": "RATE_LIMITED", "message": "API rate limit exceeded"}',
        '{"message": "You have exceeded a secondary rate limit."}',
    ],
)
def test_graphql_is_limited_with_status_200(problem: str) -> None:
    body = f'{{"data": null, "errors": [{problem}]}}'
    time = RealTime()
    with tiny_github(infra=Repo(1)) as github:
        github.faults["PullRequests"] = answer(body)
        source = source_of(github.url, time=time)
        told = source.observe(now=NOW)
        assert reasons(told)["iac_prs_7d"] is GapReason.THROTTLED
        # What would have been asked next was not.
        assert not github.asked("Commits")
        assert reasons(told)["engineers_28d"] is GapReason.THROTTLED
        github.faults.clear()
        time.seconds += 61
        assert values(source.observe(now=NOW))["iac_prs_7d"] == 0


def test_the_last_two_percent_are_left_to_others_until_the_reset() -> None:
    time = RealTime()
    with tiny_github(infra=Repo(1)) as github:
        github.limits = headers(100, reset=900)
        source = source_of(github.url, time=time)
        first = source.observe(now=NOW)
        assert left(tuple(first))["api_remaining", "core"] == 100
        why = refused(source).what
        assert why.startswith("100 of 5000 core requests are left, which are kept for others")
        time.seconds += 901
        github.limits = headers(5000)
        assert values(source.observe(now=NOW))["iac_prs_7d"] == 0


def test_an_answer_that_comes_in_late_does_not_give_back_what_was_spent() -> None:
    budget = Budget(monotonic=RealTime())
    for remaining in (4000, 3998, 3999):
        budget.note_left(limit=5000, remaining=remaining, wait=timedelta(minutes=10))
    assert budget.noted["graphql"].remaining == 3998
    budget.note_left(limit=5000, remaining=4999, wait=timedelta(minutes=60))
    assert budget.noted["graphql"].remaining == 4999


def test_headers_that_make_no_sense_are_no_limit() -> None:
    odd = {"x-ratelimit-limit": "many", "x-ratelimit-remaining": "²", "x-ratelimit-reset": "x"}
    with tiny_github(infra=Repo(1)) as github:
        github.limits = odd
        told = source_of(github.url).observe(now=NOW)
    assert reasons(told)["api_remaining"] is GapReason.NOT_APPLICABLE
    assert values(told)["iac_prs_7d"] == 0


def test_a_limit_of_something_else_is_no_label() -> None:
    with tiny_github(infra=Repo(1)) as github:
        github.limits = headers(5, resource="evil")
        told = source_of(github.url).observe(now=NOW)
    assert left(tuple(told)) == {}


def test_an_unchanged_answer_is_asked_for_by_its_tag() -> None:
    with tiny_github(infra=Repo(1, pulls=[pull(1)])) as github:
        source = source_of(github.url)
        assert values(source.observe(now=NOW)) == values(source.observe(now=NOW))
        first, second = github.asked("/repos/acme/infra")
    assert "if-none-match" not in first.headers
    assert second.headers["if-none-match"].startswith('W/"')


def test_a_tag_does_not_outlive_its_token() -> None:
    credentials = FixedToken()
    with tiny_github(infra=Repo(1)) as github:
        source = source_of(github.url, credentials=credentials)
        source.observe(now=NOW)
        credentials.tokens[:] = ["ghp_other"]
        github.token = "ghp_other"  # noqa: S105 - of a test
        source.observe(now=NOW)
        _, second = github.asked("/repos/acme/infra")
    assert "if-none-match" not in second.headers


def test_a_poll_has_a_limit_in_time() -> None:
    time = RealTime()
    with tiny_github(infra=Repo(1)) as github:

        def slow(handler: object) -> None:
            time.seconds += SECONDS_MAX + 1
            TinyGithub._rest(github, github.loopback.asked[-1], handler)  # type: ignore[arg-type]  # what http.server gave

        github.faults["/repos/acme/infra"] = slow
        told = source_of(github.url, time=time).observe(now=NOW)
    reason, detail = gaps(told)["iac_prs_7d"]
    assert reason is GapReason.TIMEOUT
    assert detail == f"GitHub: one poll takes more than {REQUESTS_MAX} requests or 240 s"
