"""From botocore's exceptions to the reason of a gap, decided once for every AWS adapter."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    CredentialRetrievalError,
    HTTPClientError,
    NoCredentialsError,
    PartialCredentialsError,
    ReadTimeoutError,
    TokenRetrievalError,
    UnauthorizedSSOTokenError,
)
from botocore.exceptions import (
    ConnectionError as BotoConnectionError,
)
from botocore.parsers import ResponseParserError

from xops_watch.errors import GapReason, SourceError

_THROTTLED = frozenset(
    {
        "BandwidthLimitExceeded",
        "LimitExceededException",
        "PriorRequestNotComplete",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "SlowDown",
        "Throttled",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
    }
)
_DENIED = frozenset(
    {
        "AccessDenied",
        "AccessDeniedException",
        "AuthorizationError",
        "NotAuthorized",
        "UnauthorizedException",
        "UnauthorizedOperation",
    }
)
_BAD_CREDENTIALS = frozenset(
    {
        "ExpiredToken",
        "ExpiredTokenException",
        "InvalidClientTokenId",
        "InvalidSignatureException",
        "InvalidToken",
        "RequestExpired",
        "SignatureDoesNotMatch",
        "UnrecognizedClientException",
    }
)
_NO_CREDENTIALS = (
    CredentialRetrievalError,
    NoCredentialsError,
    PartialCredentialsError,
    TokenRetrievalError,
    UnauthorizedSSOTokenError,
)
# What botocore's parsers raise for an answer that breaks off, or is of another shape than they
# trust it to be: none of it is a BotoCoreError.
_UNREADABLE = (
    ArithmeticError,
    AttributeError,
    LookupError,
    MemoryError,  # a text that claims to be exabytes long, such as a page of HTML read as CBOR
    ResponseParserError,
    RuntimeError,
    TypeError,
    ValueError,
)
_ACTION = re.compile(
    r"not authorized to perform:? ([a-z0-9-]{1,50}:[a-z0-9]{1,100})", re.IGNORECASE
)
_USER_INFO = re.compile(r"(?<=://)[^/\s@]+(?=@)")
_UNAUTHORIZED = (401, 403)
_TOO_MANY_REQUESTS = 429
_SERVER_ERROR = 500
DETAIL_CHARACTERS_MAX = 300  # a detail is one line of a table, whatever the network says

AwsError = BotoCoreError | ClientError


@contextmanager
def translated(action: str) -> Iterator[None]:
    """Let nothing but SourceError out of a call to AWS; put around the call and nothing else."""
    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise source_error(error, action=action) from error
    except _UNREADABLE as error:
        why = f"botocore could not read the answer ({type(error).__name__})"
        raise invalid_answer(action, why) from error


def source_error(error: AwsError, *, action: str) -> SourceError:
    """Return what a failed call means; `action` is its IAM name, such as `ecs:ListServices`."""
    match error:
        case ClientError():
            return _refusal(error, action)
        case ConnectTimeoutError() | ReadTimeoutError():
            reason, hint = GapReason.TIMEOUT, "check the route to the AWS endpoint"
        case HTTPClientError() | BotoConnectionError():
            reason, hint = GapReason.UNREACHABLE, "check DNS, the route and AWS_ENDPOINT_URL"
        case _ if isinstance(error, _NO_CREDENTIALS):
            reason, hint = GapReason.DENIED, "give the task a role, or set AWS credentials"
        case _:
            reason, hint = GapReason.INVALID, "check the AWS profile and AWS_ENDPOINT_URL"
    return SourceError(f"{action}: {_one_line(str(error))}", reason=reason, hint=hint)


def invalid_answer(action: str, why: str) -> SourceError:
    """Return the error for an answer that arrived and makes no sense."""
    return SourceError(
        f"{action}: {_one_line(why)}",
        reason=GapReason.INVALID,
        hint="the answer has an unknown shape; a newer xops-watch may understand it",
    )


def code_of(error: ClientError) -> str:
    """Return the error code that AWS answered, empty when it gave none."""
    return str(error.response.get("Error", {}).get("Code", ""))


def _refusal(error: ClientError, action: str) -> SourceError:
    code = code_of(error)
    message = str(error.response.get("Error", {}).get("Message", ""))
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    what = f"{action}: {_one_line(f'{code} {message}')}"
    if code in _THROTTLED or status == _TOO_MANY_REQUESTS:
        hint = "AWS asked to slow down; the next attempt waits longer"
        return SourceError(what, reason=GapReason.THROTTLED, hint=hint)
    if code in _BAD_CREDENTIALS:
        # The words of such a refusal may hold what was signed, a session token included.
        what = f"{action}: {code}"
        hint = "the credentials are wrong or expired, or the clock is; check the task role"
        return SourceError(what, reason=GapReason.DENIED, hint=hint)
    if code in _DENIED:
        return _missing_permission(message, action)
    if status >= _SERVER_ERROR:
        hint = "AWS had an internal error; it is asked again at the next interval"
        return SourceError(what, reason=GapReason.UNREACHABLE, hint=hint)
    if status in _UNAUTHORIZED:
        hint = "who answered takes no credentials of ours; check the task role and the endpoint"
        return SourceError(what, reason=GapReason.DENIED, hint=hint)
    return SourceError(what, reason=GapReason.INVALID, hint="check the names in the settings")


def _missing_permission(message: str, action: str) -> SourceError:
    missing = named.group(1) if (named := _ACTION.search(message)) else action
    if "explicit deny" in message:
        return SourceError(
            f"IAM permission {missing} is explicitly denied",
            reason=GapReason.DENIED,
            hint=f"find the policy (of the role, or of the organisation) that denies {missing}",
        )
    return SourceError(
        f"missing IAM permission {missing}",
        reason=GapReason.DENIED,
        hint=f"allow {missing} in the task role",
    )


def _one_line(text: str) -> str:
    """Error texts come from the network: one printable line of bounded length, no passwords."""
    start = text[: 10 * DETAIL_CHARACTERS_MAX]
    printable = "".join(letter if letter.isprintable() else " " for letter in start)
    public = _USER_INFO.sub("***", printable)
    return " ".join(public.split())[:DETAIL_CHARACTERS_MAX]
