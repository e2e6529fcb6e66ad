"""How fast something grows: a slope that one odd day does not bend."""

from collections.abc import Sequence
from datetime import timedelta
from itertools import combinations
from statistics import median

from xops_watch.core.reading import Reading
from xops_watch.core.signal import DAY

GROWTH_OVER = 30 * DAY
DAYS_MIN = 14  # fewer are a week with its weekend, and an accident


def growth_per_day(readings: Sequence[Reading]) -> float | None:
    """Return by how much a value grows in a day, None when too few days are known.

    Theil and Sen: the median of the slopes between any two points. The last reading of each day
    counts; 30 days are at most 435 pairs.
    """
    if not readings:
        return None
    begin = readings[-1].taken_at - GROWTH_OVER
    days = {one.taken_at.date(): one for one in readings if one.taken_at > begin}
    if len(days) < DAYS_MIN:
        return None
    return median(
        (later.value - earlier.value) / _days(later.taken_at - earlier.taken_at)
        for earlier, later in combinations(days.values(), 2)
    )


def _days(duration: timedelta) -> float:
    return duration / DAY
