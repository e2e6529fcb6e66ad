"""Full, read-only and damaged disks: a clear error, nothing torn, and on again afterwards."""

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.store.samples import (
    CPU,
    NOON,
    after,
    evaluation,
    gap,
    notice,
    reading,
    transition,
    trigger,
)
from xops_watch.core.trigger import Status
from xops_watch.errors import StoreError
from xops_watch.store.filesystem import Journal, JournalMode
from xops_watch.store.sqlite import SqliteStore

REPOSITORY = Path(__file__).parents[2]
WEEK = timedelta(days=7)
DELETE = Journal(mode=JournalMode.DELETE, filesystem="chosen", reason="by the test")


def _may_mount() -> bool:
    if os.geteuid() != 0:
        return False
    probe = "mount -t tmpfs -o size=1m tmpfs /mnt"
    command = ["unshare", "--mount", "--propagation", "private", "sh", "-c", probe]
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False


@pytest.mark.skipif(not _may_mount(), reason="mounting a small disk needs root and unshare")
@pytest.mark.parametrize("mode", [JournalMode.WAL, JournalMode.DELETE])
@pytest.mark.parametrize("scenario", ["full", "full_at_start", "read_only"])
def test_a_disk_that_takes_no_more(tmp_path: Path, scenario: str, mode: JournalMode) -> None:
    play = [sys.executable, "-m", "tests.store.small_disk", scenario, mode.value, str(tmp_path)]
    namespace = ["unshare", "--mount", "--propagation", "private"]
    played = subprocess.run(
        [*namespace, *play], cwd=REPOSITORY, capture_output=True, text=True, check=False
    )
    assert (played.returncode, played.stderr) == (0, "")


def test_a_full_file_takes_whole_commits_or_none_and_recovers(tmp_path: Path) -> None:
    with closing(SqliteStore.open(tmp_path / "state.db", journal=DELETE)) as store:
        pages = store._db.execute("PRAGMA page_count").fetchone()[0]
        store._db.execute(f"PRAGMA max_page_count = {pages + 10}")
        committed, refusal = _commit_until_refused(store)
        assert "full" in refusal.what
        assert "free some space" in refusal.hint
        assert 5 < committed == store.depth().notices == len(store.transitions(limit=10**6))
        (known,) = store.triggers().values()
        assert known.changed_at == after(seconds=committed - 1)
        store._db.execute(f"PRAGMA max_page_count = {pages + 1_000}")
        store.commit(evaluation(notices=(notice("later"),)))
        assert store.depth().notices == committed + 1


def _commit_until_refused(store: SqliteStore) -> tuple[int, StoreError]:
    for step in range(10_000):
        at = after(seconds=step)
        try:
            store.commit(
                evaluation(
                    triggers=(trigger(Status.FIRING, changed_at=at),),
                    transitions=(transition(at=at),),
                    notices=(notice(f"key-{step}", at=at),),
                )
            )
        except StoreError as error:
            return step, error
    pytest.fail("the file never filled up")


