"""`xops-watch healthcheck`: asks a running daemon whether it is alive; for container checks."""

import http.client
import os
from contextlib import closing

import click

from xops_watch.errors import ConfigurationError, UnreachableError

TIMEOUT_SECONDS = 4.0  # ECS gives a health check 5 s by default
LISTEN_VARIABLE = "XOPS_WATCH_HTTP__LISTEN"
# Reading all settings would cost ten times what the question costs.
_LISTEN_DEFAULT = "0.0.0.0:9923"
_CONFIG_VARIABLE = "XOPS_WATCH_CONFIG"
_ANYWHERE = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - what to ask then


@click.command()
@click.option("--ready", is_flag=True, help="Ask whether the first tick is done, too.")
def healthcheck(*, ready: bool) -> int:
    """Ask the daemon on this machine whether it is alive.

    Exit code 0: it is. 1: it answers that it is not. 3: nobody answers.
    """
    host, port = _address(_listen())
    path = "/readyz" if ready else "/healthz"
    try:
        with closing(http.client.HTTPConnection(host, port, timeout=TIMEOUT_SECONDS)) as asked:
            asked.request("GET", path)
            answer = asked.getresponse()
            body = answer.read(1000).decode("utf-8", "replace").strip()
    except (OSError, UnicodeError, http.client.HTTPException) as error:
        raise UnreachableError(
            f"no answer from {host}:{port}{path}: {str(error) or type(error).__name__}",
            hint=f"is `xops-watch run` up? {LISTEN_VARIABLE} must be what the daemon was given",
        ) from error
    click.echo(body)
    return 0 if answer.status == http.client.OK else 1


def _listen() -> str:
    """Return what the daemon of this environment was given; only a file costs all settings."""
    listen = os.environ.get(LISTEN_VARIABLE, "").strip()
    if listen or not os.environ.get(_CONFIG_VARIABLE):
        return listen or _LISTEN_DEFAULT
    from xops_watch.settings import read_settings  # noqa: PLC0415 - see above

    return read_settings().http.listen


def _address(listen: str) -> tuple[str, int]:
    host, colon, port = listen.rpartition(":")
    host = host.strip("[]")
    if not colon or not port.isdecimal():
        raise ConfigurationError(
            f"{LISTEN_VARIABLE}: {listen!r} is not an address and a port",
            hint="write it like 127.0.0.1:9923 or [::1]:9923",
        )
    return _ANYWHERE.get(host, host), int(port)
