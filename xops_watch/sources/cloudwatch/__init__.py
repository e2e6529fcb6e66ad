"""CloudWatch: all metrics that rules and dashboard read, planned together, read in batches."""

from xops_watch.sources.cloudwatch.needs import SIGNALS, Place
from xops_watch.sources.cloudwatch.plan import demand_known, plan
from xops_watch.sources.cloudwatch.regions import Pace, Reads, Scope, cloudwatch_sources
from xops_watch.sources.cloudwatch.source import CloudWatchSource
from xops_watch.sources.cloudwatch.spending import NOTHING_READ, Allowance, Bill
from xops_watch.sources.cloudwatch.subjects import Belongs
from xops_watch.sources.cloudwatch.vantages import Vantage

__all__ = [
    "NOTHING_READ",
    "SIGNALS",
    "Allowance",
    "Belongs",
    "Bill",
    "CloudWatchSource",
    "Pace",
    "Place",
    "Reads",
    "Scope",
    "Vantage",
    "cloudwatch_sources",
    "demand_known",
    "plan",
]
