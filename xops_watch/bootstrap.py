"""From settings to running parts. The only module that names every adapter and builds AWS clients.

Importing it is slow (boto3): who must answer early opens its port before.
"""

import http.client
import os
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, overload

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError
from structlog.typing import FilteringBoundLogger

from xops_watch import __version__
from xops_watch.aws.inventory import EcsInventory
from xops_watch.collect import Collector
from xops_watch.core.notice import Stack
from xops_watch.core.reading import SeriesKey
from xops_watch.core.rule import Rulebook
from xops_watch.deliver import Deliver
from xops_watch.errors import ConfigurationError
from xops_watch.notify.log import LogNotifier
from xops_watch.notify.sns import Body, SnsNotifier
from xops_watch.ports import Notifier, Rulebooks, Source, Surroundings, Telemetry
from xops_watch.settings import Settings
from xops_watch.sources.cloudwatch import CloudWatchSource
from xops_watch.sources.ecs import EcsSource
from xops_watch.store.sqlite import SqliteStore
from xops_watch.watch import Watch

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_ecs import ECSClient
    from mypy_boto3_sns import SNSClient

# Two attempts of connect + read (2 x (3 + 5) s by default) stay below the collector's deadline
# plus one tick, and below the time that SIGTERM leaves.
ATTEMPTS = 2
COLLECT_DEADLINE = timedelta(seconds=10)

# What the sources of this version can see; the rest of the catalogue waits for its source.
OBSERVED_SIGNALS = frozenset((*EcsSource.signals, *CloudWatchSource.signals))


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
    clients = _Clients(settings, around.telemetry)
    rulebook = rulebooks.in_force(now=around.clock.now()).rulebook
    return Parts(
        watch=Watch(
            stack=Stack(name=settings.stack, runbooks_url=settings.runbooks_url),
            rulebooks=rulebooks,
            clock=around.clock,
            collector=Collector(
                _sources(settings, rulebook, clients, seen=store.series()),
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


def open_store(settings: Settings) -> SqliteStore:
    """Open the state file; raises StoreError."""
    return SqliteStore.open(settings.state_path)


def open_memory() -> SqliteStore:
    """Return a store that forgets, for a single look."""
    return SqliteStore.in_memory()


def _sources(
    settings: Settings, rulebook: Rulebook, clients: "_Clients", *, seen: Collection[SeriesKey]
) -> Sequence[Source]:
    if not settings.ecs.clusters:
        return ()
    inventory = EcsInventory(clients.make("ecs"), clusters=settings.ecs.clusters)
    return (
        EcsSource(
            inventory,
            interval=timedelta(seconds=settings.ecs.interval_seconds),
            crew_services=settings.ecs.crew_services,
            ignored_services=settings.ecs.ignored_services,
            seen=seen,
        ),
        CloudWatchSource(
            clients.make("cloudwatch"),
            inventory,
            interval=timedelta(seconds=settings.cloudwatch.interval_seconds),
            settle=timedelta(seconds=settings.cloudwatch.settle_seconds),
            lookback=rulebook.needs().get("ecs.cpu_utilization", timedelta(hours=1)),
            seen=seen,
        ),
    )


def _notifier(settings: Settings, clients: "_Clients", log: FilteringBoundLogger) -> Notifier:
    arn = settings.sns.topic_arn
    if arn is None:
        return LogNotifier(log)
    # A topic is published to in its own region, whatever the task's region is.
    region = arn.split(":")[3]
    return SnsNotifier(clients.make("sns", region=region), arn, body=Body(settings.sns.body))


class _Clients:
    """Builds AWS clients with explicit limits, each counting its requests."""

    def __init__(self, settings: Settings, telemetry: Telemetry) -> None:
        self._telemetry = telemetry
        self._config = Config(
            connect_timeout=settings.aws.connect_timeout_seconds,
            read_timeout=settings.aws.read_timeout_seconds,
            retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
            user_agent_extra=f"xops-watch/{__version__}",
        )
        self._session = boto3.session.Session()
        if not self._session.region_name:
            # ECS and every other SDK say AWS_REGION; boto3 only knows AWS_DEFAULT_REGION.
            self._session = boto3.session.Session(region_name=os.environ.get("AWS_REGION"))

    @overload
    def make(self, service: Literal["ecs"], *, region: str | None = None) -> "ECSClient": ...

    @overload
    def make(
        self, service: Literal["cloudwatch"], *, region: str | None = None
    ) -> "CloudWatchClient": ...

    @overload
    def make(self, service: Literal["sns"], *, region: str | None = None) -> "SNSClient": ...

    def make(
        self, service: Literal["ecs", "cloudwatch", "sns"], *, region: str | None = None
    ) -> object:
        """Return a client; raises ConfigurationError for a missing region or a bad endpoint."""
        try:
            client = self._session.client(service, region_name=region, config=self._config)
        except (BotoCoreError, ValueError) as error:
            raise ConfigurationError(
                f"cannot talk to {service}: {error}",
                hint="set AWS_REGION, and AWS_ENDPOINT_URL only for a test endpoint",
            ) from error
        client.meta.events.register("needs-retry", partial(_count, self._telemetry, service))
        return client


def _count(
    telemetry: Telemetry,
    service: str,
    *,
    operation: Any,  # noqa: ANN401 - botocore's OperationModel, which ships no types
    response: tuple[object, dict[str, Any]] | None = None,
    caught_exception: Exception | None = None,
    **_: object,
) -> None:
    """Count one attempt, retries included: botocore asks this hook after each.

    It returns None, which leaves the decision to retry to botocore.
    """
    if caught_exception is not None or response is None:
        outcome = "unreachable"
    else:
        status = response[1].get("ResponseMetadata", {}).get("HTTPStatusCode", http.client.OK)
        outcome = "ok" if status == http.client.OK else str(status)
    telemetry.aws_request(service, operation.name, outcome)
