"""`xops-watch run`: the daemon, its port first."""

import os
import signal

import click

from xops_watch import __version__
from xops_watch.cli.setup import make_clock, require_something
from xops_watch.clock import monotonic
from xops_watch.exporter.app import HttpApp
from xops_watch.exporter.publisher import SnapshotPublisher
from xops_watch.exporter.server import serve
from xops_watch.exporter.telemetry import PrometheusTelemetry
from xops_watch.logs import adopt_libraries, make_logger
from xops_watch.ports import Surroundings
from xops_watch.settings import read_settings


@click.command()
def run() -> int:
    """Run the daemon until SIGTERM.

    It is configured by XOPS_WATCH_* variables; one cluster is enough to begin with:
    XOPS_WATCH_ECS__CLUSTERS=xops. In a task of ECS nothing is needed: its cluster is watched.
    """
    # Nothing is owed to anybody until the daemon listens to signals itself: they end it at once.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: os._exit(0))
    settings = read_settings()
    require_something(settings)
    clock = make_clock(settings)
    level, log_format = settings.log.level, settings.log.format
    log = make_logger(level=level, log_format=log_format)
    adopt_libraries(log, level=level, log_format=log_format)
    publisher, telemetry = SnapshotPublisher(monotonic=monotonic), PrometheusTelemetry()
    app = HttpApp(publisher, telemetry, clock=clock, tick_interval=settings.tick_interval)
    server = serve(app, settings.http.host, settings.http.port)
    log.info("listening", address="{}:{}".format(*server.address), version=__version__)
    try:
        # boto3 and the scheduler take most of the start: the port answers before they are there.
        from xops_watch.cli.run_daemon import run_daemon  # noqa: PLC0415 - see above

        around = Surroundings(clock=clock, publisher=publisher, telemetry=telemetry, log=log)
        return run_daemon(settings, around)
    finally:
        server.close()
        log.info("stopped")
