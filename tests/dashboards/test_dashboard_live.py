"""Every query of the dashboard, asked of a real Prometheus that scrapes the demo's daemon."""

import json
import shutil
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event

import pytest

from tests.cli.command import clean_environment
from tests.dashboards.files import Json, queries

PROMETHEUS = shutil.which("prometheus")
WAIT_SECONDS = 90.0
VARIABLES = {"$job": ".+", "$instance": ".+", "$__rate_interval": "10s"}
# Panels that are rightly empty while nothing is wrong, and why.
EMPTY_WHEN_WELL = {
    "Gaps": "no value was missing yet",
    "Signals that are not seen": "all of them are seen",
    "Failures": "no source has a bug",
}
# What the demo does not have: each of these panels is of one signal, and is called like it.
NOT_IN_THE_DEMO = (
    "ai.",
    "alb.",
    "appsignals.",
    "asg.",
    "bedrock.",
    "certificates.",
    "chroma.",
    "cloudfront.",
    "compliance.",
    "cost.basis",
    "cost.budget_used",
    "cost.data_transfer",
    "cost.external",
    "cost.run_rate",
    "cost.self_share",
    "cost.untagged_share",
    "crew.started_1h",
    "crew.started_basis",
    "ec2.",
    "edge.",
    "efs.",
    "finops.",
    "github.api_",
    "github.iac_runs_7d",
    "keycloak.",
    "langfuse.",
    "llm.",
    "mandate.target",
    "openwebui.version",
    "pipelines.",
    "portal.",
    "rds.",
    "secrets.",
    "sqlite.",
    "stage.declared",
)
CONFIG = """
global: {{scrape_interval: 1s, scrape_timeout: 1s}}
scrape_configs:
  - job_name: xops-watch
    static_configs: [{{targets: ['127.0.0.1:{port}']}}]
"""


@pytest.mark.skipif(PROMETHEUS is None, reason="prometheus is not installed")
def test_every_query_has_an_answer_while_the_demo_runs(tmp_path: Path) -> None:
    daemon, prometheus = _free_port(), _free_port()
    config = tmp_path / "prometheus.yml"
    config.write_text(CONFIG.format(port=daemon), "utf-8")
    demo = ["-m", "xops_watch", "demo", "--speed", "240", "--listen", f"127.0.0.1:{daemon}"]
    with (
        _running([sys.executable, *demo], tmp_path / "demo.log"),
        _running(
            [
                str(PROMETHEUS),
                f"--config.file={config}",
                f"--storage.tsdb.path={tmp_path / 'data'}",
                f"--web.listen-address=127.0.0.1:{prometheus}",
            ],
            tmp_path / "prometheus.log",
        ),
    ):
        waiting = [query for query in queries() if not _may_be_empty(query[0])]
        pause = Event()
        for _ in range(int(WAIT_SECONDS)):
            waiting = [query for query in waiting if not _rows(prometheus, query[1])]
            if not waiting:
                break
            pause.wait(1.0)
        said = (tmp_path / "demo.log").read_text("utf-8")[-2000:]
        assert not waiting, f"nothing in {', '.join(title for title, _ in waiting)}\n{said}"
        for title, expr in queries():
            if _may_be_empty(title):
                assert _rows(prometheus, expr) is not None, f"{title}: {expr}"


def _may_be_empty(title: str) -> bool:
    return title in EMPTY_WHEN_WELL or title.startswith(NOT_IN_THE_DEMO)


def _rows(port: int, expr: str) -> list[Json] | None:
    """Return the answer; None while Prometheus does not answer. A query it refuses fails."""
    for variable, value in VARIABLES.items():
        expr = expr.replace(variable, value)
    url = f"http://127.0.0.1:{port}/api/v1/query?{urllib.parse.urlencode({'query': expr})}"
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            rows: list[Json] = json.load(answer)["data"]["result"]
            return rows
    except urllib.error.HTTPError as error:
        if error.code < 500:  # 503 while it starts
            pytest.fail(f"{expr}: {error.read().decode()}")
        return None
    except OSError:
        return None


@contextmanager
def _running(command: list[str], log: Path) -> Iterator[None]:
    with log.open("wb") as out:
        process = subprocess.Popen(
            command, stdout=out, stderr=out, env=clean_environment({}), start_new_session=True
        )
        try:
            yield
            assert process.poll() is None, log.read_text("utf-8")[-2000:]
        finally:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])
