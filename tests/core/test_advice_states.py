"""From triggers to what is said of each evolution."""

import pytest

from tests.core.samples import MINUTE, NOON, STAGE, SUBJECT, above, evolution, rule, rulebook
from xops_watch.core.advise import Advice, AdviceState, advise
from xops_watch.core.trigger import Status, Trigger

ONE = rule(above(80), name="one")
TWO = rule(above(90), name="two")
OTHER = rule(above(90), name="three", evolution="other")
BOOK = rulebook(ONE, TWO, OTHER, evolutions=("step", "other"))

INACTIVE, PENDING, FIRING = Status.INACTIVE, Status.PENDING, Status.FIRING


def trigger(of: str, status: Status, *, blind: bool = False, subject: str = SUBJECT) -> Trigger:
    return Trigger(
        rule=of,
        subject=subject,
        status=status,
        since=NOON,
        changed_at=NOON,
        blind_since=NOON + MINUTE if blind else None,
    )


def said(*triggers: Trigger) -> AdviceState:
    return advise(BOOK, triggers)[0].state


@pytest.mark.parametrize(
    ("one", "two", "state"),
    [
        (INACTIVE, INACTIVE, AdviceState.NOT_NEEDED),
        (INACTIVE, PENDING, AdviceState.NOT_NEEDED),
        (PENDING, PENDING, AdviceState.NOT_NEEDED),
        (INACTIVE, FIRING, AdviceState.RECOMMENDED),
        (FIRING, INACTIVE, AdviceState.RECOMMENDED),
        (FIRING, FIRING, AdviceState.RECOMMENDED),
    ],
)
def test_one_firing_trigger_recommends(one: Status, two: Status, state: AdviceState) -> None:
    assert said(trigger("one", one), trigger("two", two)) is state


def test_what_cannot_be_judged_is_not_known_to_be_unneeded() -> None:
    assert said(trigger("one", INACTIVE, blind=True), trigger("two", INACTIVE)) is (
        AdviceState.UNKNOWN
    )
    assert said(trigger("one", INACTIVE), trigger("two", PENDING, blind=True)) is (
        AdviceState.UNKNOWN
    )


def test_a_rule_without_any_subject_is_not_known_to_be_quiet() -> None:
    assert said(trigger("one", INACTIVE)) is AdviceState.UNKNOWN
    assert said() is AdviceState.UNKNOWN


def test_an_evolution_that_no_rule_watches_is_not_known_to_be_unneeded() -> None:
    (advice,) = advise(rulebook(), [])
    assert advice.state is AdviceState.UNKNOWN


def test_blindness_never_lowers_a_recommendation() -> None:
    assert said(trigger("one", FIRING, blind=True), trigger("two", INACTIVE)) is (
        AdviceState.RECOMMENDED
    )
    assert said(trigger("one", FIRING), trigger("two", INACTIVE, blind=True)) is (
        AdviceState.RECOMMENDED
    )
    assert said(trigger("one", FIRING)) is AdviceState.RECOMMENDED


def test_each_evolution_is_told_once_in_the_order_of_the_rulebook() -> None:
    fired = [
        trigger("three", INACTIVE),
        trigger("two", FIRING, subject="b"),
        trigger("two", FIRING, subject="a"),
        trigger("one", INACTIVE),
        trigger("one", FIRING, subject="c"),
    ]
    assert advise(BOOK, iter(fired)) == (
        Advice(
            evolution=evolution("step"),
            stage=STAGE,
            state=AdviceState.RECOMMENDED,
            because=(("one", "c"), ("two", "b"), ("two", "a")),
        ),
        Advice(evolution=evolution("other"), stage=STAGE, state=AdviceState.NOT_NEEDED, because=()),
    )


def test_what_is_not_recommended_has_no_because() -> None:
    assert advise(BOOK, [trigger("one", PENDING)])[0].because == ()


def test_triggers_of_rules_that_are_gone_say_nothing() -> None:
    assert said(trigger("gone", FIRING), trigger("one", INACTIVE), trigger("two", INACTIVE)) is (
        AdviceState.NOT_NEEDED
    )
