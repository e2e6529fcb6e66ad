"""Two stacks in one account: of the other one nothing is read, and nothing is paid for."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.cli.command import xops_watch
from tests.system.daemons import eventually, running
from tests.system.resilience import statuses_of
from tests.system.whole_account import Front, hits_of, make_front, requests_of
from xops_watch.embedded_aws.control import EmbeddedAws, RecordedCall

NZ = "ap-southeast-6"
SCOPED = ("alb.", "edge.", "efs.", "cloudfront.")
VANTAGE = {"XOPS_WATCH_EDGE__VANTAGES": f"nz=canary:edge/first-byte@{NZ}"}


@pytest.fixture
def ours(aws: EmbeddedAws) -> Front:
    fronts = {name: make_front(aws, name) for name in ("xops", "other")}
    for name, front in fronts.items():
        files = f"fs-{name}"
        aws.put_cluster(
            name,
            services=[
                {
                    "name": "web",
                    "desired": 1,
                    "running": 1,
                    "target_groups": [front.target_group],
                    "file_systems": [files],
                }
            ],
        )
        aws.put_points(
            requests_of(aws, front.dimension),
            hits_of(aws, front.distribution),
            {
                "namespace": "AWS/EFS",
                "metric": "ClientConnections",
                "dimensions": {"FileSystemId": files},
                "points": [(aws.now(), 1.0)],
            },
        )
    return fronts["xops"]


def settings(aws: EmbeddedAws, **more: str) -> Mapping[str, str]:
    return aws.environment() | {"XOPS_WATCH_ECS__CLUSTERS": "xops", **more}


def metrics_asked(calls: list[RecordedCall]) -> Iterator[tuple[str, str]]:
    """Yield each metric of each call, as it is billed: in whatever many statistics."""
    for call in calls:
        queries = call.params["MetricDataQueries"]
        yield from {(call.region, json.dumps(q["MetricStat"]["Metric"])) for q in queries}


def reads(aws: EmbeddedAws) -> list[RecordedCall]:
    return [call for call in aws.requests().last if call.operation == "GetMetricData"]


def test_only_what_belongs_to_the_services_is_read(aws: EmbeddedAws, ours: Front) -> None:
    outcome = xops_watch("once", "--json", **settings(aws))
    signals: list[Any] = json.loads(outcome.out)["signals"]
    found = {s["subject"] for s in signals if s["signal"].startswith(SCOPED) and s["subject"]}
    assert found == {ours.dimension, ours.distribution, "fs-xops", "nz", "syd"}


def test_a_look_reads_each_planned_metric_once(aws: EmbeddedAws, ours: Front) -> None:
    assert ours.dimension
    alike = settings(aws, XOPS_WATCH_CLOUDWATCH__API="data", **VANTAGE)
    planned = json.loads(xops_watch("plan-cost", "--json", **alike).out)
    assert not reads(aws)
    xops_watch("once", **alike)
    billed = list(metrics_asked(reads(aws)))
    assert len(billed) == len(set(billed)) == planned["metrics"]
    assert {region for region, _ in billed} == {"ap-southeast-2", "us-east-1", NZ}


def test_a_region_that_is_not_enabled_says_so_and_takes_nothing_from_the_others(
    aws: EmbeddedAws, ours: Front, tmp_path: Path
) -> None:
    aws.add_fault("region_disabled", service="*", region=NZ)
    with running(aws, tmp_path, **VANTAGE) as daemon:
        eventually(
            lambda: statuses_of(daemon, "edge.latency").get("nz") == "not_enabled",
            "New Zealand is told not to be enabled",
        )
        eventually(
            lambda: statuses_of(daemon, "alb.requests_1m") == {ours.dimension: "ok"},
            "the load balancer is read",
        )
