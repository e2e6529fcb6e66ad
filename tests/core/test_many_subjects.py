"""A leaf over many subjects: which number it shows, what a silent one leaves, who is excused."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from tests.core.samples import LOAD, MINUTE, NOON, above, below, gap, history, leaf, rule, series
from xops_watch.core.condition import Across, Comparison, Threshold
from xops_watch.core.evidence import ALL_SUBJECTS
from xops_watch.core.measure import Aggregate, Statistic
from xops_watch.core.reading import Gap, History
from xops_watch.core.trigger import advance, new_trigger
from xops_watch.core.truth import Truth
from xops_watch.core.verdict import Verdict, judge
from xops_watch.errors import GapReason


def verdict(of: Threshold, known: History, *, at: float = 0) -> Verdict:
    return judge(rule(of), ALL_SUBJECTS, known, now=NOON + at * MINUTE)


def seen(**values: Mapping[float, float]) -> History:
    return history(*(series(LOAD, points, subject=name) for name, points in values.items()))


def loads(*values: float) -> History:
    points: dict[str, Mapping[float, float]] = {f"s{n}": {0: v} for n, v in enumerate(values)}
    return seen(**points)


@pytest.mark.parametrize(
    ("comparison", "level", "values", "shown"),
    [
        (Comparison.ABOVE, 80, (30, 90, 85), "90 (> 80)"),
        (Comparison.ABOVE, 95, (30, 90, 85), "90 (not > 95)"),
        (Comparison.BELOW, 50, (30, 90, 20), "20 (< 50)"),
        (Comparison.BELOW, 10, (30, 90, 20), "20 (not < 10)"),
        (Comparison.AT_MOST, 20, (30, 90, 20), "20 (≤ 20)"),
        (Comparison.IS, 30, (90, 30, 20), "30 (is 30)"),
    ],
)
def test_any_shows_the_value_that_is_furthest_over_the_line(
    comparison: Comparison, level: float, values: tuple[float, ...], shown: str
) -> None:
    of = replace(leaf(comparison, level), across=Across.ANY)
    assert verdict(of, loads(*values)).evidence == f"any of all load {shown}"


def test_the_greatest_is_shown_whichever_way_the_line_is_crossed() -> None:
    assert verdict(replace(below(50), across=Across.MAX), loads(30, 60)).value == 60
    assert verdict(replace(above(50), across=Across.MAX), loads(30, 20)).value == 30


@pytest.mark.parametrize(
    ("across", "value"), [(Across.ANY, 50), (Across.MAX, 50), (Across.SUM, 50)]
)
def test_what_is_not_seen_any_more_is_no_part_of_the_number(across: Across, value: float) -> None:
    known = seen(old={0: 95}, new={30: 50})
    found = verdict(replace(above(80), across=across), known, at=30)
    assert (found.condition, found.value) == (Truth.UNKNOWN, value)


def test_when_none_is_seen_any_more_the_last_number_is_shown_as_old() -> None:
    found = verdict(replace(above(80), across=Across.SUM), loads(95, 50), at=30)
    assert found.evidence == "sum of all load 145 (> 80), last read 30m ago"
    assert found.condition is Truth.UNKNOWN


def test_what_is_seen_now_counts_although_the_newest_reading_is_of_another() -> None:
    known = seen(a={0: 90}, b={1: 50})
    found = verdict(replace(above(80), across=Across.ANY), known, at=1)
    assert (found.value, found.as_of) == (90, NOON + MINUTE)


ONE: Mapping[float, float] = {0: 3}


def test_the_state_of_a_window_with_holes_is_not_proven_by_its_least_value() -> None:
    of = replace(
        leaf(Comparison.IS, 3), aggregate=Aggregate(statistic=Statistic.MIN, over=10 * MINUTE)
    )
    assert verdict(of, seen(**{ALL_SUBJECTS: ONE})).condition is Truth.UNKNOWN
    lower = replace(of, comparison=Comparison.BELOW, value=4)
    assert verdict(lower, seen(**{ALL_SUBJECTS: ONE})).condition is Truth.TRUE
    higher = replace(of, comparison=Comparison.ABOVE, value=2)
    assert verdict(higher, seen(**{ALL_SUBJECTS: ONE})).condition is Truth.UNKNOWN


NOT_APPLICABLE, DENIED, GONE = GapReason.NOT_APPLICABLE, GapReason.DENIED, GapReason.GONE


def gone(subject: str, reason: GapReason | None, *readings: float) -> History:
    missing: Gap | None = gap(LOAD, reason, subject=subject) if reason else None
    return history(series(LOAD, dict.fromkeys(readings, 50.0), subject=subject, gap=missing))


@pytest.mark.parametrize(
    ("first", "second", "blind"),
    [
        (gone("a", NOT_APPLICABLE), gone("b", NOT_APPLICABLE), False),
        (gone("a", NOT_APPLICABLE), gone("b", DENIED), True),
        (gone("a", DENIED), gone("b", NOT_APPLICABLE), True),
        (gone("a", NOT_APPLICABLE), gone("b", None, -30), True),
        (gone("a", NOT_APPLICABLE, 0), gone("b", DENIED, -30), True),
        (gone("a", GONE), gone("b", NOT_APPLICABLE), False),
        (gone("a", GONE), gone("b", DENIED), True),
    ],
)
def test_one_subject_that_does_not_apply_excuses_no_other(
    first: History,
    second: History,
    blind: bool,  # noqa: FBT001 - a table of facts
) -> None:
    of = rule(replace(above(80), across=Across.ANY))
    known = history(first.series, second.series)
    found = judge(of, ALL_SUBJECTS, known, now=NOON)
    assert found.condition is Truth.UNKNOWN
    after = advance(new_trigger("rule", ALL_SUBJECTS, now=NOON), found, now=NOON)
    assert after.blind is blind


def test_a_gap_of_one_that_is_seen_all_the_same_is_told() -> None:
    known = history(gone("a", None, 0).series, gone("b", DENIED, 0).series)
    found = verdict(replace(above(80), across=Across.ANY), known)
    assert found.condition is Truth.FALSE
    assert found.evidence == "any of all load 50 (not > 80); now denied: load is denied"


def test_of_no_subject_at_all_nothing_is_known() -> None:
    for across in (Across.ANY, Across.MAX, Across.SUM):
        found = verdict(replace(above(80), across=across), history())
        assert (found.condition, found.value, found.gap) == (Truth.UNKNOWN, None, None)
        assert found.evidence == "no reading of load yet"


def test_the_newest_subject_tells_the_age_of_the_number() -> None:
    known = seen(a={-2: 50, 0: 50}, b={-1: 50})
    assert verdict(replace(above(80), across=Across.ANY), known).as_of == NOON
