"""Settings of Open WebUI that cannot be followed are refused, and no secret is repeated."""

import pytest

from xops_watch.errors import ConfigurationError
from xops_watch.settings import read_settings

GROUP = "XOPS_WATCH_OPENWEBUI__"


def refusal(monkeypatch: pytest.MonkeyPatch, **values: str) -> str:
    for name, value in values.items():
        monkeypatch.setenv(f"{GROUP}{name.upper()}", value)
    with pytest.raises(ConfigurationError) as caught:
        read_settings()
    return caught.value.what


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("localhost:8080", "must be an address such as http://localhost:8080"),
        ("ftp://host", "must be an address such as http://localhost:8080"),
        ("http://", "must be an address such as http://localhost:8080"),
        ("http://host:0", "must be an address such as http://localhost:8080"),
        ("http://host:99999", "must be an address such as http://localhost:8080"),
        ("http://[::1", "must be an address such as http://localhost:8080"),
        ("http://ho st", "must be an address without blanks or other signs"),
        ("http://hóst", "must be an address without blanks or other signs"),
        ("http://me:secret@host", "must be an address alone, without user, `?` and `#`"),
        ("http://host/?token=secret", "must be an address alone, without user, `?` and `#`"),
        ("http://host/#secret", "must be an address alone, without user, `?` and `#`"),
    ],
)
def test_what_is_no_address_alone_is_refused(
    monkeypatch: pytest.MonkeyPatch, address: str, why: str
) -> None:
    assert refusal(monkeypatch, url=address) == f"{GROUP}URL: {why}"


@pytest.mark.parametrize("token", ["sk secret", "sécret", "secret\tsecret"])
def test_what_is_no_token_is_refused_and_not_repeated(
    monkeypatch: pytest.MonkeyPatch, token: str
) -> None:
    why = "is no token: it has blanks or characters that no token has"
    assert refusal(monkeypatch, token=token) == f"{GROUP}TOKEN: {why}"


def test_a_token_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"{GROUP}TOKEN", "sk-secret")
    settings = read_settings()
    assert "sk-secret" not in f"{settings!r}{settings.model_dump_json()}"


def test_an_account_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    assert refusal(monkeypatch, account_id="a\nb") == f"{GROUP}ACCOUNT_ID: is no id of an account"


@pytest.mark.parametrize(
    ("name", "value", "asked_for"),
    [
        ("prometheus_query", "max(users)", True),
        ("url", "http://localhost:8080/chat", True),
        ("database_path", "/data/webui.db", True),
        ("token", "sk-1", False),
        ("presence_seconds", "60", False),
    ],
)
def test_whoever_can_be_asked_asks_for_the_source(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, *, asked_for: bool
) -> None:
    monkeypatch.setenv(f"{GROUP}{name.upper()}", value)
    assert read_settings().openwebui.asked_for is asked_for
    assert read_settings().watches_something is asked_for
