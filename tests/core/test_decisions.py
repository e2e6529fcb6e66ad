"""What people answered: what it makes of the advice, how long it stands, when it is asked again."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.samples import (
    LOAD,
    MINUTE,
    NOON,
    QUEUE,
    STACK,
    SUBJECT,
    above,
    below,
    evolution,
    history,
    rule,
    rulebook,
    series,
    signal,
)
from xops_watch.core.advise import AdviceState
from xops_watch.core.condition import Comparison, Condition, Threshold
from xops_watch.core.decision import (
    NOTHING_ANSWERED,
    Answer,
    Answered,
    Decision,
    Ended,
    Ground,
    review,
)
from xops_watch.core.evaluate import Evaluation, evaluate
from xops_watch.core.notice import NoticeKind
from xops_watch.core.reading import History
from xops_watch.core.rule import Rulebook, Severity
from xops_watch.core.signal import Unit
from xops_watch.core.trigger import Status, Trigger, new_trigger

DAY = timedelta(days=1)
LOADED = rule(above(50), name="loaded")
QUEUED = rule(above(5, of=QUEUE), name="queued")
GUARD = rule(above(1, of=signal("guard")), name="guard", evolution="hold")
BOOK = rulebook(LOADED, QUEUED, GUARD, evolutions=("step", "hold"))
GUARDED = replace(
    BOOK, evolutions={**BOOK.evolutions, "step": replace(evolution(), blocked_by=("guard",))}
)


def decision(answer: Answer, *grounds: Ground, until: timedelta | None = None) -> Decision:
    return Decision(
        evolution="step",
        answer=answer,
        who="architecture board",
        why="the peak ends in March",
        at=NOON - DAY,
        until=NOON + until if until is not None else None,
        grounds=grounds,
    )


def ground(value: float | None, *, of: str = "loaded", subject: str = SUBJECT) -> Ground:
    return Ground(rule=of, subject=subject, value=value, evidence="as it was")


def answered(*given: Decision, worse_by: float = 0.2) -> Answered:
    return Answered(decisions={one.evolution: one for one in given}, worse_by=worse_by)


def fired(*names: str) -> list[Trigger]:
    since = NOON - 2 * DAY
    return [replace(new_trigger(name, SUBJECT, now=since), status=Status.FIRING) for name in names]


def look(
    known: History,
    given: Answered = NOTHING_ANSWERED,
    *before: Trigger,
    book: Rulebook = BOOK,
) -> Evaluation:
    triggers = {trigger.key: trigger for trigger in before}
    return evaluate(book, known, triggers, stack=STACK, answered=given, now=NOON)


def load(value: float) -> History:
    return history(series(LOAD, {0: value}))


def state(evaluation: Evaluation) -> AdviceState:
    return evaluation.advice[0].state


@pytest.mark.parametrize(
    ("answer", "until", "shown"),
    [
        (Answer.ACCEPTED, None, AdviceState.ACCEPTED),
        (Answer.DEFERRED, DAY, AdviceState.DEFERRED),
        (Answer.REJECTED, None, AdviceState.REJECTED),
    ],
)
def test_an_answer_is_what_is_said_of_a_step_that_is_due(
    answer: Answer, until: timedelta | None, shown: AdviceState
) -> None:
    given = decision(answer, ground(57), until=until)
    found = look(load(57), answered(given), *fired("loaded"))
    assert (state(found), found.advice[0].decision, found.ended) == (shown, given, ())
    assert found.notices == ()


def test_what_was_accepted_is_being_done_also_while_nothing_asks_for_it() -> None:
    given = answered(decision(Answer.ACCEPTED, ground(57)))
    assert state(look(load(20), given)) is AdviceState.ACCEPTED


@pytest.mark.parametrize("answer", [Answer.DEFERRED, Answer.REJECTED])
def test_the_other_answers_say_nothing_of_a_step_that_is_not_due(answer: Answer) -> None:
    given = answered(decision(answer, ground(57), until=DAY))
    quiet = history(series(LOAD, {0: 20}), series(QUEUE, {0: 1}), series(signal("guard"), {0: 0}))
    assert state(look(quiet, given)) is AdviceState.NOT_NEEDED


def test_a_step_that_is_seen_to_be_taken_is_adopted_whatever_was_answered() -> None:
    done = replace(evolution(), adopted_when=above(1, of=QUEUE))
    book = rulebook(LOADED)
    book = replace(book, evolutions={"step": done})
    known = history(series(LOAD, {0: 57}), series(QUEUE, {0: 9}))
    given = answered(decision(Answer.ACCEPTED, ground(57)))
    assert state(look(known, given, *fired("loaded"), book=book)) is AdviceState.ADOPTED


@pytest.mark.parametrize(
    ("answer", "shown"),
    [(Answer.ACCEPTED, AdviceState.BLOCKED), (Answer.REJECTED, AdviceState.REJECTED)],
)
def test_a_firing_guard_is_shown_before_an_acceptance(answer: Answer, shown: AdviceState) -> None:
    known = history(series(LOAD, {0: 57}), series(signal("guard"), {0: 2}))
    given = answered(decision(answer, ground(57)))
    found = look(known, given, *fired("loaded", "guard"), book=GUARDED)
    assert state(found) is shown
    assert found.advice[0].blockers == (("guard", SUBJECT),)


@pytest.mark.parametrize(
    ("answer", "severity"),
    [
        (Answer.ACCEPTED, Severity.WARNING),
        (Answer.DEFERRED, Severity.INFO),
        (Answer.REJECTED, Severity.INFO),
    ],
)
def test_what_fires_after_not_now_is_told_and_wakes_nobody(
    answer: Answer, severity: Severity
) -> None:
    """The trigger had ended, and fires again at what it was when it was answered."""
    found = look(load(57), answered(decision(answer, ground(57), until=DAY)))
    (notice,) = found.notices
    assert (notice.kind, notice.severity, notice.advice) == (
        NoticeKind.FIRING,
        severity,
        answer.value,
    )
    assert notice.notes[0].startswith(f"answered: {answer}")


def test_a_deferral_ends_on_its_date_and_is_asked_again_once() -> None:
    given = decision(Answer.DEFERRED, ground(57), until=timedelta())
    found = look(load(57), answered(given), *fired("loaded"))
    because = "it was deferred until 2026-03-04 12:00 UTC"
    assert found.ended == (Ended(decision=given, at=NOON, because=because),)
    assert (state(found), found.advice[0].decision) == (AdviceState.RECOMMENDED, None)
    (notice,) = found.notices
    assert (notice.kind, notice.severity) == (NoticeKind.FIRING, Severity.WARNING)
    assert notice.notes == (f"asked again: {because}",)
    assert notice.since == NOON - 2 * DAY
    assert found.transitions == ()
    assert look(load(57), NOTHING_ANSWERED, *fired("loaded")).notices == ()


def test_a_deferral_that_ends_while_nothing_fires_asks_nobody() -> None:
    given = decision(Answer.DEFERRED, ground(57), until=-DAY)
    found = look(load(20), answered(given))
    assert (len(found.ended), found.notices) == (1, ())


def test_a_trigger_that_fires_as_the_deferral_ends_is_told_by_its_own_change() -> None:
    given = decision(Answer.DEFERRED, ground(57), until=timedelta())
    (notice,) = look(load(57), answered(given)).notices
    assert notice.notes == ()


@pytest.mark.parametrize(
    ("now", "because"),
    [
        (57, None),
        (68, None),
        (68.4, "Load above 80 on xops/app: 57 when it was rejected, now 68.4"),
        (90, "Load above 80 on xops/app: 57 when it was rejected, now 90"),
    ],
)
def test_a_rejection_ends_when_the_number_is_a_fifth_worse(now: float, because: str | None) -> None:
    given = decision(Answer.REJECTED, ground(57))
    found = look(load(now), answered(given), *fired("loaded"))
    assert [one.because for one in found.ended] == ([because] if because else [])
    assert len(found.notices) == (1 if because else 0)


def test_a_rejection_ends_when_something_else_fires() -> None:
    known = history(series(LOAD, {0: 57}), series(QUEUE, {0: 9}))
    given = decision(Answer.REJECTED, ground(57))
    found = look(known, answered(given), *fired("loaded", "queued"))
    because = "Load above 80 fires on xops/app, and did not when it was rejected"
    assert [one.because for one in found.ended] == [because]
    assert {notice.rule for notice in found.notices} == {"loaded", "queued"}


def test_an_acceptance_is_not_asked_again_however_bad_it_gets() -> None:
    found = look(load(1000), answered(decision(Answer.ACCEPTED, ground(57))), *fired("loaded"))
    assert (found.ended, found.notices) == ((), ())


def test_a_decision_on_a_step_that_no_rule_file_has_is_left_alone() -> None:
    given = replace(decision(Answer.REJECTED, ground(57)), evolution="of another rulebook")
    found = look(load(57), answered(given), *fired("loaded"))
    assert (found.ended, state(found)) == ((), AdviceState.RECOMMENDED)


def worse(when: Condition, before: float | None, after: float, share: float = 0.2) -> bool:
    book = rulebook(rule(when, name="loaded"))
    found = look(
        load(after),
        answered(decision(Answer.REJECTED, ground(before)), worse_by=share),
        *fired("loaded"),
        book=book,
    )
    return bool(found.ended)


def test_below_gets_worse_downwards() -> None:
    assert not worse(below(70), 50, 40)
    assert worse(below(70), 50, 36)


def test_a_rejection_near_zero_takes_its_measure_from_the_threshold() -> None:
    assert not worse(above(-50), 1, 2)
    assert worse(above(-50), 1, 11)


@pytest.mark.parametrize("unit", [Unit.STATE, Unit.VERSION])
def test_states_and_versions_have_no_worse(unit: Unit) -> None:
    of = replace(LOAD, unit=unit)
    assert not worse(above(1, of=of), 2, 9)


def test_what_had_no_number_has_no_worse() -> None:
    assert not worse(above(50), None, 90)


def test_equality_has_no_direction() -> None:
    same = Threshold(signal=LOAD, comparison=Comparison.IS, value=90, text="90")
    assert not worse(same, 10, 90)


@given(
    before=st.floats(51, 1e6),
    after=st.floats(51, 1e6),
    share=st.floats(0.01, 10),
)
def test_what_is_not_more_is_never_worse(before: float, after: float, share: float) -> None:
    found = worse(above(50), before, after, share)
    assert found == (after > before and after >= before + share * before)


def test_nothing_answered_ends_nothing() -> None:
    assert review(NOTHING_ANSWERED, BOOK, (), now=NOON + MINUTE) == ()


def test_a_decision_reads_as_one_line() -> None:
    given = decision(Answer.DEFERRED, until=DAY)
    assert str(given) == (
        "deferred until 2026-03-05 12:00 UTC by architecture board: the peak ends in March"
    )
    assert str(decision(Answer.ACCEPTED)) == (
        "accepted by architecture board: the peak ends in March"
    )
