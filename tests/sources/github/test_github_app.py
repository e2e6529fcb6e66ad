"""A GitHub App: signed for with its key, a token for an hour, renewed before it ends."""

import json
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from pydantic import SecretStr

from tests.sources.github.scene import source_of
from tests.sources.github.tiny_github import NOW, Repo, TinyGithub, pull, stamp, tiny_github
from tests.sources.github.told import gaps, values
from tests.web.loopback import answer
from xops_watch.clock import machine_now
from xops_watch.core.reading import Observation
from xops_watch.errors import GapReason, SourceError
from xops_watch.sources.github import GithubSource, SecretVariable, TokenCredentials
from xops_watch.sources.github.app import AppCredentials
from xops_watch.web.client import Web
from xops_watch.web.reply import Limits
from xops_watch.web.secret import SecretFile

GIVEN = "/app/installations/77/access_tokens"


@pytest.fixture(scope="session")
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture
def key_file(key: rsa.RSAPrivateKey, tmp_path: Path) -> Path:
    path = tmp_path / "app.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.TraditionalOpenSSL,
            serialization.NoEncryption(),
        )
    )
    return path


class Tokens:
    """Gives out `ghs_1`, `ghs_2` and so on, each for `life`."""

    def __init__(self, github: TinyGithub, key: rsa.RSAPrivateKey) -> None:
        self.github = github
        self.key = key
        self.life = timedelta(hours=1)
        self.given = 0
        github.faults[GIVEN] = self.give

    def give(self, handler: BaseHTTPRequestHandler) -> None:
        signed = self.github.loopback.asked[-1].headers["authorization"].removeprefix("Bearer ")
        claims = jwt.decode(signed, self.key.public_key(), algorithms=["RS256"])
        assert claims["iss"] == "12345"
        assert claims["exp"] - claims["iat"] == 600
        self.given += 1
        self.github.token = f"ghs_{self.given}"
        told = {"token": self.github.token, "expires_at": stamp(machine_now() + self.life)}
        answer(json.dumps(told), status=201)(handler)


@pytest.fixture
def tokens(key: rsa.RSAPrivateKey) -> Iterator[Tokens]:
    with tiny_github(infra=Repo(1, pulls=[pull(1)])) as github:
        yield Tokens(github, key)


def app_source(tokens: Tokens, path: Path, *, installation: int | None = 77) -> GithubSource:
    web = Web(tokens.github.url, what="GitHub", limits=Limits())
    secret = SecretFile(path, setting="XOPS_WATCH_GITHUB__PRIVATE_KEY_FILE")
    credentials = AppCredentials(web, secret, issuer="12345", installation=installation)
    return source_of(tokens.github.url, credentials=credentials)


def refused(source: GithubSource) -> SourceError:
    with pytest.raises(SourceError) as caught:
        source.observe(now=NOW)
    return caught.value


def denied(told: list[Observation]) -> str:
    reason, detail = gaps(told)["iac_prs_7d"]
    assert reason is GapReason.DENIED
    return detail


def test_one_token_is_used_for_all_of_a_poll_and_the_next(tokens: Tokens, key_file: Path) -> None:
    source = app_source(tokens, key_file)
    assert values(source.observe(now=NOW))["iac_prs_7d"] == 1
    assert values(source.observe(now=NOW))["iac_prs_7d"] == 1
    assert tokens.given == 1


def test_a_token_is_renewed_before_it_ends(tokens: Tokens, key_file: Path) -> None:
    tokens.life = timedelta(minutes=4)
    source = app_source(tokens, key_file)
    assert values(source.observe(now=NOW))["iac_prs_7d"] == 1
    assert tokens.given > 1


def test_a_token_that_was_revoked_is_replaced_at_once(tokens: Tokens, key_file: Path) -> None:
    source = app_source(tokens, key_file)
    source.observe(now=NOW)
    tokens.github.token = "ghs_none"  # noqa: S105 - of a test
    assert values(source.observe(now=NOW))["iac_prs_7d"] == 1
    assert tokens.given == 2


