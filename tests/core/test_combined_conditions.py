"""all, any and not over several signals, in three values."""

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.core.play import line, play
from tests.core.samples import (
    LOAD,
    MINUTE,
    NOON,
    QUEUE,
    SLOW,
    SUBJECT,
    above,
    history,
    rule,
    series,
)
from xops_watch.core.condition import AllOf, AnyOf, Condition, Not, thresholds
from xops_watch.core.truth import Truth, all_of, any_of, negate
from xops_watch.core.verdict import judge

T, F, U = Truth.TRUE, Truth.FALSE, Truth.UNKNOWN
BOTH = AllOf(parts=(above(80), above(5, of=QUEUE)))
EITHER = AnyOf(parts=(above(80), above(5, of=QUEUE)))

truths = st.sampled_from(Truth)


@pytest.mark.parametrize(
    ("left", "right", "both", "either"),
    [
        (T, T, T, T),
        (T, F, F, T),
        (T, U, U, T),
        (F, T, F, T),
        (F, F, F, F),
        (F, U, F, U),
        (U, T, U, T),
        (U, F, F, U),
        (U, U, U, U),
    ],
)
def test_kleenes_tables(left: Truth, right: Truth, both: Truth, either: Truth) -> None:
    assert all_of([left, right]) is both
    assert any_of([left, right]) is either
    values = {T: {0.0: 99.0}, F: {0.0: 0.0}, U: {-9.0: 99.0}}
    known = history(series(LOAD, values[left]), series(QUEUE, values[right]))
    assert judge(rule(BOTH), SUBJECT, known, now=NOON).condition is both
    assert judge(rule(EITHER), SUBJECT, known, now=NOON).condition is either


def test_the_opposite_of_unknown_is_unknown() -> None:
    assert [negate(T), negate(F), negate(U)] == [F, T, U]


def test_of_nothing_all_are_and_none_is() -> None:
    assert all_of([]) is T
    assert any_of([]) is F


def test_a_fact_is_never_unknown() -> None:
    assert [Truth.of(fact) for fact in (True, False)] == [T, F]


@given(st.lists(truths), st.lists(truths))
@settings(max_examples=60, deadline=None)
def test_kleenes_laws(some: list[Truth], more: list[Truth]) -> None:
    assert negate(all_of(some)) is any_of(negate(one) for one in some)
    assert negate(any_of(some)) is all_of(negate(one) for one in some)
    assert all_of([*some, *more]) is all_of([all_of(some), all_of(more)])
    assert any_of([*some, *more]) is any_of([any_of(some), any_of(more)])
    assert all_of(some) is all_of(reversed(some))
    assert all_of([*some, *some]) is all_of(some)
    assert all_of([*some, any_of([*some, *more])]) is all_of(some) or not some


@given(st.lists(truths, min_size=1), st.data())
@settings(max_examples=60, deadline=None)
def test_learning_more_never_takes_back_what_was_proven(
    some: list[Truth], data: st.DataObject
) -> None:
    learned = [data.draw(st.sampled_from([T, F])) if one is U else one for one in some]
    for combine in (all_of, any_of):
        if combine(some) is not U:
            assert combine(learned) is combine(some)


def test_a_double_negation_is_the_condition() -> None:
    for value, states in (("81", "F"), ("80", ".")):
        assert play(value, rule(Not(part=Not(part=above(80))))).line == states


@pytest.mark.parametrize("combination", [AllOf, AnyOf])
def test_a_combination_of_nothing_is_refused(combination: type[AllOf | AnyOf]) -> None:
    with pytest.raises(ValueError, match=r"needs at least one part$"):
        combination(parts=())


def test_leaves_come_in_the_order_they_are_written() -> None:
    first, second, third, fourth = (above(n) for n in range(4))
    tree: Condition = AnyOf(parts=(AllOf(parts=(first, Not(part=second))), third, fourth))
    assert list(thresholds(tree)) == [first, second, third, fourth]
    assert rule(tree).primary == first


def test_both_must_be_over_the_line() -> None:
    scripts = {LOAD: "79 81 81 81 79", QUEUE: "9 5 6 - 6"}
    assert play(scripts, rule(BOTH)).line == ". . F F ."


