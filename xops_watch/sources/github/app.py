"""Who asks GitHub: a GitHub App, by tokens of an hour that it signs for with its private key.

A module of its own, because the signature brings 9 MiB that nobody else needs.
"""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, TypeVar

import jwt
from pydantic import RootModel

from xops_watch.clock import machine_now
from xops_watch.errors import GapReason, SourceError
from xops_watch.sources.github.answers import (
    Answer,
    GrantAnswer,
    InstallationAnswer,
    InstallationTokenAnswer,
)
from xops_watch.sources.github.credentials import Secret
from xops_watch.sources.github.refusals import METADATA_READ, demand_answered, is_unauthorized
from xops_watch.web.reply import Reply

if TYPE_CHECKING:
    from xops_watch.web.client import Web

_JWT_LIFE = timedelta(minutes=9)  # GitHub takes 10, by its own clock
_CLOCK_SKEW = timedelta(minutes=1)
_RENEW_BEFORE = timedelta(minutes=5)
_CREATED = 201
_API = {"accept": "application/vnd.github+json", "x-github-api-version": "2022-11-28"}

AnswerT = TypeVar("AnswerT", bound=Answer | RootModel[list[InstallationAnswer]])


class _Installations(RootModel[list[InstallationAnswer]]):
    """The installations of an App."""


class AppCredentials:
    """A GitHub App on one organisation.

    `issuer` is the App's id or client id. Without `installation` the App must have exactly one.
    """

    def __init__(
        self, web: "Web", private_key: Secret, *, issuer: str, installation: int | None
    ) -> None:
        self._web = web
        self._private_key = private_key
        self._issuer = issuer
        self._installation = installation
        self._given: InstallationTokenAnswer | None = None

    def token(self) -> str:
        """Return a token that holds for some minutes more; raises SourceError."""
        now = machine_now()
        if self._given is None or self._given.expires_at - now < _RENEW_BEFORE:
            self._given = self._new(now)
        return self._given.token

    def grant(self) -> GrantAnswer:
        """Return what the installation was given; raises SourceError."""
        headers = self._headers(machine_now())
        found = self._installation or self._only_installation(headers)
        reply = self._web.get(f"/app/installations/{found}", headers=headers)
        _demand(reply)
        return reply.parsed(GrantAnswer)

    def renew(self) -> bool:
        """Forget the token; a new one may be had unless there was none."""
        had, self._given = self._given, None
        return had is not None

    def _new(self, now: datetime) -> InstallationTokenAnswer:
        headers = self._headers(now)
        installation = self._installation or self._only_installation(headers)
        path = f"/app/installations/{installation}/access_tokens"
        reply = self._web.post(path, body={}, headers=headers)
        if reply.status != _CREATED:
            _demand(reply)
        return reply.parsed(InstallationTokenAnswer)

    def _only_installation(self, headers: dict[str, str]) -> int:
        reply = self._web.get("/app/installations", params={"per_page": "2"}, headers=headers)
        _demand(reply)
        found = reply.parsed(_Installations).root
        if len(found) != 1:
            raise SourceError(
                f"the GitHub App has {'no' if not found else 'more than one'} installation",
                reason=GapReason.DENIED,
                hint="install it on the organisation; with several name one in"
                " XOPS_WATCH_GITHUB__INSTALLATION_ID",
            )
        return found[0].id

    def _headers(self, now: datetime) -> dict[str, str]:
        return {**_API, "authorization": f"Bearer {self._signed(now)}"}

    def _signed(self, now: datetime) -> str:
        claims = {"iat": now - _CLOCK_SKEW, "exp": now + _JWT_LIFE, "iss": self._issuer}
        key = self._private_key.read()
        try:
            return jwt.encode(claims, key, algorithm="RS256")
        except (ValueError, TypeError, jwt.PyJWTError):
            # The exception could quote the key.
            raise SourceError(
                "the private key of the GitHub App is no RSA key in PEM form",
                reason=GapReason.DENIED,
                hint="put the .pem file that GitHub gave you into"
                " XOPS_WATCH_GITHUB__PRIVATE_KEY_FILE",
            ) from None


def _demand(reply: Reply) -> None:
    if is_unauthorized(reply):
        raise SourceError(
            f"{reply.what}: GitHub does not take the App's signature (401)",
            reason=GapReason.DENIED,
            hint="check app_id, that the private key is the App's, and the clock of this machine",
        )
    demand_answered(reply, needs=METADATA_READ)
