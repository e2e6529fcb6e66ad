"""The daemon's process at BC1 scale: memory, start, idle CPU, scrape time."""

import http.client
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from tests.bench.row import Row, percentile
from xops_watch.clock import ScaledClock, machine_now
from xops_watch.demo import stage, world
from xops_watch.embedded_aws.control import EmbeddedAws
from xops_watch.embedded_aws.process import spawn

STARTS = 5
SCRAPES = 500


def measure_footprint(*, seconds: float) -> Iterator[Row]:
    """Start the daemon several times, then let it idle; yield the rows."""
    with spawn() as aws, tempfile.TemporaryDirectory() as directory:
        pager = stage.build(aws).pager
        stage.World(aws=aws, clock=ScaledClock(anchor=machine_now(), speed=1)).move()
        port = _free_port()
        environment = _environment(aws, pager, Path(directory), port)
        starts = []
        for _ in range(STARTS):
            with _daemon(environment, port) as (_, answered):
                starts.append(answered)
        middle, worst = statistics.median(starts), max(starts)
        yield Row(
            what="start to first /metrics",
            measured=f"{middle * 1000:.0f} ms median of {STARTS}, {worst * 1000:.0f} ms worst",
            aim="<= 500 ms",
        )
        with _daemon(environment, port) as (process, _):
            yield from _idle(process, seconds)
            yield from _scrapes(port)
            yield Row(what="RSS after it all", measured=_mebibytes(process), aim="<= 90 MiB")


def _idle(process: psutil.Process, seconds: float) -> Iterator[Row]:
    time.sleep(5)  # the first ticks build clients and caches
    before = process.cpu_times()
    time.sleep(seconds)
    after = process.cpu_times()
    used = (after.user + after.system) - (before.user + before.system)
    yield Row(what=f"RSS after {seconds + 5:.0f} s", measured=_mebibytes(process), aim="<= 90 MiB")
    yield Row(
        what=f"CPU over {seconds:.0f} s",
        measured=f"{used / seconds:.2%} of a core, {used / seconds * 3600:.0f} s an hour",
        aim="< 1 %",
    )


def _scrapes(port: int) -> Iterator[Row]:
    for accept, name in (("text/plain", "text"), ("application/openmetrics-text", "OpenMetrics")):
        times, size = [], 0
        for _ in range(SCRAPES):
            began = time.perf_counter()
            size = len(_get(port, "/metrics", accept))
            times.append(time.perf_counter() - began)
        yield Row(
            what=f"scrape, {name}, {size / 1024:.0f} KiB, {SCRAPES} times",
            measured=f"p50 {percentile(times, 0.5) * 1000:.1f} ms, "
            f"p99 {percentile(times, 0.99) * 1000:.1f} ms",
            aim="p99 <= 10 ms",
        )


@contextmanager
def _daemon(environment: dict[str, str], port: int) -> Iterator[tuple[psutil.Process, float]]:
    """Yield a fresh daemon and the seconds from its start to its first answer."""
    began = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "xops_watch", "run"],
        env=environment,
        stderr=subprocess.DEVNULL,
    )
    try:
        while True:
            try:
                _get(port, "/metrics", "text/plain")
                break
            except OSError:
                if process.poll() is not None:
                    msg = f"the daemon ended with {process.returncode}"
                    raise RuntimeError(msg) from None
                time.sleep(0.002)
        yield psutil.Process(process.pid), time.perf_counter() - began
    finally:
        process.terminate()
        process.wait(30)


def _environment(
    aws: EmbeddedAws, pager: stage.Pager, directory: Path, port: int
) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        **aws.environment(stage.REGION),
        "XOPS_WATCH_STATE_PATH": str(directory / "state.db"),
        "XOPS_WATCH_ECS__CLUSTERS": world.CLUSTER,
        "XOPS_WATCH_SNS__TOPIC_ARN": pager.topic_arn,
        "XOPS_WATCH_HTTP__LISTEN": f"127.0.0.1:{port}",
    }


def _get(port: int, path: str, accept: str) -> bytes:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path, headers={"Accept": accept})
        answer = connection.getresponse()
        body = answer.read()
        if answer.status != http.client.OK:
            msg = f"{path} answered {answer.status}"
            raise OSError(msg)
        return body
    finally:
        connection.close()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _mebibytes(process: psutil.Process) -> str:
    return f"{process.memory_info().rss / 2**20:.1f} MiB"
