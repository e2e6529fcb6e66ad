"""Who asks GitHub: a personal access token. Read anew for each poll: a rotated one counts."""

from typing import Protocol

from pydantic import SecretStr

from xops_watch.errors import GapReason, SourceError


class Secret(Protocol):
    """A secret, wherever it lies. Raises SourceError when it is not to be had."""

    def read(self) -> str:
        """Return the text."""
        ...

    def read_token(self) -> str:
        """Return the text if it can stand in an HTTP header."""
        ...


class Credentials(Protocol):
    """What gives the token to ask with."""

    def token(self) -> str:
        """Return the token; raises SourceError."""
        ...

    def renew(self) -> bool:
        """Forget a token that was refused; tell whether another may be had at once."""
        ...


class SecretVariable:
    """A secret that an environment variable holds, as ECS puts it there. Never shown."""

    __slots__ = ("_secret", "_setting")

    def __init__(self, secret: SecretStr, *, setting: str) -> None:
        self._secret = secret
        self._setting = setting

    def read(self) -> str:
        """Return the text."""
        return self._secret.get_secret_value()

    def read_token(self) -> str:
        """Return the text if it can stand in an HTTP header; raises SourceError otherwise."""
        token = self._secret.get_secret_value().strip()
        if token and token.isascii() and token.isprintable() and " " not in token:
            return token
        raise SourceError(
            f"{self._setting} is no token: it has blanks or characters that no token has",
            reason=GapReason.DENIED,
            hint=f"put the token, and nothing else, into {self._setting}",
        )


class TokenCredentials:
    """A personal access token, classic or fine-grained."""

    __slots__ = ("_secret",)

    def __init__(self, secret: Secret) -> None:
        self._secret = secret

    def token(self) -> str:
        """Return the token as it is now; raises SourceError."""
        return self._secret.read_token()

    def renew(self) -> bool:
        """There is no other token than the one in its place."""
        return False
