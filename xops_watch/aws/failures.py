"""From botocore's exceptions to the reason of a gap, decided once for every AWS adapter."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime

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

from xops_watch.clock import machine_now
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
# What a signature is refused with that is minutes too old, or of the future; some services say so
# with a code that a wrong key has as well.
_BAD_TIME = frozenset({"RequestInTheFuture", "RequestTimeTooSkewed"})
_SKEW_WORTH_TELLING = timedelta(minutes=1)  # AWS refuses at five, and its answer takes a moment
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


def is_throttling(code: str, status: int) -> bool:
    """Tell whether an error code, or the HTTP status that came with it, asks to slow down."""
    return code in _THROTTLED or status == _TOO_MANY_REQUESTS


def is_about_credentials(code: str) -> bool:
    """Tell whether an error code says that other credentials could help."""
    return code in _BAD_CREDENTIALS


def code_of(error: ClientError) -> str:
    """Return the error code that AWS answered, empty when it gave none."""
    return str(error.response.get("Error", {}).get("Code", ""))


def _refusal(error: ClientError, action: str) -> SourceError:
    code = code_of(error)
    message = str(error.response.get("Error", {}).get("Message", ""))
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    what = f"{action}: {_one_line(f'{code} {message}')}"
    if is_throttling(code, status):
        hint = "AWS asked to slow down; the next attempt waits longer"
        return SourceError(what, reason=GapReason.THROTTLED, hint=hint)
    if code in _BAD_CREDENTIALS or code in _BAD_TIME:
        # The words of such a refusal may hold what was signed, a session token included.
        return _unsigned(error, f"{action}: {code}", surely_time=code in _BAD_TIME)
    if code in _DENIED:
        return _missing_permission(message, action)
    if status >= _SERVER_ERROR:
        hint = "AWS had an internal error; it is asked again at the next interval"
        return SourceError(what, reason=GapReason.UNREACHABLE, hint=hint)
    if status in _UNAUTHORIZED:
        hint = "who answered takes no credentials of ours; check the task role and the endpoint"
        return SourceError(what, reason=GapReason.DENIED, hint=hint)
    return SourceError(what, reason=GapReason.INVALID, hint="check the names in the settings")


def _unsigned(error: ClientError, what: str, *, surely_time: bool) -> SourceError:
    """Return why AWS did not take a signature: our clock, if AWS's own tells that it is wrong."""
    skew = _skew(error.response.get("ResponseMetadata", {}).get("HTTPHeaders", {}))
    if abs(skew) >= _SKEW_WORTH_TELLING:
        direction = "ahead of" if skew > timedelta() else "behind"
        what += f": the clock of this host is {round(abs(skew).total_seconds())} s {direction} AWS"
        surely_time = True
    hint = (
        "set the clock of this host, and keep it by NTP: AWS refuses what is signed minutes off"
        if surely_time
        else "the credentials are wrong or expired: check the task role; new ones are taken up"
    )
    return SourceError(what, reason=GapReason.DENIED, hint=hint)


def _skew(headers: Mapping[str, str]) -> timedelta:
    """Return how far our clock is ahead of that of an answer, nothing if it does not say."""
    theirs = date_of(headers)
    return timedelta() if theirs is None else machine_now() - theirs


def date_of(headers: Mapping[str, str]) -> datetime | None:
    """Return when an answer was given, by the clock of who gave it."""
    try:
        found = parsedate_to_datetime(headers.get("date", ""))
    except (TypeError, ValueError):
        return None
    return found if found.tzinfo else None


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
