"""Settings of the Prometheus server: one way in, an address alone, and no secret is repeated."""

import pytest

from xops_watch.errors import ConfigurationError
from xops_watch.settings import read_settings

GROUP = "XOPS_WATCH_PROMETHEUS__"
URL = "http://prometheus:9090"


def refusal(monkeypatch: pytest.MonkeyPatch, **values: str) -> str:
    for name, value in values.items():
        monkeypatch.setenv(f"{GROUP}{name.upper()}", value)
    with pytest.raises(ConfigurationError) as caught:
        read_settings()
    return caught.value.what


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({"url": "prometheus:9090"}, "URL: must be an address such as http://prometheus:9090"),
        ({"url": f"{URL}/?a=b"}, "URL: must be an address alone, without user, `?` and `#`"),
        ({"url": URL, "token": "a b"}, "TOKEN: is no token: it has blanks"),
        ({"url": URL, "token": "secret-1", "token_file": "/x"}, "exclude each other: name one"),
        ({"url": URL, "token": "secret-1", "password": "x"}, "exclude each other: name one"),
        ({"url": URL, "username": "me"}, "username and password_file (or password) belong"),
        ({"url": URL, "password_file": "/x"}, "username and password_file (or password) belong"),
        ({"url": URL, "tenant": "a b"}, "TENANT"),
        ({"url": URL, "username": "a:b", "password": "secret-1"}, "USERNAME"),
    ],
)
def test_what_cannot_be_followed_is_refused(
    monkeypatch: pytest.MonkeyPatch, values: dict[str, str], why: str
) -> None:
    said = refusal(monkeypatch, **values)
    assert why in said
    assert "secret-1" not in said


def test_only_the_server_asks_for_the_source(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"{GROUP}TOKEN", "secret-1")
    assert read_settings().prometheus.asked_for is False
    monkeypatch.setenv(f"{GROUP}URL", URL)
    assert read_settings().prometheus.asked_for is True
    assert read_settings().watches_something is True


def test_no_secret_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"{GROUP}URL", URL)
    monkeypatch.setenv(f"{GROUP}TOKEN", "secret-1")
    settings = read_settings()
    assert "secret-1" not in f"{settings!r}{settings.model_dump_json()}"
