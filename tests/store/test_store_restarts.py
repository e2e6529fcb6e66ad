"""A daemon that starts again on its state file goes on as if it had never stopped."""

from collections.abc import Generator, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.core.samples import (
    LOAD,
    MINUTE,
    NOON,
    STACK,
    above,
    below,
    gap,
    reading,
    rule,
    rulebook,
)
from tests.core.strategies import qualified
from xops_watch.core.datapoints import Missing
from xops_watch.core.evaluate import evaluate
from xops_watch.core.reading import Observation
from xops_watch.core.rule import Rule
from xops_watch.core.trigger import Status
from xops_watch.errors import GapReason
from xops_watch.store.filesystem import Journal, JournalMode
from xops_watch.store.sqlite import SqliteStore

# Not safe against a crash, which is not asked here, and a hundred times faster.
QUICK = Journal(mode=JournalMode.DELETE, filesystem="test", reason="nothing is kept")
MARKS = {Status.INACTIVE: ".", Status.PENDING: "p", Status.FIRING: "F"}
Script = Sequence[Sequence[Observation]]


def told(of: Rule, script: Script, restarts: frozenset[int]) -> tuple[list[object], str]:
    """Play a script, one tick each half minute; return all that was decided, and the states."""
    book, decided, marks = rulebook(of), list[object](), ""
    with TemporaryDirectory() as folder:
        stores = _stores(Path(folder) / "state.db", restarts)
        for tick, seen in enumerate(script):
            now = NOON + tick * MINUTE / 2
            store = next(stores)
            store.record(seen)
            known = store.history(book.needs(), now=now)
            after = evaluate(book, known, store.triggers(), stack=STACK, now=now)
            store.commit(after)
            decided.append((store.triggers(), after.transitions, after.notices, after.advice))
            marks += "".join(MARKS[trigger.status] for trigger in after.triggers) or "-"
        decided.append(store.owed(now=NOON + timedelta(days=1), limit=999))
        stores.close()
    return decided, marks


def _stores(path: Path, restarts: frozenset[int]) -> Generator[SqliteStore, None, None]:
    """Yield the store for each tick: the same, or the file opened again."""
    tick = 0
    while True:
        with closing(SqliteStore.open(path, journal=QUICK)) as store:
            while True:
                yield store
                tick += 1
                if tick in restarts:
                    break


observed = st.sampled_from((50.0, 70.0, 81.0, 81.0, 90.0, 90.0, None, None, *GapReason))
scripts = st.lists(
    st.tuples(observed, st.integers(1, 6), st.sampled_from((0, 0, 0, 0.5, 1, 3))), max_size=8
)


def script_of(several: list[tuple[float | GapReason | None, int, float]]) -> Script:
    ticks: list[list[Observation]] = []
    for what, times, late in several:
        for _ in range(times):
            minutes = len(ticks) / 2
            if isinstance(what, GapReason):
                ticks.append([gap(LOAD, what, minutes)])
            else:
                ticks.append([] if what is None else [reading(LOAD, what, minutes - late)])
    return ticks


@given(qualified, scripts, st.frozensets(st.integers(1, 40), min_size=1, max_size=6))
@settings(max_examples=40, deadline=None)
def test_restarts_at_any_moment_change_nothing(
    of: Rule,
    several: list[tuple[float | GapReason | None, int, float]],
    restarts: frozenset[int],
) -> None:
    script = script_of(several)
    if script:
        assert told(of, script, restarts) == told(of, script, frozenset())


def line(text: str) -> Script:
    """Return a script of values, one a tick; `-` is a tick that saw nothing."""
    return [
        [] if word == "-" else [reading(LOAD, float(word), tick / 2)]
        for tick, word in enumerate(text.split())
    ]


CALM = replace(rule(above(80), hold=1, clear=(below(60), 1)), keep=1.5 * MINUTE)


@pytest.mark.parametrize(
    ("of", "text", "states"),
    [
        pytest.param(rule(above(80)), "50 90 90 50 90", ".FF.F", id="no hold"),
        pytest.param(rule(above(80), hold=0.5), "50 90 90 50 90 90", ".pF.pF", id="one tick"),
        pytest.param(rule(above(80), hold=2), "90 90 90 90 90 50", "ppppF.", id="hold"),
        pytest.param(
            rule(above(80), hold=2), "90 90 - 90 90 - -", "ppppFFF", id="hold with a hole"
        ),
        pytest.param(
            rule(above(80), clear=(below(60), 1)), "90 70 50 50 50 90", "FFFF.F", id="clear hold"
        ),
        pytest.param(CALM, "90 90 90 50 50 50 50 50", "ppFFFF..", id="kept firing"),
        pytest.param(
            rule(above(80, datapoints="2/3")), "90 - 90 - 90 - 50 - 50 -", "..FFFFFF..", id="M of N"
        ),
        pytest.param(
            rule(replace(above(80), missing=Missing.NOT_BREACHING)),
            "90 - - - - - 90",
            "FFFFF.F",
            id="silence",
        ),
    ],
)
def test_every_state_survives_a_restart_at_every_tick(of: Rule, text: str, states: str) -> None:
    script = line(text)
    decided, marks = told(of, script, frozenset())
    assert marks == states
    for tick in range(1, len(script)):
        assert told(of, script, frozenset({tick})) == (decided, marks), tick
    assert told(of, script, frozenset(range(len(script)))) == (decided, marks)
