"""What a signal is made of: metrics, and what becomes of their points."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from xops_watch.errors import GapReason
from xops_watch.sources.cloudwatch.kinds import Cadence, Kind
from xops_watch.sources.cloudwatch.values import Value, hundredth, same

NO_SUCH_METRIC = (GapReason.NOT_APPLICABLE, "the subject has no such metric")


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """One metric in one statistic; `unit` asks only for points published in that unit."""

    metric: str
    stat: str
    unit: str = ""
    zero_if_parent_ok: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """What a signal is made of.

    Where a metric comes in several series, `join` makes one point of theirs. `value` takes a point
    of every input of one instant, None where there is none, and so does `is_idle`, which tells that
    there is nothing to measure then. `absent` is the gap of a subject that CloudWatch lists without
    any of the inputs.
    """

    signal: str
    kind: Kind
    cadence: Cadence
    inputs: tuple[Input, ...]
    value: Callable[..., Value]
    noun: str = "a number from 0 on"
    absent: tuple[GapReason, str] = NO_SUCH_METRIC
    is_idle: Callable[..., bool] | None = None
    join: Callable[[Iterable[float]], float] = sum


def one_metric(  # noqa: PLR0913, PLR0917 - a row of the table
    signal: str,
    kind: Kind,
    cadence: Cadence,
    metric: str,
    stat: str,
    value: Callable[[Value], Value] = same,
    absent: tuple[GapReason, str] = NO_SUCH_METRIC,
) -> Need:
    """Return the need of a signal that is made of one metric."""
    inputs = (Input(metric=metric, stat=stat),)
    noun = "a percentage" if value is hundredth else "a number from 0 on"
    return Need(
        signal=signal,
        kind=kind,
        cadence=cadence,
        inputs=inputs,
        value=value,
        noun=noun,
        absent=absent,
    )


def or_zero(metric: str) -> Input:
    """Return the sum of a metric that AWS publishes above 0 only."""
    return Input(metric=metric, stat="Sum", zero_if_parent_ok=True)
