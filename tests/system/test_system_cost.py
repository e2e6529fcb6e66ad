"""What the watch costs is shown while it runs, and a budget that slows it down is told."""

from pathlib import Path

from tests.system.daemons import eventually, running
from xops_watch.embedded_aws.control import EmbeddedAws

FAMILY = "xops_watch_aws_cost_dollars_per_month"
LABELS = '{operation="GetMetricData",service="cloudwatch"}'


def test_the_cost_is_shown_and_a_small_budget_is_kept_and_told(
    aws: EmbeddedAws, tmp_path: Path
) -> None:
    settings = {
        "XOPS_WATCH_TICK_SECONDS": "1",
        "XOPS_WATCH_CLOUDWATCH__API": "data",
        "XOPS_WATCH_CLOUDWATCH__BUDGET_DOLLARS_PER_MONTH": "0.3",
    }
    with running(aws, tmp_path, **settings) as daemon:
        eventually(
            lambda: "cloudwatch_intervals_stretched" in daemon.events(), "the budget is told"
        )
        metrics = daemon.read("/metrics")[1].splitlines()
        [cost] = [line.rpartition(" ") for line in metrics if line.startswith(FAMILY + "{")]
        assert cost[0] == FAMILY + LABELS
        assert 0 < float(cost[2]) <= 0.3
        stretched = [
            line for line in daemon.log() if line["event"] == "cloudwatch_intervals_stretched"
        ]
        assert stretched[0]["level"] == "warning"
        assert stretched[0]["budget_dollars_per_month"] == 0.3
        assert stretched[0]["interval_seconds"]["ecs.cpu_utilization"] >= 120
