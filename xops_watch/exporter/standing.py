"""How a trigger stands against its threshold now: the one derivation that all outputs share."""

import math
from dataclasses import dataclass
from datetime import datetime

from xops_watch.core.condition import AllOf, AnyOf, Comparison, Condition, Not, Threshold
from xops_watch.core.rule import Rule
from xops_watch.core.snapshot import Snapshot, TriggerView

_UPPER = (Comparison.ABOVE, Comparison.AT_LEAST)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One trigger, its value if that is known now, and the room left to the threshold.

    `headroom_ratio` is the room over the threshold: 0.25 is a quarter away, 0 is on the line,
    below 0 is past it. None when there is no value or the threshold is 0.
    """

    view: TriggerView
    value: float | None
    headroom_ratio: float | None


def standings_of(snapshot: Snapshot) -> tuple[Standing, ...]:
    """Return the standing of every trigger, in the snapshot's order."""
    return tuple(_standing(view, at=snapshot.at) for view in snapshot.triggers)


def _standing(view: TriggerView, *, at: datetime) -> Standing:
    """A value is known as long as it is evidence: past its signal's grace it proves nothing."""
    value, as_of = view.verdict.value, view.verdict.as_of
    if value is None or as_of is None or at - as_of > view.rule.primary.signal.grace:
        return Standing(view=view, value=None, headroom_ratio=None)
    return Standing(view=view, value=value, headroom_ratio=headroom_ratio(view.rule, value))


def headroom_ratio(rule: Rule, value: float) -> float | None:
    """Return how far `value` is from the rule's primary threshold, as a share of the threshold.

    Positive means room left. None when the threshold is 0, of which nothing is a share, or so
    small that the share is no finite number.
    """
    leaf = rule.primary
    if leaf.value == 0 or leaf.comparison is Comparison.IS:
        return None
    room = leaf.value - value if leaf.comparison in _UPPER else value - leaf.value
    ratio = (-room if _negated(rule.when) else room) / abs(leaf.value)
    return ratio + 0.0 if math.isfinite(ratio) else None  # + 0.0 turns -0.0 into 0.0


def _negated(condition: Condition) -> bool:
    """Tell whether the first leaf speaks for the opposite of the condition."""
    match condition:
        case Not(part=part):
            return not _negated(part)
        case AllOf(parts=parts) | AnyOf(parts=parts):
            return _negated(parts[0])
        case Threshold():
            return False
