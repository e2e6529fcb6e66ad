"""The file stays as small and as quick as what it holds."""

import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from tests.store.samples import CPU, NOON, after, evaluation, notice, reading, transition, trigger
from xops_watch.core.trigger import Status
from xops_watch.errors import StoreError
from xops_watch.store import observations, outbox, windows
from xops_watch.store.filesystem import Journal, JournalMode
from xops_watch.store.sqlite import SqliteStore
from xops_watch.store.windows import Windows

REPOSITORY = Path(__file__).parents[2]
DELETE = Journal(mode=JournalMode.DELETE, filesystem="chosen", reason="by the test")
WAL = Journal(mode=JournalMode.WAL, filesystem="chosen", reason="by the test")


def _record_hours(store: SqliteStore, first: int, last: int) -> None:
    store.record(
        [
            reading(minute / 7, at=after(hours=hour, minutes=minute), subject=f"s{n}")
            for hour in range(first, last)
            for minute in range(60)
            for n in range(5)
        ]
    )


@pytest.mark.parametrize("journal", [WAL, DELETE], ids=["wal", "delete"])
def test_pruning_hands_the_space_back(tmp_path: Path, journal: Journal) -> None:
    path = tmp_path / "state.db"
    with closing(SqliteStore.open(path, journal=journal)) as store:
        empty = store._db.execute("PRAGMA page_count").fetchone()[0]
        _record_hours(store, 0, 80)
        assert store._db.execute("PRAGMA page_count").fetchone()[0] > 5 * empty
        assert store.prune(before=after(hours=80)) == 80 * 60 * 5
        assert store._db.execute("PRAGMA page_count").fetchone()[0] <= empty * 4 / 3 + 1
    assert path.stat().st_size <= (empty * 4 / 3 + 1) * 4096


def test_a_file_that_is_pruned_as_it_fills_does_not_grow(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    sizes = []
    with closing(SqliteStore.open(path, journal=DELETE)) as store:
        _record_hours(store, 0, 24)
        for hour in range(24, 72):
            _record_hours(store, hour, hour + 1)
            assert store.prune(before=after(hours=hour - 23)) == 60 * 5
            sizes.append(path.stat().st_size)
    assert max(sizes[12:]) <= max(sizes[:12])


def test_readings_recorded_again_unchanged_are_not_written(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    with closing(SqliteStore.open(path, journal=DELETE)) as store:
        _record_hours(store, 0, 2)
        before = path.read_bytes()
        _record_hours(store, 0, 2)
        assert path.read_bytes() == before


def test_an_evaluation_that_changes_nothing_is_not_written(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    with closing(SqliteStore.open(path, journal=DELETE)) as store:
        same = evaluation(
            triggers=(trigger(Status.FIRING), replace(trigger(subject="b"), blind_since=NOON)),
            transitions=(transition(),),
            notices=(notice(),),
        )
        store.commit(same)
        before = path.read_bytes()
        store.commit(same)
        assert path.read_bytes() == before


def test_a_receivers_long_error_is_kept_short(tmp_path: Path) -> None:
    with closing(SqliteStore.open(tmp_path / "state.db")) as store:
        store.commit(evaluation(notices=(notice("a"),)))
        store.mark_failed("a", error="<html>" * 10_000, retry_at=NOON)
        kept = store._db.execute("SELECT last_error FROM notices").fetchone()[0]
        assert len(kept) == outbox.ERROR_CHARACTERS_MAX
        assert kept.startswith("<html><html>")


def test_a_failure_reported_late_leaves_no_trace_on_a_delivered_notice(tmp_path: Path) -> None:
    with closing(SqliteStore.open(tmp_path / "state.db")) as store:
        store.commit(evaluation(notices=(notice("a"),)))
        store.mark_delivered("a", at=NOON)
        store.mark_failed("a", error="late", retry_at=NOON)
        kept = store._db.execute("SELECT attempts, last_error, next_attempt_at FROM notices")
        assert kept.fetchone() == (0, None, None)


def test_more_readings_than_memory_is_meant_for_are_refused() -> None:
    with closing(SqliteStore.in_memory()) as store:
        store.record([reading(at=after(minutes=-n)) for n in range(10)])
        needs = {CPU: timedelta(hours=1)}
        fits = Windows(readings_max=10).history(store._db, needs, now=NOON)
        assert len(fits.of(CPU, "xops/api").readings) == 10
        with pytest.raises(StoreError, match="hold more than 9 readings"):
            Windows(readings_max=9).history(store._db, needs, now=NOON)


@pytest.mark.parametrize(
    ("sql", "plan"),
    [
        (windows._WINDOW, "SEARCH readings USING PRIMARY KEY (series=? AND taken_at>?"),
        (windows._READ_SINCE, "SEARCH readings USING PRIMARY KEY (series=? AND taken_at>?"),
        (observations._DROP_READINGS, "SEARCH readings USING PRIMARY KEY (series=? AND taken_at<?"),
        (outbox._OWED, "SCAN notices USING INDEX notices_owed"),
        (outbox._DROP, "SEARCH notices USING INDEX notices_delivered (delivered_at"),
    ],
)
def test_no_query_walks_a_whole_table(sql: str, plan: str) -> None:
    with closing(SqliteStore.in_memory()) as store:
        values = (
            dict.fromkeys(("signal", "subject", "since", "now", "cutoff"))
            if ":" in sql
            else [None] * sql.count("?")
        )
        rows = store._db.execute(f"EXPLAIN QUERY PLAN {sql}", values).fetchall()
        steps = [row[3] for row in rows]
        assert any(step.startswith(plan) for step in steps), steps
        assert not any("TEMP B-TREE" in step for step in steps), steps


def test_opening_a_store_looks_for_no_plugins(tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from xops_watch.store.sqlite import SqliteStore;"
        "SqliteStore.open(Path(sys.argv[1])).close();"
        "from sqlite_utils import plugins; print(plugins._plugins_loaded)"
    )
    command = [sys.executable, "-c", script, str(tmp_path / "state.db")]
    played = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=True)
    assert played.stdout == "False\n"
