"""Trouble that needs a filesystem of its own: `python -m tests.store.small_disk SCENARIO MODE DIR`.

Runs in a mount namespace, so that what it mounts on DIR is gone when it ends.
"""

import os
import subprocess
import sys
from contextlib import closing
from datetime import timedelta
from pathlib import Path

from tests.store.samples import CPU, NOON, after, evaluation, notice, reading, transition, trigger
from xops_watch.core.trigger import Status
from xops_watch.errors import StoreError
from xops_watch.store.filesystem import Journal, JournalMode
from xops_watch.store.sqlite import SqliteStore

BATCH = 100
STEPS_MAX = 10_000
WEEK = timedelta(days=7)


def full(path: Path, journal: Journal) -> None:
    """Fill the disk to the brim and make room again: nothing is torn, work goes on."""
    ballast = path.with_name("ballast")
    ballast.write_bytes(b"x" * 400_000)
    with closing(SqliteStore.open(path, journal=journal)) as store:
        written = _fill(store)
        demand(written > 3, "some batches fit")
        demand(_readings(store) == written * BATCH, "a batch is there whole or not at all")
        kept = _fill_outbox(store)
        demand(store.depth().notices == kept, "a commit is there whole or not at all")
        demand(len(store.transitions(limit=STEPS_MAX)) == kept, "each with its transition")
        ballast.unlink()
        store.record([reading(at=NOON, subject="later")])
        store.commit(evaluation(notices=(notice("later"),)))
        demand(store.depth().notices == kept + 1, "it works again")
    with closing(SqliteStore.open(path, journal=journal)) as store:
        demand(_readings(store) == written * BATCH + 1, "what was there is there")
        demand(store._db.execute("PRAGMA integrity_check").fetchone() == ("ok",), "sound")


def full_at_start(path: Path, journal: Journal) -> None:
    """Find no room for a new file: no part of one is left."""
    path.with_name("ballast").write_bytes(b"x" * (_free_bytes(path.parent) - 8_192))
    refusal = _refusal(path, journal)
    demand("full" in refusal.what, refusal.what)
    demand("free some space" in refusal.hint, refusal.hint)
    demand([p.name for p in path.parent.iterdir()] == ["ballast"], "nothing half-made")
    path.with_name("ballast").unlink()
    SqliteStore.open(path, journal=journal).close()


def read_only(path: Path, journal: Journal) -> None:
    """Find a mount that may only be read, with a state file on it and without."""
    SqliteStore.open(path, journal=journal).close()
    subprocess.run(["mount", "-o", "remount,ro", str(path.parent)], check=True)
    for place in (path, path.with_name("new.db")):
        refusal = _refusal(place, journal)
        demand(str(place) in refusal.what, refusal.what)
        demand("must be writable" in refusal.hint, refusal.hint)


def demand(fact: bool, what: str) -> None:  # noqa: FBT001 - the fact is what is demanded
    """End with a message when `fact` is not one: `python -O` must not skip it."""
    if not fact:
        sys.exit(f"not so: {what}")


def _fill(store: SqliteStore) -> int:
    for step in range(STEPS_MAX):
        at = NOON - timedelta(seconds=step)
        try:
            store.record([reading(step / 7, at=at, subject=f"s{n}") for n in range(BATCH)])
        except StoreError as error:
            demand("full" in error.what, error.what)
            demand("free some space" in error.hint, error.hint)
            return step
    return STEPS_MAX


def _fill_outbox(store: SqliteStore) -> int:
    for step in range(STEPS_MAX):
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
            demand("full" in error.what, error.what)
            known = store.triggers().values()
            demand(all(t.changed_at < at for t in known), "the trigger is as it was")
            return step
    return STEPS_MAX


def _readings(store: SqliteStore) -> int:
    series = store.history({CPU: WEEK}, now=NOON).series.values()
    return sum(len(one.readings) for one in series)


def _refusal(path: Path, journal: Journal) -> StoreError:
    try:
        SqliteStore.open(path, journal=journal).close()
    except StoreError as error:
        return error
    sys.exit("it opened")


def _free_bytes(folder: Path) -> int:
    state = os.statvfs(folder)
    return state.f_bavail * state.f_bsize


def main() -> None:
    """Mount one megabyte on the directory and play the scenario there."""
    scenario, mode, folder = sys.argv[1:]
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder], check=True)
    journal = Journal(mode=JournalMode(mode), filesystem="tmpfs", reason="by the test")
    scenarios = {"full": full, "full_at_start": full_at_start, "read_only": read_only}
    scenarios[scenario](Path(folder) / "state.db", journal)


if __name__ == "__main__":
    main()
