"""How one group of sources says what it is, and what it is built from."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property

from structlog.typing import FilteringBoundLogger

from xops_watch.aws.clients import Clients
from xops_watch.aws.discovery import DISTRIBUTIONS
from xops_watch.aws.distributions import Distributions
from xops_watch.aws.expenses import Expenses
from xops_watch.aws.inventory import EcsInventory
from xops_watch.bootstrap import discovery
from xops_watch.bootstrap.prometheus_api import make_api
from xops_watch.core.reading import SeriesKey
from xops_watch.core.rule import Rulebook
from xops_watch.ports import Memory, Source, Telemetry
from xops_watch.settings import Settings
from xops_watch.sources.cloudwatch import Belongs, Bill
from xops_watch.web.prometheus import PrometheusApi


@dataclass(frozen=True, kw_only=True)  # no slots: what is shared is made when first asked for
class Needs:
    """What sources are built from.

    `rules` returns the rulebook that is judged by now. `seen` are the series that were observed
    before the process started. `tell` hears what reading CloudWatch costs. `memory` keeps what a
    source must still know after a restart.
    """

    settings: Settings
    clients: Clients
    rules: Callable[[], Rulebook]
    seen: Collection[SeriesKey]
    tell: Callable[[Bill], None]
    memory: Memory
    telemetry: Telemetry
    log: FilteringBoundLogger

    @cached_property
    def expenses(self) -> Expenses:
        """What all calls that are billed cost together."""
        return Expenses()

    def tell_bill(self, bill: Bill) -> None:
        """Hear what reading CloudWatch costs, and count it among the expenses."""
        self.expenses.note("cloudwatch:GetMetricData", bill.dollars)
        self.tell(bill)

    @cached_property
    def inventory(self) -> EcsInventory | None:
        """The inventory that all readers of ECS share; None when no cluster is watched."""
        ecs = self.settings.ecs
        if not ecs.clusters:
            return None
        # Sources that got out of step, because one took long, still share a sweep.
        max_age = timedelta(seconds=ecs.interval_seconds) / 2
        return EcsInventory(self.clients.make("ecs"), clusters=ecs.clusters, max_age=max_age)

    @cached_property
    def prometheus(self) -> PrometheusApi | None:
        """The Prometheus server that all share; None when none is named."""
        return make_api(self.settings.prometheus)

    @cached_property
    def belongs(self) -> Belongs:
        """Who tells what belongs to the watched services."""
        return discovery.belongs(self.inventory, self.clients, self.log)

    @cached_property
    def distributions(self) -> Distributions:
        """The distributions of CloudFront, which also tell why one of their metrics is missing."""
        return Distributions(
            self.clients.make("cloudfront"),
            self.settings.edge.distributions,
            belongs=lambda now: self.belongs(DISTRIBUTIONS, now),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Wiring:
    """One group of sources.

    `signals` are all that it can observe, whatever the settings; `iam_actions` the IAM action of
    each of its calls to AWS. `enabled` tells whether the settings ask for it, and `setting` is what
    turns it on. `build` raises ConfigurationError when the settings cannot be followed.
    """

    name: str
    setting: str
    signals: tuple[str, ...]
    enabled: Callable[[Settings], bool]
    build: Callable[[Needs], Sequence[Source]]
    iam_actions: tuple[str, ...] = field(default=())
