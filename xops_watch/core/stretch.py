"""For how long what is proven has been so: looked at piece by piece, not reading by reading.

Every instant counts twice, before what was read at it and after: what is true of missing points
may end with a reading, and begin again long before the next. As a number, `2 * instant` is
before and `2 * instant + 1` is after.
"""

from bisect import bisect_right
from collections.abc import Iterable

from xops_watch.core.columns import BLOCK, FEW, MICROSECOND, Search, searching, to_micros
from xops_watch.core.condition import Across, AllOf, AnyOf, Comparison, Condition, Not, Threshold
from xops_watch.core.datapoints import Missing
from xops_watch.core.evidence import Evidence
from xops_watch.core.gauge import Gauge
from xops_watch.core.reading import Readings
from xops_watch.core.total import judge_sum
from xops_watch.core.truth import Truth, negate

BEGINNING = -(2**64)  # before every instant

_ROUNDING = 1e-9  # of a sum, whatever the order of its parts: far more than it can be
_UPWARD = (Comparison.ABOVE, Comparison.AT_LEAST)

Stretch = tuple[Truth, int]  # what is proven, and since when


def stretch_of(
    condition: Condition, evidence: Evidence, subject: str, *, until: int, windows: bool
) -> Stretch:
    """Return what is proven at `until`, and since when at least it has been so."""
    match condition:
        case Threshold():
            gauge = evidence.gauge(condition)
            return _of_leaf(gauge, subject, until=until, windows=windows)
        case Not(part=part):
            truth, since = stretch_of(part, evidence, subject, until=until, windows=windows)
            return negate(truth), since
        case AllOf(parts=parts):
            decides = Truth.FALSE
        case AnyOf(parts=parts):  # pragma: no branch - there is no other condition
            decides = Truth.TRUE
    several = (stretch_of(p, evidence, subject, until=until, windows=windows) for p in parts)
    return _joined(several, decides)


def _joined(stretches: Iterable[Stretch], decides: Truth) -> Stretch:
    """Join parts of which a single one may decide."""
    parts = list(stretches)
    deciding = [since for truth, since in parts if truth is decides]
    if deciding:
        return decides, min(deciding)
    is_unknown = any(truth is Truth.UNKNOWN for truth, _ in parts)
    truth = Truth.UNKNOWN if is_unknown else negate(decides)
    return truth, max(since for _, since in parts)


