"""What is counted of pull requests and commits: pure, by the instants that GitHub names.

A window is the trailing 7 or 28 times 24 hours: neither calendar weeks nor anybody's time zone.
Who wrote what stays in here; only numbers leave.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

WEEK = timedelta(days=7)
FOUR_WEEKS = timedelta(days=28)

# The address that GitHub gives those who hide theirs: 12345+login@users.noreply.github.com.
_NO_REPLY = re.compile(r"(?:\d+\+)?([^@+]+)@users\.noreply\.[^@]+", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Author:
    """Who opened a pull request; `is_bot` when GitHub itself says so."""

    login: str
    is_bot: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PullRequest:
    """One pull request, draft or not; `author` None when the account is no more.

    `is_iac` None: its files were not all to be had, and none of the others is IaC.
    """

    created_at: datetime
    author: Author | None
    is_iac: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Commit:
    """One commit on the default branch; `login` None when its address belongs to no account."""

    committed_at: datetime
    login: str | None
    email: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IacCount:
    """IaC pull requests of one window; `unknown` are those of which nobody can tell."""

    people: int
    bots: int
    unknown: int


def is_within(instant: datetime, window: timedelta, *, now: datetime) -> bool:
    """Tell whether the instant is of the window that ends at `now`, its first moment left out."""
    # In UTC: within one zone Python reckons by the wall clock, and summer time would bend weeks.
    end = now.astimezone(UTC)
    return end - window < instant.astimezone(UTC) <= end


def count_iac(
    pull_requests: Iterable[PullRequest], is_bot: Callable[[str], bool], *, now: datetime
) -> IacCount:
    """Return how many IaC pull requests were opened in the trailing 7 times 24 hours."""
    opened = [pr for pr in pull_requests if is_within(pr.created_at, WEEK, now=now)]
    bots = [pr.is_iac and _is_by_bot(pr, is_bot) for pr in opened]
    return IacCount(
        people=sum(pr.is_iac is True for pr in opened) - bots.count(True),
        bots=bots.count(True),
        unknown=sum(pr.is_iac is None for pr in opened),
    )


def count_people(
    pull_requests: Iterable[PullRequest],
    commits: Iterable[Commit],
    is_bot: Callable[[str], bool],
    *,
    now: datetime,
) -> int:
    """Return how many people opened a pull request or committed in the trailing 28 days."""
    people = {
        pr.author.login.lower()
        for pr in pull_requests
        if is_within(pr.created_at, FOUR_WEEKS, now=now)
        and pr.author is not None
        and not _is_by_bot(pr, is_bot)
    }
    recent = [one for one in commits if is_within(one.committed_at, FOUR_WEEKS, now=now)]
    return len(people | set(_committers(recent, is_bot)))


def _is_by_bot(pull_request: PullRequest, is_bot: Callable[[str], bool]) -> bool:
    author = pull_request.author
    return author is not None and (author.is_bot or is_bot(author.login))


def _committers(commits: list[Commit], is_bot: Callable[[str], bool]) -> Iterator[str]:
    # One who commits from two addresses is one person as soon as an account has both.
    logins = {commit.email.lower(): commit.login for commit in commits if commit.login}
    for commit in commits:
        email = commit.email.lower()
        hidden = _NO_REPLY.fullmatch(email)
        who = commit.login or logins.get(email) or (hidden.group(1) if hidden else email)
        # Without an address and an account nobody is to be told from anybody.
        if who and not is_bot(who) and not is_bot(email):
            yield who.lower()
