"""From botocore's exceptions to the reason of a gap, decided once for every AWS adapter."""

import re

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
_ACTION = re.compile(r"not authorized to perform:? ([a-z0-9-]+:[A-Za-z0-9]+)")
_SERVER_ERROR = 500
_TOO_MANY_REQUESTS = 429

AwsError = BotoCoreError | ClientError


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
            reason, hint = GapReason.INVALID, "the answer could not be read; see the log"
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
    message = _one_line(str(error.response.get("Error", {}).get("Message", "")))
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    what = f"{action}: {code} {message}".rstrip()
    if code in _THROTTLED or status == _TOO_MANY_REQUESTS:
        hint = "AWS asked to slow down; the next attempt waits longer"
        return SourceError(what, reason=GapReason.THROTTLED, hint=hint)
    if code in _BAD_CREDENTIALS:
        hint = "the credentials are wrong or expired; check the task role"
        return SourceError(what, reason=GapReason.DENIED, hint=hint)
    if code in _DENIED:
        missing = named.group(1) if (named := _ACTION.search(message)) else action
        what = f"missing IAM permission {missing}"
        return SourceError(what, reason=GapReason.DENIED, hint=f"allow {missing} in the task role")
    if status >= _SERVER_ERROR:
        hint = "AWS had an internal error; it is asked again at the next interval"
        return SourceError(what, reason=GapReason.UNREACHABLE, hint=hint)
    return SourceError(what, reason=GapReason.INVALID, hint="check the names in the settings")


def _one_line(text: str) -> str:
    """Error texts come from the network: one line, of bounded length."""
    return " ".join(text.split())[:300]
