"""How one group of sources says what it is, and what it is built from."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from structlog.typing import FilteringBoundLogger

from xops_watch.aws.clients import Clients
from xops_watch.aws.inventory import EcsInventory
from xops_watch.core.reading import SeriesKey
from xops_watch.core.rule import Rulebook
from xops_watch.ports import Memory, Source, Telemetry
from xops_watch.settings import Settings
from xops_watch.sources.cloudwatch import Bill


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
    def inventory(self) -> EcsInventory | None:
        """The inventory that all readers of ECS share; None when no cluster is watched."""
        clusters = self.settings.ecs.clusters
        return EcsInventory(self.clients.make("ecs"), clusters=clusters) if clusters else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wiring:
    """One group of sources.

    `signals` are all that it can observe, whatever the settings; `iam_actions` the IAM action of
    each of its calls to AWS. `enabled` tells whether the settings ask for it. `build` raises
    ConfigurationError when the settings cannot be followed.
    """

    name: str
    signals: tuple[str, ...]
    enabled: Callable[[Settings], bool]
    build: Callable[[Needs], Sequence[Source]]
    iam_actions: tuple[str, ...] = field(default=())
