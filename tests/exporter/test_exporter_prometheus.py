import http.client
import json
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from tests.exporter.client import Desk
from tests.exporter.scenes import hostile, usual
from xops_watch.exporter.server import serve

PROMETHEUS = shutil.which("prometheus")
CONFIG = """
global: {{scrape_interval: 1s, scrape_timeout: 1s}}
scrape_configs:
  - job_name: usual
    static_configs: [{{targets: ['127.0.0.1:{usual}']}}]
  - job_name: hostile
    static_configs: [{{targets: ['127.0.0.1:{hostile}']}}]
"""


@pytest.fixture
def prometheus(tmp_path: Path) -> Iterator[int]:
    """A real Prometheus that scrapes two daemons; gives its port."""
    if PROMETHEUS is None:
        pytest.skip("prometheus is not installed")
    desks = {"usual": Desk(), "hostile": Desk()}
    desks["usual"].publisher.publish(usual())
    desks["hostile"].publisher.publish(hostile())
    with (
        closing(serve(desks["usual"].app, "127.0.0.1", 0)) as one,
        closing(serve(desks["hostile"].app, "127.0.0.1", 0)) as other,
        (tmp_path / "log").open("wb") as log,
    ):
        config = tmp_path / "prometheus.yml"
        config.write_text(CONFIG.format(usual=one.address[1], hostile=other.address[1]))
        port = _free_port()
        with subprocess.Popen(
            [
                PROMETHEUS,
                f"--config.file={config}",
                f"--storage.tsdb.path={tmp_path / 'data'}",
                f"--web.listen-address=127.0.0.1:{port}",
            ],
            stdout=log,
            stderr=log,
        ) as process:
            try:
                yield port
            finally:
                process.kill()


def test_a_real_prometheus_reads_every_series_and_answers_a_query(prometheus: int) -> None:
    firing = _queried(prometheus, 'xops_trigger_state{job="usual",state="firing"} == 1')
    assert {one["metric"]["subject"] for one in firing} == {
        "xops/litellm",
        "xops/open-webui",
        "xops/crew",
    }
    near = (
        'xops_trigger_headroom_ratio{job="usual"} < 0 and on(rule, subject) xops_trigger_blind == 0'
    )
    assert {one["metric"]["subject"] for one in _queried(prometheus, near)} == {
        "xops/open-webui",
        "xops/fastapi",
        "xops/crew",
    }
    hard = _queried(prometheus, 'xops_ecs_tasks_running{job="hostile"}')
    assert "<script>alert(1)</script>" in {one["metric"].get("subject", "") for one in hard}
    assert len(hard) == 11
    targets = _answer(prometheus, "/api/v1/targets")["data"]["activeTargets"]
    assert {(one["health"], one["lastError"]) for one in targets} == {("up", "")}
    about = _answer(prometheus, "/api/v1/metadata?metric=xops_ecs_cpu_utilization_ratio")
    (known,) = about["data"]["xops_ecs_cpu_utilization_ratio"]
    assert (known["type"], known["unit"]) == ("gauge", "ratio")


def _queried(port: int, query: str) -> Any:  # noqa: ANN401 - JSON
    """Ask until there is an answer, which takes a scrape."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            found = _answer(port, f"/api/v1/query?query={quote(query)}")["data"]["result"]
        except OSError:
            found = []
        if found:
            return found
        time.sleep(0.2)
    pytest.fail(f"no answer to {query}")


def _answer(port: int, path: str) -> Any:  # noqa: ANN401 - JSON
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    with closing(connection):
        connection.request("GET", path)
        answer = connection.getresponse()
        if answer.status != http.client.OK:  # it answers before it is ready
            msg = f"{path}: {answer.status}"
            raise ConnectionError(msg)
        return json.loads(answer.read())


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])