# Damage


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Return a small state file with something in every table."""
    path = tmp_path_factory.mktemp("sound") / "state.db"
    with closing(SqliteStore.open(path, journal=DELETE)) as store:
        store.record([reading(n / 3, at=after(minutes=-n), subject=f"s{n % 5}") for n in range(99)])
        store.record([gap(subject="s1"), gap(subject=None)])
        store.commit(
            evaluation(
                triggers=tuple(trigger(Status.FIRING, subject=f"s{n}") for n in range(5)),
                transitions=tuple(transition(subject=f"s{n}") for n in range(5)),
                notices=tuple(notice(f"key-{n}") for n in range(5)),
            )
        )
        store.mark_delivered("key-0", at=NOON)
    return path.read_bytes()


def _use_everything(path: Path) -> None:
    with closing(SqliteStore.open(path, journal=DELETE)) as store:
        store.history({CPU: WEEK}, now=NOON)
        store.triggers()
        store.transitions(limit=100)
        store.owed(now=NOON, limit=100)
        store.depth()
        store.record([reading(subject="new"), gap(subject="s2"), gap(subject=None)])
        store.commit(evaluation(triggers=(trigger(subject="s1"),), transitions=(transition(),)))
        store.mark_failed("key-1", error="x", retry_at=NOON)
        store.prune(before=NOON)


APPLICATION_ID = range(68, 72)  # in the file's header; without it the file would not be ours

_Byte = tuple[float, int]
_damage: st.SearchStrategy[list[_Byte]] = st.lists(
    st.tuples(st.floats(0, 1, exclude_max=True), st.integers(1, 255)), min_size=1, max_size=30
)


@given(damage=_damage, cut=st.none() | st.none() | st.floats(0.1, 1))
@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_a_damaged_file_works_or_says_so_but_never_ends_in_a_traceback(
    sound: bytes, tmp_path: Path, damage: list[_Byte], cut: float | None
) -> None:
    content = bytearray(sound)
    for place, flips in damage:
        content[_used_byte(sound, place)] ^= flips
    path = tmp_path / "state.db"
    path.write_bytes(content if cut is None else content[: int(cut * len(content))])
    try:
        _use_everything(path)
    except StoreError as error:
        assert error.hint  # noqa: PT017 - working is right too, so nothing must be raised


def _used_byte(content: bytes, place: float) -> int:
    """Return the first byte from `place` on that means something: most of a page is empty."""
    start = int(place * len(content))
    following: tuple[int, ...] = (*range(start, len(content)), *range(start))
    used: int = next(n for n in following if content[n] and n not in APPLICATION_ID)
    return used


@pytest.mark.parametrize(
    "edit",
    [
        "UPDATE readings SET value = 'nonsense'",
        "UPDATE gaps SET reason = 'nonsense'",
        "UPDATE signal_gaps SET reason = 7",
        "UPDATE triggers SET status = 'nonsense'",
        "UPDATE triggers SET since = 'nonsense'",
        "UPDATE triggers SET changed_at = 4611686018427387904",
        "UPDATE transitions SET after = 'nonsense'",
        "UPDATE transitions SET evidence = CAST(x'ff' AS TEXT)",
        "UPDATE notices SET content = 'nonsense'",
        "UPDATE notices SET content = '{}'",
        "UPDATE notices SET content = json_set(content, '$.rows', 7)",
        "DROP TABLE triggers",
    ],
)
def test_content_that_makes_no_value_is_an_error_that_names_the_file(
    sound: bytes, tmp_path: Path, edit: str
) -> None:
    path = tmp_path / "state.db"
    path.write_bytes(sound)
    with closing(sqlite3.connect(path, isolation_level=None)) as somebody:
        somebody.execute(edit)
    with pytest.raises(StoreError, match=r"state\.db: cannot read the ") as refusal:
        _use_everything(path)
    assert refusal.value.hint


def test_a_name_that_is_no_text_is_an_error_and_records_nothing(tmp_path: Path) -> None:
    with closing(SqliteStore.open(tmp_path / "state.db", journal=DELETE)) as store:
        with pytest.raises(StoreError, match="cannot record observations") as refusal:
            store.record([reading(), reading(subject="half a pair: \ud800")])
        assert "not text" in refusal.value.hint
        assert store.history({CPU: WEEK}, now=NOON).series == {}


def test_an_explanation_that_is_no_text_loses_one_sign_only(tmp_path: Path) -> None:
    with closing(SqliteStore.open(tmp_path / "state.db", journal=DELETE)) as store:
        store.record([replace(gap(), detail="half a pair: \ud800!")])
        known = store.history({CPU: WEEK}, now=NOON).of(CPU, "xops/api").gap
        assert known is not None
        assert known.detail == "half a pair: ?!"
