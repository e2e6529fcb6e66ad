"""What the doctor sees of a GitHub token, over HTTP."""

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.web.loopback import answer, serving
from xops_watch.doctor.check import Check, Health
from xops_watch.doctor.github import look_at_github
from xops_watch.settings.github import Github

TOKEN = "ghp_madeup"  # noqa: S105 - of no account
LIMITS = {
    "resources": {
        "core": {"limit": 5000, "remaining": 4990, "used": 10, "reset": 1},
        "graphql": {"limit": 5000, "remaining": 5000, "used": 0, "reset": 1},
    }
}


@contextmanager
def github(
    body: object, *, status: int = 200, headers: Mapping[str, str] | None = None
) -> Iterator[Github]:
    """Yield settings that lead to a GitHub that gives this answer."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked = (self.path, self.headers["Authorization"])
            right = asked == ("/rate_limit", f"Bearer {TOKEN}")
            content = json.dumps(body).encode()
            self.send_response(status if right else 418)
            for name, value in (headers or {}).items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield settings(f"http://127.0.0.1:{server.server_port}")
    finally:
        server.shutdown()
        server.server_close()


def settings(url: str) -> Github:
    return Github.model_validate({"repositories": "acme/infra", "token": TOKEN, "api_url": url})


def look(wanted: Github) -> dict[str, Check]:
    checks = {check.name: check for check in look_at_github(wanted)}
    assert not [check for check in checks.values() if TOKEN in check.found + check.fix]
    return checks


def test_a_fine_grained_token_with_much_left_is_fine() -> None:
    with github(LIMITS) as wanted:
        checks = look(wanted)
    assert {check.health for check in checks.values()} == {Health.OK}
    assert checks["github budget"].found == (
        "REST: 4990 of 5000 requests left; GraphQL: 5000 of 5000 requests left"
    )


@pytest.mark.parametrize(
    ("scopes", "health"),
    [("", Health.OK), ("read:org", Health.OK), ("repo, read:org", Health.WARNING)],
)
def test_a_classic_token_that_may_write_is_a_warning(scopes: str, health: Health) -> None:
    with github(LIMITS, headers={"X-OAuth-Scopes": scopes}) as wanted:
        check = look(wanted)["github token"]
    assert check.health is health
    assert "classic token" in check.found
    assert bool(check.fix) is (health is Health.WARNING)


def test_a_budget_that_is_nearly_spent_is_a_warning() -> None:
    spent = {"resources": {"core": {"limit": 5000, "remaining": 499}}}
    with github(spent) as wanted:
        check = look(wanted)["github budget"]
    assert (check.health, check.found) == (Health.WARNING, "REST: 499 of 5000 requests left")


@pytest.mark.parametrize(
    ("body", "status"),
    [({"message": "Bad credentials"}, 401), ({}, 200), ([], 200), ({}, 500), ({"x": "y"}, 403)],
)
def test_a_token_that_is_refused_or_an_odd_answer_has_to_be_mended(
    body: object, status: int
) -> None:
    with github(body, status=status) as wanted:
        checks = look(wanted)
    assert list(checks) == ["github token"]
    assert checks["github token"].health is Health.FAILED
    assert checks["github token"].fix


def test_a_github_that_is_not_there_is_told() -> None:
    check = look(settings("http://127.0.0.1:1"))["github token"]
    assert check.health is Health.FAILED


def test_who_watches_no_repository_is_not_asked_for_a_token() -> None:
    assert look(Github()) == {}


READS = {"metadata": "read", "pull_requests": "read", "contents": "read", "actions": "read"}


def look_at_app(grant: object, key: str, *, status: int = 200, **more: object) -> Check:
    """Return the check of an App whose installation 77 says this of itself."""
    given = {"token": TOKEN, "expires_at": "2999-01-01T00:00:00Z"}
    with serving(rate_limit=answer(json.dumps(LIMITS))) as loopback:
        path = "/app/installations/77"
        loopback.answers[path] = answer(json.dumps(grant), status=status)
        loopback.answers[f"{path}/access_tokens"] = answer(json.dumps(given), status=201)
        wanted = {
            "repositories": "acme/infra",
            "app_id": 5,
            "installation_id": 77,
            "private_key": key,
            "api_url": loopback.url,
        }
        checks = look(Github.model_validate(wanted | more))
    assert key not in str(checks)
    return checks["github token"]


@pytest.fixture(scope="module")
def key() -> str:
    made = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    form = serialization.PrivateFormat.TraditionalOpenSSL
    none = serialization.NoEncryption()
    return made.private_bytes(serialization.Encoding.PEM, form, none).decode()


def test_an_app_that_reads_what_it_needs_is_fine(key: str) -> None:
    check = look_at_app({"permissions": READS}, key)
    found = "a GitHub App that reads contents, pull requests and metadata"
    assert (check.health, check.found) == (Health.OK, found)


@pytest.mark.parametrize(
    ("missing", "name"),
    [
        (("metadata",), "Metadata: read"),
        (("pull_requests",), "Pull requests: read"),
        (("contents",), "Contents: read"),
        (("contents", "pull_requests"), "Pull requests: read, Contents: read"),
    ],
)
def test_the_permission_that_an_app_lacks_is_named(
    key: str, missing: tuple[str, ...], name: str
) -> None:
    grant = {"permissions": {one: at for one, at in READS.items() if one not in missing}}
    check = look_at_app(grant, key)
    assert (check.health, check.found) == (
        Health.FAILED,
        f"a GitHub App whose installation lacks {name}",
    )
    assert check.fix


def test_an_app_without_actions_only_lacks_the_fallback(key: str) -> None:
    grant = {"permissions": {**READS, "actions": "none"}}
    check = look_at_app(grant, key)
    assert check.health is Health.OK
    assert check.found.endswith("; not workflow runs (Actions: read), the fallback")
    wanted = look_at_app(grant, key, workflow_runs="always")
    assert (wanted.health, wanted.found) == (
        Health.WARNING,
        "a GitHub App whose installation lacks Actions: read",
    )


def test_an_app_that_may_write_is_a_warning(key: str) -> None:
    check = look_at_app({"permissions": {**READS, "contents": "write"}}, key)
    assert (check.health, check.found) == (
        Health.WARNING,
        "a GitHub App that may write: contents",
    )


def test_an_app_that_is_suspended_has_to_be_let_in_again(key: str) -> None:
    grant = {"permissions": READS, "suspended_at": "2026-11-01T00:00:00Z"}
    check = look_at_app(grant, key)
    assert (check.health, check.found) == (
        Health.FAILED,
        "the installation of the GitHub App is suspended",
    )


@pytest.mark.parametrize(
    ("grant", "status"), [({}, 200), ({"permissions": ["all"]}, 200), ({}, 401), ({}, 404)]
)
def test_an_app_that_nobody_knows_has_to_be_mended(key: str, grant: object, status: int) -> None:
    check = look_at_app(grant, key, status=status)
    assert check.health is Health.FAILED
    assert check.fix


def test_an_app_without_its_key_is_told() -> None:
    wanted = Github.model_validate({"repositories": "acme/infra", "app_id": 5})
    check = look(wanted)["github token"]
    assert check.health is Health.FAILED
    assert "private key" in check.found
