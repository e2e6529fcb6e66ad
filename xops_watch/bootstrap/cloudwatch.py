"""Sources that ask CloudWatch, planned together so that no metric is paid for twice."""

from collections.abc import Sequence
from datetime import timedelta
from functools import partial

from xops_watch.aws.discovery import DISCOVERY_ACTIONS
from xops_watch.bootstrap.wiring import Needs, Wiring
from xops_watch.errors import GapReason
from xops_watch.settings.cloudwatch import CloudWatch
from xops_watch.sources import cloudwatch
from xops_watch.sources.cloudwatch import Allowance, CloudWatchSource, Reads, Vantage


def metrics(needs: Needs) -> Sequence[Reads]:
    """Return one source for each region; raises ConfigurationError."""
    wanted, clients = needs.settings.cloudwatch, needs.clients
    cloudwatch.demand_known("XOPS_WATCH_CLOUDWATCH__NAMESPACES", wanted.namespaces)
    cloudwatch.demand_known("XOPS_WATCH_CLOUDWATCH__SUBJECTS", wanted.patterns)
    interval = timedelta(seconds=wanted.interval_seconds)
    needs.expenses.expect("cloudwatch:GetMetricData")
    return cloudwatch.cloudwatch_sources(
        lambda region: clients.make("cloudwatch", region=_name(region)),
        needs.rules,
        pace=cloudwatch.Pace(
            interval=interval,
            settle=timedelta(seconds=wanted.settle_seconds),
            budget=wanted.budget_dollars_per_month,
            allowance=_allowance(wanted),
        ),
        scope=cloudwatch.Scope(
            inventory=needs.inventory,
            namespaces=wanted.namespaces,
            only=wanted.patterns,
            vantages=_vantages(needs),
            explain=partial(_explain, needs),
            belongs=needs.belongs,
        ),
        tell=needs.tell_bill,
        seen=needs.seen,
    )


def _allowance(settings: CloudWatch) -> Allowance:
    """GetMetricData is never free."""
    free = 0 if settings.api == "data" else settings.free_requests_per_month
    return Allowance(free_calls=free, always=settings.api == "statistics")


def _vantages(needs: Needs) -> Sequence[Vantage]:
    named = needs.settings.edge.named_vantages
    home = needs.clients.make("cloudwatch").meta.region_name if named else ""
    return tuple(
        Vantage(
            name=one.name,
            namespace=one.namespace,
            metric=one.metric,
            dimensions=one.dimensions,
            per=one.per,
            region="" if one.region == home else one.region,
        )
        for one in named
    )


def _explain(needs: Needs, signal: str, subject: str) -> tuple[GapReason, str] | None:
    """Only CloudFront itself knows whether a distribution has the metrics that are paid for."""
    if signal != "edge.origin_latency":
        return None
    return needs.distributions.why_no_metrics(subject)


def _name(region: str) -> str | None:
    """Home is where boto3 says."""
    return None if region == cloudwatch.Place.HOME else region


WIRING = Wiring(
    name="cloudwatch",
    setting="XOPS_WATCH_ECS__CLUSTERS",
    signals=tuple(cloudwatch.SIGNALS),
    iam_actions=(*CloudWatchSource.iam_actions, *DISCOVERY_ACTIONS),
    enabled=lambda settings: settings.watches_aws or settings.edge.asked_for,
    build=metrics,
)
