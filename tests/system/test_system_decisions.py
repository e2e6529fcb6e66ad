"""An answer to a recommendation while the daemon runs, over a restart, and when it gets worse."""

import json
from pathlib import Path

from tests.cli.command import Outcome, xops_watch
from tests.system.daemons import RunningDaemon, eventually, put_cpu, running
from xops_watch.demo.stage import Pager
from xops_watch.embedded_aws.control import EmbeddedAws

BUSY = ("ecs-cpu-sustained", "xops/open-webui")
STEP = "scale-l5-l6-to-6-replicas"


def _state_of_the_step(daemon: RunningDaemon) -> str:
    """Return the one state of the step that is 1."""
    begin = f'xops_evolution_state{{evolution="{STEP}",state="'
    try:
        lines = daemon.read("/metrics")[1].splitlines()
    except OSError:
        return ""  # it does not listen yet
    found = [line for line in lines if line.startswith(begin) and line.endswith(" 1.0")]
    return found[0].removeprefix(begin).partition('"')[0] if len(found) == 1 else ""


def _decide(tmp_path: Path, *arguments: str) -> Outcome:
    return xops_watch("decision", *arguments, XOPS_WATCH_STATE_PATH=str(tmp_path / "state.db"))


def test_an_answer_shows_at_the_next_tick_survives_kill_9_and_ends_when_it_gets_worse(
    aws: EmbeddedAws, pager: Pager, tmp_path: Path
) -> None:
    settings = {"XOPS_WATCH_TICK_SECONDS": "1", "XOPS_WATCH_SNS__TOPIC_ARN": pager.topic_arn}
    settings["XOPS_WATCH_DECISIONS__WORSE_BY"] = "0.05"
    settings["XOPS_WATCH_CLOUDWATCH__INTERVAL_SECONDS"] = "10"
    settings["XOPS_WATCH_CLOUDWATCH__BUDGET_DOLLARS_PER_MONTH"] = "1000"
    put_cpu(aws, "open-webui", 91, until=aws.now())
    with running(aws, tmp_path, **settings) as daemon:
        eventually(lambda: daemon.statuses().get(BUSY) == "firing", "the trigger fires")
        assert _state_of_the_step(daemon) == "recommended"
        outcome = _decide(tmp_path, "reject", STEP, "--by", "board", "--reason", "<b>peak</b>")
        assert outcome.code == 0, outcome.err
        eventually(lambda: _state_of_the_step(daemon) == "rejected", "the metric tells it")
        assert "rejected by board: &lt;b&gt;peak&lt;/b&gt;" in daemon.read("/")[1]
        daemon.process.kill()
        daemon.process.wait()
    received: list[dict[str, str]] = []
    with running(aws, tmp_path, **settings) as daemon:
        eventually(lambda: _state_of_the_step(daemon) == "rejected", "it stands after kill -9")
        received.extend(json.loads(body) for body in pager.messages())
        # CloudWatch has the mean of what is put for a minute: 91 and 109 are 100.
        put_cpu(aws, "open-webui", 109, until=aws.now())
        eventually(lambda: _state_of_the_step(daemon) == "recommended", "9 points more are worse")
        eventually(lambda: "decision_ended" in daemon.events(), "the log tells it")
        asked = "asked again: ECS CPU above 80 % sustained on xops/open-webui: 91% when it was"
        eventually(
            lambda: any(
                asked in " ".join(json.loads(body)["Message"].split()) for body in pager.messages()
            ),
            "the phone is asked again",
        )
        assert daemon.end() == 0
    kept = json.loads(_decide(tmp_path, "list", "--all", "--json").out)
    assert [(one["answer"], bool(one["ended_at"])) for one in kept] == [("rejected", True)]
