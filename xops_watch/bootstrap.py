"""From settings to running parts. The only module that names every adapter.

Importing it is slow (boto3): who must answer early opens its port before.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from structlog.typing import FilteringBoundLogger

from xops_watch.aws.clients import Clients
from xops_watch.aws.inventory import EcsInventory
from xops_watch.aws.metadata import on_ecs, own_task
from xops_watch.aws.scaling import Autoscaling
from xops_watch.aws.task_definitions import TaskDefinitions
from xops_watch.aws.tasks import TaskBook
from xops_watch.aws.topic import TOPIC_ACTIONS
from xops_watch.collect import Collector
from xops_watch.core.notice import Stack
from xops_watch.core.reading import SeriesKey
from xops_watch.core.rule import Rulebook
from xops_watch.deliver import Deliver
from xops_watch.notify.log import LogNotifier
from xops_watch.notify.sns import Body, SnsNotifier
from xops_watch.ports import Notifier, Rulebooks, Source, Surroundings, Telemetry
from xops_watch.settings import Settings
from xops_watch.sources import cloudwatch
from xops_watch.sources.ecs import EcsSource
from xops_watch.sources.ecs_config import EcsConfigSource, Reads
from xops_watch.sources.ecs_tasks import EcsTaskSource
from xops_watch.store.sqlite import SqliteStore
from xops_watch.watch import Watch

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sts import STSClient

COLLECT_DEADLINE = timedelta(seconds=10)

_OF_ECS = (EcsSource, EcsConfigSource, EcsTaskSource)
# What the sources of this version can see; the rest of the catalogue waits for its source.
OBSERVED_SIGNALS = frozenset(
    (
        *(signal for source in _OF_ECS for signal in source.signals),
        *cloudwatch.SIGNALS,
    )
)

# The IAM action of every call to AWS that is made, by whatever settings.
IAM_ACTIONS = frozenset(
    (
        *(action for source in _OF_ECS for action in source.iam_actions),
        *cloudwatch.CloudWatchSource.iam_actions,
        *SnsNotifier.iam_actions,
        *TOPIC_ACTIONS,
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What is run again and again, put together."""

    watch: Watch
    deliver: Deliver


def assemble(
    settings: Settings, rulebooks: Rulebooks, store: SqliteStore, around: Surroundings
) -> Parts:
    """Put the parts together; raises ConfigurationError when AWS clients cannot be built.

    Raises StoreError when the store does not say what was seen before.
    """
    clients = _clients(settings, around.telemetry)
    rulebook = rulebooks.in_force(now=around.clock.now()).rulebook
    return Parts(
        watch=Watch(
            stack=Stack(name=settings.stack, runbooks_url=settings.runbooks_url),
            rulebooks=rulebooks,
            clock=around.clock,
            collector=Collector(
                _sources(
                    settings,
                    rulebook,
                    clients,
                    seen=store.series(),
                    tell=partial(_tell_cost, around),
                ),
                deadline=COLLECT_DEADLINE,
                telemetry=around.telemetry,
                log=around.log,
            ),
            store=store,
            publisher=around.publisher,
            log=around.log,
        ),
        deliver=Deliver(
            outbox=store,
            notifier=_notifier(settings, clients, around.log),
            clock=around.clock,
            telemetry=around.telemetry,
            log=around.log,
        ),
    )


def at_home(settings: Settings, log: FilteringBoundLogger) -> Settings:
    """Return the settings with the own task's cluster where none is named.

    Raises UnreachableError when ECS does not tell which task this is.
    """
    if settings.ecs.clusters or not on_ecs():
        return settings
    task = own_task()
    log.info("ecs_task_found", cluster=task.cluster, service=task.service, region=task.region)
    ecs = settings.ecs.model_copy(update={"clusters": (task.cluster,)})
    return settings.model_copy(update={"ecs": ecs})


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """What `doctor` tries out: what the daemon has. `bills` grows while the sources are read."""

    region: str
    sources: Sequence[Source]
    bills: Sequence[cloudwatch.Bill]
    sts: "STSClient"
    sns: "SNSClient | None"


def examined(settings: Settings, rulebook: Rulebook, telemetry: Telemetry) -> Examined:
    """Put together what is tried out; raises ConfigurationError when clients cannot be built."""
    clients = _clients(settings, telemetry)
    arn, sts, bills = settings.sns.topic_arn, clients.make("sts"), [cloudwatch.NOTHING_READ]
    return Examined(
        region=sts.meta.region_name,
        sources=_sources(settings, rulebook, clients, seen=(), tell=bills.append),
        bills=bills,
        sts=sts,
        sns=clients.make("sns", region=arn.split(":")[3]) if arn else None,
    )


def open_store(settings: Settings) -> SqliteStore:
    """Open the state file; raises StoreError."""
    return SqliteStore.open(settings.state_path)


def open_memory() -> SqliteStore:
    """Return a store that forgets, for a single look."""
    return SqliteStore.in_memory()


