"""AWS at its worst, over HTTP: what each signal says meanwhile, and that it recovers by itself."""

import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.system.daemons import RunningDaemon, eventually
from tests.system.resilience import RUNNING, WEB, becomes, often, status_of, statuses_of
from xops_watch.embedded_aws.control import EmbeddedAws
from xops_watch.embedded_aws.control_specs import ServiceSpec

SERVICES = "ecs.services_active"


def many(count: int) -> list[ServiceSpec]:
    return [{"name": f"s{number:03}", "desired": 1, "running": 1} for number in range(count)]


def logged(daemon: RunningDaemon, event: str) -> list[dict[str, Any]]:
    return [line for line in daemon.log() if line["event"] == event]


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("throttle", "throttled"),
        ("access_denied", "denied"),
        ("expired_token", "denied"),
        ("internal_error", "unreachable"),
        ("hang", "unreachable"),
        ("malformed", "invalid"),
    ],
)
def test_a_sick_ecs_is_told_and_recovers(
    aws: EmbeddedAws, tmp_path: Path, kind: str, status: str
) -> None:
    with often(aws, tmp_path) as daemon:
        becomes(daemon, "ok")
        aws.add_fault(kind, service="ecs")
        becomes(daemon, status)
        aws.clear_faults()
        becomes(daemon, "ok")
        assert daemon.events().count("source_read_again") >= 1
        assert not [line for line in daemon.log() if "exception" in line]


def test_one_throttled_operation_leaves_the_others(aws: EmbeddedAws, tmp_path: Path) -> None:
    with often(aws, tmp_path) as daemon:
        becomes(daemon, "ok", "ecs.task_start_wait")
        aws.add_fault("throttle", service="ecs", operation="ListTasks")
        becomes(daemon, "throttled", "ecs.task_start_wait")
        becomes(daemon, "ok")
        aws.clear_requests()
        eventually(
            lambda: aws.requests().counts.get(("ecs", "ListServices"), 0) >= 6,
            "ECS is asked for what it answers",
        )
        # Who is throttled is asked less and less often.
        counts = aws.requests().counts
        assert counts.get(("ecs", "ListTasks"), 0) < counts["ecs", "ListServices"] * 2
        aws.clear_faults()
        becomes(daemon, "ok", "ecs.task_start_wait")


def test_a_batch_that_fails_blinds_its_own_services_only(aws: EmbeddedAws, tmp_path: Path) -> None:
    aws.put_cluster("xops", services=many(30))
    with often(aws, tmp_path) as daemon:
        becomes(daemon, "ok", subject="xops/s029")
        aws.add_fault("malformed", service="ecs", operation="DescribeServices", after=1, times=1)
        found: list[Counter[str]] = []

        def in_part() -> bool:
            found.append(Counter(statuses_of(daemon, RUNNING).values()))
            return "invalid" in found[-1]

        eventually(in_part, "a batch is not read")
        assert found[-1] == {"ok": 20, "invalid": 10}
        eventually(lambda: not in_part(), "it is read again")
        assert found[-1] == {"ok": 30}
        assert status_of(daemon, SERVICES, "xops") == "ok"


def test_a_denial_in_the_middle_of_a_listing_makes_nothing_gone(
    aws: EmbeddedAws, tmp_path: Path
) -> None:
    aws.put_cluster("xops", services=many(150))
    with often(aws, tmp_path) as daemon:
        becomes(daemon, "ok", subject="xops/s149")
        aws.add_fault("access_denied", service="ecs", operation="ListServices", after=1, times=1)
        found: list[Counter[str]] = []

        def in_part() -> bool:
            found.append(Counter(statuses_of(daemon, RUNNING).values()))
            return "denied" in found[-1]

        eventually(in_part, "the second page is denied")
        assert found[-1] == {"ok": 100, "denied": 50}
        eventually(lambda: not in_part(), "it is allowed again")
        assert found[-1] == {"ok": 150}
        assert status_of(daemon, SERVICES, "xops") == "ok"


def test_credentials_that_expire_are_replaced_when_they_are_renewed(
    aws: EmbeddedAws, tmp_path: Path
) -> None:
    file = tmp_path / "credentials"

    def renew(key: str) -> None:
        file.write_text(f"[default]\naws_access_key_id={key}\naws_secret_access_key=x\n")

    renew("old")
    nowhere = str(tmp_path / "none")
    settings = {"AWS_SHARED_CREDENTIALS_FILE": str(file), "AWS_CONFIG_FILE": nowhere}
    unset = {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}
    with often(aws, tmp_path, **settings | unset) as daemon:
        becomes(daemon, "ok")
        aws.add_fault("expired_token", service="*", access_key="old")
        becomes(daemon, "denied")
        renew("new")
        becomes(daemon, "ok")
        assert "secret" not in daemon.log_path.read_text()


