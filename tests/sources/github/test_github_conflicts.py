"""What is remembered of conflicts: when first, when last, and in which hours was looked."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xops_watch.sources.github.conflicts import (
    NOTHING_SEEN,
    REMEMBERED_MAX,
    Sightings,
    parse_sightings,
    write_sightings,
)

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
WEEK = 7 * DAY


def test_one_seen_now_is_new_and_counts() -> None:
    seen = NOTHING_SEEN.seen({"PR_1": 7}, now=NOW)
    assert (seen.count(now=NOW), seen.count_new(now=NOW)) == (1, 1)


def test_the_first_time_is_kept_and_the_last_counts() -> None:
    seen = NOTHING_SEEN.seen({"PR_1": 7}, now=NOW - 8 * DAY)
    seen = seen.seen({"PR_1": 7}, now=NOW - 2 * DAY)
    assert seen.by_pull_request["PR_1"].first_at == NOW - 8 * DAY
    assert (seen.count(now=NOW), seen.count_new(now=NOW)) == (1, 0)


def test_one_that_was_merged_counts_for_a_week_to_the_second() -> None:
    seen = NOTHING_SEEN.seen({"PR_1": 7}, now=NOW)
    almost = NOW + WEEK - timedelta(seconds=1)
    assert seen.still(now=almost).count(now=almost) == 1
    assert seen.still(now=NOW + WEEK) == NOTHING_SEEN


def test_one_of_a_repository_that_is_no_longer_watched_is_forgotten() -> None:
    seen = NOTHING_SEEN.seen({"PR_1": 7, "PR_2": 8}, now=NOW)
    assert set(seen.only_of({8, 9}).by_pull_request) == {"PR_2"}


def test_the_watched_share_counts_hours_not_looks() -> None:
    seen = NOTHING_SEEN
    for minutes in (0, 15, 30, 45, 60):
        seen = seen.looked(now=NOW + timedelta(minutes=minutes))
    assert seen.watched(now=NOW + HOUR) == 2 / 168


def test_a_week_of_looks_is_all_of_it_and_no_more() -> None:
    seen = NOTHING_SEEN
    for hour in range(400):
        seen = seen.looked(now=NOW + hour * HOUR).still(now=NOW + hour * HOUR)
    assert seen.watched(now=NOW + 399 * HOUR) == 1
    assert len(seen.hours) == 168


def test_what_a_clock_that_jumped_back_had_seen_is_dropped() -> None:
    seen = NOTHING_SEEN.seen({"PR_1": 7}, now=NOW).looked(now=NOW)
    assert seen.still(now=NOW - DAY) == NOTHING_SEEN


def test_more_than_can_be_remembered_keeps_the_newest() -> None:
    seen = NOTHING_SEEN.seen({"old": 1}, now=NOW - DAY)
    seen = seen.seen({f"PR_{n}": 1 for n in range(REMEMBERED_MAX)}, now=NOW)
    assert len(seen.by_pull_request) == REMEMBERED_MAX
    assert "old" not in seen.by_pull_request


def test_it_is_written_as_json() -> None:
    seen = NOTHING_SEEN.seen({"PR_1": 7}, now=NOW).looked(now=NOW)
    assert json.loads(write_sightings(seen)) == {
        "pull_requests": {
            "PR_1": {
                "repository": 7,
                "first_at": "2026-11-20T12:00:00Z",
                "last_at": "2026-11-20T12:00:00Z",
            }
        },
        "hours": [498660],
    }


FAR_AWAY = (
    '{"pull_requests": {"P": {"repository": 1, "first_at": "0001-01-01T00:00:00+14:00",'
    ' "last_at": "2026-11-20T12:00:00Z"}}, "hours": []}'
)


@pytest.mark.parametrize(
    "text", ["", "{", "null", "[]", '{"pull_requests": {}}', "\x00", "[" * 9999, FAR_AWAY]
)
def test_what_cannot_be_read_is_nothing(text: str) -> None:
    assert parse_sightings(text) is None


looks = st.lists(
    st.tuples(
        st.integers(0, 20 * 24 * 60), st.dictionaries(st.sampled_from("abcd"), st.integers(1, 2))
    ),
    max_size=20,
)


@given(looks)
def test_a_restart_at_any_time_changes_nothing(made: list[tuple[int, dict[str, int]]]) -> None:
    kept, restarted = NOTHING_SEEN, NOTHING_SEEN
    for minutes, conflicting in sorted(made, key=lambda look: look[0]):
        now = NOW + timedelta(minutes=minutes)
        kept = _look(kept, conflicting, now)
        reread = parse_sightings(write_sightings(_look(restarted, conflicting, now)))
        assert reread == kept
        restarted = reread
        assert kept.count_new(now=now) <= kept.count(now=now)


@given(looks)
def test_the_count_is_that_of_all_looks_of_the_week(
    made: list[tuple[int, dict[str, int]]],
) -> None:
    made = sorted(made, key=lambda look: look[0])
    seen = NOTHING_SEEN
    for minutes, conflicting in made:
        now = NOW + timedelta(minutes=minutes)
        seen = _look(seen, conflicting, now)
        week = [c for m, c in made if minutes - 7 * 24 * 60 < m <= minutes]
        if minutes != max(m for m, _ in made if m <= minutes):
            continue
        if [m for m, _ in made].count(minutes) == 1:
            assert seen.count(now=now) == len({one for c in week for one in c})


@given(st.text(max_size=200))
def test_no_text_raises(text: str) -> None:
    assert parse_sightings(text) is None or parse_sightings(text) == NOTHING_SEEN


def _look(sightings: Sightings, conflicting: dict[str, int], now: datetime) -> Sightings:
    return sightings.still(now=now).seen(conflicting, now=now).looked(now=now)
