"""From a signal to the pager, through restarts and outages; nothing lost."""

import json
import signal
from pathlib import Path

from tests.system.daemons import RunningDaemon, eventually, put_cpu, running
from xops_watch.demo.stage import Pager
from xops_watch.embedded_aws.control import EmbeddedAws

BUSY = ("ecs-cpu-sustained", "xops/open-webui")
CALM = ("ecs-cpu-sustained", "xops/fastapi-crewai")


def _fires(daemon: RunningDaemon) -> bool:
    return daemon.statuses().get(BUSY) == "firing"


def _received(pager: Pager, into: list[dict[str, str]]) -> int:
    into.extend(json.loads(body) for body in pager.messages())
    return len(into)


def test_a_busy_service_reaches_the_phone(aws: EmbeddedAws, pager: Pager, tmp_path: Path) -> None:
    received: list[dict[str, str]] = []
    with running(aws, tmp_path, XOPS_WATCH_SNS__TOPIC_ARN=pager.topic_arn) as daemon:
        eventually(lambda: _fires(daemon), "the trigger fires")
        assert daemon.statuses()[CALM] == "inactive"
        eventually(lambda: _received(pager, received) == 1, "one message arrives")
    message = received[0]
    assert message["Subject"].startswith("[FIRING] ECS CPU above 80 % sustained")
    step = "Config Change (proposed), risk LOW"
    for said in ("xops/open-webui", "91%", "> 80%", step, "Runbook: "):
        assert said in message["Message"]


def test_sigterm_ends_it_in_order(aws: EmbeddedAws, tmp_path: Path) -> None:
    with running(aws, tmp_path) as daemon:
        eventually(lambda: _fires(daemon), "the trigger fires")
        assert daemon.end() == 0
        assert daemon.events()[-1] == "stopped"


def test_a_restart_pages_nobody_again(aws: EmbeddedAws, pager: Pager, tmp_path: Path) -> None:
    received: list[dict[str, str]] = []
    arn = pager.topic_arn
    with running(aws, tmp_path, XOPS_WATCH_SNS__TOPIC_ARN=arn) as daemon:
        eventually(lambda: _received(pager, received) == 1, "one message arrives")
        since = _since(daemon)
        daemon.end(signal.SIGKILL)
    with running(
        aws, tmp_path, XOPS_WATCH_SNS__TOPIC_ARN=arn, XOPS_WATCH_TICK_SECONDS="1"
    ) as daemon:
        eventually(lambda: daemon.events().count("tick") >= 3, "three ticks pass")
        assert _fires(daemon)
        assert _since(daemon) == since
        assert _received(pager, received) == 1


def test_what_sns_did_not_take_is_sent_after_a_kill(
    aws: EmbeddedAws, pager: Pager, tmp_path: Path
) -> None:
    received: list[dict[str, str]] = []
    arn = pager.topic_arn
    aws.add_fault("internal_error", service="sns", operation="Publish")
    with running(aws, tmp_path, XOPS_WATCH_SNS__TOPIC_ARN=arn) as daemon:
        eventually(lambda: "notice_not_delivered" in daemon.events(), "the delivery fails")
        daemon.end(signal.SIGKILL)
    aws.clear_faults()
    with running(aws, tmp_path, XOPS_WATCH_SNS__TOPIC_ARN=arn):
        eventually(lambda: _received(pager, received) == 1, "the message arrives after all")


def test_a_hung_sns_holds_neither_the_ticks_nor_the_end(
    aws: EmbeddedAws, pager: Pager, tmp_path: Path
) -> None:
    aws.add_fault("hang", service="sns", seconds=60)
    settings = {
        "XOPS_WATCH_SNS__TOPIC_ARN": pager.topic_arn,
        "XOPS_WATCH_TICK_SECONDS": "1",
        "XOPS_WATCH_AWS__READ_TIMEOUT_SECONDS": "2",
    }
    with running(aws, tmp_path, **settings) as daemon:
        eventually(lambda: daemon.events().count("tick") >= 4, "ticks go on")
        assert daemon.end() == 0


def test_the_end_of_a_trigger_is_told(aws: EmbeddedAws, pager: Pager, tmp_path: Path) -> None:
    overrides = tmp_path / "overrides.yaml"
    change = "clear: {at_most: 80%}, reason: nobody waits an hour for a test"
    overrides.write_text(f"overrides:\n- {{rule: ecs-cpu-sustained, {change}}}\n")
    received: list[dict[str, str]] = []
    settings = {
        "XOPS_WATCH_SNS__TOPIC_ARN": pager.topic_arn,
        "XOPS_WATCH_OVERRIDES_PATH": str(overrides),
        "XOPS_WATCH_TICK_SECONDS": "1",
        "XOPS_WATCH_CLOUDWATCH__INTERVAL_SECONDS": "10",
    }
    with running(aws, tmp_path, **settings) as daemon:
        eventually(lambda: _fires(daemon), "the trigger fires")
        put_cpu(aws, "open-webui", 20, until=aws.now())
        eventually(lambda: _received(pager, received) == 2, "the resolved message arrives")
    assert received[1]["Subject"].startswith("[RESOLVED] ECS CPU above 80 % sustained")


def _since(daemon: RunningDaemon) -> str:
    triggers = daemon.snapshot()["triggers"]
    return str(next(t["since"] for t in triggers if (t["rule"], t["subject"]) == BUSY))
