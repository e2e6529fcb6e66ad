"""A rule is judged on what it looks back on itself, however much more the store had to load."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.core.play import line, play
from tests.core.samples import (
    LOAD,
    MINUTE,
    NOON,
    STACK,
    SUBJECT,
    above,
    history,
    rule,
    rulebook,
    series,
)
from tests.core.strategies import Points, conditions_of, known, points, statistics_of, thresholds_of
from tests.core.test_same_as_slow import Subjects, several, told_of, varied
from xops_watch.core.condition import Across, Condition, thresholds
from xops_watch.core.datapoints import Missing
from xops_watch.core.evaluate import Evaluation, TriggerKey, evaluate
from xops_watch.core.evidence import ALL_SUBJECTS, Sight
from xops_watch.core.reading import History
from xops_watch.core.rule import Rule
from xops_watch.core.trigger import Status, Trigger
from xops_watch.core.truth import Truth
from xops_watch.core.verdict import judge

leaves = st.builds(
    lambda leaf, missing: replace(leaf, missing=missing),
    thresholds_of() | statistics_of(),
    st.sampled_from(Missing),
)
of_many = st.builds(
    lambda leaf, across: replace(leaf, across=across, signal=LOAD),
    leaves,
    st.sampled_from([Across.ANY, Across.MAX, Across.SUM]),
)
moments = st.integers(-8, 40).map(lambda quarters: NOON + quarters * MINUTE / 4)


def cut(known: History, span: timedelta, *, now: datetime) -> History:
    """Return what a store gives that was asked for `span`."""
    return History(
        series={
            key: replace(one, readings=[r for r in one.readings if r.taken_at >= now - span])
            for key, one in known.series.items()
        },
        signal_gaps=known.signal_gaps,
    )


def told(of: Rule, known: History, moments: Sequence[datetime], spare: timedelta) -> list[object]:
    """Return what became of the triggers and which notices were owed, tick by tick."""
    before: Mapping[TriggerKey, Trigger] = {}
    story: list[object] = []
    for now in moments:
        seen = cut(known, of.lookback + spare, now=now)
        after: Evaluation = evaluate(rulebook(of), seen, before, stack=STACK, now=now)
        before = {trigger.key: trigger for trigger in after.triggers}
        words = [(notice.key, notice.kind, notice.severity) for notice in after.notices]
        story.append((after.triggers, words))
    return story


TICKS = [NOON + minute * MINUTE for minute in range(-6, 12)]


@given(varied(conditions_of(leaves)), points)
@settings(max_examples=150, deadline=None)
def test_more_history_changes_nothing_on_one_subject(of: Rule, seen: Points) -> None:
    everything = known(seen)
    assert told(of, everything, TICKS, timedelta()) == told(of, everything, TICKS, 99 * MINUTE)


@given(varied(conditions_of(of_many)), several, moments)
@settings(max_examples=150, deadline=None)
def test_more_history_proves_nothing_else_of_many_subjects(
    of: Rule, subjects: Subjects, now: datetime
) -> None:
    everything = told_of(subjects)
    more = judge(of, ALL_SUBJECTS, everything, now=now)
    exact = judge(of, ALL_SUBJECTS, cut(everything, of.lookback, now=now), now=now)
    # What is shown of a long silence is the last that was seen, if it is still known.
    shown = replace(exact, value=more.value, as_of=more.as_of, evidence=more.evidence)
    assert shown == more


@given(conditions_of(leaves), points, moments)
@settings(max_examples=200, deadline=None)
def test_a_single_condition_needs_no_more_than_its_windows_and_twice_the_grace(
    condition: Condition, seen: Points, now: datetime
) -> None:
    """What an advice depends on is asked of all that is there, and reads no further either."""
    everything = known(seen)
    span = max(leaf.window + 2 * leaf.signal.grace for leaf in thresholds(condition))
    truths = [
        Sight(history=told, subject=SUBJECT).truth(condition, known=now, at=now)
        for told in (everything, cut(everything, span, now=now))
    ]
    assert truths[0] is truths[1]


def test_a_breach_that_began_before_is_told_from_where_the_rule_looks_back_to() -> None:
    of = rule(above(80), hold=3)
    days = history(series(LOAD, dict.fromkeys(range(-600, 1), 90)))
    assert of.lookback == 8 * MINUTE
    assert judge(of, SUBJECT, days, now=NOON).since == NOON - 8 * MINUTE


def test_an_old_value_is_shown_although_it_proves_nothing() -> None:
    of = rule(above(80))
    verdict = judge(of, SUBJECT, history(series(LOAD, {-600: 90})), now=NOON)
    assert (verdict.condition, verdict.value) == (Truth.UNKNOWN, 90)
    assert verdict.evidence == "load 90 (> 80), last read 10h ago"


def test_silence_that_breaches_does_not_lend_its_time_to_a_value_that_does_not() -> None:
    """0 was read twice, far apart: the silence between breached, what ended it did not."""
    of = rule(replace(above(80), missing=Missing.BREACHING), hold=1)
    seen = history(series(LOAD, {0: 50, 4: 50}))
    verdict = judge(of, SUBJECT, seen, now=NOON + 7 * MINUTE)
    assert (verdict.condition, verdict.held) == (Truth.TRUE, False)


def test_silence_alone_has_no_length_for_a_hold() -> None:
    """It is pending: that nobody speaks is true now, and was read at no other instant."""
    of = replace(above(80), missing=Missing.BREACHING)
    script = "50 -x9"
    assert play(script, rule(of)).line == line(".x3 Fx7")
    assert play(script, rule(of, hold=3)).line == line(".x3 px7")
    assert play("90 -x6 90", rule(of, hold=3)).line == line("px7 F")


def test_silence_between_two_breaches_lasts_when_it_breaches_itself() -> None:
    of = rule(replace(above(80), missing=Missing.BREACHING), hold=4)
    seen = history(series(LOAD, {0: 90, 4: 90}))
    verdict = judge(of, SUBJECT, seen, now=NOON + 4 * MINUTE)
    assert (verdict.held, verdict.since) == (True, NOON)
    after = evaluate(rulebook(of), seen, {}, stack=STACK, now=NOON + 4 * MINUTE)
    assert after.triggers[0].status is Status.FIRING
