"""One evaluation as a whole: every rule on every subject, and what is left over."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.core.play import Memory, tick
from tests.core.samples import (
    LOAD,
    MINUTE,
    NOON,
    QUEUE,
    STACK,
    SUBJECT,
    above,
    gap,
    history,
    reading,
    rule,
    rulebook,
    series,
)
from xops_watch.core.advise import AdviceState
from xops_watch.core.condition import AllOf
from xops_watch.core.evaluate import Evaluation, evaluate
from xops_watch.core.reading import EMPTY_SERIES, History
from xops_watch.core.rule import Rulebook
from xops_watch.core.trigger import Status, Transition, Trigger, new_trigger
from xops_watch.core.truth import Truth
from xops_watch.errors import GapReason

LOADED = rule(above(80), name="loaded")
QUEUED = rule(above(5, of=QUEUE), name="queued")
BOOK = rulebook(LOADED, QUEUED)


def evaluated(
    known: History, *triggers: Trigger, book: Rulebook = BOOK, minutes: float = 0
) -> Evaluation:
    before = {trigger.key: trigger for trigger in triggers}
    return evaluate(book, known, before, stack=STACK, now=NOON + minutes * MINUTE)


def test_every_rule_is_judged_on_every_subject_of_its_signal() -> None:
    known = history(
        series(LOAD, {0: 81}, subject="b"),
        series(LOAD, {0: 79}, subject="a"),
        series(QUEUE, {0: 9}, subject="c"),
    )
    evaluation = evaluated(known)
    assert [(t.key, t.status) for t in evaluation.triggers] == [
        (("loaded", "a"), Status.INACTIVE),
        (("loaded", "b"), Status.FIRING),
        (("queued", "c"), Status.FIRING),
    ]
    assert [evaluation.verdicts[t.key].value for t in evaluation.triggers] == [79, 81, 9]
    assert evaluation.at == NOON


def test_a_subject_seen_only_as_a_gap_is_judged() -> None:
    known = history(series(LOAD, {}, gap=gap(LOAD, GapReason.DENIED)))
    (trigger,) = evaluated(known).triggers
    assert (trigger.status, trigger.blind_since) == (Status.INACTIVE, NOON)


def test_a_firing_subject_lives_on_without_readings() -> None:
    fired = replace(new_trigger("loaded", "gone", now=NOON), status=Status.FIRING)
    evaluation = evaluated(history(series(LOAD, {0: 79})), fired)
    assert [t.key for t in evaluation.triggers] == [("loaded", "gone"), ("loaded", SUBJECT)]
    assert (evaluation.triggers[0].status, evaluation.triggers[0].blind) == (Status.FIRING, True)
    assert evaluation.retired == ()


@pytest.mark.parametrize("status", [Status.INACTIVE, Status.PENDING])
def test_a_subject_of_which_nothing_is_left_retires_and_blinds_nobody(status: Status) -> None:
    quiet = replace(new_trigger("loaded", "gone", now=NOON), status=status)
    known = history(series(LOAD, {0: 79}), series(QUEUE, {0: 0}, subject="gone"))
    evaluation = evaluated(known, quiet)
    assert evaluation.retired == (("loaded", "gone"),)
    assert [advice.state for advice in evaluation.advice] == [AdviceState.NOT_NEEDED]
    assert evaluation.transitions == ()


def test_a_subject_with_nothing_but_a_gap_or_old_readings_does_not_retire() -> None:
    quiet = [new_trigger("loaded", subject, now=NOON) for subject in ("a", "b")]
    known = history(
        series(LOAD, {}, subject="a", gap=gap(LOAD, GapReason.DENIED)),
        series(LOAD, {}, subject="b"),
    )
    assert evaluated(known, *quiet).retired == ()


def test_a_combination_lives_on_the_subjects_of_its_first_signal() -> None:
    both = rule(AllOf(parts=(above(80), above(5, of=QUEUE))), name="both")
    known = history(
        series(LOAD, {0: 81}, subject="a"),
        series(QUEUE, {0: 9}, subject="a"),
        series(QUEUE, {0: 9}, subject="b"),
    )
    evaluation = evaluated(known, book=rulebook(both))
    assert [(t.key, t.status) for t in evaluation.triggers] == [(("both", "a"), Status.FIRING)]


def test_triggers_of_rules_that_are_gone_retire_and_others_stay() -> None:
    gone = [new_trigger("old", subject, now=NOON) for subject in ("b", "a")]
    kept = new_trigger("queued", SUBJECT, now=NOON)
    known = history(series(QUEUE, {0: 1}))
    evaluation = evaluated(known, *gone, kept)
    assert evaluation.retired == (("old", "a"), ("old", "b"))
    assert [t.key for t in evaluation.triggers] == [kept.key]
    assert evaluated(known, kept).retired == ()


def test_a_change_is_told_with_its_evidence() -> None:
    memory = Memory()
    held = rule(above(80), hold=1, name="held")
    evaluations = [
        tick(memory, held, [reading(LOAD, value, n)], now=NOON + n * MINUTE)
        for n, value in enumerate([79, 81, 82, 83, 50])
    ]
    assert [evaluation.transitions for evaluation in evaluations] == [
        (),
        (change(Status.INACTIVE, Status.PENDING, 1, "load 81 (> 80)"),),
        (change(Status.PENDING, Status.FIRING, 2, "load 82 (> 80)"),),
        (),
        (change(Status.FIRING, Status.INACTIVE, 4, "load 50 (not > 80)"),),
    ]


def change(before: Status, after: Status, minute: float, evidence: str) -> Transition:
    return Transition(
        rule="held",
        subject=SUBJECT,
        before=before,
        after=after,
        at=NOON + minute * MINUTE,
        evidence=evidence,
    )


def test_advice_follows_in_the_same_evaluation() -> None:
    known = history(series(LOAD, {0: 81}), series(QUEUE, {0: 0}))
    (advice,) = evaluated(known).advice
    assert (advice.state, advice.because) == (AdviceState.RECOMMENDED, (("loaded", SUBJECT),))


def test_of_nothing_nothing_is_decided() -> None:
    evaluation = evaluated(history())
    assert (evaluation.triggers, evaluation.transitions, evaluation.notices) == ((), (), ())
    assert evaluation.verdicts == {}
    assert [advice.state for advice in evaluation.advice] == [AdviceState.UNKNOWN]
    assert evaluated(history(), book=rulebook()).triggers == ()


def test_evaluating_again_at_once_changes_nothing() -> None:
    known = history(series(LOAD, {0: 81}), series(QUEUE, {0: 0}))
    first = evaluated(known)
    again = evaluated(known, *first.triggers)
    assert again.triggers == first.triggers
    assert (again.transitions, again.notices) == ((), ())


def test_a_hold_that_was_raised_does_not_take_back_what_fires() -> None:
    """Prometheus starts the alert anew; a message once sent stays true until it is disproven."""
    known = history(series(LOAD, {0: 81}))
    (fired,) = evaluated(known, book=rulebook(LOADED)).triggers
    raised = rulebook(rule(above(80), hold=60, name="loaded"))
    (after,) = evaluated(known, fired, book=raised, minutes=1).triggers
    assert after == fired


def test_history_knows_its_subjects_by_signal() -> None:
    known = history(series(LOAD, {0: 1}, subject="a"), series(QUEUE, {0: 1}, subject="b"))
    assert known.subjects("load") == {"a"}
    assert known.subjects("queue") == {"b"}
    assert known.subjects("nothing") == frozenset()
    assert known.of("load", "b") is EMPTY_SERIES
    assert known.of("load", "a").newest == reading(LOAD, 1, 0, "a")


def test_two_rules_on_one_signal_do_not_share_a_trigger() -> None:
    strict = rule(above(90), name="strict")
    evaluation = evaluated(history(series(LOAD, {0: 85})), book=rulebook(LOADED, strict))
    assert [t.status for t in evaluation.triggers] == [Status.FIRING, Status.INACTIVE]
    assert evaluation.verdicts["strict", SUBJECT].condition is Truth.FALSE
    assert [notice.rule for notice in evaluation.notices] == ["loaded"]


def test_a_trigger_keeps_the_instant_of_its_first_sight() -> None:
    known = history(series(LOAD, {0: 50}))
    (trigger,) = evaluated(known, book=rulebook(LOADED), minutes=1).triggers
    assert trigger.since == NOON + timedelta(minutes=1)
