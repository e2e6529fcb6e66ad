import gzip
import http.client
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import closing
from typing import Any, cast
from wsgiref.types import StartResponse, WSGIEnvironment

import pytest

from tests.exporter.client import PROMETHEUS_ACCEPT, Desk, fetch, labels, of
from tests.exporter.scenes import hostile, usual
from tests.exporter.sockets import connected, exchanged, received, serving
from xops_watch.errors import ConfigurationError
from xops_watch.exporter.server import HttpServer, serve


@pytest.fixture
def busy() -> Desk:
    desk = Desk()
    desk.publisher.publish(usual())
    return desk


def test_it_answers_as_soon_as_it_is_open() -> None:
    desk = Desk()
    with serving(desk) as server:
        assert fetch(server.address, "/healthz").status == 200
        assert fetch(server.address, "/readyz").status == 503
        desk.publisher.publish(usual())
        desk.telemetry.tick_failed()
        assert fetch(server.address, "/readyz").status == 200
        assert of(fetch(server.address), "xops_watch_tick_failures_total") == {labels(): 1}


@pytest.mark.parametrize("scene", [usual, hostile], ids=["usual", "hostile"])
@pytest.mark.parametrize("path", ["/", "/metrics", "/healthz", "/readyz", "/api/v1/snapshot"])
def test_what_is_announced_is_sent(scene: Callable[[], object], path: str) -> None:
    desk = Desk()
    shown = scene()
    desk.publisher.publish(shown)  # type: ignore[arg-type]  # both scenes are snapshots
    with serving(desk) as server:
        reply = fetch(server.address, path, accept=PROMETHEUS_ACCEPT, accept_encoding="gzip")
        head = fetch(server.address, path, method="HEAD")
    assert reply.status == head.status == 200
    assert int(reply.headers["Content-Length"]) == len(reply.body)
    assert head.body == b""
    assert int(head.headers["Content-Length"]) > 0
    assert ("Content-Encoding" in reply.headers) == (path == "/metrics")
    if path == "/metrics":
        assert gzip.decompress(reply.body).endswith(b"# EOF\n")


@pytest.mark.parametrize("method", ["TRACE", "POST", "BREW"])
def test_other_methods_are_refused_on_the_wire_too(busy: Desk, method: str) -> None:
    with serving(busy) as server:
        reply = fetch(server.address, "/metrics", method=method, cookie="secret")
    assert (reply.status, reply.headers["Allow"]) == (405, "GET, HEAD")
    assert b"secret" not in reply.body


def test_nobody_learns_which_server_it_is(busy: Desk) -> None:
    with serving(busy) as server:
        assert "Server" not in fetch(server.address).headers
        assert b"waitress" not in exchanged(server, b"GET / HTTP/1.1\r\nbad header\r\n\r\n")


def test_a_bug_shows_no_traceback_to_clients(caplog: pytest.LogCaptureFixture) -> None:
    def broken(_environ: WSGIEnvironment, _start: StartResponse) -> list[bytes]:
        raise LookupError

    with closing(serve(broken, "127.0.0.1", 0)) as server:
        reply = fetch(server.address)
    assert reply.status == 500
    assert b"LookupError" not in reply.body
    assert "Traceback" not in reply.text
    assert [record.levelname for record in caplog.records].count("ERROR") == 1


def test_a_port_in_use_is_a_configuration_error_that_says_what_to_set() -> None:
    with (
        serving(Desk()) as server,
        pytest.raises(ConfigurationError, match="Address already in use") as caught,
    ):
        serve(Desk().app, *server.address)
    assert "XOPS_WATCH_HTTP__LISTEN" in caught.value.hint
    assert str(server.address[1]) in caught.value.what


@pytest.mark.parametrize(
    ("host", "port"),
    [("192.0.2.1", 0), ("127.0.0.1", 70000), ("x" * 70, 0), ("", -1)],
)
def test_an_address_that_cannot_be_listened_on_is_a_configuration_error(
    host: str, port: int
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        serve(Desk().app, host, port)
    assert caught.value.what.startswith(f"cannot listen on {host}:{port}: ")
    assert "\n" not in caught.value.what


@pytest.mark.parametrize("host", ["::", "[::]", "::1"])
def test_it_listens_on_ipv6(host: str) -> None:
    if not socket.has_ipv6:
        pytest.skip("no IPv6 here")
    try:
        server = serve(Desk().app, host, 0)
    except ConfigurationError as error:
        pytest.skip(f"no IPv6 here: {error.what}")
    with closing(server):
        port = server.address[1]
        assert fetch(("::1", port), "/healthz").status == 200
        if host != "::1" and socket.has_dualstack_ipv6():
            assert fetch(("127.0.0.1", port), "/healthz").status == 200


def test_closing_frees_the_port_and_may_be_repeated() -> None:
    server = serve(Desk().app, "127.0.0.1", 0)
    address = server.address
    server.close()
    server.close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(address, timeout=5)
    with closing(serve(Desk().app, *address)) as again:
        assert fetch(again.address, "/healthz").status == 200


class SlowToWake:
    """A server whose loop has seen that it shall end before the one who says so is done."""

    def __init__(self) -> None:
        self.events: list[str] = []
        self.task_dispatcher = self

    def pull_trigger(self) -> None:
        time.sleep(0.1)
        self.events.append("woken")

    def shutdown(self) -> None:
        self.events.append("shut down")


def test_nothing_is_taken_away_from_one_who_is_still_closing() -> None:
    slow = SlowToWake()
    HttpServer(cast("Any", slow), {}, ("127.0.0.1", 0)).close()
    assert slow.events == ["woken", "shut down"]


def test_closing_lets_a_running_answer_finish() -> None:
    begun, go_on = threading.Event(), threading.Event()

    def slow(_environ: WSGIEnvironment, start: StartResponse) -> list[bytes]:
        begun.set()
        go_on.wait(20)
        start("200 OK", [("Content-Length", "4")])
        return [b"done"]

    server = serve(slow, "127.0.0.1", 0)
    with connected(server) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert begun.wait(20)
        closing_thread = threading.Thread(target=server.close)
        closing_thread.start()
        go_on.set()
        assert received(client).endswith(b"\r\n\r\ndone")
        closing_thread.join()


def test_many_scrapes_at_once_are_all_answered(busy: Desk) -> None:
    found: list[int] = []

    def scrape(address: tuple[str, int]) -> None:
        for _ in range(5):
            states = of(fetch(address), "xops_trigger_state")
            found.append(len(states))

    with serving(busy) as server:
        threads = [threading.Thread(target=scrape, args=(server.address,)) for _ in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert found == [15] * 100


def test_the_exporter_imports_nothing_heavy() -> None:
    heavy = ("boto3", "botocore", "jinja2", "pydantic", "sqlite3", "urllib3")
    code = (
        "import sys, xops_watch.exporter.app, xops_watch.exporter.server;"
        f"print(*sorted(set({heavy}) & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, check=True, text=True, timeout=60
    )
    assert done.stdout.split() == []


def test_an_answer_can_be_asked_for_with_the_oldest_http(busy: Desk) -> None:
    with serving(busy) as server:
        connection = http.client.HTTPConnection(*server.address, timeout=20)
        connection._http_vsn, connection._http_vsn_str = 10, "HTTP/1.0"  # type: ignore[attr-defined]  # looks inside on purpose
        with closing(connection):
            connection.request("GET", "/healthz")
            assert connection.getresponse().read() == b"alive\n"