def test_the_only_installation_is_found(tokens: Tokens, key_file: Path) -> None:
    tokens.github.faults["/app/installations"] = answer('[{"id": 77}]')
    source = app_source(tokens, key_file, installation=None)
    assert values(source.observe(now=NOW))["iac_prs_7d"] == 1


@pytest.mark.parametrize(
    ("installations", "how_many"), [("[]", "no"), ('[{"id": 77}, {"id": 78}]', "more than one")]
)
def test_which_installation_must_be_clear(
    tokens: Tokens, key_file: Path, installations: str, how_many: str
) -> None:
    tokens.github.faults["/app/installations"] = answer(installations)
    detail = denied(list(app_source(tokens, key_file, installation=None).observe(now=NOW)))
    assert detail == f"the GitHub App has {how_many} installation"


def test_a_signature_that_is_not_taken(tokens: Tokens, key_file: Path) -> None:
    tokens.github.faults[GIVEN] = answer('{"message": "secret"}', status=401)
    detail = denied(list(app_source(tokens, key_file).observe(now=NOW)))
    assert detail == f"GitHub POST {GIVEN}: GitHub does not take the App's signature (401)"


def test_an_installation_that_is_gone(tokens: Tokens, key_file: Path) -> None:
    tokens.github.faults[GIVEN] = answer("", status=404)
    detail = denied(list(app_source(tokens, key_file).observe(now=NOW)))
    assert detail == f"GitHub POST {GIVEN}: is not there, or the token may not see it (404)"


@pytest.mark.parametrize("status", [429, 503])
def test_an_answer_that_has_to_wait(tokens: Tokens, key_file: Path, status: int) -> None:
    tokens.github.faults[GIVEN] = answer("", status=status)
    error = refused(app_source(tokens, key_file))
    expected = {429: GapReason.THROTTLED, 503: GapReason.UNREACHABLE}
    assert error.reason is expected[status]


@pytest.mark.parametrize("text", ["secret", "-----BEGIN RSA PRIVATE KEY-----\nsecret\n"])
def test_a_key_that_is_none_is_not_shown(tokens: Tokens, tmp_path: Path, text: str) -> None:
    path = tmp_path / "bad.pem"
    path.write_text(text, encoding="utf-8")
    told = list(app_source(tokens, path).observe(now=NOW))
    assert denied(told) == "the private key of the GitHub App is no RSA key in PEM form"
    assert "secret" not in str(told)


def test_a_rotated_key_counts_at_the_next_token(tokens: Tokens, key_file: Path) -> None:
    good = key_file.read_bytes()
    key_file.write_text("not yet", encoding="utf-8")
    source = app_source(tokens, key_file)
    assert "no RSA key" in denied(list(source.observe(now=NOW)))
    key_file.write_bytes(good)
    assert values(source.observe(now=NOW))["iac_prs_7d"] == 1


def test_a_rotated_token_counts_at_the_next_poll(tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_text("ghp_old\n", encoding="utf-8")
    credentials = TokenCredentials(SecretFile(path, setting="XOPS_WATCH_GITHUB__TOKEN_FILE"))
    with tiny_github(infra=Repo(1)) as github:
        source = source_of(github.url, credentials=credentials)
        detail = denied(list(source.observe(now=NOW)))
        assert detail == "GitHub GET /repos/acme/infra: the token was refused (401)"
        path.write_text(github.token, encoding="utf-8")
        assert values(source.observe(now=NOW))["iac_prs_7d"] == 0


def test_a_token_of_the_environment_is_used_and_never_shown() -> None:
    secret = SecretVariable(SecretStr("ghp_abc\n"), setting="XOPS_WATCH_GITHUB__TOKEN")
    assert TokenCredentials(secret).token() == "ghp_abc"
    assert "ghp_abc" not in repr(secret)


@pytest.mark.parametrize("text", ["", " ", "two words", "naïve", "a\nb"])
def test_what_is_no_token_is_refused_unseen(text: str) -> None:
    secret = SecretVariable(SecretStr(text), setting="XOPS_WATCH_GITHUB__TOKEN")
    with pytest.raises(SourceError) as caught:
        secret.read_token()
    assert caught.value.reason is GapReason.DENIED
    assert text.strip() == "" or text not in caught.value.what
