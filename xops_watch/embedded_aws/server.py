"""Serves the application over real HTTP, with a thread for each connection."""

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from moto.moto_server.werkzeug_app import MotoRequestHandler
from werkzeug.serving import BaseWSGIServer, make_server

from xops_watch.embedded_aws.app import EmbeddedAwsApp
from xops_watch.embedded_aws.world import World

# How long the end of the process may have to wait for the server to notice.
_POLL_SECONDS = 0.05


class QuietRequestHandler(MotoRequestHandler):
    """moto's handler without a line on the terminal for every request, and with one date only."""

    _date = ""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing: `GET /_embedded/requests` tells what was asked."""

    def send_header(self, keyword: str, value: str) -> None:
        """Keep the date back: the application may name another than the server's own."""
        if keyword == "Date":
            self._date = value
        else:
            super().send_header(keyword, value)

    def end_headers(self) -> None:
        """Send the date that was named last."""
        if self._date:
            super().send_header("Date", self._date)
        super().end_headers()


@contextmanager
def listening(world: World, *, host: str, port: int) -> Iterator[str]:
    """Serve `world` in the background and yield its endpoint; port 0 takes a free one.

    Raises OSError if the port is taken.
    """
    server: BaseWSGIServer = make_server(
        host, port, EmbeddedAwsApp(world), threaded=True, request_handler=QuietRequestHandler
    )
    thread = threading.Thread(
        target=server.serve_forever, args=(_POLL_SECONDS,), daemon=True, name="embedded-aws"
    )
    thread.start()
    try:
        yield f"http://{host}:{server.server_port}"
    finally:
        # Calls that hang would otherwise keep their clients waiting until the process is gone.
        world.faults.remove(None)
        server.shutdown()
        server.server_close()
        thread.join()


def wait_for_the_end(*, with_stdin: bool) -> None:
    """Return when SIGTERM or SIGINT comes, or, if `with_stdin`, when stdin closes.

    A parent that dies in whatever way closes the pipe that is our stdin.
    """
    ended = threading.Event()

    def end(_signal: int, _frame: FrameType | None) -> None:
        ended.set()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    if with_stdin:
        threading.Thread(target=_drain_stdin, args=(ended,), daemon=True, name="stdin").start()
    ended.wait()


def _drain_stdin(ended: threading.Event) -> None:
    """Set `ended` when stdin closes; what is written to it is ignored."""
    # Not sys.stdin.read: a thread inside it would hold up the end of the interpreter for a second.
    while os.read(sys.stdin.fileno(), 4096):
        pass
    ended.set()
