"""Windows judged many at once say what each says by itself, over series of any length."""

from array import array
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.core import slow_verdict
from tests.core.samples import (
    LOAD,
    MINUTE,
    NOON,
    QUEUE,
    SUBJECT,
    above,
    gap,
    history,
    leaf,
    reading,
    rule,
    series,
)
from tests.core.strategies import LEVELS, conditions_of
from xops_watch.core.columns import BLOCK, Columns, searching, to_micros
from xops_watch.core.condition import Across, AnyOf, Comparison, Condition, Threshold
from xops_watch.core.datapoints import Datapoints, Missing
from xops_watch.core.evidence import ALL_SUBJECTS
from xops_watch.core.gauge import Gauge
from xops_watch.core.measure import Aggregate, Statistic
from xops_watch.core.reading import History, Readings, Series
from xops_watch.core.truth import Truth
from xops_watch.core.verdict import judge
from xops_watch.errors import GapReason

LONG = 3 * BLOCK
# How far apart two readings are, in seconds: on time, almost, twice, or not for a while.
steps = st.lists(
    st.tuples(
        st.sampled_from((60.0, 60.0, 60.0, 59.0, 60.5, 30.0, 75.0, 120.0, 121.0, 900.0)),
        st.sampled_from((50.0, 79.9, 80.0, 80.1, 0.1, 90.0)),
        st.sampled_from((1, 2, 3, 20, 90, BLOCK, LONG)),
    ),
    min_size=1,
    max_size=9,
)
Steps = list[tuple[float, float, int]]


def columns_of(told: Steps, most: int = LONG) -> Columns:
    """Return readings that end at noon: of each step so many, so far apart, of one value."""
    seconds = [step for step, _, times in told for _ in range(times)][:most]
    values = [value for _, value, times in told for _ in range(times)][:most]
    instants, at = [], to_micros(NOON)
    for step in reversed(seconds):
        instants.append(at)
        at -= int(step * 1_000_000)
    return Columns(reversed(instants), values)


windows = st.builds(
    lambda plain, level, missing: replace(plain, value=level, missing=missing),
    st.builds(
        lambda comparison, window: replace(
            leaf(comparison, 0),
            datapoints=window if isinstance(window, Datapoints) else None,
            aggregate=window if isinstance(window, Aggregate) else None,
        ),
        st.sampled_from(Comparison),
        st.sampled_from(
            [Datapoints(needed=m, of=n) for m, n in ((1, 1), (2, 3), (5, 5), (12, 15), (1, 20))]
        )
        | st.builds(
            Aggregate,
            statistic=st.sampled_from(Statistic),
            over=st.sampled_from((3, 15, 60, 500)).map(lambda minutes: minutes * MINUTE),
            rank=st.sampled_from((0.0, 0.5, 0.9, 1.0)),
            samples=st.sampled_from((0, 1, 4, 20)),
        ),
    ),
    st.sampled_from((*LEVELS, 0.0, 3.0, 0.5, 80.1, 1200.0)),
    st.sampled_from(Missing),
)


@given(windows, steps, st.integers(0, 40), st.integers(0, LONG))
@settings(max_examples=300, deadline=None)
def test_what_is_said_of_many_is_said_of_each(
    of: Threshold, told: Steps, hidden: int, begin: int
) -> None:
    columns = columns_of(told)
    stop = len(columns.instants)
    view = Readings((LOAD.name, SUBJECT), columns, min(hidden, stop - 1), stop)
    gauge = Gauge(of, History(series={(LOAD.name, SUBJECT): Series(readings=view)}), None)
    first = gauge.heard_since(view, view.start, stop)
    start = min(max(first, begin), stop - 1)
    each = [
        gauge.one(view, place + 1, at=columns.instants[place], windows=True)
        for place in range(start, stop)
    ]
    proofs = gauge.sliding.of_each(view, first, start, stop)
    assert [one for one, proof in zip(each, proofs, strict=True) if proof not in (None, one)] == []
    assert set(each) == {gauge.sliding.of_all(view, first, start, stop) or each[0], *each}


def test_evenly_spaced_points_are_judged_as_one() -> None:
    columns = columns_of([(60.0, 90.0, LONG)])
    view = Readings((LOAD.name, SUBJECT), columns, 0, LONG)
    told = History(series={(LOAD.name, SUBJECT): Series(readings=view)})
    mean = Aggregate(statistic=Statistic.AVG, over=60 * MINUTE, samples=30)
    for of in (above(80, datapoints="12/15"), replace(above(80), aggregate=mean)):
        sliding = Gauge(of, told, None).sliding
        assert sliding.of_all(view, 0, 100, LONG) is Truth.TRUE
        assert set(sliding.of_each(view, 0, 100, LONG)) == {Truth.TRUE}


@pytest.mark.parametrize("statistic", Statistic)
def test_whole_numbers_are_summed_exactly_at_the_level_itself(statistic: Statistic) -> None:
    columns = Columns((60_000_000 * n for n in range(40)), (float(n % 3) for n in range(40)))
    view = Readings((LOAD.name, SUBJECT), columns, 0, 40)
    told = History(series={(LOAD.name, SUBJECT): Series(readings=view)})
    window = Aggregate(statistic=statistic, over=6 * MINUTE, rank=0.5)
    level = {Statistic.RATE: 5 / 300, Statistic.DELTA: 5.0, Statistic.SUM: 6.0, Statistic.COUNT: 6}
    of = replace(leaf(Comparison.AT_LEAST, level.get(statistic, 1.0)), aggregate=window)
    proofs = Gauge(of, told, None).sliding.of_each(view, 0, 10, 40)
    assert None not in proofs


