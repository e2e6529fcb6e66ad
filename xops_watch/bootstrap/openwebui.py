"""The source that counts the users of Open WebUI."""

import os
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path

from xops_watch.bootstrap.web import make_web
from xops_watch.bootstrap.wiring import Needs, Wiring
from xops_watch.errors import ConfigurationError
from xops_watch.ports import Source
from xops_watch.settings import Settings
from xops_watch.settings.openwebui import OpenWebUI
from xops_watch.sources.openwebui import (
    OpenWebUISource,
    Readers,
    Telemetry,
    UsageApi,
    UserTable,
    window_of,
)
from xops_watch.web.reply import Limits
from xops_watch.web.secret import SecretFile

_TOKEN_FILE = "XOPS_WATCH_OPENWEBUI__TOKEN_FILE"  # noqa: S105 - the name of a setting
# Both must fit into the deadline of a tick, one after the other, with the database behind them.
_LIMITS = Limits(
    connect=timedelta(seconds=2), total=timedelta(seconds=3), bytes_max=1_000_000, redirects_max=0
)


def _build(needs: Needs) -> Sequence[Source]:
    settings = needs.settings.openwebui
    return (
        OpenWebUISource(
            Readers(
                telemetry=_telemetry(needs),
                usage_api=_usage_api(settings),
                database=_database(needs.settings),
            ),
            subject=needs.settings.stack,
            interval=timedelta(seconds=settings.interval_seconds),
            table_interval=timedelta(seconds=settings.database_interval_seconds),
            presence=timedelta(seconds=settings.presence_seconds),
            seen=needs.seen,
        ),
    )


def _telemetry(needs: Needs) -> Telemetry | None:
    query = needs.settings.openwebui.prometheus_query
    if query is None:
        return None
    if needs.prometheus is None:
        raise ConfigurationError(
            "XOPS_WATCH_OPENWEBUI__PROMETHEUS_QUERY is set, and XOPS_WATCH_PROMETHEUS__URL is not",
            hint="name the server that has Open WebUI's OpenTelemetry metrics",
        )
    return Telemetry(needs.prometheus, query)


def _usage_api(settings: OpenWebUI) -> UsageApi | None:
    if settings.url is None:
        return None
    web = make_web(settings.url, what="Open WebUI", limits=_LIMITS)
    return UsageApi(web, _token(settings), account_is_own=settings.account_id is not None)


def _token(settings: OpenWebUI) -> Callable[[], str]:
    given, file = settings.token, settings.token_file
    if given is not None and file is not None:
        raise ConfigurationError(
            f"XOPS_WATCH_OPENWEBUI__TOKEN and {_TOKEN_FILE} are both set",
            hint="set one of them: the file can be renewed without a restart",
        )
    if file is not None:
        return SecretFile(file, setting=_TOKEN_FILE).read_token
    if given is not None:
        return given.get_secret_value
    raise ConfigurationError(
        f"XOPS_WATCH_OPENWEBUI__URL is set, and {_TOKEN_FILE} is not",
        hint="name a file with an API key of Open WebUI: nobody else is told who is there",
    )


def _database(settings: Settings) -> UserTable | None:
    group = settings.openwebui
    path = group.database_path
    if path is None:
        return None
    if _resolved(path) == _resolved(settings.state_path):
        raise ConfigurationError(
            "XOPS_WATCH_OPENWEBUI__DATABASE_PATH is the state file of xops-watch itself",
            hint="name the database of Open WebUI, or another XOPS_WATCH_STATE_PATH",
        )
    return UserTable(
        path,
        window=window_of(timedelta(seconds=group.presence_seconds)),
        account=group.account_id or "",
    )


def _resolved(path: Path) -> str:
    # By name alone: the volume may be one that hangs.
    return os.path.normpath(path.absolute())


WIRING = Wiring(
    name="openwebui",
    setting="XOPS_WATCH_OPENWEBUI__DATABASE_PATH",
    signals=OpenWebUISource.signals,
    enabled=lambda settings: settings.openwebui.asked_for,
    build=_build,
)
