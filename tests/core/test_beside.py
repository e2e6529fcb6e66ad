"""What the evidence of a rule tells beside its own number; it never judges."""

from dataclasses import replace

import pytest

from tests.core.samples import (
    LOAD,
    MINUTE,
    NOON,
    QUEUE,
    SUBJECT,
    above,
    gap,
    history,
    rule,
    rulebook,
    series,
    signal,
)
from xops_watch.core.reading import History
from xops_watch.core.signal import Signal, Unit
from xops_watch.core.truth import Truth
from xops_watch.core.verdict import judge
from xops_watch.errors import GapReason

BUSY = replace(signal("busy", grace=5), unit=Unit.RATIO)
MODE = replace(signal("mode"), unit=Unit.STATE, states=("rollback", "wal"))
OTHER = "xops/other"


def evidence(known: History, *beside: Signal, at: float = 0) -> str:
    of = replace(rule(above(50)), beside=beside or (BUSY,))
    return judge(of, SUBJECT, known, now=NOON + at * MINUTE).evidence


def test_it_is_told_in_its_unit_after_the_rules_own() -> None:
    known = history(series(LOAD, {0: 57}), series(BUSY, {0: 0.61}), series(MODE, {0: 1}))
    assert evidence(known, BUSY, MODE) == "load 57 (> 50); busy 61%; mode wal"


def test_the_same_subject_comes_before_others() -> None:
    mine, other = series(BUSY, {0: 0.1}), series(BUSY, {0: 0.9}, subject=OTHER)
    assert evidence(history(series(LOAD, {0: 57}), mine, other)).endswith("; busy 10%")


@pytest.mark.parametrize(("more", "shown"), [((), "90%"), (("xops/third",), "up to 90%")])
def test_of_other_subjects_it_is_the_highest(more: tuple[str, ...], shown: str) -> None:
    others = [series(BUSY, {0: 0.2}, subject=subject) for subject in more]
    known = history(series(LOAD, {0: 57}), series(BUSY, {0: 0.9}, subject=OTHER), *others)
    assert evidence(known).endswith(f"; busy {shown}")


def test_what_cannot_be_seen_is_unknown_and_says_why() -> None:
    seen = series(LOAD, {0: 57})
    assert evidence(history(seen)).endswith("; busy unknown")
    denied = series(BUSY, {0: 0.9}, gap=gap(BUSY, GapReason.DENIED))
    assert evidence(history(seen, denied)).endswith("; busy unknown (denied)")
    nowhere = History(
        series=dict(history(seen).series),
        signal_gaps={BUSY.name: gap(BUSY, GapReason.NOT_ENABLED)},
    )
    assert evidence(nowhere).endswith("; busy unknown (not_enabled)")


def test_what_is_old_is_unknown_and_what_is_to_come_is_not_read() -> None:
    known = history(series(LOAD, {0: 57, 6: 58}), series(BUSY, {0: 0.9, 8: 0.1}))
    assert evidence(known, at=5).endswith("; busy 90%")
    assert evidence(known, at=6).endswith("; busy unknown")
    assert evidence(history(series(LOAD, {0: 57}), series(BUSY, {3: 0.1}))).endswith("unknown")


def test_it_judges_nothing_and_is_needed_for_its_grace() -> None:
    of = replace(rule(above(50)), beside=(BUSY, QUEUE))
    known = history(series(LOAD, {0: 57}))
    assert judge(of, SUBJECT, known, now=NOON).condition is Truth.TRUE
    needs = rulebook(of).needs()
    assert (needs["busy"], needs["queue"]) == (5 * MINUTE, 2 * MINUTE)
