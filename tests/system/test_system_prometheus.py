"""A number of a real Prometheus server, all the way to the advice, the metrics and the notice."""

from pathlib import Path
from typing import Any

from tests.system.daemons import RunningDaemon, eventually, running
from tests.web.prometheus_server import Recorded, needs_prometheus, prometheus_of
from xops_watch.clock import machine_now
from xops_watch.embedded_aws.control import EmbeddedAws

RULE, STEP = "portal-openwebui-cold-start", "portal-scale-open-webui"


def _advice(daemon: RunningDaemon) -> dict[str, Any]:
    found: list[dict[str, Any]] = daemon.snapshot()["advice"]
    return next(one for one in found if one["evolution"]["id"] == STEP)


@needs_prometheus
def test_a_slow_cold_start_is_advised_told_and_shown(aws: EmbeddedAws, tmp_path: Path) -> None:
    now = machine_now().timestamp()
    cold = [
        Recorded(series=f'pipelines_cold_start_seconds{{task="{n}"}}', points=[(now, seconds)])
        for n, seconds in enumerate((75.5, 40.0))
    ]
    with prometheus_of(tmp_path, cold) as url:
        settings = {"XOPS_WATCH_PROMETHEUS__URL": url, "XOPS_WATCH_RULES_PATH": "ai-portal"}
        with running(aws, tmp_path, **settings) as daemon:
            eventually(lambda: daemon.statuses().get((RULE, "xops")) == "firing", "it fires")
            assert _advice(daemon)["state"] == "recommended"
            metrics = daemon.read("/metrics")[1].splitlines()
            assert 'xops_pipelines_cold_start_seconds{subject="xops"} 75.5' in metrics
            assert daemon.signal_status("langfuse.queue_lag", "xops") == "stale"
            eventually(lambda: "notice_delivered" in daemon.events(), "somebody is told")
            assert daemon.end() == 0


@needs_prometheus
def test_crews_that_the_application_counts_are_believed(aws: EmbeddedAws, tmp_path: Path) -> None:
    now = machine_now().timestamp()
    series = 'xops_crews_started_total{cluster="xops",service="fastapi-crewai"}'
    points = [(now - 15 * (240 - n), n // 20) for n in range(240)]
    subject = "xops/fastapi-crewai"
    with (
        prometheus_of(tmp_path, [Recorded(series=series, points=points)]) as url,
        running(aws, tmp_path, XOPS_WATCH_PROMETHEUS__URL=url) as daemon,
    ):
        eventually(lambda: daemon.signal_status("crew.started_1h", subject) == "ok", "a count")
        metrics = daemon.read("/metrics")[1].splitlines()
    told = [line for line in metrics if line.startswith("xops_crew_started")]
    assert f'xops_crew_started_1h{{subject="{subject}"}} 11.0' in told
    assert f'xops_crew_started_basis_state{{subject="{subject}"}} 2.0' in told
