"""Counters over time: resets, recoveries, changes of mode, readers that stay."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xops_watch.sources.sqlite_wal.layout import MARK_UNUSED, Header, JournalMode, WalIndex
from xops_watch.sources.sqlite_wal.progress import CHECKPOINT_OVERDUE_FRAMES, Log, Progress

ROLLBACK = Header(journal_mode=JournalMode.ROLLBACK, change_counter=10, schema_cookie=1)
WAL = Header(journal_mode=JournalMode.WAL, change_counter=10, schema_cookie=1)
NOBODY = (False,) * 5
FIRST = (False, True, False, False, False)
ZEROTH = (True, False, False, False, False)


def index(
    change: int = 0,
    *,
    frames: int = 0,
    backfilled: int = 0,
    salt: bytes = b"salt",
    mark: int = MARK_UNUSED,
) -> WalIndex:
    return WalIndex(
        change=change,
        last_frame=frames,
        backfilled=backfilled,
        salt=salt,
        read_marks=(0, mark, MARK_UNUSED, MARK_UNUSED, MARK_UNUSED),
    )


def seeing(progress: Progress, found: WalIndex, *, at: float = 0.0) -> None:
    progress.see_index(found, at=at)


def test_what_an_index_counted_before_the_watch_is_not_counted() -> None:
    progress = Progress()
    seeing(progress, index(500, frames=40))
    seeing(progress, index(503, frames=50))
    counts = progress.take()
    assert (counts.commits, counts.frames, counts.resets) == (3, 10, 0)
    assert progress.take().commits == 0


def test_an_index_that_came_after_there_was_none_is_counted_from_0() -> None:
    progress = Progress()
    progress.see_no_index()
    seeing(progress, index(4))
    seeing(progress, index(6))
    assert progress.take().commits == 6


def test_an_index_that_was_made_anew_after_a_crash_is_counted_from_0() -> None:
    progress = Progress()
    seeing(progress, index(100, frames=100))
    seeing(progress, index(2, frames=102))
    assert progress.take().commits == 2


def test_a_log_that_began_anew_counts_its_frames_and_a_reset() -> None:
    progress = Progress()
    seeing(progress, index(100, frames=900))
    seeing(progress, index(110, frames=12, salt=b"next"))
    counts = progress.take()
    assert (counts.commits, counts.frames, counts.resets) == (10, 12, 1)


def test_a_counter_that_goes_round_goes_on() -> None:
    progress = Progress()
    seeing(progress, index(0xFFFFFFFE))
    seeing(progress, index(3))
    assert progress.take().commits == 5


def test_commits_of_a_rollback_database_are_in_its_header() -> None:
    progress = Progress()
    progress.see_header(ROLLBACK)
    progress.see_header(replace(ROLLBACK, change_counter=17))
    progress.see_header(replace(ROLLBACK, change_counter=17, schema_cookie=2))
    counts = progress.take()
    assert (counts.commits, counts.schema_changes, counts.mode_changes) == (7, 1, 0)


def test_the_header_of_a_wal_database_counts_no_commits() -> None:
    progress = Progress()
    progress.see_header(WAL)
    progress.see_header(replace(WAL, change_counter=99))
    assert progress.take().commits == 0


def test_a_rollback_counter_that_was_set_back_counts_nothing() -> None:
    progress = Progress()
    progress.see_header(ROLLBACK)
    progress.see_header(replace(ROLLBACK, change_counter=3))
    assert progress.take().commits == 0


def test_modes_that_alternate_are_changes_and_no_commits() -> None:
    progress = Progress()
    for header in (WAL, replace(ROLLBACK, change_counter=20), replace(WAL, change_counter=30)):
        progress.see_header(header)
    counts = progress.take()
    assert (counts.mode_changes, counts.commits) == (2, 0)


def test_another_file_is_counted_from_where_it_is() -> None:
    progress = Progress()
    progress.see_header(ROLLBACK)
    progress.restart()
    progress.see_header(replace(ROLLBACK, change_counter=900, schema_cookie=7))
    assert progress.take().commits == 0
    assert progress.take().schema_changes == 0


def stood(progress: Progress, held: tuple[bool, ...], *, at: float) -> Log:
    log = progress.see_readers(held, at=at)
    assert log is not None
    return log


def test_without_an_index_there_is_no_log() -> None:
    progress = Progress()
    assert progress.see_readers(NOBODY, at=0) is None


def test_a_reader_grows_older_while_its_mark_is_held() -> None:
    progress = Progress()
    ages = []
    for at, (held, mark) in enumerate(
        [(FIRST, 4), (FIRST, 4), (FIRST, 4), (FIRST, 7), (FIRST, 7), (NOBODY, 7), (FIRST, 7)]
    ):
        seeing(progress, index(at, frames=100, mark=mark), at=at)
        ages.append(stood(progress, held, at=at).oldest_reader)
    assert ages == [0, 1, 2, 0, 1, 0, 0]


def test_a_mark_that_nobody_holds_holds_nothing_back() -> None:
    progress = Progress()
    seeing(progress, index(1, frames=100, mark=4))
    log = stood(progress, NOBODY, at=0)
    assert (log.reader_lag, log.readers_held, log.backlog) == (0, 0, 100)


def test_a_reader_of_the_newest_frame_holds_nothing_back() -> None:
    progress = Progress()
    seeing(progress, index(1, frames=100, mark=100))
    log = stood(progress, FIRST, at=0)
    assert (log.reader_lag, log.readers_held) == (0, 1)


def test_a_reader_of_the_database_itself_holds_back_all_that_is_not_in_it() -> None:
    progress = Progress()
    seeing(progress, index(1, frames=100, backfilled=100))
    assert stood(progress, ZEROTH, at=0).reader_lag == 0
    seeing(progress, index(2, frames=130, backfilled=100), at=1)
    assert stood(progress, ZEROTH, at=1).reader_lag == 130


OVERDUE = CHECKPOINT_OVERDUE_FRAMES + 1


@pytest.mark.parametrize(
    ("frames", "held", "stalled"),
    [
        (OVERDUE, FIRST, [0, 0, 1, 2]),
        (OVERDUE - 1, FIRST, [0, 0, 0, 0]),  # no checkpoint is due yet
        (OVERDUE, NOBODY, [0, 0, 0, 0]),  # nobody holds it back
    ],
)
def test_a_checkpoint_stalls_while_a_reader_holds_back_more_than_is_due(
    frames: int, held: tuple[bool, ...], stalled: list[float]
) -> None:
    progress = Progress()
    seen = []
    for at, now in enumerate([10, frames, frames, frames]):
        seeing(progress, index(at, frames=now, mark=4), at=at)
        seen.append(stood(progress, held, at=at).stalled)
    assert [max(0.0, one) for one in seen] == [0, *[max(0, s) for s in after(stalled)]]


def after(stalled: list[float]) -> list[float]:
    """Stalling is counted from the last time that nothing held anything back."""
    return [min(s + 1, 3) if any(stalled) else 0 for s in stalled[1:]]


def test_a_checkpoint_that_goes_on_does_not_stall() -> None:
    progress = Progress()
    seen = []
    for at in range(4):
        found = index(at, frames=OVERDUE + 50 * at, backfilled=at * 10, mark=4)
        seeing(progress, found, at=at)
        seen.append(stood(progress, FIRST, at=at).stalled)
    assert seen == [0, 0, 0, 0]


steps = st.lists(
    st.tuples(st.sampled_from(["commit", "reset", "recover", "close"]), st.integers(1, 9)),
    max_size=60,
)


@given(steps)
def test_commits_are_the_truth_when_each_step_is_seen(
    script: list[tuple[str, int]],
) -> None:
    progress, truth, change, salt, frames = Progress(), 0, 0, 0, 0
    progress.see_no_index()
    seeing(progress, index(0))
    for what, count in script:
        match what:
            case "commit":
                change, truth, frames = change + count, truth + count, frames + count
            case "reset":
                salt, frames = salt + 1, 0
            case "recover":  # the index is made anew, at 0; the log stays
                change = 0
            case _:
                change, salt, frames = 0, salt + 1, 0
                progress.see_no_index()
        seeing(progress, index(change, frames=frames, salt=bytes([salt])))
    assert progress.take().commits == truth
