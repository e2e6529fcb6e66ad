"""What goes wrong around the daemon: it says so, goes on, and never shows a traceback."""

import sqlite3
import stat
from pathlib import Path

import pytest

from tests.cli.command import xops_watch
from tests.system.daemons import eventually, running
from xops_watch.embedded_aws.control import EmbeddedAws

WEB = "xops/open-webui"
SECRET = "embedded-secret-key"  # noqa: S105 - made up, to be looked for


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        ("throttle", "throttled"),
        ("access_denied", "denied"),
        ("expired_token", "denied"),
        ("internal_error", "unreachable"),
        ("disconnect", "invalid"),  # boto3 takes a torn body for an empty answer
        ("malformed", "invalid"),
    ],
)
def test_a_sick_cloudwatch_blinds_its_own_signals_only(
    aws: EmbeddedAws, tmp_path: Path, fault: str, status: str
) -> None:
    with running(aws, tmp_path, XOPS_WATCH_TICK_SECONDS="1") as daemon:
        aws.add_fault(fault, service="cloudwatch")
        eventually(
            lambda: daemon.signal_status("ecs.tasks_running", WEB) == "ok",
            "ecs is read all the same",
        )
        down = 'xops_watch_source_up{source="cloudwatch"} 0.0'
        eventually(lambda: down in daemon.read("/metrics")[1], "the source is down")
        failed = [
            line
            for line in daemon.log()
            if line["event"] == "source_read_failed" and line["reason"] != "not_enabled"
        ]
        # Some tell besides which setting would let them see something.
        assert {line["source"] for line in failed if line["reason"] != "not_enabled"} <= {
            "cloudwatch",
            "cloudwatch_global",
        }
        [line] = [line for line in failed if line["source"] == "cloudwatch"]
        assert line["reason"] == status
        assert "exception" not in line


def test_a_hung_ecs_delays_neither_cloudwatch_nor_the_scrape(
    aws: EmbeddedAws, tmp_path: Path
) -> None:
    settings = {
        "XOPS_WATCH_TICK_SECONDS": "1",
        "XOPS_WATCH_ECS__INTERVAL_SECONDS": "10",
        "XOPS_WATCH_CLOUDWATCH__INTERVAL_SECONDS": "10",
        "XOPS_WATCH_AWS__READ_TIMEOUT_SECONDS": "3",
    }
    with running(aws, tmp_path, **settings) as daemon:
        eventually(lambda: daemon.signal_status("ecs.cpu_utilization", WEB) == "ok", "all is well")
        aws.add_fault("hang", service="ecs", seconds=60)
        eventually(
            lambda: daemon.signal_status("ecs.tasks_running", WEB) == "unreachable",
            "the hung source is told",
        )
        assert daemon.signal_status("ecs.cpu_utilization", WEB) == "ok"
        assert daemon.read("/healthz")[0] == 200
        aws.clear_faults()
        eventually(
            lambda: daemon.signal_status("ecs.tasks_running", WEB) == "ok", "it recovers by itself"
        )


def test_a_firing_trigger_that_goes_blind_stays_firing(aws: EmbeddedAws, tmp_path: Path) -> None:
    with running(aws, tmp_path, XOPS_WATCH_TICK_SECONDS="1") as daemon:
        key = ("ecs-cpu-sustained", WEB)
        eventually(lambda: daemon.statuses().get(key) == "firing", "the trigger fires")
    aws.add_fault("access_denied", service="cloudwatch")
    with running(aws, tmp_path, XOPS_WATCH_TICK_SECONDS="1") as daemon:
        eventually(
            lambda: daemon.signal_status("ecs.cpu_utilization", WEB) == "denied", "it is denied"
        )
        assert daemon.statuses()[key] == "firing"


def test_nothing_secret_is_told(aws: EmbeddedAws, tmp_path: Path) -> None:
    aws.add_fault("malformed", service="ecs", times=2)
    with running(
        aws, tmp_path, XOPS_WATCH_TICK_SECONDS="1", AWS_SECRET_ACCESS_KEY=SECRET
    ) as daemon:
        eventually(lambda: daemon.events().count("tick") >= 2, "two ticks pass")
        told = [daemon.read(path)[1] for path in ("/", "/metrics", "/api/v1/snapshot")]
        told.append(daemon.log_path.read_text())
    assert not [text for text in told if SECRET in text]


def _start(tmp_path: Path, **settings: str) -> tuple[int, str]:
    given = {
        "XOPS_WATCH_ECS__CLUSTERS": "xops",
        "XOPS_WATCH_STATE_PATH": str(tmp_path / "state.db"),
        "XOPS_WATCH_HTTP__LISTEN": "127.0.0.1:0",
        "XOPS_WATCH_LOG__LEVEL": "error",
        "AWS_REGION": "ap-southeast-2",
    }
    outcome = xops_watch("run", **(given | settings))
    return outcome.code, outcome.err


def test_a_corrupt_state_file_is_refused_and_kept(tmp_path: Path) -> None:
    state = tmp_path / "state.db"
    state.write_bytes(b"this is no database" * 100)
    before = state.read_bytes()
    code, said = _start(tmp_path)
    assert code == 3
    assert str(state) in said
    assert "hint:" in said
    assert "Traceback" not in said
    assert state.read_bytes() == before


def test_a_state_file_of_another_program_is_refused_and_kept(tmp_path: Path) -> None:
    state = tmp_path / "state.db"
    with sqlite3.connect(state) as db:
        db.execute("create table chat (id integer)")
    db.close()
    before = state.read_bytes()
    code, said = _start(tmp_path)
    assert code == 3
    assert "Traceback" not in said
    assert state.read_bytes() == before


def test_a_missing_directory_is_one_clear_error(tmp_path: Path) -> None:
    code, said = _start(tmp_path, XOPS_WATCH_STATE_PATH=str(tmp_path / "nowhere" / "state.db"))
    assert code == 3
    assert str(tmp_path / "nowhere") in said
    assert not (tmp_path / "nowhere").exists()


def test_a_port_in_use_is_one_clear_error(aws: EmbeddedAws, tmp_path: Path) -> None:
    with running(aws, tmp_path) as daemon:
        eventually(lambda: "listening" in daemon.events(), "the first listens")
        other = tmp_path / "other"
        other.mkdir(mode=stat.S_IRWXU)
        code, said = _start(other, XOPS_WATCH_HTTP__LISTEN=f"127.0.0.1:{daemon.port}")
    assert code == 2
    assert "XOPS_WATCH_HTTP__LISTEN" in said
    assert "Traceback" not in said
