"""What a window or a sum over several subjects proves when a part of it is not seen."""

from collections.abc import Sequence

from xops_watch.core.condition import Comparison, Threshold
from xops_watch.core.measure import Aggregate
from xops_watch.core.truth import Truth

_UPWARD = (Comparison.ABOVE, Comparison.AT_LEAST)
_DOWNWARD = (Comparison.BELOW, Comparison.AT_MOST)


def is_certain(leaf: Threshold, aggregate: Aggregate) -> bool:
    """Tell whether what is over the line stays so, whatever a hole in the window hides."""
    if leaf.comparison in _UPWARD:
        return aggregate.only_grows
    return leaf.comparison in _DOWNWARD and aggregate.only_shrinks


def judge_sum(
    leaf: Threshold,
    parts: Sequence[tuple[float, bool]],
    *,
    subjects: int,
    aggregate: Aggregate | None,
) -> Truth:
    """Judge the sum of the numbers that are seen, each with whether its window was watched.

    What is not seen can only make the sum larger, because values are 0 or more.
    """
    total = sum(number for number, _ in parts)
    whole = [number for number, is_whole in parts if is_whole]
    if len(whole) == subjects:
        return Truth.of(leaf.breached_by(total))
    proven = False
    if leaf.comparison in _UPWARD:
        certain = aggregate is None or is_certain(leaf, aggregate)
        proven = bool(parts) and leaf.breached_by(total if certain else sum(whole))
    elif len(parts) == subjects and aggregate is not None:
        proven = is_certain(leaf, aggregate) and leaf.breached_by(total)
    return Truth.TRUE if proven else Truth.UNKNOWN
