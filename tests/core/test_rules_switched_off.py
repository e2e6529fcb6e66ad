"""What still fires of a rule that is not judged any more is ended, and somebody is told."""

from dataclasses import replace

import pytest

from tests.core.samples import LOAD, MINUTE, NOON, STACK, above, history, rule, rulebook, series
from xops_watch.core.evaluate import Evaluation, evaluate
from xops_watch.core.notice import NoticeKind
from xops_watch.core.rule import Override, SwitchedOff
from xops_watch.core.trigger import Status, Transition, Trigger

BUSY = rule(above(80), name="busy")
OTHER = rule(above(90), name="other")
OFF = replace(rulebook(OTHER), off=(SwitchedOff(rule=BUSY, reason="we scale by hand until May"),))
SEEN = history(series(LOAD, {0: 85}))


def trigger(status: Status, *, of: str = "busy", subject: str = "xops/app") -> Trigger:
    since = NOON - MINUTE
    return Trigger(rule=of, subject=subject, status=status, since=since, changed_at=since)


def after(*triggers: Trigger) -> Evaluation:
    return evaluate(OFF, SEEN, {one.key: one for one in triggers}, stack=STACK, now=NOON)


def test_a_firing_trigger_ends_with_the_reason() -> None:
    evaluation = after(trigger(Status.FIRING))
    assert evaluation.transitions == (
        Transition(
            rule="busy",
            subject="xops/app",
            before=Status.FIRING,
            after=Status.INACTIVE,
            at=NOON,
            evidence="not judged any more: we scale by hand until May",
        ),
    )
    (notice,) = evaluation.notices
    assert (notice.kind, notice.rule, notice.since) == (
        NoticeKind.RESOLVED,
        "busy",
        NOON - MINUTE,
    )
    assert notice.evidence == "not judged any more: we scale by hand until May"


def test_it_is_retired_with_its_rule() -> None:
    evaluation = after(trigger(Status.FIRING))
    assert evaluation.retired == (("busy", "xops/app"),)
    assert [one.rule for one in evaluation.triggers] == ["other"]


@pytest.mark.parametrize("status", [Status.INACTIVE, Status.PENDING])
def test_what_told_nobody_ends_without_a_word(status: Status) -> None:
    evaluation = after(trigger(status))
    assert (evaluation.transitions, evaluation.notices) == ((), ())
    assert evaluation.retired == (("busy", "xops/app"),)


def test_each_subject_is_ended_by_itself() -> None:
    evaluation = after(trigger(Status.FIRING, subject="b"), trigger(Status.FIRING, subject="a"))
    assert [one.subject for one in evaluation.transitions] == ["a", "b"]
    assert len({notice.key for notice in evaluation.notices}) == 2


def test_triggers_of_rules_that_nobody_knows_go_without_a_word() -> None:
    evaluation = after(trigger(Status.FIRING, of="long-gone"))
    assert evaluation.notices == ()
    assert evaluation.retired == (("long-gone", "xops/app"),)


def test_an_override_is_told_in_one_line() -> None:
    told = Override(part="threshold", written="80%", used="85%", reason="we scale later")
    assert str(told) == "threshold 85% instead of 80%: we scale later"
