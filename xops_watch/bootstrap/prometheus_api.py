"""The Prometheus server that all who ask one share."""

from base64 import b64encode
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path

from pydantic import SecretStr

from xops_watch.bootstrap.web import make_web
from xops_watch.settings.prometheus import Prometheus
from xops_watch.web.prometheus import Headers, PrometheusApi, nobody
from xops_watch.web.reply import Limits
from xops_watch.web.secret import SecretFile

_SETTING = "XOPS_WATCH_PROMETHEUS__"
_TENANT = "x-scope-orgid"


def make_api(settings: Prometheus) -> PrometheusApi | None:
    """Return the API of the server that the settings name, None when they name none."""
    if settings.url is None:
        return None
    timeout = timedelta(seconds=settings.timeout_seconds)
    connect = min(timeout, timedelta(seconds=2))
    limits = Limits(connect=connect, total=timeout, bytes_max=1_000_000, redirects_max=0)
    return PrometheusApi(
        make_web(settings.url, what="Prometheus", limits=limits),
        setting=_SETTING,
        timeout=timeout,
        headers=_headers(settings),
    )


def _headers(settings: Prometheus) -> Headers:
    tenant = {_TENANT: settings.tenant} if settings.tenant else {}
    login = _login(settings)
    return lambda: {**tenant, **login()}


def _login(settings: Prometheus) -> Headers:
    token = _secret("TOKEN", settings.token_file, settings.token)
    if token is not None:
        return lambda: {"authorization": f"Bearer {token()}"}
    password = _secret("PASSWORD", settings.password_file, settings.password)
    if password is not None:
        return lambda: _basic(settings.username or "", password())
    return nobody


def _basic(username: str, password: str) -> Mapping[str, str]:
    pair = b64encode(f"{username}:{password}".encode()).decode()
    return {"authorization": f"Basic {pair}"}


def _secret(name: str, path: Path | None, value: SecretStr | None) -> Callable[[], str] | None:
    if path is not None:
        file = SecretFile(path, setting=f"{_SETTING}{name}_FILE")
        return file.read_token if name == "TOKEN" else file.read
    return value.get_secret_value if value is not None else None
