"""The exporter put together: it opens before slow imports, so that somebody answers early."""

from dataclasses import dataclass
from datetime import timedelta

from xops_watch.clock import monotonic
from xops_watch.exporter.app import HttpApp
from xops_watch.exporter.publisher import SnapshotPublisher
from xops_watch.exporter.server import HttpServer, serve
from xops_watch.exporter.telemetry import PrometheusTelemetry
from xops_watch.ports import Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Front:
    """What the daemon publishes to and counts with, and the server that shows it."""

    publisher: SnapshotPublisher
    telemetry: PrometheusTelemetry
    server: HttpServer

    @property
    def address(self) -> tuple[str, int]:
        """Return the host and port that are listened on."""
        return self.server.address

    def close(self) -> None:
        """Stop answering."""
        self.server.close()


def open_front(host: str, port: int, *, clock: Clock, tick_interval: timedelta) -> Front:
    """Open the port and answer at once; raises ConfigurationError when that cannot be."""
    publisher = SnapshotPublisher(monotonic=monotonic)
    telemetry = PrometheusTelemetry()
    app = HttpApp(publisher, telemetry, clock=clock, tick_interval=tick_interval)
    return Front(publisher=publisher, telemetry=telemetry, server=serve(app, host, port))
