"""What holds for every rule and every history."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.core.play import Memory, tick
from tests.core.samples import (
    LOAD,
    MINUTE,
    NOON,
    STACK,
    SUBJECT,
    above,
    leaf,
    reading,
    rule,
    rulebook,
)
from tests.core.strategies import (
    EIGHTH,
    LEVELS,
    QUARTER,
    Points,
    conditions,
    conditions_of,
    holds,
    known,
    points,
    qualified,
    regular,
    rules,
    scattered,
    statistics_of,
    thresholds_of,
    triggers,
    until,
    verdicts,
)
from xops_watch.core.condition import (
    AllOf,
    AnyOf,
    Comparison,
    Condition,
    Not,
    Threshold,
    thresholds,
)
from xops_watch.core.evaluate import evaluate
from xops_watch.core.measure import Statistic
from xops_watch.core.reading import History, Series
from xops_watch.core.rule import Rule
from xops_watch.core.signal import Signal
from xops_watch.core.trigger import Status, Trigger, advance
from xops_watch.core.truth import Truth
from xops_watch.core.verdict import Verdict, judge
from xops_watch.errors import GapReason


@given(qualified, points, triggers, st.none() | st.sampled_from(GapReason), st.integers(-40, 40))
@settings(max_examples=80, deadline=None)
def test_evaluating_never_raises(
    of: Rule, seen: Points, before: Trigger, missing: GapReason | None, minutes: int
) -> None:
    now = NOON + minutes * MINUTE
    stored = {before.key: before, ("gone", "x"): replace(before, rule="gone", subject="x")}
    evaluation = evaluate(rulebook(of), known(seen, missing), stored, stack=STACK, now=now)
    if before.key in evaluation.retired:
        assert missing is GapReason.GONE
        return
    verdict, (after,) = evaluation.verdicts[before.key], evaluation.triggers
    assert not (verdict.held and verdict.condition is not Truth.TRUE)
    assert not (verdict.cleared is Truth.TRUE and verdict.condition is not Truth.FALSE)
    if before.status is after.status is Status.FIRING:
        assert verdict.since is None  # nobody asks: it keeps its own
    elif verdict.condition is Truth.TRUE or verdict.breaching:
        assert verdict.since is not None
        assert verdict.since <= now
    else:
        assert verdict.since is None


@given(thresholds_of((LOAD,)), holds, regular | scattered, triggers)
@settings(max_examples=120, deadline=None)
def test_nothing_fires_without_enough_breaching_readings(
    of: Threshold, hold: float, values: Mapping[float, float], before: Trigger
) -> None:
    """Counted again from the values alone, in another way."""
    verdict = judge(rule(of, hold=hold), SUBJECT, known({LOAD: values}), now=NOON)
    fired = advance(replace(before, status=Status.INACTIVE), verdict, now=NOON)
    if fired.status is not Status.FIRING:
        return
    seen = {at: value for at, value in values.items() if at <= 0}
    newest = max(seen)
    assert newest >= -2
    needed, periods = (of.datapoints.needed, of.datapoints.of) if of.datapoints else (1, 1)
    window = {at for at in seen if at > newest - periods + 0.5} | {newest}
    assert sum(of.comparison.holds(seen[at], of.value) for at in window) >= needed
    assert newest - min(seen) >= hold
    backwards = sorted((at for at in seen if at >= newest - hold), reverse=True)
    assert all(later - earlier <= 2 for later, earlier in pairwise(backwards))


@given(rules, points)
@settings(max_examples=80, deadline=None)
def test_a_hold_is_evidence_without_a_break_at_every_moment(of: Rule, seen: Points) -> None:
    """The definition itself: the condition is proven at every moment from `since` to the newest.

    `condition` does not know of holds, so it can be asked at each eighth of a minute.
    """
    plain = replace(of, hold=timedelta(), clear=None)
    verdict = judge(of, SUBJECT, known(seen), now=NOON)
    if verdict.condition is not Truth.TRUE:
        return
    used = {leaf.name for leaf in _signals(of.when)}
    oldest = -(of.lookback / MINUTE)
    instants = (at for one, values in seen.items() if one.name in used for at in values)
    taken = sorted((at for at in instants if oldest <= at <= 0), reverse=True)
    newest = moment = NOON + taken[0] * MINUTE
    proven = newest
    while moment >= NOON + taken[-1] * MINUTE and _is_true(plain, seen, moment):
        proven = moment if moment in {NOON + at * MINUTE for at in taken} else proven
        moment -= EIGHTH
    assert verdict.held == (newest - proven >= of.hold)
    if not isinstance(of.when, Threshold):
        # A window that reaches over the edge of what the rule looks back on is not full there.
        edge = NOON + oldest * MINUTE + max(leaf.window for leaf in thresholds(of.when))
        assert verdict.since is not None
        assert verdict.since == proven or proven < verdict.since <= edge


def _signals(condition: Condition) -> set[Signal]:
    match condition:
        case Threshold():
            return {condition.signal}
        case Not(part=part):
            return _signals(part)
        case AllOf(parts=parts) | AnyOf(parts=parts):
            return {signal for part in parts for signal in _signals(part)}


def _is_true(of: Rule, seen: Points, moment: datetime) -> bool:
    return judge(of, SUBJECT, known(seen), now=moment).condition is Truth.TRUE


# All but the one that ends what was said of a subject.
SILENCES = st.none() | st.sampled_from([r for r in GapReason if r is not GapReason.GONE])


@given(rules, points, triggers, st.integers(0, 200), SILENCES)
@settings(max_examples=80, deadline=None)
def test_silence_and_gaps_neither_fire_nor_clear(
    of: Rule, seen: Points, before: Trigger, quarters: int, missing: GapReason | None
) -> None:
    seen = until(seen, 0)
    first = advance(before, judge(of, SUBJECT, known(seen), now=NOON), now=NOON)
    later = NOON + quarters * QUARTER
    second = advance(first, judge(of, SUBJECT, known(seen, missing), now=later), now=later)
    assert (second.status is Status.FIRING) == (first.status is Status.FIRING)
    if first.status is Status.INACTIVE:
        assert second.status is Status.INACTIVE


@given(conditions, points, st.integers(0, 200))
@settings(max_examples=80, deadline=None)
def test_time_alone_proves_nothing_new(of: Condition, seen: Points, quarters: int) -> None:
    seen = until(seen, 0)
    first = judge(rule(of), SUBJECT, known(seen), now=NOON).condition
    later = judge(rule(of), SUBJECT, known(seen), now=NOON + quarters * QUARTER).condition
    assert later in (first, Truth.UNKNOWN)


@given(rules, points, st.data())
@settings(max_examples=60, deadline=None)
def test_order_of_arrival_and_doubles_do_not_matter(
    of: Rule, seen: Points, data: st.DataObject
) -> None:
    readings = [
        reading(one, value, at) for one, values in seen.items() for at, value in values.items()
    ]
    shuffled = data.draw(st.permutations(readings + readings[::2]))
    one, other = Memory(), Memory()
    assert tick(one, of, readings, now=NOON) == tick(other, of, shuffled, now=NOON)


@given(conditions_of(thresholds_of()), points)
@settings(max_examples=60, deadline=None)
def test_a_reading_kept_twice_is_one_point(when: Condition, seen: Points) -> None:
    """The store keeps none twice; only a count or a sum would notice."""
    once = known(seen)
    twice = History(
        series={
            key: Series(readings=tuple(r for r in one.readings for _ in range(2)))
            for key, one in once.series.items()
        }
    )
    assert judge(rule(when), SUBJECT, once, now=NOON) == judge(rule(when), SUBJECT, twice, now=NOON)


@given(qualified, points)
@settings(max_examples=120, deadline=None)
def test_the_history_that_a_rule_asks_for_is_enough(of: Rule, seen: Points) -> None:
    needs = rulebook(of).needs()
    cut = {
        signal: {at: value for at, value in values.items() if at * MINUTE > -needs[signal.name]}
        for signal, values in seen.items()
        if signal.name in needs
    }
    whole = judge(of, SUBJECT, known(seen), now=NOON)
    short = judge(of, SUBJECT, known(cut), now=NOON)
    assert (short.condition, short.held) == (whole.condition, whole.held)
    assert (short.cleared, short.breaching) == (whole.cleared, whole.breaching)


@given(triggers, verdicts)
@settings(max_examples=120, deadline=None)
def test_the_same_verdict_again_changes_nothing(before: Trigger, verdict: Verdict) -> None:
    once = advance(before, verdict, now=NOON)
    assert advance(once, verdict, now=NOON + MINUTE) == once


@given(triggers, verdicts)
@settings(max_examples=120, deadline=None)
def test_what_is_unknown_fires_nothing_clears_nothing_and_only_blinds(
    before: Trigger, verdict: Verdict
) -> None:
    unknown = replace(verdict, condition=Truth.UNKNOWN, cleared=Truth.UNKNOWN)
    after = advance(before, unknown, now=NOON)
    assert replace(after, blind_since=None) == replace(before, blind_since=None)
    gone = verdict.gap is not None and verdict.gap.reason is GapReason.GONE
    excused = verdict.excused and before.status is Status.INACTIVE
    assert after.blind == (not (gone or excused))
    assert after.blind_since in (None, before.blind_since or NOON)


@given(triggers, verdicts)
@settings(max_examples=80, deadline=None)
def test_who_sees_is_not_blind_and_remembers_changes_alone(
    before: Trigger, verdict: Verdict
) -> None:
    after = advance(before, verdict, now=NOON)
    assert after.blind <= (verdict.condition is Truth.UNKNOWN)
    assert after.changed_at == (before.changed_at if after.status is before.status else NOON)
    assert after.key == before.key


UPWARD = (Comparison.ABOVE, Comparison.AT_LEAST)
# What counters do when a value is raised depends on its neighbours.
RISING = (Statistic.AVG, Statistic.MAX, Statistic.MIN, Statistic.SUM, Statistic.PERCENTILE)
ABOVE_ONLY = conditions_of(
    thresholds_of(comparisons=UPWARD) | statistics_of(RISING, UPWARD), negations=False
)


@given(ABOVE_ONLY, holds, points, st.data())
@settings(max_examples=80, deadline=None)
def test_higher_values_never_disprove_what_was_over_the_line(
    of: Condition, hold: float, seen: Points, data: st.DataObject
) -> None:
    raised = {
        signal: {
            at: value + data.draw(st.sampled_from((0, 10, 30))) for at, value in values.items()
        }
        for signal, values in seen.items()
    }
    low = judge(rule(of, hold=hold), SUBJECT, known(seen), now=NOON)
    high = judge(rule(of, hold=hold), SUBJECT, known(raised), now=NOON)
    assert high.condition is Truth.TRUE or low.condition is not Truth.TRUE
    assert low.condition is Truth.FALSE or high.condition is not Truth.FALSE
    assert high.held >= low.held
    assert high.breaching >= low.breaching


@given(st.sampled_from(LEVELS), regular, holds)
@settings(max_examples=60, deadline=None)
def test_above_and_its_opposite_are_never_both_true(
    level: float, values: Mapping[float, float], hold: float
) -> None:
    seen = known({LOAD: values})
    over = judge(rule(above(level), hold=hold), SUBJECT, seen, now=NOON)
    at_most = leaf(Comparison.AT_MOST, level)
    under = judge(rule(at_most, hold=hold), SUBJECT, seen, now=NOON)
    assert (over.condition is Truth.UNKNOWN) == (under.condition is Truth.UNKNOWN)
    assert not (over.condition is under.condition and over.condition is not Truth.UNKNOWN)
    negated = judge(rule(Not(part=above(level)), hold=hold), SUBJECT, seen, now=NOON)
    assert (negated.condition, negated.held) == (under.condition, under.held)
