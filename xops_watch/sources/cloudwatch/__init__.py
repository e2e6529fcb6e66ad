"""CloudWatch: all metrics that rules and dashboard read, planned together, read in batches."""

from xops_watch.sources.cloudwatch.needs import SIGNALS, Place
from xops_watch.sources.cloudwatch.plan import NOTHING_READ, Bill, demand_known, plan
from xops_watch.sources.cloudwatch.regions import Pace, Scope, cloudwatch_sources
from xops_watch.sources.cloudwatch.source import CloudWatchSource

__all__ = [
    "NOTHING_READ",
    "SIGNALS",
    "Bill",
    "CloudWatchSource",
    "Pace",
    "Place",
    "Scope",
    "cloudwatch_sources",
    "demand_known",
    "plan",
]
