"""Credentials that are looked for again when AWS refuses them: who renews them restarts nothing.

Those of a role renew themselves in boto3 before they end. Those of a file, or of a session that
was revoked, do not: boto3 reads them once.
"""

import threading
from collections.abc import Callable
from typing import Protocol

import botocore.session
from botocore.credentials import Credentials, ReadOnlyCredentials
from botocore.exceptions import BotoCoreError, CredentialRetrievalError, NoCredentialsError

from xops_watch.clock import monotonic

# Looking for them may mean asking the network: not before every call.
LOOKED_FOR_EVERY_SECONDS = 15.0


class Found(Protocol):
    """Credentials of botocore, of whatever kind."""

    def get_frozen_credentials(self) -> ReadOnlyCredentials:
        """Return what the next request is signed with."""
        ...


def look_for_credentials() -> Credentials | None:
    """Return what botocore finds now in its usual places, None when there is nothing."""
    return botocore.session.get_session().get_credentials()


class RenewedCredentials:
    """To botocore, credentials and who provides them; looked for when first needed.

    After `refused` they are looked for again, at most every few real seconds as `tell` tells them.
    A region that the account has not enabled refuses whatever others take: that ends nothing.
    """

    method = "renewed"
    account_id = None

    def __init__(
        self,
        look: Callable[[], Found | None] = look_for_credentials,
        *,
        tell: Callable[[], float] = monotonic,
    ) -> None:
        self._look = look
        self._tell = tell
        self._lock = threading.Lock()
        self._found: Found | None = None
        self._error: BotoCoreError = NoCredentialsError()
        self._looked_at: float | None = None
        self._refused = False
        self._taken_in: set[str] = set()

    def load_credentials(self) -> "RenewedCredentials":
        """Return itself: botocore asks once, and keeps what it gets."""
        return self

    def get_deferred_property(self, name: str) -> Callable[[], object]:
        """Return what tells an attribute later; botocore asks for the account's id."""
        return lambda: getattr(self, name, None)

    def taken(self, region: str) -> None:
        """Note that a region took them, whatever it said of the request."""
        self._taken_in.add(region)

    def refused(self, region: str) -> None:
        """Note that a region did not take them, though it or no other region took any before."""
        if not self._taken_in or region in self._taken_in:
            self._refused = True

    def get_frozen_credentials(self) -> ReadOnlyCredentials:
        """Return what the next request is signed with; raises a BotoCoreError when there is none.

        A request that is signed while another thread looks for them waits for what it finds.
        """
        with self._lock:
            if (self._refused or self._found is None) and self._is_due():
                self._look_again()
            found = self._found
        if found is None:
            raise self._error
        try:
            return found.get_frozen_credentials()
        except RuntimeError as error:
            # What botocore raises when it asked for new ones and got those that have ended.
            why = "they have ended, and were not renewed"
            raise CredentialRetrievalError(provider="role", error_msg=why) from error

    def _is_due(self) -> bool:
        at = self._looked_at
        return at is None or self._tell() - at >= LOOKED_FOR_EVERY_SECONDS

    def _look_again(self) -> None:
        self._looked_at = self._tell()
        self._refused = False
        try:
            self._found, self._error = self._look(), NoCredentialsError()
        except BotoCoreError as error:
            self._found, self._error = None, error
