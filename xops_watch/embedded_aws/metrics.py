"""The metric data of the world: series, their samples, and what CloudWatch forgets."""

import bisect
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import attrgetter

from xops_watch.embedded_aws.errors import ControlError

ANYWHERE = "*"
# Enough for a year of minutes of four series, little enough for a small machine (about 1 GB).
SAMPLES_MAX = 2_000_000
IDLE_AFTER = timedelta(weeks=2)
RECENT = timedelta(hours=3)

Dimensions = frozenset[tuple[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesKey:
    """What makes a series: the same metric with other dimensions is another series.

    `region` is a region's name, or `ANYWHERE` for points that every region shows.
    """

    region: str
    namespace: str
    metric: str
    dimensions: Dimensions


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One published value, array of values or statistic set.

    `values` has each value with the number of times it occurred, or is None when only a
    statistic set is known: percentiles cannot be had from that.
    """

    at: datetime
    unit: str
    count: float
    total: float
    low: float
    high: float
    values: tuple[tuple[float, float], ...] | None
    high_resolution: bool = False


def sample_of(
    value: float, *, at: datetime, unit: str = "None", high_resolution: bool = False
) -> Sample:
    """Return the sample of one `value`."""
    return Sample(
        at=at,
        unit=unit,
        count=1.0,
        total=value,
        low=value,
        high=value,
        values=((value, 1.0),),
        high_resolution=high_resolution,
    )


class MetricStore:
    """All series; safe to use from many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._series: dict[SeriesKey, list[Sample]] = {}
        self._size = 0

    def add(self, batches: Iterable[tuple[SeriesKey, Iterable[Sample]]]) -> int:
        """Add samples and return how many; instants are cut to the minute (second if fine).

        Raises ControlError when the store is full.
        """
        added = 0
        with self._lock:
            for key, samples in batches:
                series = self._series.setdefault(key, [])
                for sample in samples:
                    if self._size >= SAMPLES_MAX:
                        reason = f"the metric store is full: {SAMPLES_MAX} samples"
                        raise ControlError(reason, status=507)
                    bisect.insort(series, sample, key=attrgetter("at"))
                    self._size += 1
                    added += 1
        return added

    def clear(self) -> None:
        """Forget every series."""
        with self._lock:
            self._series.clear()
            self._size = 0

    def read(self, key: SeriesKey, *, start: datetime, end: datetime) -> list[Sample]:
        """Return the samples of exactly this series in [start, end), oldest first.

        Points that were put for every region are seen too.
        """
        found: list[Sample] = []
        with self._lock:
            for region in (key.region, ANYWHERE):
                there = SeriesKey(
                    region=region,
                    namespace=key.namespace,
                    metric=key.metric,
                    dimensions=key.dimensions,
                )
                series = self._series.get(there, [])
                low = bisect.bisect_left(series, start, key=attrgetter("at"))
                high = bisect.bisect_left(series, end, key=attrgetter("at"))
                found += series[low:high]
        return sorted(found, key=attrgetter("at"))

    def listed(self, region: str, *, since: datetime) -> list[SeriesKey]:
        """Return, sorted, the series of `region` that have a sample at or after `since`."""
        with self._lock:
            seen = {
                (key.namespace, key.metric, tuple(sorted(key.dimensions)))
                for key, series in self._series.items()
                if key.region in {region, ANYWHERE} and series and series[-1].at >= since
            }
        return [
            SeriesKey(
                region=region, namespace=namespace, metric=metric, dimensions=frozenset(dimensions)
            )
            for namespace, metric, dimensions in sorted(seen)
        ]
