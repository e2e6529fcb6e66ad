"""The real history of a repository: every count is the one that was computed elsewhere."""

import csv
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from tests.sources.github.scene import source_of
from tests.sources.github.tiny_github import Node, Repo, pull, tiny_github
from tests.sources.github.told import values
from xops_watch.sources.github import account_matcher, path_matcher
from xops_watch.sources.github.counting import WEEK, Author, PullRequest, count_iac, count_people

DATA = Path(__file__).parent / "data"
is_iac = path_matcher(("terraform/**", "**/*.tf"))
is_bot = account_matcher(("*[bot]",))


def rows(name: str) -> Iterator[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def history(instant: str) -> list[PullRequest]:
    return [
        PullRequest(
            created_at=datetime.fromisoformat(row[instant]),
            author=Author(login=row["author"], is_bot=row["kind"] == "bot"),
            is_iac=is_iac(row["path"]),
        )
        for row in rows("iac_prs.csv")
    ]


MERGED = history("merged_at")
OPENED = history("opened_at")


def end_of(week: dict[str, str]) -> datetime:
    monday = datetime.fromisoformat(week["week_start_monday_utc"]).replace(tzinfo=UTC)
    return monday + WEEK


def test_every_week_from_monday_to_monday_has_its_count() -> None:
    weeks = list(rows("iac_prs_weekly.csv"))
    assert len(weeks) == 93
    for week in weeks:
        count = count_iac(MERGED, is_bot, now=end_of(week))
        assert count.people == int(week["human_iac_prs"]), week
        assert count.people + count.bots == int(week["iac_prs"]), week
        assert count.unknown == 0


def test_weeks_with_exactly_five_are_not_above_five() -> None:
    fives = [week for week in rows("iac_prs_weekly.csv") if week["human_iac_prs"] == "5"]
    assert len(fives) >= 5
    for week in fives:
        assert not count_iac(MERGED, is_bot, now=end_of(week)).people > 5


@pytest.mark.parametrize("zone", ["UTC", "Europe/London", "Pacific/Auckland"])
def test_any_seven_days_back_have_their_count_in_every_zone(zone: str) -> None:
    moments = list(rows("iac_prs_trailing.csv"))
    assert len(moments) == 103
    for moment in moments:
        now = datetime.fromisoformat(moment["at"]).astimezone(ZoneInfo(zone))
        count = count_iac(OPENED, is_bot, now=now)
        assert (count.people, count.bots) == (int(moment["people"]), int(moment["bots"])), moment
        assert count_people(OPENED, (), is_bot, now=now) == int(moment["engineers"]), moment


def nodes() -> list[Node]:
    return [
        pull(
            number,
            at=datetime.fromisoformat(row["opened_at"]),
            by=row["author"],
            kind="Bot" if row["kind"] == "bot" else "User",
            files=(row["path"],),
        )
        for number, row in enumerate(rows("iac_prs.csv"))
    ]


def test_the_same_counts_come_over_http() -> None:
    # `values` tells the stack's; the tiny source takes helm/** and *.tf for infrastructure.
    moments = [m for m in rows("iac_prs_trailing.csv") if m["people"] in {"0", "5", "6", "14"}]
    assert {m["people"] for m in moments} == {"0", "5", "6", "14"}
    takes_tf = path_matcher(("**/*.tf", "helm/**"))
    with tiny_github(infra=Repo(1, pulls=nodes())) as github:
        source = source_of(github.url)
        for moment in moments[::3]:
            now = datetime.fromisoformat(moment["at"])
            expected = [
                row
                for row in rows("iac_prs.csv")
                if row["kind"] == "human"
                and takes_tf(row["path"])
                and timedelta() <= now - datetime.fromisoformat(row["opened_at"]) < WEEK
            ]
            # GitHub only has what was opened until then.
            github.repos["acme/infra"].pulls = [
                one for one in nodes() if datetime.fromisoformat(one["createdAt"]) <= now
            ]
            told = values(source.observe(now=now))
            assert told["iac_prs_7d"] == len(expected)
            assert told["engineers_28d"] == int(moment["engineers"])