def test_a_clock_that_is_wrong_is_named_as_the_reason(aws: EmbeddedAws, tmp_path: Path) -> None:
    aws.add_fault("clock_skew", service="ecs", seconds=900)
    with often(aws, tmp_path) as daemon:
        eventually(lambda: bool(logged(daemon, "source_read_failed")), "the refusal is told")
        [line] = [x for x in logged(daemon, "source_read_failed") if x["source"] == "ecs"]
        assert line["reason"] == "denied"
        assert re.search(r"the clock of this host is (89|90)\d s behind AWS", line["detail"])
        assert line["hint"].startswith("set the clock of this host")
        aws.clear_faults()
        becomes(daemon, "ok")


def test_a_region_that_is_a_black_hole_delays_no_other(aws: EmbeddedAws, tmp_path: Path) -> None:
    aws.add_fault("hang", service="cloudwatch", region="us-east-1")
    settings = {"XOPS_WATCH_CLOUDWATCH__INTERVAL_SECONDS": "10"}
    with often(aws, tmp_path, **settings) as daemon:
        becomes(daemon, "ok", "ecs.cpu_utilization")
        down = 'xops_watch_source_up{source="cloudwatch_global"} 0.0'
        eventually(lambda: down in daemon.read("/metrics")[1], "the region is told to be down")
        assert status_of(daemon, RUNNING, WEB) == "ok"
        # A tick that waits for the region takes as long as the region is given: some seconds.
        before = daemon.events().count("tick")
        eventually(lambda: daemon.events().count("tick") >= before + 5, "ticks go on")
        quick = [line["seconds"] for line in logged(daemon, "tick")[-3:]]
        assert max(quick) < 5
        aws.clear_faults()
        up = 'xops_watch_source_up{source="cloudwatch_global"} 1.0'
        eventually(lambda: up in daemon.read("/metrics")[1], "it recovers by itself")


def test_a_service_whose_endpoint_refuses_connections_fails_alone(
    aws: EmbeddedAws, tmp_path: Path
) -> None:
    with often(aws, tmp_path, AWS_ENDPOINT_URL_CLOUDWATCH="http://127.0.0.1:1") as daemon:
        becomes(daemon, "ok")
        down = 'xops_watch_source_up{source="cloudwatch"} 0.0'
        eventually(lambda: down in daemon.read("/metrics")[1], "CloudWatch is down")
        [line] = [x for x in logged(daemon, "source_read_failed") if x["source"] == "cloudwatch"]
        assert line["reason"] == "unreachable"
        assert status_of(daemon, RUNNING, WEB) == "ok"


def test_an_aws_of_the_future_is_read_as_far_as_it_is_understood(
    aws: EmbeddedAws, tmp_path: Path
) -> None:
    aws.put_cluster(
        "xops",
        services=[{"name": "open-webui", "desired": 2, "running": 2, "architecture": "ARM64"}],
    )
    aws.add_fault("future", service="ecs")
    aws.add_fault("future", service="application-autoscaling")
    with often(aws, tmp_path) as daemon:
        becomes(daemon, "ok")
        becomes(daemon, "ok", SERVICES, "xops")
        becomes(daemon, "ok", "ecs.task_start_wait")
        becomes(daemon, "invalid", "ecs.launch_type")
        becomes(daemon, "invalid", "ecs.cpu_architecture")
        aws.clear_faults()
        becomes(daemon, "ok", "ecs.launch_type")
        assert not [line for line in daemon.log() if "exception" in line]


def test_a_sweep_that_is_slower_than_the_deadline_is_used_when_it_is_there(
    aws: EmbeddedAws, tmp_path: Path
) -> None:
    # Two calls, one after the other, of six seconds each; the tick waits ten.
    aws.add_fault("slow", service="ecs", operation="ListServices", seconds=6)
    aws.add_fault("slow", service="ecs", operation="DescribeServices", seconds=6)
    settings = {
        "XOPS_WATCH_CLOCK__SPEED": "1",
        "XOPS_WATCH_TICK_SECONDS": "1",
        "XOPS_WATCH_ECS__INTERVAL_SECONDS": "60",
        "XOPS_WATCH_AWS__READ_TIMEOUT_SECONDS": "10",
    }
    with often(aws, tmp_path, **settings) as daemon:
        becomes(daemon, "ok")
        late = [line for line in logged(daemon, "source_read_failed") if line["source"] == "ecs"]
        assert [line["reason"] for line in late] == ["timeout"]
        assert aws.requests().counts["ecs", "ListServices"] == 1
