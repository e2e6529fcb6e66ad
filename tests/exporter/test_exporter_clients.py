import socket
import time
from contextlib import ExitStack, closing
from typing import cast
from wsgiref.types import StartResponse, WSGIEnvironment

import pytest

from tests.exporter.client import Desk, fetch
from tests.exporter.scenes import usual
from tests.exporter.sockets import connected, exchanged, received, serving
from xops_watch.exporter.server import HttpServer, Limits, serve

BRIEF = Limits(connections=20, connection_seconds=1)


@pytest.fixture
def busy() -> Desk:
    desk = Desk()
    desk.publisher.publish(usual())
    return desk


def test_fifty_idle_connections_do_not_stop_a_scrape(busy: Desk) -> None:
    with serving(busy) as server, ExitStack() as idle:
        for _ in range(50):
            idle.enter_context(connected(server))
        assert fetch(server.address).status == 200


def test_when_all_connections_are_taken_the_idle_ones_make_room(busy: Desk) -> None:
    with serving(busy, limits=BRIEF) as server, ExitStack() as idle:
        for _ in range(BRIEF.connections + 10):
            idle.enter_context(connected(server))
        assert fetch(server.address).status == 200


def test_a_client_that_dribbles_is_cut_off(busy: Desk) -> None:
    with serving(busy, limits=BRIEF) as server, connected(server) as client:
        client.sendall(b"GET /metrics HTTP/1.1\r\n")
        assert _lines_taken(client, at_most=200) < 200


def test_a_client_that_does_not_read_is_cut_off() -> None:
    size = 32 * 1024 * 1024

    def endless(_environ: WSGIEnvironment, start: StartResponse) -> list[bytes]:
        start("200 OK", [("Content-Length", str(size))])
        return [b"x" * size]

    with closing(serve(endless, "127.0.0.1", 0, limits=BRIEF)) as server:
        with connected(server) as deaf:
            deaf.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            deaf.recv(1)
            _wait_until_nobody_is_connected(server)
            assert len(received(deaf)) < size
        assert len(fetch(server.address).body) == size


def test_a_connection_carries_one_request(busy: Desk) -> None:
    request = b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: keep-alive\r\n\r\n"
    with serving(busy) as server:
        assert exchanged(server, 200 * request).count(b"HTTP/1.1 200 OK") == 1
        old = exchanged(server, 2 * request.replace(b"HTTP/1.1", b"HTTP/1.0"))
    assert old.count(b"HTTP/1.0 200 OK") == 1
    assert b"Connection: close" in old


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (b"GET /metrics HTTP/1.1\r\nX: " + b"x" * 20_000 + b"\r\n\r\n", b"431"),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5000\r\n\r\n", b"413"),
        (b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", b"400"),
        (b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: nonsense\r\n\r\n", b"501"),
        (b"GET /%00%ff%0d%0aX:1 HTTP/1.1\r\nHost: x\r\n\r\n", b"404"),
        (b"GET http://elsewhere/healthz HTTP/1.1\r\nHost: x\r\n\r\n", b"200"),
        (b"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n", b"404"),
    ],
    ids=["header", "body", "length", "tls", "encoding", "path", "proxy", "options"],
)
def test_odd_requests_are_answered_and_forgotten(
    busy: Desk, request_bytes: bytes, status: bytes
) -> None:
    with serving(busy) as server:
        assert exchanged(server, request_bytes).split(b" ")[1] == status
        assert fetch(server.address, "/healthz").status == 200


def test_a_client_that_leaves_early_is_no_event(
    busy: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    with serving(busy) as server:
        for _ in range(20):
            client = connected(server)
            client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00" * 2)
            client.close()
        assert fetch(server.address, "/healthz").status == 200
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


def _wait_until_nobody_is_connected(server: HttpServer) -> None:
    deadline = time.monotonic() + 20
    while len(cast("dict[int, object]", server._server.active_channels)) > 0:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def _lines_taken(client: socket.socket, *, at_most: int) -> int:
    """Send a header now and then until the other side has had enough."""
    for count in range(at_most):
        try:
            client.sendall(b"X-Slow: 1\r\n")
        except (BrokenPipeError, ConnectionResetError):
            return count
        time.sleep(0.1)
    return at_most
