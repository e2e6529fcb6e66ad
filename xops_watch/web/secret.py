"""A secret that lies in a file, read anew for every use: a rotated one counts at once."""

import os
from pathlib import Path

from xops_watch.errors import GapReason, SourceError

SECRET_BYTES_MAX = 65_536  # a private key has a few kilobytes


class SecretFile:
    """Where a secret is. `setting` is the variable that names the file, for the hints."""

    __slots__ = ("_path", "_setting")

    def __init__(self, path: Path, *, setting: str) -> None:
        self._path = path
        self._setting = setting

    def read(self) -> str:
        """Return the text of the file without blanks around it; raises SourceError."""
        try:
            # Not to hang on a FIFO: a file is named by people.
            descriptor = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
            with os.fdopen(descriptor, "rb") as file:
                content = file.read(SECRET_BYTES_MAX + 1) or b""
        except OSError as error:
            why = error.strerror or type(error).__name__
            raise self._refused(f"cannot be read ({why})") from error
        try:
            text = content.decode("utf-8").strip()
        except UnicodeDecodeError:
            # The exception would carry the content.
            raise self._refused("is not text") from None
        if len(content) > SECRET_BYTES_MAX:
            raise self._refused("is too large for a secret")
        if not text:
            raise self._refused("is empty")
        return text

    def read_token(self) -> str:
        """Return the text if it can stand in an HTTP header; raises SourceError."""
        token = self.read()
        if not (token.isascii() and token.isprintable() and " " not in token):
            raise self._refused("is no token: it has blanks or characters that no token has")
        return token

    def _refused(self, why: str) -> SourceError:
        name = f"{str(self._path)!r:.150}"
        return SourceError(
            f"the file {name} {why}",
            reason=GapReason.DENIED,
            hint=f"put the secret into the file that {self._setting} names, readable to this user",
        )