@given(
    st.lists(st.tuples(st.integers(1, 3), st.integers(0, 4)), min_size=1, max_size=40),
    st.integers(1, 60),
    st.lists(st.tuples(st.integers(0, 900), st.integers(1, 900)), min_size=1, max_size=4),
)
@settings(max_examples=200, deadline=None)
def test_the_last_that_fails_and_the_extremes_are_those_of_a_plain_look(
    told: list[tuple[int, int]], times: int, spans: list[tuple[int, int]]
) -> None:
    values = array("d", (value for _, value in told for _ in range(times)))
    steps = [step for step, _ in told for _ in range(times)]
    columns = Columns((sum(steps[: n + 1]) for n in range(len(steps))), values)
    search = searching(lambda place: values[place] == 0, lambda a, b: columns.extremes(a, b)[0] > 0)
    for begin, size in spans:
        floor = min(begin, len(values) - 1)
        stop = min(floor + size, len(values))
        assert columns.extremes(floor, stop) == (min(values[floor:stop]), max(values[floor:stop]))
        after = max(floor, 1)
        if after < stop:
            assert columns.steps(after, stop) == (min(steps[after:stop]), max(steps[after:stop]))
        plain = [place for place in range(floor, stop) if values[place] == 0]
        assert columns.last("zero", search, floor=floor, stop=stop) == max(plain, default=floor - 1)


def told_of(parts: Sequence[Steps]) -> History:
    found = {}
    for number, steps in enumerate(parts):
        columns, subject = columns_of(steps, BLOCK + 20), f"xops/s{number}"
        view = Readings((LOAD.name, subject), columns, 0, len(columns.instants))
        found[LOAD.name, subject] = Series(readings=view)
    return History(series=found)


def plainly(told: History) -> History:
    return History(
        series={key: Series(readings=tuple(one.readings)) for key, one in told.series.items()}
    )


leaves = windows | st.builds(leaf, st.sampled_from(Comparison), st.sampled_from((*LEVELS, 200.0)))
across = st.builds(
    lambda leaf, across: replace(leaf, across=across), leaves, st.sampled_from(Across)
)


@given(conditions_of(leaves), steps, st.sampled_from((0.0, 2.5, 700.0)))
@settings(max_examples=25, deadline=None)
def test_a_long_series_is_judged_as_slowly(of: Condition, told: Steps, hold: float) -> None:
    one = rule(of, hold=hold)
    seen = told_of([told])
    fast = judge(one, "xops/s0", seen, now=NOON)
    assert fast == slow_verdict.judge(one, "xops/s0", plainly(seen), now=NOON)


@given(across, st.lists(steps, min_size=2, max_size=3), st.sampled_from((0.0, 700.0)))
@settings(max_examples=10, deadline=None)
def test_many_long_series_are_judged_as_slowly(
    of: Threshold, told: list[Steps], hold: float
) -> None:
    seen, one = told_of(told), rule(of, hold=hold)
    fast = judge(one, ALL_SUBJECTS, seen, now=NOON + timedelta(seconds=30))
    slow = slow_verdict.judge(one, ALL_SUBJECTS, plainly(seen), now=NOON + timedelta(seconds=30))
    assert fast == slow


@pytest.mark.parametrize("missing", Missing)
def test_a_long_silence_is_looked_at_once(missing: Missing) -> None:
    # The one signal falls silent, while another is read on.
    of = replace(above(80, datapoints="2/3"), missing=missing)
    seen = history(series(LOAD, {float(n): 90.0 for n in range(-900, -600)}))
    fast = judge(rule(of, hold=5), SUBJECT, seen, now=NOON)
    assert fast == slow_verdict.judge(rule(of, hold=5), SUBJECT, seen, now=NOON)


def test_a_run_of_windows_begins_where_the_first_of_them_is_full() -> None:
    seen = told_of([[(60.0, 50.0, 10), (60.0, 90.0, BLOCK + 10)]])
    verdict = judge(rule(above(80, datapoints="3/3"), hold=900), "xops/s0", seen, now=NOON)
    assert verdict.since == NOON - (BLOCK + 7) * MINUTE


def test_a_long_run_is_looked_over_in_ever_longer_pieces() -> None:
    columns = columns_of([(60.0, 50.0, 3 * BLOCK), (60.0, 90.0, 2 * BLOCK)], 5 * BLOCK)
    view = Readings((LOAD.name, "xops/s0"), columns, 0, 5 * BLOCK)
    seen = History(series={(LOAD.name, "xops/s0"): Series(readings=view)})
    verdict = judge(rule(above(80, datapoints="3/3"), hold=9000), "xops/s0", seen, now=NOON)
    assert verdict.since == NOON - (2 * BLOCK - 3) * MINUTE


def test_who_is_gone_does_not_end_a_run_that_another_proves() -> None:
    of = AnyOf(parts=(above(80, of=QUEUE), replace(above(80), across=Across.MAX)))
    seen = history(
        series(QUEUE, {float(n): 90.0 for n in range(-20, 1)}),
        series(LOAD, {-15.0: 90.0}, gap=gap(LOAD, GapReason.GONE, -10)),
    )
    verdict = judge(rule(of, hold=30), SUBJECT, seen, now=NOON)
    assert verdict.since == NOON - 20 * MINUTE
    assert verdict == slow_verdict.judge(rule(of, hold=30), SUBJECT, seen, now=NOON)


def test_readings_are_compared_and_shown_as_what_they_hold() -> None:
    seen = history(series(LOAD, {0.0: 1.0})).of(LOAD.name, SUBJECT).readings
    assert seen == (reading(LOAD, 1.0, 0.0),)
    others: list[object] = ["something else"]
    assert seen not in others
    assert repr(seen) == repr((reading(LOAD, 1.0, 0.0),))
