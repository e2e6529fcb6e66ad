"""What one poll of GitHub takes, from 1 to 300 repositories, at two latencies.

Named repositories take a request each to be found, which is free when nothing has changed; those
of an organisation are listed.
"""

import json
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import structlog

from tests.bench.row import Row
from tests.fakes import MemoryStore, RecordingTelemetry
from xops_watch.aws.clients import Clients
from xops_watch.bootstrap.github import WIRING
from xops_watch.bootstrap.wiring import Needs
from xops_watch.clock import machine_now
from xops_watch.ports import Source
from xops_watch.rulebook import load
from xops_watch.rulebook.shipped import shipped_rules
from xops_watch.settings import Settings

LATENCIES = (0.03, 0.3)  # seconds, of each answer
SIZES = (1, 10, 100, 300)


def measure_github() -> Iterator[Row]:
    """Yield, for each latency and size, the second poll: the first has nothing to compare with."""
    for latency in LATENCIES:
        for count in SIZES:
            with _endpoint(count, latency) as address:
                where = f"GitHub at {latency * 1000:g} ms, {count} repositories"
                named = ",".join(f"acme/r{number}" for number in range(count))
                for how, names in (("of an organisation", "acme/*"), ("named", named)):
                    yield Row(what=f"{where} {how}", measured=_poll(address, names))


def _poll(address: str, names: str) -> str:
    source = _source(address, names)
    source.observe(now=machine_now())
    _traffic(address)
    began = time.perf_counter()
    source.observe(now=machine_now())
    seconds = time.perf_counter() - began
    spent = _traffic(address)
    requests = [f"{spent[kind]} {kind}" for kind in ("GraphQL", "REST, free") if kind in spent]
    return f"{seconds:.1f} s, {' + '.join(requests)}, {spent['points']} points"


def _source(address: str, names: str) -> Source:
    """Return the source as the daemon builds it."""
    github = {"repositories": names, "token": "ghp_bench", "api_url": address}
    telemetry = RecordingTelemetry()
    (source,) = WIRING.build(
        Needs(
            settings=Settings.model_validate({"github": github}),
            clients=Clients(telemetry, connect_seconds=1, read_seconds=1),
            rules=lambda: load(shipped_rules()),
            seen=(),
            tell=lambda _: None,
            memory=MemoryStore(),
            telemetry=telemetry,
            log=structlog.wrap_logger(structlog.ReturnLogger()),
        )
    )
    return source


def _traffic(address: str) -> Mapping[str, int]:
    with urllib.request.urlopen(f"{address}/traffic") as answer:  # noqa: S310 - http to loopback, ours
        told: Mapping[str, int] = json.load(answer)
        return told


@contextmanager
def _endpoint(repositories: int, latency: float) -> Iterator[str]:
    command = [sys.executable, "-m", "tests.bench.github_endpoint", str(repositories), str(latency)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None
        yield f"http://127.0.0.1:{process.stdout.readline().decode().strip()}"
    finally:
        process.terminate()
        process.wait(30)
