"""Open WebUI's own count over HTTP: what it answers is checked, why it does not is told."""

import json
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from tests.web.loopback import Loopback, answer, serving
from xops_watch.errors import GapReason, SourceError
from xops_watch.sources.openwebui import UsageApi
from xops_watch.web.client import Web
from xops_watch.web.reply import Limits
from xops_watch.web.secret import SecretFile

TOKEN = "sk-5a8e7d6c4b3a29181716151413121110"  # noqa: S105 - a made-up one
# As version 0.8.12 answers it.
RECORDED = json.dumps({"model_ids": ["anthropic.claude-sonnet-4"], "user_count": 57})


@pytest.fixture
def server() -> Iterator[Loopback]:
    with serving() as loopback:
        yield loopback


def api(server: Loopback, *, account_is_own: bool = False, seconds: float = 5) -> UsageApi:
    limits = Limits(total=timedelta(seconds=seconds), bytes_max=100_000)
    web = Web(server.url, what="Open WebUI", limits=limits)
    return UsageApi(web, lambda: TOKEN, account_is_own=account_is_own)


def refused(server: Loopback, *, seconds: float = 5) -> tuple[GapReason, str]:
    with pytest.raises(SourceError) as caught:
        api(server, seconds=seconds).active()
    error = caught.value
    assert TOKEN not in f"{error.what}{error.hint}{error!r}"
    assert f"{error.what}{error.hint}".isprintable()
    return error.reason, error.what.removeprefix("Open WebUI GET /api/usage: ")


def test_the_users_that_open_webui_counts_are_returned(server: Loopback) -> None:
    server.answers["/api/usage"] = answer(RECORDED, headers={"content-type": "application/json"})
    assert api(server).active() == 57
    (asked,) = server.asked
    assert (asked.method, asked.target) == ("GET", "/api/usage")
    assert asked.headers["authorization"] == f"Bearer {TOKEN}"


@pytest.mark.parametrize(("told", "counted"), [(57, 56), (1, 0), (0, 0)])
def test_the_account_of_the_key_does_not_count_if_it_is_our_own(
    server: Loopback, told: int, counted: int
) -> None:
    server.answers["/api/usage"] = answer(json.dumps({"user_count": told}))
    assert api(server, account_is_own=True).active() == counted


def test_nobody_there_is_a_count(server: Loopback) -> None:
    server.answers["/api/usage"] = answer('{"user_count": 0}')
    assert api(server).active() == 0


@pytest.mark.parametrize(
    ("status", "reason", "why"),
    [
        (401, GapReason.DENIED, "the token is not accepted"),
        (403, GapReason.DENIED, "the account of the token may not ask"),
        (404, GapReason.INVALID, "there is no such page"),
        (405, GapReason.INVALID, "there is no such page"),
        (418, GapReason.INVALID, "HTTP status 418"),
        (204, GapReason.INVALID, "HTTP status 204"),
        (429, GapReason.THROTTLED, "too many requests"),
        (500, GapReason.UNREACHABLE, "HTTP status 500"),
        (502, GapReason.UNREACHABLE, "HTTP status 502"),
        (503, GapReason.UNREACHABLE, "HTTP status 503"),
    ],
)
def test_a_status_of_failure_has_its_reason(
    server: Loopback, status: int, reason: GapReason, why: str
) -> None:
    body = "" if status == 204 else json.dumps({"detail": TOKEN, "user_count": 3})
    server.answers["/api/usage"] = answer(body, status=status)
    assert refused(server) == (reason, why)


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("<!doctype html><title>Open WebUI</title>", "the answer is not JSON"),
        ("", "the answer is not JSON"),
        ('{"user_count": 5', "the answer is not JSON"),
        ('{"model_ids": []}', "user_count: Field required"),
        ('{"user_count": null}', "user_count: Input should be a valid integer"),
        ('{"user_count": "57"}', "user_count: Input should be a valid integer"),
        ('{"user_count": 5.5}', "user_count: Input should be a valid integer"),
        ('{"user_count": true}', "user_count: Input should be a valid integer"),
        ('{"user_count": NaN}', "user_count: Input should be a valid integer"),
        ('{"user_count": -1}', "user_count: Input should be greater than or equal to 0"),
        (
            '{"user_count": 99999999999}',
            "user_count: Input should be less than or equal to 10000000",
        ),
    ],
)
def test_an_answer_of_another_shape_is_no_count(server: Loopback, body: str, why: str) -> None:
    server.answers["/api/usage"] = answer(body)
    assert refused(server) == (GapReason.INVALID, why)


def test_a_huge_body_is_no_count(server: Loopback) -> None:
    models = ["m" * 1000] * 1000
    server.answers["/api/usage"] = answer(json.dumps({"user_count": 1, "model_ids": models}))
    assert refused(server) == (GapReason.INVALID, "the answer is larger than 100000 bytes")


def test_a_redirect_to_a_login_is_no_count(server: Loopback) -> None:
    with serving(login=answer(RECORDED)) as elsewhere:
        location = {"location": f"{elsewhere.url}/login"}
        server.answers["/api/usage"] = answer("", status=302, headers=location)
        assert refused(server) == (GapReason.INVALID, "it redirects to another address")
    assert elsewhere.asked == []


def test_silence_is_a_timeout(server: Loopback) -> None:
    def stay_silent(_: BaseHTTPRequestHandler) -> None:
        server.over.wait()

    server.answers["/api/usage"] = stay_silent
    assert refused(server, seconds=0.1) == (GapReason.TIMEOUT, "no answer in time")


def test_a_key_that_is_renewed_counts_at_once(server: Loopback, tmp_path: Path) -> None:
    path = tmp_path / "token"
    secret = SecretFile(path, setting="XOPS_WATCH_OPENWEBUI__TOKEN_FILE")
    usage = UsageApi(Web(server.url, what="Open WebUI"), secret.read_token)
    server.answers["/api/usage"] = answer(RECORDED)
    with pytest.raises(SourceError) as caught:
        usage.active()
    assert caught.value.reason is GapReason.DENIED
    assert server.asked == []
    for key in ("first", "second"):
        path.write_text(f"{key}\n")
        assert usage.active() == 57
    assert [one.headers["authorization"] for one in server.asked] == [
        "Bearer first",
        "Bearer second",
    ]
