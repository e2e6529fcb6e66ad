"""Open WebUI's own count of who is there, asked over HTTP: `GET /api/usage`."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, ConfigDict, Field

from xops_watch.errors import GapReason, SourceError
from xops_watch.web.reply import Reply

if TYPE_CHECKING:
    from xops_watch.web.client import Web

USERS_MAX = 10_000_000  # more people than one Open WebUI has: a number beyond it is no count
_OK = 200
_SERVER_ERROR = 500


class _Usage(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True, extra="ignore")

    user_count: Annotated[int, Field(ge=0, le=USERS_MAX)]


class UsageApi:
    """Asks with a bearer token, which is fetched anew for every request.

    A request makes the account of the token active. `account_is_own`: nobody else uses that
    account, so that it does not count.
    """

    def __init__(
        self, web: "Web", token: Callable[[], str], *, account_is_own: bool = False
    ) -> None:
        self._web = web
        self._token = token
        self._account_is_own = account_is_own

    def active(self) -> float:
        """Return how many users were active within 180 seconds; raises SourceError."""
        bearer = {"authorization": f"Bearer {self._token()}", "accept": "application/json"}
        reply = self._web.get("/api/usage", headers=bearer)
        if reply.status != _OK:
            raise _refused(reply)
        count = reply.parsed(_Usage).user_count
        return float(max(0, count - self._account_is_own))


def _refused(reply: Reply) -> SourceError:
    match reply.status:
        case 401:
            reason, why = GapReason.DENIED, "the token is not accepted"
            hint = "make a new API key in Open WebUI (Settings, Account) for the token file"
        case 403:
            reason, why = GapReason.DENIED, "the account of the token may not ask"
            hint = "use an administrator's key, or set ENABLE_PUBLIC_ACTIVE_USERS_COUNT"
        case 404 | 405:
            reason, why = GapReason.INVALID, "there is no such page"
            hint = "XOPS_WATCH_OPENWEBUI__URL must be the address of Open WebUI (0.5 or newer)"
        case 429:
            reason, why = GapReason.THROTTLED, "too many requests"
            hint = "the next attempt waits longer"
        case status if status >= _SERVER_ERROR:
            reason, why = GapReason.UNREACHABLE, f"HTTP status {status}"
            hint = "Open WebUI, or what stands before it, is not well; see its log"
        case status:
            reason, why = GapReason.INVALID, f"HTTP status {status}"
            hint = "check XOPS_WATCH_OPENWEBUI__URL: does Open WebUI itself answer there?"
    return SourceError(f"{reply.what}: {why}", reason=reason, hint=hint)
