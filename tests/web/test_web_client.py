"""One HTTP provider: limits on everything, failures as SourceError, no secret in any of them."""

import gzip
import socket
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict

from tests.web.loopback import Loopback, answer, serving
from xops_watch.errors import GapReason, SourceError
from xops_watch.web.client import Web
from xops_watch.web.reply import DETAIL_CHARACTERS_MAX, Limits, Reply, one_line

SECRET = "sk-0123456789abcdef"  # noqa: S105 - what must not show up anywhere
BEARER = {"authorization": f"Bearer {SECRET}"}


class Shape(BaseModel):
    model_config = ConfigDict(strict=True)

    count: int


@pytest.fixture
def server() -> Iterator[Loopback]:
    with serving() as loopback:
        yield loopback


def web(url: str, **limits: object) -> Web:
    short = {"connect": timedelta(seconds=5), "total": timedelta(seconds=5), **limits}
    return Web(url, what="the shop", limits=Limits(**short))  # type: ignore[arg-type]  # by keyword


def refused(web: Web, path: str = "/page") -> SourceError:
    with pytest.raises(SourceError) as caught:
        web.get(path, headers=BEARER)
    error = caught.value
    assert SECRET not in f"{error.what}{error.hint}{error!r}"
    assert error.what.isprintable()
    assert len(error.what) <= DETAIL_CHARACTERS_MAX
    return error


def test_an_answer_is_status_headers_and_body(server: Loopback) -> None:
    server.answers["/page"] = answer('{"count": 3}', status=202, headers={"X-Left": "7"})
    reply = web(server.url).get("/page", params={"a": "b c"}, headers=BEARER)
    assert (reply.status, reply.headers["x-left"], reply.body) == (202, "7", b'{"count": 3}')
    assert reply.parsed(Shape).count == 3
    (asked,) = server.asked
    assert asked.target == "/page?a=b+c"
    assert asked.headers["authorization"] == f"Bearer {SECRET}"
    assert asked.headers["user-agent"] == "xops-watch"
    assert asked.headers["accept-encoding"] == "identity"


def test_a_body_is_posted_as_json(server: Loopback) -> None:
    server.answers["/api/page"] = answer("{}")
    reply = web(f"{server.url}/api/").post("/page", body={"query": "x"})
    assert reply.status == 200
    (asked,) = server.asked
    assert (asked.method, asked.body) == ("POST", b'{"query":"x"}')
    assert asked.headers["content-type"] == "application/json"


def test_the_path_of_the_base_url_stays(server: Loopback) -> None:
    server.answers["/behind/page"] = answer("x")
    assert web(f"{server.url}/behind").get("/page").body == b"x"


def test_a_status_of_failure_is_an_answer(server: Loopback) -> None:
    server.answers["/page"] = answer("no", status=503)
    assert web(server.url).get("/page").status == 503


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("<html>Sign in</html>", "the answer is not JSON"),
        ("", "the answer is not JSON"),
        (b"\xff\xfe\x00", "the answer is not JSON"),
        ("[" * 100_000, "the answer is not JSON"),
        ("[]", "the answer: Input should be a valid dictionary or instance of Shape"),
        ("{}", "count: Field required"),
        ('{"count": "3"}', "count: Input should be a valid integer"),
        (f'{{"count": "{SECRET}"}}', "count: Input should be a valid integer"),
    ],
)
def test_an_answer_of_another_shape_is_refused_without_its_words(
    server: Loopback, body: str | bytes, why: str
) -> None:
    server.answers["/page"] = answer(body)
    reply = web(server.url).get("/page")
    with pytest.raises(SourceError) as caught:
        reply.parsed(Shape)
    assert caught.value.reason is GapReason.INVALID
    assert caught.value.what == f"the shop GET /page: {why}"


@given(st.binary(max_size=200))
def test_no_body_raises_anything_else(body: bytes) -> None:
    reply = Reply(what="it", status=200, headers={}, body=body)
    try:
        assert isinstance(reply.parsed(Shape).count, int)
    except SourceError as error:
        assert error.reason is GapReason.INVALID  # noqa: PT017 - either is right


