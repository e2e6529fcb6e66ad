"""What is run again and again, put together."""

from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from structlog.typing import FilteringBoundLogger

from xops_watch.aws.clients import Clients
from xops_watch.bootstrap.clients import make_clients
from xops_watch.bootstrap.sources import build_sources, settings_wanted
from xops_watch.bootstrap.sqlite_wal import demand_apart
from xops_watch.bootstrap.wiring import Needs
from xops_watch.collect import Collector
from xops_watch.core.notice import Stack
from xops_watch.deliver import Deliver
from xops_watch.notify.log import LogNotifier
from xops_watch.notify.sns import Body, SnsNotifier
from xops_watch.ports import Notifier, Rulebooks, Surroundings
from xops_watch.settings import Settings
from xops_watch.sources.cloudwatch import Bill
from xops_watch.store.sqlite import SqliteStore
from xops_watch.watch import Watch

COLLECT_DEADLINE = timedelta(seconds=10)


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
    clients = make_clients(settings, around.telemetry)
    needs = Needs(
        settings=settings,
        clients=clients,
        rules=lambda: rulebooks.current.rulebook,
        seen=store.series(),
        tell=partial(_tell_cost, around),
        memory=store,
        telemetry=around.telemetry,
        log=around.log,
    )
    return Parts(
        watch=Watch(
            stack=Stack(name=settings.stack, runbooks_url=settings.runbooks_url),
            rulebooks=rulebooks,
            clock=around.clock,
            collector=Collector(
                build_sources(needs),
                deadline=COLLECT_DEADLINE,
                telemetry=around.telemetry,
                log=around.log,
            ),
            store=store,
            publisher=around.publisher,
            log=around.log,
            worse_by=settings.decisions.worse_by,
            wanted=settings_wanted(settings),
        ),
        deliver=Deliver(
            outbox=store,
            notifier=make_notifier(settings, clients, around.log),
            clock=around.clock,
            telemetry=around.telemetry,
            log=around.log,
        ),
    )


def open_store(settings: Settings) -> SqliteStore:
    """Open the state file; raises StoreError, and ConfigurationError where it must not be."""
    demand_apart(settings)
    return SqliteStore.open(settings.state_path)


def open_memory() -> SqliteStore:
    """Return a store that forgets, for a single look."""
    return SqliteStore.in_memory()


def make_notifier(settings: Settings, clients: Clients, log: FilteringBoundLogger) -> Notifier:
    """Return who takes notices to their receiver: SNS, or the log when no topic is named."""
    arn = settings.sns.topic_arn
    if arn is None:
        return LogNotifier(log)
    # A topic is published to in its own region, whatever the task's region is.
    region = arn.split(":")[3]
    return SnsNotifier(clients.make("sns", region=region), arn, body=Body(settings.sns.body))


def _tell_cost(around: Surroundings, bill: Bill) -> None:
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
