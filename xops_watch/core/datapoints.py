"""M of N, as CloudWatch alarms judge it, with four treatments of missing points."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from xops_watch.core.truth import Truth


class Missing(StrEnum):
    """What a missing point counts as.

    `unknown` (the default) is ours: what could be either is not proven. The others are
    CloudWatch's. `ignore` keeps the state; `missing`, CloudWatch's own default, may fire early,
    on fewer than M points, when all there are breach.
    """

    UNKNOWN = "unknown"
    MISSING = "missing"
    BREACHING = "breaching"
    NOT_BREACHING = "not_breaching"
    IGNORE = "ignore"


@dataclass(frozen=True, slots=True, kw_only=True)
class Datapoints:
    """M of N: at least `needed` of the newest `of` periods must breach."""

    needed: int
    of: int

    def __post_init__(self) -> None:
        """Refuse what would always be true, or never."""
        if not 1 <= self.needed <= self.of:
            msg = f"datapoints {self.needed}/{self.of}: needs 1 to {self.of} of the periods"
            raise ValueError(msg)

    @property
    def range(self) -> int:
        """Return how many periods are looked at, to find N points among them.

        CloudWatch looks further back than N when points are missing. It documents 5 for N = 3
        and no other number; beyond that this is our choice: a third more, at least 2.
        """
        return self.of + max(self.of // 3, 2)


def decide(slots: Sequence[bool | None], datapoints: Datapoints, missing: Missing) -> Truth:
    """Judge one range of periods, oldest first: True breaches, None has no point.

    UNKNOWN means "not proven" under `unknown`, and "keep what was" under the others.
    Source of the procedure: CloudWatch user guide, "Configuring how alarms treat missing data".
    """
    if missing is Missing.UNKNOWN:
        return _proven(slots[-datapoints.of :], datapoints)
    real = [slot for slot in slots if slot is not None]
    if len(real) >= datapoints.of:
        # Enough points in the range: the newest N decide, wherever the holes are.
        return Truth.of(sum(real[-datapoints.of :]) >= datapoints.needed)
    breaches, absent = sum(real), datapoints.of - len(real)
    if missing is Missing.BREACHING:
        return Truth.of(breaches + absent >= datapoints.needed)
    if missing is Missing.NOT_BREACHING or not all(real):
        return Truth.of(breaches >= datapoints.needed)
    early = missing is Missing.MISSING and _age_of_oldest(slots) >= datapoints.needed
    return Truth.TRUE if early else Truth.UNKNOWN


def _proven(slots: Sequence[bool | None], datapoints: Datapoints) -> Truth:
    """Return what holds however the missing points would have been."""
    breaches = slots.count(True)
    absent = datapoints.of - breaches - slots.count(False)
    if breaches >= datapoints.needed:
        return Truth.TRUE
    return Truth.UNKNOWN if breaches + absent >= datapoints.needed else Truth.FALSE


def _age_of_oldest(slots: Sequence[bool | None]) -> int:
    """Return how many periods ago the oldest point is (1 is the newest period); 0 for none."""
    return max(
        (len(slots) - index for index, slot in enumerate(slots) if slot is not None), default=0
    )
