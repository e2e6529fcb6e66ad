"""Commits until it is killed: `python -m tests.store.commit_loop PATH MODE`.

Every commit is one step of one trigger that fires and clears in turn, so that a reader can
tell whole commits from torn ones.
"""

import itertools
import sys
from datetime import timedelta
from pathlib import Path

from tests.store.samples import NOON, evaluation, notice, reading, transition, trigger
from xops_watch.core.evaluate import Evaluation
from xops_watch.core.trigger import Status
from xops_watch.store.filesystem import Journal, JournalMode
from xops_watch.store.sqlite import SqliteStore

READINGS_PER_STEP = 20
SECOND = timedelta(seconds=1)
_STEPS_KEPT = 30


def status_of(step: int) -> Status:
    """Return what the trigger is after a step."""
    return Status.FIRING if step % 2 else Status.INACTIVE


def key_of(step: int) -> str:
    """Return the key of the notice of a step."""
    return f"step-{step}"


def evaluation_of(step: int) -> Evaluation:
    """Return the evaluation of a step: all six parts change with every one."""
    at = NOON + step * SECOND
    return evaluation(
        triggers=(
            trigger(status_of(step), changed_at=at),
            trigger(rule="passing", subject=key_of(step), changed_at=at),
        ),
        transitions=(transition(status_of(step), old=status_of(step - 1), at=at),),
        notices=(notice(key_of(step), at=at),),
        retired=(("passing", key_of(step - 1)),),
    )


def main(path: Path, mode: JournalMode) -> None:
    """Go on from where the file stands."""
    _tell("started")
    journal = Journal(mode=mode, filesystem="chosen", reason="by the test")
    store = SqliteStore.open(path, journal=journal)
    newest = store.transitions(limit=1)
    first = (newest[0].at - NOON) // SECOND + 1 if newest else 1
    for step in itertools.count(first):
        at = NOON + step * SECOND
        store.record(
            [reading(float(step), at=at, subject=f"s{n}") for n in range(READINGS_PER_STEP)]
        )
        store.commit(evaluation_of(step))
        if step % 7 == 0:
            store.mark_delivered(key_of(step), at=at)
            store.prune(before=at - _STEPS_KEPT * SECOND)
        _tell(f"step {step}")


def _tell(what: str) -> None:
    print(what, flush=True)  # noqa: T201 - the test that kills reads this


if __name__ == "__main__":
    main(Path(sys.argv[1]), JournalMode(sys.argv[2]))