def _sources(
    settings: Settings,
    rulebook: Rulebook,
    clients: Clients,
    *,
    seen: Collection[SeriesKey],
    tell: Callable[[cloudwatch.Bill], None] = lambda _: None,
) -> Sequence[Source]:
    inventory = None
    sources: list[Source] = []
    if settings.ecs.clusters:
        inventory = EcsInventory(clients.make("ecs"), clusters=settings.ecs.clusters)
        sources += _of_ecs(settings, clients, inventory, seen=seen)
    if settings.watches_something:
        sources += _metrics(settings, rulebook, clients, inventory, tell=tell, seen=seen)
    return sources


def _of_ecs(
    settings: Settings,
    clients: Clients,
    inventory: EcsInventory,
    *,
    seen: Collection[SeriesKey],
) -> Sequence[Source]:
    ecs, client = settings.ecs, clients.make("ecs")
    reads = Reads(
        scaling=Autoscaling(
            clients.make("application-autoscaling"),
            max_age=timedelta(seconds=ecs.scaling_interval_seconds),
        ),
        definitions=TaskDefinitions(client),
    )
    interval = timedelta(seconds=ecs.interval_seconds)
    return (
        EcsSource(
            inventory,
            interval=interval,
            crew_services=ecs.crew_services,
            ignored_services=ecs.ignored_services,
            l5_services=ecs.l5_services,
            l6_services=ecs.l6_services,
            seen=seen,
        ),
        EcsConfigSource(
            inventory,
            reads,
            interval=interval,
            crew_services=ecs.crew_services,
            l5_services=ecs.l5_services,
            l6_services=ecs.l6_services,
            seen=seen,
        ),
        EcsTaskSource(
            inventory,
            partial(TaskBook, client),
            interval=interval,
            crew_services=ecs.crew_services,
            seen=seen,
        ),
    )


def _metrics(
    settings: Settings,
    rulebook: Rulebook,
    clients: Clients,
    inventory: EcsInventory | None,
    *,
    tell: Callable[[cloudwatch.Bill], None],
    seen: Collection[SeriesKey] = (),
) -> Sequence[cloudwatch.CloudWatchSource]:
    wanted = settings.cloudwatch
    cloudwatch.demand_known("XOPS_WATCH_CLOUDWATCH__NAMESPACES", wanted.namespaces)
    cloudwatch.demand_known("XOPS_WATCH_CLOUDWATCH__SUBJECTS", wanted.patterns)
    interval = timedelta(seconds=wanted.interval_seconds)
    # Of services without a region AWS keeps the metrics in one; home is where boto3 says.
    regions = {cloudwatch.Place.HOME: None, cloudwatch.Place.GLOBAL: cloudwatch.Place.GLOBAL}
    return cloudwatch.cloudwatch_sources(
        lambda place: clients.make("cloudwatch", region=regions[place]),
        cloudwatch.plan(rulebook, namespaces=wanted.namespaces, interval=interval),
        pace=cloudwatch.Pace(
            interval=interval,
            settle=timedelta(seconds=wanted.settle_seconds),
            budget=wanted.budget_dollars_per_month,
        ),
        scope=cloudwatch.Scope(inventory=inventory, only=wanted.patterns),
        tell=tell,
        seen=seen,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """What reading CloudWatch will cost, and what could not be looked at to tell."""

    bill: cloudwatch.Bill
    not_counted: tuple[str, ...]


def forecast(
    settings: Settings, rulebook: Rulebook, telemetry: Telemetry, *, now: datetime
) -> Forecast:
    """Look who is measured, and read nothing; raises ConfigurationError."""
    clients = _clients(settings, telemetry)
    clusters = settings.ecs.clusters
    inventory = EcsInventory(clients.make("ecs"), clusters=clusters) if clusters else None
    bills = [cloudwatch.NOTHING_READ]
    sources = _metrics(settings, rulebook, clients, inventory, tell=bills.append)
    not_counted = [error.what for source in sources for error in source.plan(now=now)]
    return Forecast(bill=bills[-1], not_counted=tuple(not_counted))


def _tell_cost(around: Surroundings, bill: cloudwatch.Bill) -> None:
    """Show what reading costs, and say what the budget makes slower."""
    around.telemetry.aws_cost("cloudwatch", "GetMetricData", bill.dollars)
    dollars = round(bill.dollars, 2)
    around.log.info("cloudwatch_planned", metrics=bill.metrics, dollars_per_month=dollars)
    slower = {line.signal: line.every.total_seconds() for line in bill.lines if line.stretched}
    if slower:
        around.log.warning(
            "cloudwatch_intervals_stretched",
            budget_dollars_per_month=bill.budget,
            interval_seconds=slower,
            too_late_to_judge=[line.signal for line in bill.lines if line.late],
        )


def _notifier(settings: Settings, clients: Clients, log: FilteringBoundLogger) -> Notifier:
    arn = settings.sns.topic_arn
    if arn is None:
        return LogNotifier(log)
    # A topic is published to in its own region, whatever the task's region is.
    region = arn.split(":")[3]
    return SnsNotifier(clients.make("sns", region=region), arn, body=Body(settings.sns.body))


def _clients(settings: Settings, telemetry: Telemetry) -> Clients:
    return Clients(
        telemetry,
        connect_seconds=settings.aws.connect_timeout_seconds,
        read_seconds=settings.aws.read_timeout_seconds,
    )
