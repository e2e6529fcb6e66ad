"""What an answer of GitHub means that is not the one that was asked for, decided once.

Nothing that GitHub says is repeated: its words may hold names of people, and of secrets.
"""

import re
from collections.abc import Sequence
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from xops_watch.errors import GapReason, SourceError
from xops_watch.sources.github.budget import throttled
from xops_watch.sources.github.graph import GraphProblem
from xops_watch.web.reply import Reply, one_line

PartT = TypeVar("PartT", bound=BaseModel)

_LIMITED = re.compile(r"rate limit|abuse|too many requests|submitted too quickly", re.IGNORECASE)
_OVERLOADED = re.compile(r"timeout|timed out|something went wrong", re.IGNORECASE)
_SINGLE_SIGN_ON = re.compile(r"\bSAML\b|single sign-on", re.IGNORECASE)
_ALLOW_LIST = re.compile(r"IP allow list", re.IGNORECASE)
_PERMISSIONS = re.compile(r"[a-z_]{1,50}=[a-z]{1,10}([;,] ?[a-z_]{1,50}=[a-z]{1,10}){0,9}")
_KIND = re.compile(r"[A-Za-z_]{1,50}")
_LIMITED_KINDS = frozenset({"RATE_LIMITED", "RATE_LIMIT"})
_TOO_LARGE = frozenset({"RESOURCE_LIMITS_EXCEEDED", "MAX_NODE_LIMIT_EXCEEDED"})
_READ_MAX = 5000  # characters of a body that is looked at for words about limits
_OK, _ACCEPTED, _NOT_MODIFIED = 200, 202, 304
_UNAUTHORIZED, _FORBIDDEN, _NOT_FOUND, _TOO_MANY = 401, 403, 404, 429
_SERVER_ERROR = 500

PULLS_READ = "Pull requests: read"
CONTENTS_READ = "Contents: read"
ACTIONS_READ = "Actions: read"
METADATA_READ = "Metadata: read"


def is_limit(reply: Reply) -> bool:
    """Tell whether GitHub asks to slow down: by 429 or 403, with or without its headers."""
    if reply.status == _TOO_MANY:
        return True
    if reply.status != _FORBIDDEN:
        return reply.status == _OK and "retry-after" in reply.headers
    spent = reply.headers.get("x-ratelimit-remaining") == "0"
    return spent or "retry-after" in reply.headers or bool(_LIMITED.search(_words(reply)))


def is_unauthorized(reply: Reply) -> bool:
    """Tell whether the token was not taken."""
    return reply.status == _UNAUTHORIZED


def is_not_modified(reply: Reply) -> bool:
    """Tell whether what was read before still holds."""
    return reply.status == _NOT_MODIFIED


def demand_answered(reply: Reply, *, needs: str) -> None:
    """Return if it is an answer; raises SourceError otherwise. `needs` names the permission."""
    if is_limit(reply):
        raise throttled(f"{reply.what}: GitHub asked to slow down ({reply.status})")
    match reply.status:
        case status if status == _OK:
            return
        case status if status == _ACCEPTED:
            why, reason = "is not ready yet (202)", GapReason.STALE
            hint = "GitHub still computes it; it is asked again"
        case status if status == _UNAUTHORIZED:
            why, reason = "the token was refused (401)", GapReason.DENIED
            hint = "it is wrong, expired or revoked: put a new one into its file"
        case status if status == _FORBIDDEN:
            raise _forbidden(reply, needs)
        case status if status == _NOT_FOUND:
            why, reason = "is not there, or the token may not see it (404)", GapReason.DENIED
            hint = f"check the name, and that the token covers the repository with {needs}"
        case status if status >= _SERVER_ERROR:
            why, reason = f"GitHub has an internal error ({status})", GapReason.UNREACHABLE
            hint = "see its status page; it is asked again at the next interval"
        case status:
            why, reason = f"the answer has status {status}", GapReason.INVALID
            hint = "check XOPS_WATCH_GITHUB__API_URL"
    raise SourceError(f"{reply.what}: {why}", reason=reason, hint=hint)


def is_of_all(problem: GraphProblem) -> bool:
    """Tell whether the problem is one of the whole query, whatever part it is told of."""
    return problem.kind in _LIMITED_KINDS | _TOO_LARGE or bool(_LIMITED.search(problem.message))


def refusal(problems: Sequence[GraphProblem], *, what: str, needs: str) -> SourceError:
    """Return the SourceError of a GraphQL answer that came with errors."""
    kinds = {problem.kind for problem in problems}
    words = " ".join(problem.message for problem in problems)[:_READ_MAX]
    if kinds & _LIMITED_KINDS or _LIMITED.search(words):
        return throttled(f"{what}: GitHub asked to slow down")
    if kinds & {"FORBIDDEN", "INSUFFICIENT_SCOPES"}:
        return _kept_out(what, words) or missing(what, needs)
    if "NOT_FOUND" in kinds:
        return SourceError(
            f"{what}: is not there, or the token may not see it",
            reason=GapReason.DENIED,
            hint=f"check the name, and that the token covers the repository with {needs}",
        )
    if kinds & _TOO_LARGE or _OVERLOADED.search(words):
        hint = "it is asked again at the next interval"
        why = f"{what}: GitHub could not answer in time"
        return SourceError(why, reason=GapReason.UNREACHABLE, hint=hint)
    named = sorted(kind for kind in kinds if _KIND.fullmatch(kind))
    return SourceError(
        f"{what}: the query failed ({', '.join(named) or 'of no known kind'})",
        reason=GapReason.INVALID,
        hint="a newer xops-watch may know this GitHub; an old GitHub Enterprise may lack fields",
    )


def parse_part(part: object, shape: type[PartT], *, what: str) -> PartT | SourceError:
    """Return one part of a GraphQL answer as a checked model, or the error that it is none."""
    try:
        return shape.model_validate(part)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        field = ".".join(str(name) for name in first["loc"]) or "the answer"
        return SourceError(
            one_line(f"{what}: {field:.100}: {first['msg']:.100}"),
            reason=GapReason.INVALID,
            hint="the answer has an unknown shape; a newer xops-watch may understand it",
        )


def _forbidden(reply: Reply, needs: str) -> SourceError:
    sign_on = "SAML" if "x-github-sso" in reply.headers else ""
    accepted = reply.headers.get("x-accepted-github-permissions", "")
    exactly = f"{needs} ({accepted})" if _PERMISSIONS.fullmatch(accepted) else needs
    return _kept_out(reply.what, f"{sign_on} {_words(reply)}") or missing(reply.what, exactly)


def _kept_out(what: str, words: str) -> SourceError | None:
    """Return the error of an organisation that lets nobody in like this, whatever the token."""
    if _SINGLE_SIGN_ON.search(words):
        return SourceError(
            f"{what}: the organisation asks for single sign-on",
            reason=GapReason.DENIED,
            hint="authorise the token for the organisation, in the settings of the token",
        )
    if _ALLOW_LIST.search(words):
        return SourceError(
            f"{what}: the organisation does not let this address in",
            reason=GapReason.DENIED,
            hint="put the address that GitHub sees into the organisation's IP allow list",
        )
    return None


def missing(what: str, needs: str) -> SourceError:
    """Return the error for a permission that the token does not have."""
    return SourceError(
        f"{what}: the token lacks the permission {needs}",
        reason=GapReason.DENIED,
        hint=f"give the token (or the GitHub App) {needs}",
    )


def _words(reply: Reply) -> str:
    return reply.body[:_READ_MAX].decode("utf-8", "replace")
