"""Asks the WSGI application, or a server over a socket, and hands back what came."""

import http.client
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol, cast
from wsgiref.types import WSGIApplication, WSGIEnvironment
from wsgiref.util import setup_testing_defaults
from wsgiref.validate import validator

from prometheus_client import Metric
from prometheus_client.openmetrics.parser import (
    text_string_to_metric_families as parse_openmetrics,
)
from prometheus_client.parser import text_string_to_metric_families

from tests.exporter.scenes import NOW
from xops_watch.core.snapshot import Snapshot
from xops_watch.exporter.app import HttpApp
from xops_watch.exporter.publisher import SnapshotPublisher
from xops_watch.exporter.telemetry import PrometheusTelemetry
from xops_watch.ports import Clock

# What Prometheus 2.42 sends.
PROMETHEUS_ACCEPT = (
    "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
    "text/plain;version=0.0.4;q=0.5,*/*;q=0.1"
)
Labels = frozenset[tuple[str, str]]


@dataclass(slots=True, kw_only=True)
class FakeClock:
    """Stands still; `speed` times as fast as real time."""

    at: datetime = NOW
    speed: float = 1.0

    def now(self) -> datetime:
        return self.at

    def real_seconds(self, duration: timedelta) -> float:
        return duration.total_seconds() / self.speed


@dataclass(slots=True)
class Stopwatch:
    """Real seconds that pass when told to."""

    seconds: float = 1000.0

    def __call__(self) -> float:
        return self.seconds


@dataclass(slots=True, kw_only=True)
class Desk:
    """An application with everything it is made of."""

    clock: Clock = field(default_factory=FakeClock)
    stopwatch: Stopwatch = field(default_factory=Stopwatch)
    telemetry: PrometheusTelemetry = field(default_factory=PrometheusTelemetry)
    publisher: SnapshotPublisher = field(init=False)
    app: HttpApp = field(init=False)

    def __post_init__(self) -> None:
        self.publisher = SnapshotPublisher(monotonic=self.stopwatch)
        self.app = HttpApp(
            self.publisher,
            self.telemetry,
            clock=self.clock,
            tick_interval=timedelta(seconds=15),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()


def ask(app: WSGIApplication, path: str, *, method: str = "GET", **headers: str) -> Reply:
    """Call the application as the standard library's validator thinks a server would."""
    environ: WSGIEnvironment = {
        "PATH_INFO": path,
        "QUERY_STRING": "",
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
    }
    environ |= {f"HTTP_{name.upper()}": value for name, value in headers.items()}
    setup_testing_defaults(environ)
    told: list[tuple[str, list[tuple[str, str]]]] = []

    def start_response(
        status: str, given: list[tuple[str, str]], _: object = None, /
    ) -> Callable[[bytes], object]:
        told.append((status, given))
        return lambda _data: None

    # The validator insists that the answer is closed, as servers do.
    with closing(cast("_Chunks", validator(app)(environ, start_response))) as chunks:
        body = b"".join(chunks)
    ((status, given),) = told
    return Reply(status=int(status.split()[0]), headers=dict(given), body=body)


class _Chunks(Protocol):
    def __iter__(self) -> Iterator[bytes]: ...

    def close(self) -> None: ...


def fetch(
    address: tuple[str, int], path: str = "/metrics", *, method: str = "GET", **headers: str
) -> Reply:
    """Ask a server over a connection of its own."""
    connection = http.client.HTTPConnection(*address, timeout=20)
    try:
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, headers=given)
        answer = connection.getresponse()
        return Reply(status=answer.status, headers=dict(answer.getheaders()), body=answer.read())
    finally:
        connection.close()


def scrape(shown: Snapshot, accept: str = "") -> Reply:
    """Return the metrics of a snapshot."""
    desk = Desk()
    desk.publisher.publish(shown)
    return ask(desk.app, "/metrics", accept=accept)


def families(reply: Reply) -> list[Metric]:
    """Read an exposition with the parser that its content type asks for."""
    if reply.headers["Content-Type"].startswith("application/openmetrics-text"):
        # The library leaves this one parser without types.
        parse = cast("Callable[[str], Iterator[Metric]]", parse_openmetrics)
        return list(parse(reply.text))
    return list(text_string_to_metric_families(reply.text))


def samples(reply: Reply) -> dict[tuple[str, Labels], float]:
    """Return every sample; a series that is there twice is an error."""
    found: dict[tuple[str, Labels], float] = {}
    for name, labels, value in _rows(reply):
        assert (name, labels) not in found, f"twice: {name} {labels}"
        found[name, labels] = value
    return found


def of(reply: Reply, name: str) -> dict[Labels, float]:
    """Return the samples of one name."""
    return {labels: value for (found, labels), value in samples(reply).items() if found == name}


def labels(**given: str) -> Labels:
    return frozenset(given.items())


def _rows(reply: Reply) -> Iterator[tuple[str, Labels, float]]:
    for family in families(reply):
        for sample in family.samples:
            yield sample.name, frozenset(sample.labels.items()), sample.value
