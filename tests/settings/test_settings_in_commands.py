"""Settings as the commands use them."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.cli.command import xops_watch
from xops_watch.clock import machine_now


class _Alive(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"alive")

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def port() -> Iterator[int]:
    """Yield the port of something that says it is alive."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Alive)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield server.server_address[1]
    server.shutdown()
    thread.join()
    server.server_close()


def test_healthcheck_asks_where_the_file_says(port: int, tmp_path: Path) -> None:
    config = tmp_path / "config.yaml"
    config.write_text(f"http: {{listen: ':{port}'}}\n")
    outcome = xops_watch("healthcheck", XOPS_WATCH_CONFIG=str(config))
    assert (outcome.code, outcome.out) == (0, "alive\n")


def test_healthcheck_asks_where_the_variable_says_before_the_file(
    port: int, tmp_path: Path
) -> None:
    config = tmp_path / "config.yaml"
    config.write_text("http: {listen: '127.0.0.1:1'}\n")
    listen = f" 127.0.0.1:{port}\n"
    outcome = xops_watch(
        "healthcheck", XOPS_WATCH_CONFIG=str(config), XOPS_WATCH_HTTP__LISTEN=listen
    )
    assert outcome.code == 0


@pytest.mark.parametrize(
    ("listen", "code"),
    [
        (".a..b:80", 3),
        ("a b:80", 3),
        ("x" * 70 + ".com:80", 3),
        ("127.0.0.1:99999", 3),
        ("[::1:1", 3),
        ("127.0.0.1:http", 2),
        ("9923", 2),
    ],
)
def test_healthcheck_of_a_strange_address_is_no_traceback(listen: str, code: int) -> None:
    outcome = xops_watch("healthcheck", XOPS_WATCH_HTTP__LISTEN=listen)
    assert outcome.code == code
    assert "Traceback" not in outcome.err
    assert "hint:" in outcome.err


def _once(**clock: str) -> tuple[int, str]:
    outcome = xops_watch("once", XOPS_WATCH_ECS__CLUSTERS="xops", AWS_REGION="eu-west-1", **clock)
    return outcome.code, outcome.err


def test_a_speed_needs_an_anchor() -> None:
    code, said = _once(XOPS_WATCH_CLOCK__SPEED="60")
    assert code == 2
    assert "XOPS_WATCH_CLOCK__SPEED is set without XOPS_WATCH_CLOCK__ANCHOR" in said


@pytest.mark.parametrize("anchor", ["9999-12-31T23:59:59Z", "0001-01-01T00:00:00+14:00", "31d"])
def test_an_anchor_far_away_is_refused_before_time_overflows(anchor: str) -> None:
    at = (machine_now() - timedelta(days=31)).isoformat() if anchor == "31d" else anchor
    code, said = _once(XOPS_WATCH_CLOCK__SPEED="3600", XOPS_WATCH_CLOCK__ANCHOR=at)
    assert code == 2
    assert "XOPS_WATCH_CLOCK__ANCHOR is more than 30 days from now" in said
    assert "Traceback" not in said
