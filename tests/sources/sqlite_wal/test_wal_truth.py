"""What is said of real writers in other processes, beside what they themselves say."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from tests.sources.sqlite_wal.child import Child
from tests.sources.sqlite_wal.scene import (
    comes_to,
    commits_of,
    look,
    newest,
    reason,
    sampling,
    until,
    value,
    watching,
    word,
)
from xops_watch.clock import monotonic
from xops_watch.core.reading import Observation, Reading
from xops_watch.errors import GapReason
from xops_watch.sources.sqlite_wal.sampler import Report, Sampler
from xops_watch.sources.sqlite_wal.source import SqliteWalSource

MODES = ["wal", "delete"]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "webui.db"


def collected(sampler: Sampler, *, commits: int) -> int:
    """Return how many commits were counted once there are as many, and after another survey."""
    counted = 0

    def enough() -> bool:
        nonlocal counted
        counted += commits_of(newest(sampler))
        return counted >= commits

    until(enough)
    end = monotonic() + 1.0
    while monotonic() < end:
        counted += commits_of(newest(sampler))
    return counted


@pytest.mark.parametrize("mode", MODES)
def test_commits_are_counted_as_the_writers_count_them(path: Path, mode: str) -> None:
    with Child(path, mode=mode) as one, Child(path) as other:
        one.sql("CREATE TABLE t (a)")
        with sampling(path) as sampler:
            one.send("commit", 1500, 0.001)
            other.send("commit", 700, 0.002)
            truth = one.answer() + other.answer()
            assert truth == 2200
            assert collected(sampler, commits=truth) == truth


@pytest.mark.parametrize("mode", MODES)
def test_the_busy_share_is_that_of_the_holder(path: Path, mode: str) -> None:
    with Child(path, mode=mode) as writer:
        writer.sql("CREATE TABLE t (a)")
        with sampling(path, rate=1000) as sampler:
            writer.send("duty", 0.03, 0.07, 4.5)
            until(lambda: newest(sampler).looks < 5 or None)
            start = monotonic()
            report = until(lambda: _after(sampler, start + 3.5))
            end = monotonic()
            held = writer.answer()
        began = end - report.seconds
        truth = sum(max(0.0, min(to, end) - max(since, began)) for since, to in held)
        window = report.window
        assert window is not None
        assert 0.1 < truth / report.seconds < 0.9  # it held now and then
        assert window.busy == pytest.approx(truth / report.seconds, abs=0.05)
        assert 0.005 < window.busy_error < 0.05
        longest = max(to - since for since, to in held)
        assert 0.01 < window.longest_hold < longest + 0.02  # a lower bound


def _after(sampler: Sampler, instant: float) -> Report | None:
    return newest(sampler) if monotonic() > instant else None


@pytest.mark.parametrize("mode", MODES)
def test_a_lock_that_nobody_holds_is_not_busy_and_has_no_writers(path: Path, mode: str) -> None:
    with Child(path, mode=mode) as reader:
        reader.sql("CREATE TABLE t (a)")
        reader.sql("BEGIN")
        reader.sql("SELECT * FROM t")
        with watching(path) as source:
            seen = look(source)
    assert value(seen["write_lock_busy"]) == 0.0
    assert value(seen["concurrent_writers"]) == 0.0
    assert value(seen["write_lock_busy_error"]) > 0.0


@pytest.mark.parametrize("mode", MODES)
def test_a_lock_that_is_always_held_is_busy_and_its_holder_one_writer(
    path: Path, mode: str
) -> None:
    with Child(path, mode=mode) as writer:
        writer.sql("CREATE TABLE t (a)")
        writer.sql("BEGIN IMMEDIATE")
        with watching(path) as source:
            seen = look(source)
            assert value(seen["write_lock_busy"]) == 1.0
            assert value(seen["concurrent_writers"]) >= 1.0
            assert value(seen["longest_hold"]) > 0.0
            assert value(seen["commits_per_second"]) == 0.0


def test_a_parked_reader_is_seen_to_starve_the_checkpoint(path: Path) -> None:
    with Child(path, mode="wal") as writer, Child(path) as reader:
        writer.sql("CREATE TABLE t (a)")
        writer.sql("PRAGMA wal_checkpoint")
        writer.ask("commit", 1, 0)
        reader.sql("BEGIN")
        assert reader.sql("SELECT count(*) FROM t") == [[1]]
        with watching(path) as source:
            writer.ask("commit", 3000, 0)
            stalled = until(lambda: _stalled(source))
            assert value(stalled["checkpoint_backlog"]) > 2000
            assert value(stalled["reader_lag"]) > 2000
            assert value(stalled["oldest_reader"]) > 0.5
            assert value(stalled["readers_held"]) == 1
            assert value(stalled["wal_size"]) > 3000 * 4096
            reader.sql("COMMIT")
            writer.sql("PRAGMA wal_checkpoint")
            writer.ask("commit", 1, 0)
            ended = until(lambda: _unstalled(source))
            assert value(ended["reader_lag"]) == 0
            assert value(ended["oldest_reader"]) == 0
            # The file is as large as before: its size is no backlog.
            assert value(ended["wal_size"]) > 3000 * 4096
            assert value(ended["checkpoint_backlog"]) < 100


def _stalled(source: SqliteWalSource) -> Mapping[str, Observation] | None:
    seen = look(source)
    return seen if value(seen["checkpoint_stalled"]) > 0.5 else None


def _unstalled(source: SqliteWalSource) -> Mapping[str, Observation] | None:
    seen = look(source)
    return seen if value(seen["checkpoint_stalled"]) == 0 else None


@pytest.mark.parametrize("mode", MODES)
def test_a_writer_that_is_killed_in_a_transaction_holds_nothing_any_more(
    path: Path, mode: str
) -> None:
    with Child(path, mode=mode) as writer:
        writer.sql("CREATE TABLE t (a)")
        writer.sql("BEGIN IMMEDIATE")
        writer.sql("INSERT INTO t VALUES (1)")
        with watching(path) as source:
            assert value(look(source)["write_lock_busy"]) == 1.0
            writer.kill()
            seen = until(lambda: _free(source))
            assert word(seen["file_state"]) == "ok"
            if mode == "wal":
                assert word(comes_to(source, "in_use", "closed")["in_use"]) == "closed"
            with Child(path) as next_one:  # finds what the dead one left, and goes on
                next_one.ask("commit", 5, 0)
                until(lambda: _total([look(source)], "commits_per_second") > 0)


def _free(source: SqliteWalSource) -> Mapping[str, Observation] | None:
    seen = look(source)
    busy = seen["write_lock_busy"]
    return seen if isinstance(busy, Reading) and busy.value == 0 else None


def test_a_change_of_mode_and_a_migration_are_counted(path: Path) -> None:
    with Child(path, mode="wal") as app:
        app.sql("CREATE TABLE t (a)")
        app.sql("PRAGMA wal_checkpoint")
        with watching(path) as source:
            assert word(look(source)["journal_mode"]) == "wal"
            app.sql("PRAGMA journal_mode = delete")
            app.sql("ALTER TABLE t ADD COLUMN b")
            told: list[Mapping[str, Observation]] = []
            until(lambda: _settled(source, told))
            assert _total(told, "journal_mode_changes") == 1
            assert _total(told, "schema_changes") == 1
            assert reason(told[-1]["checkpoint_busy"]) is GapReason.NOT_APPLICABLE


def _settled(source: SqliteWalSource, told: list[Mapping[str, Observation]]) -> bool:
    told.append(look(source))
    is_rollback = word(told[-1]["journal_mode"]) == "rollback"
    return is_rollback and _total(told, "schema_changes") > 0


def _total(told: Sequence[Mapping[str, Observation]], signal: str) -> float:
    readings = (seen[signal] for seen in told)
    return sum(one.value for one in readings if isinstance(one, Reading))
