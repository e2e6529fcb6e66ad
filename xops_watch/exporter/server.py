"""The HTTP server: waitress, made so that no client can hold it.

Waitress guards its threads from slow clients, but by itself it lets a connection live for ever
that sends a byte now and then, or that asks and never reads the answer; enough of those, and
nobody else gets in. Here a connection carries one request and has a limited life.
"""

import socket
import threading
from dataclasses import dataclass
from typing import cast
from wsgiref.types import WSGIApplication

from waitress import wasyncore
from waitress.adjustments import Adjustments
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser
from waitress.server import TcpWSGIServer
from waitress.task import ThreadedTaskDispatcher

from xops_watch.errors import ConfigurationError

THREADS = 4  # a scrape, a health check, a reader of the page, and one to spare
HEADER_BYTES_MAX = 16 * 1024
BODY_BYTES_MAX = 1024  # no request has a body; a client that sends one may finish its mistake
ANSWER_BYTES_MAX = 64 * 1024 * 1024  # kept in memory: the container's disk is read-only
CLOSE_SECONDS_MAX = 10.0
PORT_MAX = 65_535
_LOOP_SECONDS = 1.0  # how often connections that are too old are looked for


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How many connections at once, and for how many real seconds each.

    One scraper needs one for some milliseconds. The number bounds the memory that clients who
    do not read can hold (each at most one answer).
    """

    connections: int = 128
    connection_seconds: int = 30


class HttpServer:
    """A listening server in a thread of its own; `address` tells which port 0 became."""

    def __init__(
        self, server: "_Server", sockets: "wasyncore._SocketMap", address: tuple[str, int]
    ) -> None:
        self.address = address
        self._server = server
        self._sockets = sockets
        self._closing = threading.Event()
        self._waking = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="http", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop listening, let running answers finish, drop the connections. May be repeated."""
        with self._waking:
            if not self._closing.is_set():
                self._closing.set()
                self._server.pull_trigger()
        self._thread.join(CLOSE_SECONDS_MAX)

    def _run(self) -> None:
        while not self._closing.is_set():
            wasyncore.loop(timeout=_LOOP_SECONDS, use_poll=True, map=self._sockets, count=1)
        with self._waking:  # whoever closes has still to pull the trigger that goes away here
            self._server.task_dispatcher.shutdown()
            wasyncore.close_all(self._sockets)


def serve(
    app: WSGIApplication, host: str, port: int, *, limits: Limits | None = None
) -> HttpServer:
    """Open the port at once and answer with `app` from now on.

    Raises ConfigurationError when the address cannot be listened on. Port 0 takes a free one.
    """
    listener = _listener(host, port)
    adjustments = _adjustments(limits or Limits())
    dispatcher = ThreadedTaskDispatcher()
    dispatcher.set_thread_count(adjustments.threads)
    sockets: wasyncore._SocketMap = {}
    server = _Server(
        app,
        map=sockets,
        _sock=listener,
        dispatcher=dispatcher,
        adj=adjustments,
        sockinfo=(listener.family, listener.type, listener.proto, listener.getsockname()),
        bind_socket=False,
    )
    return HttpServer(server, sockets, listener.getsockname()[:2])


def _listener(host: str, port: int) -> socket.socket:
    """Return a listening socket; `::` takes IPv4 as well, as people expect of it."""
    if not 0 <= port <= PORT_MAX:
        raise _refusal(host, port, f"ports end at {PORT_MAX}")
    bare = host.removeprefix("[").removesuffix("]")
    try:
        family, _, _, _, address = socket.getaddrinfo(
            bare or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        both = bare == "::" and socket.has_dualstack_ipv6()
        return socket.create_server(address[:2], family=family, dualstack_ipv6=both)
    except OSError as error:
        raise _refusal(host, port, error.strerror or str(error)) from error
    except UnicodeError as error:
        raise _refusal(host, port, "no such host") from error


def _refusal(host: str, port: int, reason: str) -> ConfigurationError:
    hint = "set XOPS_WATCH_HTTP__LISTEN to an address of this machine and a free port"
    return ConfigurationError(
        f"cannot listen on {host}:{port}: {reason}", hint=f"{hint}, such as 0.0.0.0:9923"
    )


def _adjustments(limits: Limits) -> Adjustments:
    return Adjustments(
        threads=THREADS,
        ident=None,  # which server this is, is nobody's business
        connection_limit=limits.connections,
        channel_timeout=limits.connection_seconds,
        cleanup_interval=1,
        max_request_header_size=HEADER_BYTES_MAX,
        max_request_body_size=BODY_BYTES_MAX,
        outbuf_overflow=ANSWER_BYTES_MAX,
        outbuf_high_watermark=ANSWER_BYTES_MAX,
        log_socket_errors=False,  # a client that goes away is no event
        sockets=[],
    )


class _Request(HTTPRequestParser):
    """A request that is the last of its connection, whatever the client asks for.

    Otherwise one that sends hundreds at once and reads nothing would fill the memory.
    """

    def parse_header(self, header_plus: bytes) -> None:
        super().parse_header(header_plus)
        cast("dict[str, str]", self.headers)["CONNECTION"] = "close"


class _Channel(HTTPChannel):
    parser_class = _Request


class _Server(TcpWSGIServer):
    channel_class = _Channel

    def maintenance(self, now: float) -> None:
        """Close connections that are too old, also those that send or read a little at times."""
        oldest = now - self.adj.channel_timeout
        for channel in list(cast("dict[int, HTTPChannel]", self.active_channels).values()):
            if not channel.requests and channel.creation_time < oldest:
                channel.handle_close()