def _of_leaf(gauge: Gauge, subject: str, *, until: int, windows: bool) -> Stretch:
    leaf, every = gauge.leaf, gauge.series(subject)
    if leaf.across is Across.EACH:
        return _of_one(gauge, every[0].view, until=until, windows=windows)
    known = (until - 1) // 2
    left = [2 * to_micros(s.gap.noticed_at) + 1 for s in every if s.gap and s.is_absent(at=known)]
    changed = max(left, default=BEGINNING)  # since then the same subjects are there
    there = gauge.there(subject, at=known)
    if not there or there[0].is_absent(at=known):
        return gauge.truth(subject, known=known, at=until // 2, windows=windows), changed
    views = [series.view for series in there]
    if len(views) > 1 and leaf.across is Across.SUM:
        truth = gauge.truth(subject, known=known, at=until // 2, windows=windows)
        summed = not windows or leaf.aggregate is None
        return truth, max(changed, _since_of_sum(gauge, views, until=until, plain=summed))
    # The greatest is over a line when one is, and under it when all are.
    downward = leaf.across is Across.MAX and leaf.comparison not in _UPWARD
    several = (_of_one(gauge, view, until=until, windows=windows) for view in views)
    truth, since = _joined(several, Truth.FALSE if downward else Truth.TRUE)
    return truth, max(since, changed)


def _since_of_sum(gauge: Gauge, views: list[Readings], *, until: int, plain: bool) -> int:
    """Return since when a sum proves the same; a `plain` one adds up newest values."""
    since = max(_last_step(gauge, view, until=until) for view in views)
    size = BLOCK
    while plain and gauge.leaf.comparison is not Comparison.IS:
        begin = _alike_sums(gauge, views, until=until, size=size)
        if begin is None or begin >= since:
            break
        since, size = begin, size * 4
    return since


def _alike_sums(gauge: Gauge, views: list[Readings], *, until: int, size: int) -> int | None:
    """Return since when the same subjects are seen, at most `size` readings ago.

    None when the least and the greatest sum that there could be since do not prove the same.
    """
    begin, fresh = BEGINNING, []
    for view in views:
        stop = view.bound((until - 1) // 2)
        if gauge.is_stale(view, stop, at=until // 2):
            begin = max(begin, _last_step(gauge, view, until=until))
        else:
            oldest = max(gauge.heard_since(view, view.start, stop), stop - size)
            begin = max(begin, 2 * view.columns.instants[oldest] + 1)
            fresh.append((view, stop))
    known = (begin - 1) // 2
    limits = [view.columns.extremes(view.bound(known) - 1, stop) for view, stop in fresh]
    slack = _ROUNDING * sum(max(-least, most) for least, most in limits)
    sums = sum(least for least, _ in limits) - slack, sum(most for _, most in limits) + slack
    others = [(0.0, True)] * (len(fresh) - 1)
    low, high = (
        judge_sum(gauge.leaf, [(total, True), *others], subjects=len(views), aggregate=None)
        for total in sums
    )
    return begin if low is high else None


def _last_step(gauge: Gauge, view: Readings, *, until: int) -> int:
    """Return since when the newest reading of a series is what it is, or proves nothing."""
    stop = view.bound((until - 1) // 2)
    if stop == view.start:
        return BEGINNING
    newest = view.columns.instants[stop - 1]
    stale = 2 * (newest + gauge.grace + 1)
    return stale if stale <= until else 2 * newest + 1


def _of_one(gauge: Gauge, view: Readings, *, until: int, windows: bool) -> Stretch:
    stop, at = view.bound((until - 1) // 2), until // 2
    truth = gauge.one(view, stop, at=at, windows=windows)
    if stop == view.start:
        return truth, BEGINNING
    instants = view.columns.instants
    newest = instants[stop - 1]
    if at - newest > gauge.grace:
        moves = windows and gauge.leaf.datapoints and gauge.leaf.missing is not Missing.UNKNOWN
        stale = 2 * (newest + gauge.grace + 1)
        return truth, max(stale, _last_move(gauge, newest, at=at)) if moves else stale
    first = gauge.heard_since(view, view.start, stop)
    if windows and gauge.windowed:
        last = _last_window(gauge, view, first, stop, truth)
    else:
        last = _last_value(gauge, view, first, stop, truth is Truth.TRUE)
    return truth, 2 * instants[last + 1] + 1


def _last_move(gauge: Gauge, newest: int, *, at: int) -> int:
    """Return since when a range of periods that moves on without readings is what it is at `at`."""
    empty = newest + gauge.grace + gauge.leaf.window // MICROSECOND
    return 2 * empty if at >= empty else 2 * at


def _last_value(gauge: Gauge, view: Readings, first: int, stop: int, over: bool) -> int:  # noqa: FBT001 - what is looked for
    """Return the last place from `first` on whose value is not `over` the line, or is."""
    instants, values = view.columns.instants, view.columns.values

    def fails(place: int) -> bool:
        hidden = place + 1 < stop and instants[place + 1] == instants[place]
        return not hidden and gauge.breached_by(values[place]) is not over

    def clean(start: int, end: int) -> bool:
        return gauge.all_are(over, view.columns, start, end)

    question = f"{gauge.sign} {over}"
    return view.columns.last(question, searching(fails, clean), floor=first, stop=stop)


def _last_window(gauge: Gauge, view: Readings, first: int, stop: int, wanted: Truth) -> int:
    """Return the last place from `first` on where the window proved something else."""
    search = _windows(gauge, view, first, wanted)
    # A window that reaches past the first reading may be cut off another time.
    instants = view.columns.instants
    reach = instants[view.start] + gauge.leaf.window // MICROSECOND
    whole = max(first, bisect_right(instants, reach, view.start, stop))
    last = view.columns.last(f"{gauge.question} {wanted}", search, floor=whole, stop=stop)
    return last if last >= whole else search(first, min(whole, stop))


def _windows(gauge: Gauge, view: Readings, first: int, wanted: Truth) -> Search:
    """Return a search for the last window that proves something else: many are judged as one."""
    instants = view.columns.instants

    def differs(place: int, proof: Truth | None) -> bool:
        if instants[place + 1 : place + 2] == instants[place : place + 1]:
            return False  # hidden by the one after it
        if proof is None:
            proof = gauge.one(view, place + 1, at=instants[place], windows=True)
        return proof is not wanted

    def search(floor: int, stop: int) -> int:
        size = BLOCK
        while stop - floor > FEW:
            start = max(floor, stop - size)
            if gauge.sliding.of_all(view, first, start, stop) is wanted:
                stop, size = start, size * 4
                continue
            if size == BLOCK:
                proofs = gauge.sliding.of_each(view, first, start, stop)
                for place in range(stop - 1, start - 1, -1):
                    if proofs[place - start] is not wanted and differs(
                        place, proofs[place - start]
                    ):
                        return place
                stop = start
            size = BLOCK
        return searching(lambda place: differs(place, None))(floor, stop)

    return search
