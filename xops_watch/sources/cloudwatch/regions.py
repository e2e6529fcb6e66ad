"""One source for each region: a region that is slow or down delays no other."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from xops_watch.aws.inventory import EcsInventory
from xops_watch.core.reading import SeriesKey
from xops_watch.sources.cloudwatch.needs import Place
from xops_watch.sources.cloudwatch.plan import Bill, Spending, Wanted
from xops_watch.sources.cloudwatch.source import CloudWatchSource
from xops_watch.sources.cloudwatch.subjects import Subjects

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient

_NAMES = {Place.HOME: "cloudwatch", Place.GLOBAL: "cloudwatch_global"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How often CloudWatch is read, how old points have to be, and what that may cost."""

    interval: timedelta
    settle: timedelta
    budget: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Whose metrics are read: services of the inventory, and what CloudWatch lists of `only`."""

    inventory: EcsInventory | None = None
    only: Mapping[str, Sequence[str]] = field(default_factory=dict)


def cloudwatch_sources(
    client_of: Callable[[Place], "CloudWatchClient"],
    wanted: Sequence[Wanted],
    *,
    pace: Pace,
    scope: Scope,
    tell: Callable[[Bill], None],
    seen: Collection[SeriesKey] = (),
) -> tuple[CloudWatchSource, ...]:
    """Return a source for each region in which something is wanted; they share the budget."""
    spending = Spending(interval=pace.interval, settle=pace.settle, budget=pace.budget, tell=tell)
    sources = []
    for place, name in _NAMES.items():
        here = [one for one in wanted if _is_here(one, place, scope)]
        if here:
            client = client_of(place)
            sources.append(
                CloudWatchSource(
                    client,
                    Subjects(client, scope.inventory, only=scope.only),
                    here,
                    name=name,
                    interval=pace.interval,
                    settle=pace.settle,
                    spending=spending,
                    seen=seen,
                )
            )
    return tuple(sources)


def _is_here(wanted: Wanted, place: Place, scope: Scope) -> bool:
    kind = wanted.need.kind
    return kind.place is place and (bool(kind.listed) or scope.inventory is not None)
