"""What is judged fast is what a plain walk over all readings says, to the last word."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.core import slow_verdict
from tests.core.samples import LOAD, MINUTE, NOON, SUBJECT, gap, history, rule, series
from tests.core.strategies import (
    QUARTER,
    SIGNALS,
    Points,
    conditions_of,
    known,
    points,
    qualified,
    regular,
    scattered,
    statistics_of,
    thresholds_of,
)
from xops_watch.core.columns import Columns, searching, to_micros
from xops_watch.core.condition import Across, Condition
from xops_watch.core.datapoints import Missing
from xops_watch.core.evidence import ALL_SUBJECTS, Evidence
from xops_watch.core.reading import Gap, History, Readings, Series
from xops_watch.core.rule import Rule
from xops_watch.core.trigger import Status, Trigger, advance, new_trigger
from xops_watch.core.verdict import Judge, judge
from xops_watch.errors import GapReason

silences = st.sampled_from(Missing)
leaves = st.builds(
    lambda leaf, missing: replace(leaf, missing=missing),
    thresholds_of() | statistics_of(),
    silences,
)
across = st.builds(
    lambda leaf, across: replace(leaf, across=across), leaves, st.sampled_from(Across)
)
gaps = st.none() | st.builds(
    lambda reason, minutes: (reason, minutes), st.sampled_from(GapReason), st.integers(-9, 0)
)


def varied(conditions: st.SearchStrategy[Condition]) -> st.SearchStrategy[Rule]:
    holds = st.sampled_from((0.0, 0.25, 1.0, 2.5, 4.0, 8.0))
    return st.builds(
        lambda when, hold, clear, keep: replace(
            rule(when, hold=hold, clear=clear), keep=keep * MINUTE
        ),
        conditions,
        holds,
        st.none() | st.tuples(conditions, holds),
        st.just(0.0) | holds,
    )


moments = st.integers(-8, 24).map(lambda quarters: NOON + quarters * QUARTER)


@given(qualified | varied(conditions_of(leaves)), points, gaps, moments)
@settings(max_examples=400, deadline=None)
def test_of_one_subject(
    of: Rule, seen: Points, missing: tuple[GapReason, int] | None, now: datetime
) -> None:
    of_gap = {s: gap(s, missing[0], missing[1]) for s in SIGNALS} if missing else {}
    told = history(*(series(s, values, gap=of_gap.get(s)) for s, values in seen.items()))
    assert judge(of, SUBJECT, told, now=now) == slow_verdict.judge(of, SUBJECT, told, now=now)


Subjects = Mapping[str, tuple[Mapping[float, float], tuple[GapReason, int] | None]]
several = st.dictionaries(
    st.sampled_from(("a", "b", "c")), st.tuples(regular | scattered, gaps), max_size=3
)


def told_of(subjects: Subjects) -> History:
    def left(subject: str, missing: tuple[GapReason, int] | None) -> Gap | None:
        return gap(LOAD, missing[0], missing[1], subject=subject) if missing else None

    return history(
        *(
            series(LOAD, values, subject=subject, gap=left(subject, missing))
            for subject, (values, missing) in subjects.items()
        )
    )


of_load = across.map(lambda leaf: replace(leaf, signal=LOAD))


@given(varied(conditions_of(of_load)), several, moments)
@settings(max_examples=400, deadline=None)
def test_of_many_subjects(of: Rule, subjects: Subjects, now: datetime) -> None:
    told = told_of(subjects)
    fast = judge(of, ALL_SUBJECTS, told, now=now)
    assert fast == slow_verdict.judge(of, ALL_SUBJECTS, told, now=now)


@given(qualified, points, st.sampled_from(Status), moments)
@settings(max_examples=200, deadline=None)
def test_what_is_not_asked_does_not_matter(
    of: Rule, seen: Points, status: Status, now: datetime
) -> None:
    before = replace(new_trigger("rule", SUBJECT, now=NOON - MINUTE), status=status)
    told = known(seen)
    spared = Judge(of, Evidence(told), now=now).verdict(SUBJECT, firing=status is Status.FIRING)
    whole = slow_verdict.judge(of, SUBJECT, told, now=now)
    assert advance(before, spared, now=now) == advance(before, whole, now=now)


class Growing:
    """One series as a store keeps it: columns that grow, are corrected, and lose their oldest."""

    def __init__(self) -> None:
        self.columns = Columns()

    def put(self, minutes: float, value: float) -> None:
        at = to_micros(NOON + minutes * MINUTE)
        instants = self.columns.instants
        place = sum(instant < at for instant in instants)
        if place == len(instants):
            instants.append(at)
            self.columns.values.append(value)
        else:
            there = instants[place] == at
            self.columns = self.columns.changed(place, at, value, replaces=there)

    def drop(self, count: int) -> None:
        self.columns = self.columns.since(min(count, len(self.columns.instants)))

    def history(self, start: int) -> History:
        stop = len(self.columns.instants)
        view = Readings((LOAD.name, SUBJECT), self.columns, min(start, stop), stop)
        return History(series={(LOAD.name, SUBJECT): Series(readings=view)})


changes = st.lists(
    st.tuples(
        st.sampled_from((0.0, 0.0, 0.0, 0.0, -1.0, -2.5, 3.0)),
        st.sampled_from((50.0, 90.0, 90.0, 90.0)),
        st.sampled_from((0, 0, 0, 1, 2)),
        st.sampled_from((0, 0, 1)),
    ),
    max_size=14,
)


@given(varied(conditions_of(leaves.map(lambda leaf: replace(leaf, signal=LOAD)))), changes)
@settings(max_examples=300, deadline=None)
def test_what_is_remembered_of_a_series_that_grows_and_is_corrected(
    of: Rule, steps: list[tuple[float, float, int, int]]
) -> None:
    growing = Growing()
    before: Trigger = new_trigger("rule", SUBJECT, now=NOON)
    for minute, (late, value, dropped, hidden) in enumerate(steps):
        growing.put(minute + late, value)
        growing.drop(dropped)
        now = NOON + minute * MINUTE
        told = growing.history(hidden)
        plain = History(
            series={key: Series(readings=tuple(one.readings)) for key, one in told.series.items()}
        )
        assert judge(of, SUBJECT, told, now=now) == slow_verdict.judge(of, SUBJECT, plain, now=now)
        spared = Judge(of, Evidence(told), now=now)
        after = advance(
            before, spared.verdict(SUBJECT, firing=before.status is Status.FIRING), now=now
        )
        whole = slow_verdict.judge(of, SUBJECT, plain, now=now)
        assert after == advance(before, whole, now=now)
        before = after


def test_a_view_of_the_past_stays_as_it_was_when_its_columns_grow() -> None:
    growing = Growing()
    growing.put(0, 50)
    growing.put(1, 90)
    past = growing.history(0).of(LOAD.name, SUBJECT)
    growing.put(2, 95)
    growing.put(0.5, 60)
    assert [reading.value for reading in past.readings] == [50, 90]
    assert past.until(NOON + timedelta(seconds=30))[-1].value == 50


def test_questions_are_forgotten_before_they_fill_the_memory() -> None:
    columns = Columns([1, 2, 3], [1.0, 2.0, 3.0])
    for number in range(1_500):
        found = columns.last(f"{number}", searching(lambda place: place == 1), floor=0, stop=3)
        assert found == 1
    assert columns.last("0", searching(lambda place: place == 0), floor=0, stop=3) in (0, 1)
