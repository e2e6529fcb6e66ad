"""How fast a bucket grows: by the median slope of two weeks and more."""

from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.samples import NOON
from xops_watch.core.derive import DERIVED_NEEDS, GROWTH, STORED, derive
from xops_watch.core.growth import DAYS_MIN, growth_per_day
from xops_watch.core.reading import Gap, History, Reading, Series
from xops_watch.errors import GapReason

DAY = timedelta(days=1)
BUCKET = "xops-finops"


def daily(*values: float, last: timedelta = timedelta()) -> tuple[Reading, ...]:
    """Return a reading a day, the newest `last` before noon."""
    days = len(values) - 1
    return tuple(
        Reading(signal=STORED, subject=BUCKET, value=value, taken_at=NOON - last - (days - n) * DAY)
        for n, value in enumerate(values)
    )


def test_a_steady_growth_is_its_slope() -> None:
    assert growth_per_day(daily(*(100.0 + 7 * n for n in range(20)))) == pytest.approx(7)


def test_one_odd_day_does_not_bend_it() -> None:
    values = [100.0 + 7 * n for n in range(20)]
    values[12] = 5e6
    assert growth_per_day(daily(*values)) == pytest.approx(7, abs=0.5)


def test_what_shrinks_grows_by_less_than_nothing() -> None:
    assert growth_per_day(daily(*(100.0 - 2 * n for n in range(15)))) == pytest.approx(-2)


def test_fewer_than_two_weeks_tell_nothing() -> None:
    assert growth_per_day(()) is None
    assert growth_per_day(daily(*range(DAYS_MIN - 1))) is None
    assert growth_per_day(daily(*range(DAYS_MIN))) == pytest.approx(1)


def test_what_is_older_than_thirty_days_does_not_count() -> None:
    values = [1e9 - 1e7 * n for n in range(60)] + [float(n) for n in range(30)]
    assert growth_per_day(daily(*values)) == pytest.approx(1)


def test_several_readings_of_a_day_are_one() -> None:
    hours = tuple(
        Reading(signal=STORED, subject=BUCKET, value=n, taken_at=NOON + timedelta(hours=n / 10))
        for n in range(100)
    )
    assert growth_per_day(hours) is None


@given(st.lists(st.floats(0, 1e15), min_size=DAYS_MIN, max_size=31))
def test_no_slope_is_steeper_than_the_steepest_day(values: list[float]) -> None:
    slope = growth_per_day(daily(*values))
    assert slope is not None
    steepest = max(abs(b - a) for a, b in pairwise(values))
    assert abs(slope) <= steepest * (1 + 1e-9)


def told(series: Series) -> list[Reading | Gap]:
    known = History(series={(STORED, BUCKET): series})
    found = derive({}, known, stack="xops", now=NOON)
    return [one for one in found if one.signal == GROWTH]


def test_it_is_derived_for_each_bucket_from_thirty_days() -> None:
    (one,) = told(Series(readings=daily(*(5.0 * n for n in range(20)), last=DAY)))
    assert isinstance(one, Reading)
    assert one.value == pytest.approx(5)
    assert (one.subject, one.taken_at) == (BUCKET, NOON - DAY)
    assert DERIVED_NEEDS[STORED] == 30 * DAY


def test_a_bucket_that_is_not_known_for_long_says_so() -> None:
    (one,) = told(Series(readings=daily(1, 2)))
    assert isinstance(one, Gap)
    assert (one.reason, one.detail) == (
        GapReason.STALE,
        "finops.stored: not read for long enough to tell how it grows",
    )


def test_a_gap_of_what_is_stored_is_a_gap_of_its_growth() -> None:
    denied = Gap(
        signal=STORED, subject=BUCKET, reason=GapReason.DENIED, detail="so", noticed_at=NOON
    )
    (one,) = told(Series(readings=daily(*range(20)), gap=denied))
    assert isinstance(one, Gap)
    assert one.reason is GapReason.DENIED