def test_an_answer_that_is_too_large_is_cut_off(server: Loopback) -> None:
    def flood(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        while not server.over.is_set():
            handler.wfile.write(b"x" * 65_536)

    server.answers["/page"] = flood
    error = refused(web(server.url, bytes_max=100_000))
    assert error.reason is GapReason.INVALID
    assert error.what == "the shop GET /page: the answer is larger than 100000 bytes"


def test_an_answer_of_just_the_allowed_size_is_taken(server: Loopback) -> None:
    server.answers["/page"] = answer(b"x" * 1000)
    assert len(web(server.url, bytes_max=1000).get("/page").body) == 1000


def test_a_compressed_answer_is_refused(server: Loopback) -> None:
    bomb = gzip.compress(b"x" * 10_000_000)
    server.answers["/page"] = answer(bomb, headers={"content-encoding": "gzip"})
    assert refused(web(server.url)).reason is GapReason.INVALID


def test_silence_is_a_timeout(server: Loopback) -> None:
    def stay_silent(_: BaseHTTPRequestHandler) -> None:
        server.over.wait()

    server.answers["/page"] = stay_silent
    error = refused(web(server.url, total=timedelta(seconds=0.1)))
    assert error.reason is GapReason.TIMEOUT
    assert error.what == "the shop GET /page: no answer in time"


def test_an_answer_in_drops_is_a_timeout(server: Loopback) -> None:
    def drip(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        while not server.over.wait(0.05):
            handler.wfile.write(b"x")

    server.answers["/page"] = drip
    error = refused(web(server.url, total=timedelta(seconds=0.5)))
    assert error.reason is GapReason.TIMEOUT


def test_nobody_there_is_unreachable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    error = refused(web(f"http://127.0.0.1:{port}"))
    assert error.reason is GapReason.UNREACHABLE
    assert error.what == "the shop GET /page: no connection (Connection refused)"


def test_a_name_that_nobody_has_is_unreachable() -> None:
    error = refused(web("http://nowhere.invalid"))
    assert error.reason is GapReason.UNREACHABLE


def test_what_is_no_http_is_invalid() -> None:
    with socket.create_server(("127.0.0.1", 0)) as ssh:
        from threading import Thread  # noqa: PLC0415 - for this one server

        def greet() -> None:
            connection, _ = ssh.accept()
            with connection:
                connection.recv(10_000)
                connection.sendall(b"SSH-2.0-OpenSSH_9.2\r\n")

        thread = Thread(target=greet, daemon=True)
        thread.start()
        error = refused(web(f"http://127.0.0.1:{ssh.getsockname()[1]}"))
        thread.join()
    assert error.reason is GapReason.INVALID
    assert error.what == "the shop GET /page: no HTTP to be had there (RemoteProtocolError)"


def test_a_header_that_cannot_be_sent_does_not_leak(server: Loopback) -> None:
    with pytest.raises(SourceError) as caught:
        web(server.url).get("/page", headers={"authorization": f"Bearer {SECRET}\n"})
    error = caught.value
    assert error.reason is GapReason.INVALID
    assert SECRET not in error.what
    assert error.__suppress_context__


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_refused_unless_allowed(server: Loopback, status: int) -> None:
    server.answers["/page"] = answer("", status=status, headers={"location": "/other"})
    error = refused(web(server.url))
    assert error.reason is GapReason.INVALID
    assert error.what == "the shop GET /page: it redirects"
    assert [one.target for one in server.asked] == ["/page"]


def test_a_redirect_within_the_origin_may_be_followed(server: Loopback) -> None:
    server.answers["/page"] = answer("", status=301, headers={"location": "/other"})
    server.answers["/other"] = answer("there")
    assert web(server.url, redirects_max=1).get("/page", headers=BEARER).body == b"there"
    assert [one.headers["authorization"] for one in server.asked] == [f"Bearer {SECRET}"] * 2


def test_redirects_in_a_ring_end(server: Loopback) -> None:
    server.answers["/page"] = answer("", status=301, headers={"location": "/page"})
    assert refused(web(server.url, redirects_max=2)).what == "the shop GET /page: it redirects"
    assert len(server.asked) == 3


@pytest.mark.parametrize("allowed", [0, 3])
def test_a_redirect_to_somebody_else_is_never_followed(server: Loopback, allowed: int) -> None:
    with serving(page=answer("mine")) as thief:
        server.answers["/page"] = answer("", status=302, headers={"location": f"{thief.url}/page"})
        error = refused(web(server.url, redirects_max=allowed))
    assert error.what == "the shop GET /page: it redirects to another address"
    assert thief.asked == []


def test_no_proxy_is_used_unless_wanted(server: Loopback, monkeypatch: pytest.MonkeyPatch) -> None:
    server.answers["/page"] = answer("direct")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "")
    assert web(server.url).get("/page").body == b"direct"
    limits = Limits(connect=timedelta(seconds=5))
    with pytest.raises(SourceError) as caught:
        Web(server.url, what="the shop", limits=limits, proxied=True).get("/page")
    assert caught.value.reason is GapReason.UNREACHABLE


@given(st.text(max_size=2000))
def test_any_text_becomes_one_bounded_line(text: str) -> None:
    line = one_line(text)
    assert len(line) <= DETAIL_CHARACTERS_MAX
    assert line.isprintable()
