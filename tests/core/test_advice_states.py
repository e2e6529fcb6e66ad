"""From triggers to what is said of each evolution."""

from dataclasses import replace
from typing import Any

import pytest

from tests.core.samples import (
    LOAD,
    MINUTE,
    NOON,
    QUEUE,
    SLOW,
    STAGE,
    SUBJECT,
    above,
    evolution,
    history,
    rule,
    rulebook,
    series,
)
from xops_watch.core.advise import Advice, AdviceState, advise
from xops_watch.core.evolution import Caveat, Evolution, Ineffective
from xops_watch.core.reading import History
from xops_watch.core.rule import Rulebook
from xops_watch.core.trigger import Status, Trigger

ONE = rule(above(80), name="one")
TWO = rule(above(90), name="two")
OTHER = rule(above(90), name="three", evolution="other")
BOOK = rulebook(ONE, TWO, OTHER, evolutions=("step", "other"))

NOTHING_SEEN = history()
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
    return advised(BOOK, *triggers)[0].state


def advised(book: Rulebook, *triggers: Trigger, seen: History = NOTHING_SEEN) -> tuple[Advice, ...]:
    return advise(book, triggers, seen, now=NOON)


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
    (advice,) = advised(rulebook())
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
    assert advised(BOOK, *fired) == (
        Advice(
            evolution=evolution("step"),
            stage=STAGE,
            state=AdviceState.RECOMMENDED,
            because=(("one", "c"), ("two", "b"), ("two", "a")),
        ),
        Advice(evolution=evolution("other"), stage=STAGE, state=AdviceState.NOT_NEEDED, because=()),
    )


def test_what_is_not_recommended_has_no_because() -> None:
    assert advised(BOOK, trigger("one", PENDING))[0].because == ()


def test_triggers_of_rules_that_are_gone_say_nothing() -> None:
    assert said(trigger("gone", FIRING), trigger("one", INACTIVE), trigger("two", INACTIVE)) is (
        AdviceState.NOT_NEEDED
    )


GUARD = rule(above(1, QUEUE), name="guard", evolution="hold")


def book_of(**changes: Any) -> Rulebook:  # noqa: ANN401 - any field of an evolution
    """Return a rulebook of a rule and a guard whose step is changed."""
    book = rulebook(ONE, GUARD, evolutions=("step", "hold", "first"))
    step: Evolution = replace(evolution("step"), **changes)
    return replace(book, evolutions={**book.evolutions, "step": step})


def test_a_firing_guard_blocks_what_is_due() -> None:
    book = book_of(blocked_by=("guard",))
    advice = advised(book, trigger("one", FIRING), trigger("guard", FIRING, subject="xops/db"))[0]
    assert advice.state is AdviceState.BLOCKED
    assert advice.blockers == (("guard", "xops/db"),)
    assert advice.notes == ("blocked by guard on xops/db: Load above 80",)
    assert advice.because == (("one", SUBJECT),)


def test_a_guard_blocks_nothing_that_is_not_due() -> None:
    book = book_of(blocked_by=("guard",))
    advice = advised(book, trigger("one", INACTIVE), trigger("guard", FIRING))[0]
    assert (advice.state, advice.blockers, advice.notes) == (AdviceState.NOT_NEEDED, (), ())


def test_a_firing_guard_that_is_blind_blocks_on() -> None:
    book = book_of(blocked_by=("guard",))
    advice = advised(book, trigger("one", FIRING), trigger("guard", FIRING, blind=True))[0]
    assert advice.state is AdviceState.BLOCKED
    assert advice.notes == (f"blocked by guard on {SUBJECT}: Load above 80",)


@pytest.mark.parametrize(
    "guards",
    [(), (trigger("guard", INACTIVE, blind=True),), (trigger("guard", PENDING, blind=True),)],
)
def test_a_guard_that_cannot_be_judged_is_named(guards: tuple[Trigger, ...]) -> None:
    advice = advised(book_of(blocked_by=("guard",)), trigger("one", FIRING), *guards)[0]
    assert advice.state is AdviceState.RECOMMENDED
    assert advice.notes == ("guard cannot be judged now: make sure of it before you begin",)


