"""A few questions at a time: bounded, in order, and none where all would fail alike."""

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.sources.github.scene import FixedToken, RealTime, source_of
from tests.sources.github.tiny_github import NOW, TOKEN, Repo, pull, run, tiny_github
from tests.sources.github.told import values
from xops_watch.errors import GapReason, SourceError
from xops_watch.sources.github import Budget, GithubApi
from xops_watch.sources.github.answers import RepositoryAnswer
from xops_watch.sources.github.side_by_side import FAILURES_MAX, WIDTH_MAX, side_by_side
from xops_watch.web.client import Web


def failure(reason: GapReason) -> SourceError:
    return SourceError("it fails", reason=reason, hint="mend it")


@given(st.lists(st.booleans(), max_size=30), st.booleans())
def test_answers_are_in_the_order_of_the_items(well: list[bool], first_alone: bool) -> None:  # noqa: FBT001 - drawn
    def double(item: tuple[int, bool]) -> int:
        if not item[1]:
            raise failure(GapReason.INVALID)
        return item[0] * 2

    answers = side_by_side(double, list(enumerate(well)), first_alone=first_alone)
    assert len(answers) == len(well)
    for place, answer in enumerate(answers):
        assert isinstance(answer, SourceError) or answer == place * 2
        assert well[place] or isinstance(answer, SourceError)


def test_no_more_than_four_are_asked_at_once() -> None:
    together = threading.Barrier(WIDTH_MAX)  # breaks the test unless four are there
    lock, busy, most = threading.Lock(), [0], [0]

    def ask(item: int) -> int:
        with lock:
            busy[0] += 1
            most[0] = max(most[0], busy[0])
        together.wait(30)
        with lock:
            busy[0] -= 1
        return item

    assert side_by_side(ask, list(range(12))) == list(range(12))
    assert most == [WIDTH_MAX]


@pytest.mark.parametrize("reason", [GapReason.UNREACHABLE, GapReason.TIMEOUT, GapReason.THROTTLED])
def test_after_a_failure_that_all_share_nobody_else_is_asked(reason: GapReason) -> None:
    asked: list[int] = []

    def refuse(item: int) -> int:
        asked.append(item)
        raise failure(reason)

    answers = side_by_side(refuse, list(range(50)), first_alone=True)
    assert asked == [0]
    assert [one.reason for one in answers if isinstance(one, SourceError)] == [reason] * 50


def test_who_refuses_many_in_a_row_is_not_asked_for_all() -> None:
    asked: list[int] = []

    def refuse(item: int) -> int:
        asked.append(item)
        raise failure(GapReason.DENIED)

    answers = side_by_side(refuse, list(range(300)))
    assert FAILURES_MAX <= len(asked) < FAILURES_MAX + WIDTH_MAX
    assert all(isinstance(one, SourceError) for one in answers)


def test_a_bug_is_raised_and_not_swallowed() -> None:
    def broken(_: int) -> int:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        side_by_side(broken, list(range(9)))


def test_several_requests_with_a_token_that_ended_renew_it_once() -> None:
    repos = {f"repo{n}": Repo(n, pulls=[pull(n)]) for n in range(8)}
    credentials = FixedToken("ghs_ended", TOKEN, "ghs_not_needed")
    with tiny_github(**repos) as github:
        names = [f"acme/{name}" for name in repos]
        told = values(source_of(github.url, *names, credentials=credentials).observe(now=NOW))
    assert told["iac_prs_7d"] == 8
    assert credentials.tokens == [TOKEN, "ghs_not_needed"]


def test_what_is_kept_for_its_tag_is_bounded_and_what_is_old_gives_way() -> None:
    time = RealTime()
    with tiny_github(**{f"r{n}": Repo(n) for n in range(5)}) as github:
        reader = GithubApi(
            Web(github.url, what="GitHub"),
            FixedToken(),
            Budget(monotonic=time),
            graphql_url=f"{github.url}/graphql",
            monotonic=time,
            tagged_weight_max=3,
        )

        def free(*numbers: int) -> int:
            """Read these repositories in one poll, and return how many answers were free."""
            reader.begin()
            before = len(github.loopback.asked)
            for number in numbers:
                path = f"/repos/acme/r{number}"
                assert reader.get(path, RepositoryAnswer, needs="Metadata: read").id == number
            return sum("if-none-match" in a.headers for a in github.loopback.asked[before:])

        # Three are kept, however often all are read: they do not push each other out.
        assert [free(0, 1, 2, 3, 4) for _ in range(3)] == [0, 3, 3]
        # What is no longer read gives way.
        assert [free(3, 4) for _ in range(2)] == [0, 2]


def test_runs_of_many_repositories_are_read_side_by_side() -> None:
    repos = {f"repo{n}": Repo(n, runs=[run("one", repository=n)]) for n in range(10)}
    with tiny_github(**repos) as github:
        source = source_of(github.url, "acme/*", workflow_runs="always")
        assert values(source.observe(now=NOW))["iac_runs_7d"] == 10
