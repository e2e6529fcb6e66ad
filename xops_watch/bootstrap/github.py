"""The source that asks GitHub."""

import time
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import SecretStr
from structlog.typing import FilteringBoundLogger

from xops_watch.bootstrap.web import make_web
from xops_watch.bootstrap.wiring import Needs, Wiring
from xops_watch.clock import monotonic
from xops_watch.errors import ConfigurationError
from xops_watch.settings.github import Github
from xops_watch.sources.github import (
    SIGNALS,
    Budget,
    Collisions,
    Credentials,
    GithubApi,
    GithubSource,
    PullReader,
    Readers,
    Repositories,
    RunReader,
    SecretVariable,
    TokenCredentials,
    account_matcher,
    path_matcher,
)
from xops_watch.sources.github.credentials import Secret
from xops_watch.web.reply import Limits
from xops_watch.web.secret import SecretFile

if TYPE_CHECKING:
    from xops_watch.web.client import Web

_SETTING = "XOPS_WATCH_GITHUB__"
# A hundred pull requests with a hundred paths each are a megabyte or two.
_LIMITS = Limits(total=timedelta(seconds=15), bytes_max=8_000_000, redirects_max=3)


def _build(needs: Needs) -> Sequence[GithubSource]:
    wanted = needs.settings.github
    web = make_web(wanted.api_url, what="GitHub", limits=_LIMITS, proxied=True)
    api = GithubApi(
        web,
        credentials_of(wanted, web),
        Budget(monotonic=monotonic),
        graphql_url=wanted.graphql_url,
        monotonic=monotonic,
    )
    is_bot = account_matcher(wanted.bots)
    told = _Told(needs.log)
    return (
        GithubSource(
            Readers(
                api=api,
                repositories=Repositories(
                    api,
                    wanted.repositories,
                    hears=told,
                ),
                collisions=Collisions(
                    api,
                    needs.memory,
                    pause=lambda wait: time.sleep(wait.total_seconds()),
                    forgot=told.forgot,
                ),
                pulls=PullReader(api, is_iac=path_matcher(wanted.iac_globs)),
                runs=RunReader(api, is_bot=is_bot, is_iac=account_matcher(wanted.workflows)),
            ),
            stack=needs.settings.stack,
            interval=timedelta(seconds=wanted.interval_seconds),
            workflow_runs=wanted.workflow_runs,
            is_bot=is_bot,
            seen=needs.seen,
        ),
    )


class _Told:
    """Puts what became of names, and of what was remembered, into the log."""

    def __init__(self, log: FilteringBoundLogger) -> None:
        self._log = log

    def renamed(self, old: str, new: str) -> None:
        self._log.info("github_repository_renamed", old=old, new=new)

    def replaced(self, name: str) -> None:
        hint = "another repository has this name now: name the one that is meant"
        self._log.warning("github_repository_replaced", name=name, hint=hint)

    def forgot(self) -> None:
        hint = "conflicts are counted anew; github.conflicts_watched_7d tells how much is known"
        self._log.warning("github_memory_unreadable", hint=hint)


def credentials_of(wanted: Github, web: "Web") -> Credentials:
    """Return who asks; raises ConfigurationError when that is not clear."""
    if secret := _secret("TOKEN", wanted.token_file, wanted.token):
        return TokenCredentials(secret)
    key = _secret("PRIVATE_KEY", wanted.private_key_file, wanted.private_key)
    if key is None or wanted.app_id is None:
        raise ConfigurationError(
            f"{_SETTING}REPOSITORIES needs a token, or a GitHub App with its private key",
            hint=f"set {_SETTING}TOKEN_FILE, or {_SETTING}APP_ID and {_SETTING}PRIVATE_KEY_FILE",
        )
    from xops_watch.sources.github.app import AppCredentials  # noqa: PLC0415 - 9 MiB, for Apps only

    return AppCredentials(web, key, issuer=wanted.app_id, installation=wanted.installation_id)


def _secret(name: str, path: Path | None, value: SecretStr | None) -> Secret | None:
    if path is not None:
        return SecretFile(path, setting=f"{_SETTING}{name}_FILE")
    return None if value is None else SecretVariable(value, setting=f"{_SETTING}{name}")


WIRING = Wiring(
    name="github",
    setting="XOPS_WATCH_GITHUB__REPOSITORIES",
    signals=SIGNALS,
    enabled=lambda settings: settings.github.asked_for,
    build=_build,
)
