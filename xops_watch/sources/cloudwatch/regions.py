"""One source for each region: a region that is slow or down delays no other."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Protocol

from xops_watch.aws.inventory import EcsInventory
from xops_watch.core.reading import SeriesKey
from xops_watch.core.rule import Rulebook
from xops_watch.errors import SourceError
from xops_watch.ports import Source
from xops_watch.sources.cloudwatch.needs import NEEDS, Place
from xops_watch.sources.cloudwatch.plan import Planner, Wanted, plan, plan_vantages
from xops_watch.sources.cloudwatch.source import CloudWatchSource, Explain
from xops_watch.sources.cloudwatch.spending import Allowance, Bill, Spending
from xops_watch.sources.cloudwatch.subjects import Belongs, Subjects
from xops_watch.sources.cloudwatch.vantages import UnsetVantages, Vantage, VantageSource

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient

_NAMES = {Place.HOME: "cloudwatch", Place.GLOBAL: "cloudwatch_global"}


class Reads(Source, Protocol):
    """A source that knows what it will read."""

    def plan(self, *, now: datetime) -> Collection[SourceError]:
        """Say what would be read, without reading it; return why some of it is not known."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How often CloudWatch is read, how old points have to be, and what that may cost."""

    interval: timedelta
    settle: timedelta
    budget: float | None = None
    allowance: Allowance = field(default_factory=Allowance)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Whose metrics are read.

    Services are those of the inventory, `only` are patterns of what CloudWatch lists, by
    namespace, and `belongs` names those of a namespace without patterns; without `namespaces`
    those are read that the rules in force need. `explain` may know better than CloudWatch why
    there is no value.
    """

    inventory: EcsInventory | None = None
    namespaces: Collection[str] = ()
    only: Mapping[str, Sequence[str]] = field(default_factory=dict)
    vantages: Sequence[Vantage] = ()
    explain: Explain = lambda _signal, _subject: None
    belongs: Belongs = lambda _namespace, _now: None


def cloudwatch_sources(
    client_of: Callable[[str], "CloudWatchClient"],
    rules: Callable[[], Rulebook],
    *,
    pace: Pace,
    scope: Scope,
    tell: Callable[[Bill], None],
    seen: Collection[SeriesKey] = (),
) -> tuple[Reads, ...]:
    """Return a source for each region in which something may be wanted; they share the budget.

    `client_of` takes the name of a region, or `home`. `rules` returns the rulebook in force: what
    is wanted changes with it.
    """
    build = _Build(
        client_of=client_of,
        pace=pace,
        scope=scope,
        seen=seen,
        spending=Spending(
            interval=pace.interval,
            settle=pace.settle,
            budget=pace.budget,
            allowance=pace.allowance,
            tell=tell,
        ),
    )
    everything = Planner(
        rules, lambda book: plan(book, namespaces=scope.namespaces, interval=pace.interval)
    )
    of_vantages = Planner(rules, lambda book: plan_vantages(book, interval=pace.interval))
    return (
        *(build.of_place(place, everything) for place in Place if build.may_read(place)),
        *build.of_vantages(of_vantages),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Build:
    """What all sources are made of."""

    client_of: Callable[[str], "CloudWatchClient"]
    pace: Pace
    scope: Scope
    seen: Collection[SeriesKey]
    spending: Spending

    def may_read(self, place: Place) -> bool:
        """Tell whether anything of the place may be wanted, by whatever rules."""
        kinds = {need.kind for need in NEEDS if need.kind.place is place}
        named = self.scope.namespaces
        return any(not named or kind.namespace in named for kind in kinds)

    def of_place(self, place: Place, everything: Callable[[], Sequence[Wanted]]) -> Reads:
        """Return the source of a place."""
        client, scope = self.client_of(place), self.scope
        is_here = self._is_here
        return CloudWatchSource(
            client,
            Subjects(client, scope.inventory, only=scope.only, belongs=scope.belongs),
            lambda: tuple(wanted for wanted in everything() if is_here(wanted, place)),
            name=_NAMES[place],
            interval=self.pace.interval,
            settle=self.pace.settle,
            spending=self.spending,
            seen=self.seen,
            explain=scope.explain,
        )

    def of_vantages(self, wanted: Callable[[], Sequence[Wanted]]) -> Sequence[Reads]:
        """Return a source for each region with vantages, and one for those that are not set."""
        vantages = self.scope.vantages
        regions = dict.fromkeys(vantage.region for vantage in vantages)
        sources: list[Reads] = [
            self._of_region(region, [v for v in vantages if v.region == region], wanted)
            for region in regions
        ]
        unset = UnsetVantages(wanted, vantages, seen=self.seen)
        return [*sources, unset] if unset.is_needed else sources

    def _of_region(
        self, region: str, vantages: Sequence[Vantage], wanted: Callable[[], Sequence[Wanted]]
    ) -> Reads:
        client, names = self.client_of(region or Place.HOME), {v.name for v in vantages}
        reader = CloudWatchSource(
            client,
            Subjects(client, named=[vantage.subject for vantage in vantages]),
            wanted,
            name=f"edge_latency_{(region or Place.HOME).replace('-', '_')}",
            interval=self.pace.interval,
            settle=self.pace.settle,
            spending=self.spending,
            seen=[key for key in self.seen if key[1] in names],
        )
        return VantageSource(reader, vantages)

    def _is_here(self, wanted: Wanted, place: Place) -> bool:
        kind = wanted.need.kind
        return kind.place is place and (bool(kind.listed) or self.scope.inventory is not None)
