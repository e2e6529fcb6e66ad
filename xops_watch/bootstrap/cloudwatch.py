"""Sources that ask CloudWatch, planned together so that no metric is paid for twice."""

from collections.abc import Sequence
from datetime import timedelta

from xops_watch.bootstrap.wiring import Needs, Wiring
from xops_watch.sources import cloudwatch
from xops_watch.sources.cloudwatch import CloudWatchSource


def metrics(needs: Needs) -> Sequence[CloudWatchSource]:
    """Return one source for each region; raises ConfigurationError."""
    wanted, clients = needs.settings.cloudwatch, needs.clients
    cloudwatch.demand_known("XOPS_WATCH_CLOUDWATCH__NAMESPACES", wanted.namespaces)
    cloudwatch.demand_known("XOPS_WATCH_CLOUDWATCH__SUBJECTS", wanted.patterns)
    interval = timedelta(seconds=wanted.interval_seconds)
    # Of services without a region AWS keeps the metrics in one; home is where boto3 says.
    regions = {cloudwatch.Place.HOME: None, cloudwatch.Place.GLOBAL: cloudwatch.Place.GLOBAL}
    return cloudwatch.cloudwatch_sources(
        lambda place: clients.make("cloudwatch", region=regions[place]),
        cloudwatch.plan(needs.rules(), namespaces=wanted.namespaces, interval=interval),
        pace=cloudwatch.Pace(
            interval=interval,
            settle=timedelta(seconds=wanted.settle_seconds),
            budget=wanted.budget_dollars_per_month,
        ),
        scope=cloudwatch.Scope(inventory=needs.inventory, only=wanted.patterns),
        tell=needs.tell,
        seen=needs.seen,
    )


WIRING = Wiring(
    name="cloudwatch",
    signals=tuple(cloudwatch.SIGNALS),
    iam_actions=CloudWatchSource.iam_actions,
    enabled=lambda settings: settings.watches_aws,
    build=metrics,
)