def test_a_guard_that_is_quiet_is_not_mentioned() -> None:
    advice = advised(
        book_of(blocked_by=("guard",)), trigger("one", FIRING), trigger("guard", INACTIVE)
    )[0]
    assert (advice.state, advice.notes) == (AdviceState.RECOMMENDED, ())


def test_what_was_done_already_is_adopted_though_the_trigger_fires_on() -> None:
    book = book_of(adopted_when=above(0, SLOW), blocked_by=("guard",))
    seen = history(series(SLOW, {0: 1}))
    advice = advised(book, trigger("one", FIRING), trigger("guard", FIRING), seen=seen)[0]
    assert (advice.state, advice.notes) == (AdviceState.ADOPTED, ())
    assert advice.because == (("one", SUBJECT),)


def test_a_step_is_adopted_when_every_subject_that_asks_for_it_has_it() -> None:
    book = book_of(adopted_when=above(0, SLOW))
    firing = (trigger("one", FIRING), trigger("one", FIRING, subject="xops/other"))
    one = series(SLOW, {0: 1})
    assert advised(book, *firing, seen=history(one))[0].state is AdviceState.RECOMMENDED
    both = history(one, series(SLOW, {0: 1}, "xops/other"))
    assert advised(book, *firing, seen=both)[0].state is AdviceState.ADOPTED


def test_adoption_that_cannot_be_seen_is_none() -> None:
    advice = advised(book_of(adopted_when=above(0, SLOW)), trigger("one", FIRING))[0]
    assert advice.state is AdviceState.RECOMMENDED


def test_an_action_without_effect_is_named_with_the_reason() -> None:
    action = Ineffective(action="PriceClass_200", because="it has no edge in New Zealand")
    advice = advised(book_of(documented_action=action), trigger("one", FIRING))[0]
    assert advice.notes == (
        "the documents say PriceClass_200, which has no effect: it has no edge in New Zealand",
    )


def test_a_caveat_is_said_while_its_condition_is_proven() -> None:
    book = book_of(caveats=(Caveat(when=above(5, LOAD), say="it is at its ceiling"),))
    firing = trigger("one", FIRING)
    said_at = {
        value: advised(book, firing, seen=history(series(LOAD, {0: value})))[0].notes
        for value in (5, 6)
    }
    assert said_at == {5: (), 6: ("it is at its ceiling",)}
    assert advised(book, firing)[0].notes == ()


def test_a_step_that_comes_first_is_named_until_it_is_done() -> None:
    book = book_of(requires=("first",))
    first = replace(evolution("first"), title="Activate K3S", adopted_when=above(0, SLOW))
    book = replace(book, evolutions={**book.evolutions, "first": first})
    firing = trigger("one", FIRING)
    assert advised(book, firing)[0].notes == (
        "needs first, and is not known to be done: Activate K3S",
    )
    done = history(series(SLOW, {0: 1}, "all"))
    assert advised(book, firing, seen=done)[0].notes == ()


def test_a_step_outside_of_every_cost_table_has_no_stage() -> None:
    assert advised(book_of(stage=None), trigger("one", FIRING))[0].stage is None


def test_a_step_that_was_taken_and_did_not_help_keeps_its_caveats() -> None:
    caveat = Caveat(when=above(5, LOAD), say="it is at its ceiling")
    book = book_of(adopted_when=above(0, SLOW), caveats=(caveat,), requires=("first",))
    seen = history(series(SLOW, {0: 1}), series(LOAD, {0: 6}))
    advice = advised(book, trigger("one", FIRING), seen=seen)[0]
    assert (advice.state, advice.notes) == (AdviceState.ADOPTED, ("it is at its ceiling",))
    quiet = advised(book, trigger("one", INACTIVE), seen=history(series(SLOW, {0: 1}, "all")))[0]
    assert (quiet.state, quiet.notes) == (AdviceState.ADOPTED, ())
