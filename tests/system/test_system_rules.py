"""Rules that change under a running daemon, as its page, its metrics and the pager tell it."""

import json
import shutil
import signal
from pathlib import Path

from tests.system.daemons import RunningDaemon, eventually, put_cpu, running
from xops_watch.demo.stage import Pager
from xops_watch.embedded_aws.control import EmbeddedAws

BUSY = ("ecs-cpu-sustained", "xops/open-webui")
GOOD = "xops_watch_rules_last_reload_successful"


def _metric(daemon: RunningDaemon, name: str) -> str:
    lines = daemon.read("/metrics")[1].splitlines()
    return next((line.rsplit(" ", 1)[1] for line in lines if line.startswith(f"{name} ")), "")


def _rulebook(daemon: RunningDaemon) -> dict[str, object]:
    found: dict[str, object] = daemon.snapshot().get("rulebook", {})
    return found


def _messages(pager: Pager, into: list[dict[str, str]]) -> list[dict[str, str]]:
    into.extend(json.loads(body) for body in pager.messages())
    return into


def test_bad_files_are_refused_and_good_ones_taken_up_on_hangup(
    aws: EmbeddedAws, tmp_path: Path
) -> None:
    rules = tmp_path / "rules"
    shutil.copytree("rules/xops", rules)
    edge = rules / "edge.yaml"
    written = edge.read_text(encoding="utf-8")
    # Minutes between two ticks: what happens sooner was asked for by the signal.
    settings = {"XOPS_WATCH_RULES_PATH": str(rules), "XOPS_WATCH_TICK_SECONDS": "300"}
    with running(aws, tmp_path, **settings) as daemon:
        eventually(lambda: BUSY in daemon.statuses(), "the first tick is done")
        digest = _rulebook(daemon)["digest"]
        assert _metric(daemon, GOOD) == "1.0"

        edge.write_text(written.replace("above: 200ms", "above: 200 bananas"), encoding="utf-8")
        daemon.process.send_signal(signal.SIGHUP)
        eventually(lambda: _metric(daemon, GOOD) == "0.0", "the bad file is refused")
        assert "edge.yaml:" in daemon.read("/")[1]
        assert _rulebook(daemon)["digest"] == digest
        assert BUSY in daemon.statuses()

        edge.write_text(written.replace("above: 200ms", "above: 210ms"), encoding="utf-8")
        daemon.process.send_signal(signal.SIGHUP)
        eventually(lambda: _metric(daemon, GOOD) == "1.0", "the good file is taken up")
        assert _rulebook(daemon)["digest"] != digest
        assert "refused" not in daemon.read("/")[1]
        assert daemon.end() == 0
    assert [e for e in daemon.events() if e.startswith("rules_")] == [
        "rules_refused",
        "rules_loaded",
    ]


def test_a_rule_that_is_switched_off_is_resolved_with_the_reason(
    aws: EmbeddedAws, pager: Pager, tmp_path: Path
) -> None:
    overrides = tmp_path / "overrides.yaml"
    overrides.write_text("overrides: []\n", encoding="utf-8")
    received: list[dict[str, str]] = []
    settings = {
        "XOPS_WATCH_SNS__TOPIC_ARN": pager.topic_arn,
        "XOPS_WATCH_OVERRIDES_PATH": str(overrides),
        "XOPS_WATCH_TICK_SECONDS": "1",
    }
    put_cpu(aws, "open-webui", 91, until=aws.now())
    with running(aws, tmp_path, **settings) as daemon:
        eventually(lambda: daemon.statuses().get(BUSY) == "firing", "the trigger fires")
        off = "overrides:\n- {rule: ecs-cpu-sustained, off: true, reason: we scale by hand}\n"
        overrides.write_text(off, encoding="utf-8")
        eventually(lambda: len(_messages(pager, received)) == 2, "the file is noticed")
        assert BUSY not in daemon.statuses()
        assert _rulebook(daemon)["off"] == [
            {"rule": "ecs-cpu-sustained", "reason": "we scale by hand"}
        ]
    assert received[1]["Subject"].startswith("[RESOLVED] ECS CPU above 80 % sustained")
    assert "not judged any more: we scale by hand" in received[1]["Message"]
