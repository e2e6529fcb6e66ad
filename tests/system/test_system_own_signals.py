"""Signals of somebody's own: added, renamed and taken away while the daemon runs."""

import shutil
import signal
import subprocess
from pathlib import Path

from tests.system.daemons import RunningDaemon, eventually, running
from tests.web.prometheus_server import PROMTOOL, Recorded, needs_prometheus, prometheus_of
from xops_watch.clock import machine_now
from xops_watch.embedded_aws.control import EmbeddedAws

HOSTILE = '<b>a</b> \\\\ \\" # EOF'  # as YAML has it in double quotes
QUERY = """
- signal: my.lag
  query: my_lag_seconds
  subject_label: queue
  unit: seconds
  help: "HOSTILE"
""".replace("HOSTILE", HOSTILE)
RULE = """
rules:
- id: lag-above-1m
  title: The queue lags
  layers: [L5]
  phase: BC1
  severity: advice
  threshold_source: proposed
  when: {signal: my.lag, above: 1m}
  clear: {at_most: 30s, for: 10m}
  evolution: add-a-worker
evolutions:
- id: add-a-worker
  title: Add a worker
  component: Compute
  classification: Config Change
  classification_source: proposed
  phase: BC1
  how: Terraform
  lead_time: 1d
  first_steps: [Look, Add, Look again]
"""


def _samples(daemon: RunningDaemon, family: str) -> list[str]:
    lines = daemon.read("/metrics")[1].splitlines()
    return [line for line in lines if line.startswith(f"{family}{{")]


def _is_clean(daemon: RunningDaemon) -> str:
    """Return what promtool says against the page of metrics; nothing when it is fine."""
    text = daemon.read("/metrics")[1]
    done = subprocess.run(
        [str(PROMTOOL), "check", "metrics"], input=text, capture_output=True, text=True, check=False
    )
    return "" if done.returncode == 0 else done.stdout + done.stderr


@needs_prometheus
def test_a_signal_of_ones_own_comes_is_renamed_and_goes(aws: EmbeddedAws, tmp_path: Path) -> None:
    now = machine_now().timestamp()
    recorded = [Recorded(series='my_lag_seconds{queue="a"}', points=[(now, 95.5)])]
    rules = tmp_path / "rules"
    shutil.copytree("rules/xops", rules)
    own = rules / "own.yaml"
    with prometheus_of(tmp_path, recorded) as url:
        settings = {
            "XOPS_WATCH_PROMETHEUS__URL": url,
            "XOPS_WATCH_RULES_PATH": str(rules),
            "XOPS_WATCH_TICK_SECONDS": "1",
            "XOPS_WATCH_PROMETHEUS__INTERVAL_SECONDS": "10",
        }
        with running(aws, tmp_path, **settings) as daemon:
            eventually(lambda: "tick" in daemon.events(), "it ticks")
            own.write_text(f"queries:{QUERY}{RULE}", encoding="utf-8")
            daemon.process.send_signal(signal.SIGHUP)
            eventually(lambda: daemon.statuses().get(("lag-above-1m", "a")) == "firing", "it fires")
            assert _samples(daemon, "xops_my_lag_seconds") == [
                'xops_my_lag_seconds{subject="a"} 95.5'
            ]
            text = daemon.read("/metrics")[1]
            assert '# HELP xops_my_lag_seconds <b>a</b> \\\\ " # EOF' in text
            assert "<b>a</b>" not in daemon.read("/")[1]
            assert _is_clean(daemon) == ""

            own.write_text(f"queries:{QUERY}{RULE}".replace("my.lag", "our.lag"), encoding="utf-8")
            daemon.process.send_signal(signal.SIGHUP)
            eventually(lambda: bool(_samples(daemon, "xops_our_lag_seconds")), "it is renamed")
            assert _samples(daemon, "xops_my_lag_seconds") == []
            assert daemon.signal_status("my.lag", "a") == ""
            assert daemon.statuses()["lag-above-1m", "a"] == "firing"

            own.unlink()
            daemon.process.send_signal(signal.SIGHUP)
            eventually(lambda: not _samples(daemon, "xops_our_lag_seconds"), "it is gone")
            assert ("lag-above-1m", "a") not in daemon.statuses()
            assert _is_clean(daemon) == ""
            assert daemon.end() == 0
        # What is stored of signals that nobody knows any more breaks nothing.
        with running(aws, tmp_path, **settings) as daemon:
            eventually(lambda: daemon.events().count("tick") > 2, "it ticks after a restart")
            assert daemon.signal_status("our.lag", "a") == ""
            assert daemon.end() == 0
    assert not [line for line in daemon.log() if line["level"] in {"warning", "error"}]
