"""Arbitrary rules, histories, triggers and verdicts, of the kinds that meet in practice."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

from hypothesis import strategies as st

from tests.core.samples import (
    LOAD,
    MINUTE,
    NOON,
    QUEUE,
    SLOW,
    SUBJECT,
    gap,
    history,
    leaf,
    rule,
    series,
)
from xops_watch.core.condition import AllOf, AnyOf, Comparison, Condition, Not, Threshold
from xops_watch.core.measure import Aggregate, Statistic
from xops_watch.core.reading import History
from xops_watch.core.rule import Severity
from xops_watch.core.signal import Signal
from xops_watch.core.trigger import Status, Trigger
from xops_watch.core.truth import Truth
from xops_watch.core.verdict import Verdict
from xops_watch.errors import GapReason

SIGNALS = (LOAD, QUEUE, SLOW)
LEVELS = (60.0, 80.0)
VALUES = (50.0, 60.0, 70.0, 80.0, 90.0)
# Readings fall on quarters of a minute, so that an eighth tells "just after" from "at".
QUARTER, EIGHTH = MINUTE / 4, MINUTE / 8
PAST = 25  # minutes

Points = Mapping[Signal, Mapping[float, float]]


def thresholds_of(
    signals: tuple[Signal, ...] = SIGNALS, comparisons: tuple[Comparison, ...] = tuple(Comparison)
) -> st.SearchStrategy[Threshold]:
    windows = st.tuples(st.integers(1, 5), st.integers(1, 5)).map(sorted)
    return st.builds(
        leaf,
        st.sampled_from(comparisons),
        st.sampled_from(LEVELS),
        st.sampled_from(signals),
        st.none() | windows.map(lambda window: f"{window[0]}/{window[1]}"),
    )


def statistics_of(
    kinds: tuple[Statistic, ...] = tuple(Statistic),
    comparisons: tuple[Comparison, ...] = tuple(Comparison),
) -> st.SearchStrategy[Threshold]:
    """Return leaves that hold a statistic over a window against a level it may well reach."""
    return st.builds(
        lambda plain, level, aggregate: replace(plain, value=level, aggregate=aggregate),
        st.builds(leaf, st.sampled_from(comparisons), st.just(0), st.sampled_from(SIGNALS)),
        st.sampled_from((3.0, *LEVELS, 200.0)),
        st.builds(
            Aggregate,
            statistic=st.sampled_from(kinds),
            over=st.integers(1, 8).map(lambda minutes: minutes * MINUTE),
            rank=st.sampled_from((0.0, 0.5, 0.9, 1.0)),
            samples=st.integers(1, 4),
        ),
    )


def conditions_of(
    leaves: st.SearchStrategy[Threshold], *, negations: bool = True
) -> st.SearchStrategy[Condition]:
    def combined(parts: st.SearchStrategy[Condition]) -> st.SearchStrategy[Condition]:
        several = st.lists(parts, min_size=1, max_size=3).map(tuple)
        both = st.builds(AllOf, parts=several) | st.builds(AnyOf, parts=several)
        return both | st.builds(Not, part=parts) if negations else both

    return st.recursive(leaves, combined, max_leaves=4)


conditions = conditions_of(thresholds_of() | statistics_of())
holds = st.sampled_from((0.0, 0.25, 1.0, 2.5, 4.0, 8.0))
rules = st.builds(
    lambda when, hold, clear, keep: replace(rule(when, hold=hold, clear=clear), keep=keep * MINUTE),
    conditions,
    holds,
    st.none() | st.tuples(conditions, holds),
    st.just(0.0) | holds,
)
qualified = st.builds(
    lambda plain, suppress, applies, corroboration: replace(
        plain,
        suppress=suppress,
        applies=applies,
        corroboration=corroboration,
        corroborated=Severity.CRITICAL,
    ),
    rules,
    st.none() | conditions,
    st.none() | conditions,
    st.none() | conditions,
)
# Stretches of one value or of silence, back from about now: points spread at random would
# rarely hold anything.
stretches = st.lists(
    st.tuples(st.none() | st.sampled_from(VALUES), st.integers(1, 6)), min_size=1, max_size=5
)
regular = st.builds(
    lambda several, end, step: {
        end - n * step: value
        for n, value in enumerate(value for value, times in several for _ in range(times))
        if value is not None
    },
    stretches,
    st.sampled_from((0.0, 0.0, 0.0, -0.5, -2.0, -2.25, 1.0)),
    st.sampled_from((0.25, 1.0, 1.0, 1.0, 1.75, 2.0)),
)
scattered = st.dictionaries(
    st.integers(-PAST * 4, 8).map(lambda quarters: quarters / 4), st.sampled_from(VALUES)
)
points = st.fixed_dictionaries(dict.fromkeys(SIGNALS, regular | scattered))


def known(of: Points, missing: GapReason | None = None) -> History:
    parts = [
        series(signal, values, gap=gap(signal, missing) if missing else None)
        for signal, values in of.items()
    ]
    return history(*parts)


def until(of: Points, minutes: float) -> Points:
    return {
        signal: {at: value for at, value in values.items() if at <= minutes}
        for signal, values in of.items()
    }


statuses = st.sampled_from(Status)
instants = st.integers(-600, 600).map(lambda seconds: NOON + timedelta(seconds=seconds))
triggers = st.builds(
    Trigger,
    rule=st.just("rule"),
    subject=st.just(SUBJECT),
    status=statuses,
    since=instants,
    changed_at=instants,
    blind_since=st.none() | instants,
)
verdicts = st.builds(
    Verdict,
    condition=st.sampled_from(Truth),
    held=st.booleans(),
    cleared=st.sampled_from(Truth),
    breaching=st.booleans(),
    since=st.none() | instants,
    value=st.just(1.0),
    as_of=st.none() | instants,
    gap=st.none() | st.sampled_from(GapReason).map(lambda reason: gap(LOAD, reason)),
    evidence=st.just(""),
    excused=st.booleans(),
)
