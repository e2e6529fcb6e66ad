"""What is counted: windows by the instant, whatever zone it is written in, and people once."""

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xops_watch.sources.github import account_matcher
from xops_watch.sources.github.counting import (
    FOUR_WEEKS,
    WEEK,
    Author,
    Commit,
    IacCount,
    PullRequest,
    count_iac,
    count_people,
    is_within,
)

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
is_bot = account_matcher(("*[bot]", "renovate*"))


def pr(
    at: datetime = NOW, *, by: str | None = "alice", bot: bool = False, iac: bool | None = True
) -> PullRequest:
    author = None if by is None else Author(login=by, is_bot=bot)
    return PullRequest(created_at=at, author=author, is_iac=iac)


def commit(login: str | None = None, email: str = "", *, at: datetime = NOW) -> Commit:
    return Commit(committed_at=at, login=login, email=email)


def people(*made: PullRequest | Commit) -> int:
    prs = [one for one in made if isinstance(one, PullRequest)]
    commits = [one for one in made if isinstance(one, Commit)]
    return count_people(prs, commits, is_bot, now=NOW)


@pytest.mark.parametrize(
    ("at", "within"),
    [
        (NOW, True),
        (NOW + SECOND, False),
        (NOW - WEEK + SECOND, True),
        (NOW - WEEK, False),
        (NOW - WEEK - SECOND, False),
    ],
)
def test_a_week_is_seven_days_to_the_second(at: datetime, *, within: bool) -> None:
    assert is_within(at, WEEK, now=NOW) is within


@pytest.mark.parametrize("zone", ["Pacific/Auckland", "Europe/London", "America/St_Johns"])
def test_no_time_zone_and_no_change_of_clocks_moves_the_window(zone: str) -> None:
    # London and Auckland changed their clocks within this window of 2026.
    now = datetime(2026, 10, 26, 0, 30, tzinfo=UTC)
    written_there = now.astimezone(ZoneInfo(zone))
    first = (now - WEEK + SECOND).astimezone(ZoneInfo(zone))
    last_before = (now - WEEK).astimezone(ZoneInfo(zone))
    for by in (now, written_there):
        counted = count_iac([pr(first), pr(last_before), pr(written_there)], is_bot, now=by)
        assert counted.people == 2


def test_exactly_five_are_five() -> None:
    opened = [pr(NOW - timedelta(days=day)) for day in (0, 1, 2, 3, 6)]
    assert count_iac([*opened, pr(NOW - WEEK)], is_bot, now=NOW).people == 5


def test_bots_count_apart_and_who_is_no_more_counts_as_a_person() -> None:
    opened = [
        pr(),
        pr(by=None),
        pr(by="dependabot", bot=True),
        pr(by="Renovate-Enterprise"),
        pr(by="x[bot]"),
        pr(iac=False),
        pr(by="dependabot", bot=True, iac=False),
        pr(iac=None),
    ]
    assert count_iac(opened, is_bot, now=NOW) == IacCount(people=2, bots=3, unknown=1)


def test_what_is_unknown_of_last_week_does_not_matter() -> None:
    assert count_iac([pr(NOW - WEEK, iac=None)], is_bot, now=NOW).unknown == 0


def test_people_are_authors_of_pull_requests_and_of_commits_each_once() -> None:
    assert people(pr(), pr(by="ALICE"), commit("Alice", "a@x"), commit("bob", "b@x")) == 2


def test_pull_requests_without_infrastructure_show_people_as_well() -> None:
    assert people(pr(iac=False), pr(by="bob", iac=None)) == 2


@pytest.mark.parametrize(
    ("at", "counted"), [(NOW - FOUR_WEEKS, 0), (NOW - FOUR_WEEKS + SECOND, 1), (NOW + SECOND, 0)]
)
def test_four_weeks_are_28_days_to_the_second(at: datetime, counted: int) -> None:
    assert people(pr(at)) == counted
    assert people(commit("bob", at=at)) == counted


def test_bots_are_no_people() -> None:
    assert (
        people(
            pr(by="dependabot", bot=True),
            commit(None, "49699333+dependabot[bot]@users.noreply.github.com"),
            commit("renovate-1", "r@x"),
            commit(None, "renovate@whitesource.example"),
        )
        == 0
    )


def test_one_person_with_two_addresses_of_one_account_is_one() -> None:
    assert (
        people(
            commit("alice", "alice@work.example"),
            commit(None, "Alice@Work.example"),
            commit(None, "1+alice@users.noreply.github.com"),
            commit(None, "alice@users.noreply.ghe.example"),
        )
        == 1
    )


def test_an_address_without_an_account_is_a_person_of_its_own() -> None:
    assert people(pr(), commit(None, "carol@x"), commit(None, "CAROL@x")) == 2


def test_an_author_without_account_and_address_is_nobody() -> None:
    assert people(commit(None, "")) == 0


def test_who_is_no_more_is_not_at_work() -> None:
    assert people(pr(by=None)) == 0


@given(
    st.lists(
        st.tuples(st.integers(-30 * 86400, 30 * 86400), st.integers(-12, 14), st.booleans()),
        max_size=30,
    )
)
def test_counting_is_the_same_in_every_zone(made: list[tuple[int, int, bool]]) -> None:
    opened = [
        pr((NOW + timedelta(seconds=s)).astimezone(timezone(timedelta(hours=zone))), bot=bot)
        for s, zone, bot in made
    ]
    expected = sum(-7 * 86400 < seconds <= 0 for seconds, _, bot in made if not bot)
    assert count_iac(opened, is_bot, now=NOW).people == expected
