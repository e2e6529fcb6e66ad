"""For how long a condition has been true: the newest unbroken stretch of evidence."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from xops_watch.core.columns import to_micros
from xops_watch.core.condition import Condition, thresholds
from xops_watch.core.evidence import Evidence
from xops_watch.core.stretch import stretch_of
from xops_watch.core.truth import Truth


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """From which reading to which a condition was true, in microseconds."""

    start: int
    end: int

    @property
    def length(self) -> int:
        """Return how long that is."""
        return self.end - self.start


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """Who asks: a subject, now, and whether M of N and statistics count."""

    evidence: Evidence
    subject: str
    now: int
    windows: bool = True


def run_of(condition: Condition, view: View, *, enough: int | None = None) -> Run:
    """Return for how long a condition, true now, has been: looked back no further than `enough`.

    It was so at an instant when it was before and after what was read at it. Between two
    instants nothing was read, and evidence only goes stale: what was still true just before the
    later one was true from the earlier one on. A condition that is true of nothing but missing
    points has lasted no time.
    """
    moments = _Moments(condition, view)
    if moments.end is None:
        return Run(start=view.now, end=view.now)
    end, until = moments.end, 2 * moments.newest + 1
    while (since := _true_since(condition, view, until)) is not None:
        until = moments.before(since)
        if until <= 2 * moments.oldest:  # before the oldest nothing is known
            return Run(start=min(moments.oldest, end), end=end)
        if enough is not None and end - moments.start(until) >= enough:
            break
    return Run(start=min(moments.start(until), end), end=end)


def _true_since(condition: Condition, view: View, until: int) -> int | None:
    """Return since when a condition has been true, None when it is not: that ends a run."""
    evidence, subject, windows = view.evidence, view.subject, view.windows
    known, at = (until - 1) // 2, until // 2
    if evidence.truth(condition, subject, known=known, at=at, windows=windows) is not Truth.TRUE:
        return None
    return stretch_of(condition, evidence, subject, until=until, windows=windows)[1]


class _Moments:
    """When something was read that a condition is judged on, or somebody left.

    Who is left out from some instant on changes what the others prove.
    """

    def __init__(self, condition: Condition, view: View) -> None:
        self._several: list[tuple[Sequence[int], int, int]] = []
        left = []
        for leaf in thresholds(condition):
            for one in view.evidence.gauge(leaf).series(view.subject):
                stop = one.view.bound(view.now)
                if stop > one.view.start:
                    self._several.append((one.view.columns.instants, one.view.start, stop))
                if one.gap and one.is_absent(at=view.now):
                    left.append(to_micros(one.gap.noticed_at))
        newest = [instants[stop - 1] for instants, _, stop in self._several]
        self.end = max(newest, default=None)
        if left:
            self._several.append((sorted(left), 0, len(left)))
        self.newest = max(newest + left, default=0)
        self.oldest = min((instants[start] for instants, start, _ in self._several), default=0)

    def before(self, since: int) -> int:
        """Return the last moment before another, `2 * oldest` when there is none."""
        upto = (since - 1) // 2
        before = [
            instants[place - 1]
            for instants, start, stop in self._several
            if (place := bisect_right(instants, upto, start, stop)) > start
        ]
        return min(2 * max(before) + 1, since - 1) if before else 2 * self.oldest

    def start(self, after: int) -> int:
        """Return the first instant after which a moment comes that is later than another."""
        first = (after + 1) // 2
        return min(
            (
                instants[place]
                for instants, start, stop in self._several
                if (place := bisect_left(instants, first, start, stop)) < stop
            ),
            default=self.newest,
        )