def test_a_false_leg_needs_no_other_to_disprove() -> None:
    assert play({LOAD: "79x9", QUEUE: "9 -x8"}, rule(BOTH)).line == line(".x9")


def test_a_hold_of_a_combination_counts_from_where_all_of_it_was_true() -> None:
    scripts = {LOAD: "81x6", QUEUE: "0 0 9x4"}
    played = play(scripts, rule(BOTH, hold=2))
    assert played.line == ". . p p F F"
    assert played.trigger.since == NOON + 2 * MINUTE


def test_a_hold_goes_on_while_one_leg_takes_over_from_the_other() -> None:
    scripts = {LOAD: "81 81 79 79", QUEUE: "0 9 9 9"}
    assert play(scripts, rule(EITHER, hold=3)).line == "p p p F"


def test_a_hole_in_one_leg_breaks_the_hold_of_all_even_if_the_other_talks() -> None:
    """SLOW is silent for 11 minutes, its grace is 10; no reading of LOAD fell into the eleventh."""
    of = rule(AllOf(parts=(above(80, of=SLOW), above(80))), hold=11)
    talk = series(LOAD, {0: 81, 2: 81, 4: 81, 6: 81, 8: 81, 9.5: 81, 11: 81})
    hole = history(talk, series(SLOW, {0: 81, 11: 81}))
    verdict = judge(of, SUBJECT, hole, now=NOON + 11 * MINUTE)
    assert (verdict.condition, verdict.held) == (T, False)
    assert verdict.since == NOON + 11 * MINUTE
    closed = history(talk, series(SLOW, {0: 81, 10: 81, 11: 81}))
    assert judge(of, SUBJECT, closed, now=NOON + 11 * MINUTE).held


def test_a_leg_that_proves_alone_is_held_at_its_own_grace() -> None:
    """LOAD has a grace of 2 minutes and says nothing: of any, SLOW is enough."""
    of = rule(AnyOf(parts=(above(80, of=SLOW), above(80))), hold=18)
    known = history(series(SLOW, {0: 81, 9: 81, 18: 81}))
    assert judge(of, SUBJECT, known, now=NOON + 18 * MINUTE).held


def test_the_readings_of_other_subjects_prove_nothing_here() -> None:
    known = history(series(LOAD, {0: 81}), series(QUEUE, {0: 9}, subject="xops/other"))
    assert judge(rule(BOTH), SUBJECT, known, now=NOON).condition is U


def test_two_levels_of_one_signal_make_a_band() -> None:
    band = AllOf(parts=(above(80), Not(part=above(90))))
    assert play("80 81 90 91", rule(band)).line == ". F F ."


def test_pending_in_a_combination_began_where_the_newest_readings_all_breached() -> None:
    of = rule(AllOf(parts=(above(80, datapoints="3/4"), above(5, of=QUEUE))))
    scripts = {LOAD: "50 50 50 81 81 81", QUEUE: "9 9 9 0 9 9"}
    played = play(scripts, of)
    assert played.line == ".? . . . p F"
    assert played.trigger.since == NOON + 5 * MINUTE
    assert played.evaluations[4].triggers[0].since == NOON + 4 * MINUTE


def test_every_pair_of_short_scripts_is_judged_as_its_legs_are() -> None:
    for left, right in product(product("09-", repeat=2), repeat=2):
        known = history(series(LOAD, _values(left, 90)), series(QUEUE, _values(right, 9)))
        now = NOON + 3 * MINUTE
        legs = [
            judge(rule(above(80)), SUBJECT, known, now=now).condition,
            judge(rule(above(5, of=QUEUE)), SUBJECT, known, now=now).condition,
        ]
        assert judge(rule(BOTH), SUBJECT, known, now=now).condition is all_of(legs)
        assert judge(rule(EITHER), SUBJECT, known, now=now).condition is any_of(legs)


def _values(points: tuple[str, ...], over: float) -> dict[float, float]:
    return {n: over if point == "9" else 0.0 for n, point in enumerate(points) if point != "-"}
