"""Talks to a server over bare sockets, as well-behaved and other clients do."""

import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager

from tests.exporter.client import Desk
from xops_watch.exporter.server import HttpServer, Limits, serve


@contextmanager
def serving(desk: Desk, *, limits: Limits | None = None) -> Iterator[HttpServer]:
    with closing(serve(desk.app, "127.0.0.1", 0, limits=limits)) as server:
        yield server


def connected(server: HttpServer) -> socket.socket:
    return socket.create_connection(server.address, timeout=20)


def received(client: socket.socket) -> bytes:
    """Read until the other side closes."""
    parts = []
    try:
        while part := client.recv(65536):
            parts.append(part)
    except ConnectionResetError:
        pass
    return b"".join(parts)


def exchanged(server: HttpServer, request: bytes) -> bytes:
    with connected(server) as client:
        client.sendall(request)
        return received(client)
