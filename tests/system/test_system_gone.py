"""A service that is deleted while it fires: its trigger ends with the reason, not by silence."""

import json
import signal
from pathlib import Path

import pytest

from tests.system.daemons import RunningDaemon, eventually, running
from xops_watch.clock import machine_now
from xops_watch.demo.stage import Pager
from xops_watch.embedded_aws.control import EmbeddedAws
from xops_watch.embedded_aws.control_specs import ServiceSpec

QUEUE = ("crew-queue-depth", "xops/crew-workers")
WEB: ServiceSpec = {"name": "open-webui", "desired": 2, "running": 2}
CREWS: ServiceSpec = {"name": "crew-workers", "desired": 6, "running": 2}


def _fires(daemon: RunningDaemon) -> bool:
    return daemon.statuses().get(QUEUE) == "firing"


def _messages(pager: Pager, into: list[dict[str, str]]) -> list[dict[str, str]]:
    into.extend(json.loads(body) for body in pager.messages())
    return [message for message in into if "crew-workers" in message["Subject"]]


@pytest.mark.parametrize("killed", [False, True], ids=["while-it-runs", "while-it-was-down"])
def test_a_deleted_service_is_resolved_as_gone(
    aws: EmbeddedAws, pager: Pager, tmp_path: Path, *, killed: bool
) -> None:
    aws.put_cluster("xops", services=[WEB, CREWS])
    received: list[dict[str, str]] = []
    settings = {
        "XOPS_WATCH_SNS__TOPIC_ARN": pager.topic_arn,
        "XOPS_WATCH_CLOCK__SPEED": "120",
        "XOPS_WATCH_CLOCK__ANCHOR": machine_now().isoformat(),
    }
    with running(aws, tmp_path, **settings) as daemon:
        eventually(lambda: _fires(daemon), "the queue fires")
        eventually(lambda: len(_messages(pager, received)) == 1, "somebody is told")
        if killed:
            daemon.end(signal.SIGKILL)
        aws.put_cluster("xops", services=[WEB])
        if not killed:
            eventually(lambda: QUEUE not in daemon.statuses(), "the trigger is gone")
    if killed:
        with running(aws, tmp_path, **settings) as daemon:
            eventually(lambda: len(_messages(pager, received)) == 2, "its end is told")
    else:
        assert len(_messages(pager, received)) == 2
    resolved = _messages(pager, received)[1]
    assert resolved["Subject"].startswith("[RESOLVED] CrewAI tasks wait")
    assert "subject gone" in resolved["Message"]
