"""Old readings go, but none that a rule in force still looks back on, whatever the retention."""

from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.core.samples import above, rule, rulebook, signal
from tests.fakes import MemoryStore
from xops_watch.cli.run_daemon import housekeep
from xops_watch.core.measure import Aggregate, Statistic
from xops_watch.core.reading import Gap, Reading
from xops_watch.core.rule import Rulebook
from xops_watch.core.truth import Truth
from xops_watch.core.verdict import judge
from xops_watch.errors import GapReason
from xops_watch.ports import Store
from xops_watch.store.sqlite import SqliteStore

NOON = datetime.fromisoformat("2026-03-04T12:00:00+00:00")
DAY = timedelta(days=1)
DAILY = replace(signal("scanned"), period=DAY, grace=3 * DAY)
MINUTELY = signal("load")
BYTES = rule(
    replace(
        above(100, of=DAILY), aggregate=Aggregate(statistic=Statistic.SUM, over=30 * DAY, samples=1)
    )
)
RULES = rulebook(BYTES, rule(above(80, of=MINUTELY), name="load", hold=5))


def read(name: str, days: float, value: float = 4) -> Reading:
    return Reading(signal=name, subject="a", value=value, taken_at=NOON - days * DAY)


def gone(name: str, days: float, subject: str | None = "a") -> Gap:
    return Gap(
        signal=name,
        subject=subject,
        reason=GapReason.GONE,
        detail="deleted",
        noticed_at=NOON - days * DAY,
    )


def ages(store: Store, name: str) -> list[float]:
    history = store.history({name: 99 * DAY}, now=NOON)
    return [(NOON - seen.taken_at) / DAY for seen in history.of(name, "a").readings]


@pytest.fixture(params=[MemoryStore, SqliteStore.in_memory])
def store(request: pytest.FixtureRequest) -> Store:
    made: Store = request.param()
    return made


def test_readings_of_a_long_window_outlive_the_retention(store: Store) -> None:
    store.record([read(DAILY.name, days) for days in (40, 29, 20, 1)])
    housekeep(store, RULES, now=NOON, retention=15 * DAY)
    assert ages(store, DAILY.name) == [29, 20, 1]


def test_readings_that_are_only_kept_to_be_shown_go_with_the_retention(store: Store) -> None:
    store.record([read(MINUTELY.name, days) for days in (20, 16, 14, 1)])
    housekeep(store, RULES, now=NOON, retention=15 * DAY)
    assert ages(store, MINUTELY.name) == [14, 1]


def test_readings_go_with_the_retention_when_no_rule_wants_them_any_more(store: Store) -> None:
    store.record([read(DAILY.name, days) for days in (29, 14)])
    housekeep(store, replace(RULES, rules=RULES.rules[1:]), now=NOON, retention=15 * DAY)
    assert ages(store, DAILY.name) == [14]


def test_a_retention_longer_than_all_windows_is_kept_to(store: Store) -> None:
    store.record([read(DAILY.name, days) for days in (120, 80)])
    housekeep(store, RULES, now=NOON, retention=90 * DAY)
    assert ages(store, DAILY.name) == [80]


@pytest.mark.parametrize("subject", ["a", None])
def test_a_gap_stays_as_long_as_the_readings_it_follows(store: Store, subject: str | None) -> None:
    store.record([read(DAILY.name, 21), gone(DAILY.name, 20, subject)])
    housekeep(store, RULES, now=NOON, retention=15 * DAY)
    kept = store.history({DAILY.name: 30 * DAY}, now=NOON).of(DAILY.name, "a")
    assert kept.gap == gone(DAILY.name, 20, subject)
    assert len(kept.readings) == 1


def test_a_thirty_day_sum_is_still_known_after_the_daily_work_of_the_house(store: Store) -> None:
    store.record([read(DAILY.name, days) for days in range(31)])
    assert _condition(store, RULES) is Truth.TRUE
    housekeep(store, RULES, now=NOON, retention=DAY)
    assert _condition(store, RULES) is Truth.TRUE
    store.prune(before=NOON - 15 * DAY)
    assert _condition(store, RULES) is Truth.UNKNOWN


def _condition(store: Store, rules: Rulebook) -> Truth:
    history = store.history(rules.needs(), now=NOON)
    return judge(BYTES, "a", history, now=NOON).condition


def test_what_is_kept_in_memory_is_what_the_file_keeps(tmp_path: Path) -> None:
    with closing(SqliteStore.open(tmp_path / "state.db")) as store:
        store.record([read(DAILY.name, days) for days in (40, 29, 20)])
        store.record([read(MINUTELY.name, days) for days in (20, 16, 14)])
        needs = {DAILY.name: 99 * DAY, MINUTELY.name: 99 * DAY}
        store.history(needs, now=NOON)
        housekeep(store, RULES, now=NOON, retention=15 * DAY)
        remembered = store.history(needs, now=NOON)
        with closing(SqliteStore.open(tmp_path / "state.db")) as other:
            assert other.history(needs, now=NOON) == remembered
