"""A real Prometheus server that holds samples of our own."""

import shutil
import socket
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event

import pytest

PROMETHEUS, PROMTOOL = shutil.which("prometheus"), shutil.which("promtool")
needs_prometheus = pytest.mark.skipif(
    PROMETHEUS is None or PROMTOOL is None, reason="prometheus or promtool is not installed"
)
WAIT_SECONDS = 30
Points = Iterable[tuple[float, float]]  # seconds since 1970, and the value


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """One series, written like `up{job="a"}`, with its samples, oldest first."""

    series: str
    points: Points


@contextmanager
def prometheus_of(
    folder: Path, recorded: Sequence[Recorded], *, web_config: str = ""
) -> Iterator[str]:
    """Yield the URL of a server that holds the samples; it is ended afterwards."""
    data, port = folder / "data", _free_port()
    _record(folder / "samples.om", data, recorded)
    config, web = folder / "prometheus.yml", folder / "web.yml"
    config.write_text("global: {scrape_interval: 1s}\n", "utf-8")
    web.write_text(web_config, "utf-8")
    command = [
        str(PROMETHEUS),
        f"--config.file={config}",
        f"--web.config.file={web}",
        f"--storage.tsdb.path={data}",
        "--storage.tsdb.retention.time=90d",
        f"--web.listen-address=127.0.0.1:{port}",
    ]
    with (
        (folder / "prometheus.log").open("wb") as log,
        subprocess.Popen(command, stdout=log, stderr=log) as process,
    ):
        try:
            url = f"http://127.0.0.1:{port}"
            _wait_until_ready(url, process)
            yield url
        finally:
            process.kill()


def check_rules(file: Path) -> str:
    """Return what promtool says against a file of rules; nothing when it is fine."""
    done = subprocess.run(
        [str(PROMTOOL), "check", "rules", str(file)], capture_output=True, text=True, check=False
    )
    return "" if done.returncode == 0 else done.stdout + done.stderr


def _record(file: Path, data: Path, recorded: Sequence[Recorded]) -> None:
    lines = [f"{one.series} {value!r} {at!r}" for one in recorded for at, value in one.points]
    file.write_text("\n".join([*lines, "# EOF"]) + "\n", "utf-8")
    command = [
        str(PROMTOOL),
        "tsdb",
        "create-blocks-from",
        "openmetrics",
        str(file),
        str(data),
        "--max-block-duration=1024h",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def _wait_until_ready(url: str, process: "subprocess.Popen[bytes]") -> None:
    pause = Event()
    for _ in range(WAIT_SECONDS * 20):
        assert process.poll() is None, "prometheus ended"
        try:
            with urllib.request.urlopen(f"{url}/-/ready", timeout=5):  # noqa: S310 - our own server
                return
        except urllib.error.HTTPError as error:
            if error.code == 401:  # it is ready to ask who we are
                return
        except OSError:
            pass
        pause.wait(0.05)
    pytest.fail("prometheus is not ready")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
