"""From botocore's exceptions to one DeliveryError: an outage or a refusal, and what to do.

Retryable is what passes without anybody doing anything: outages, throttling, credentials that
are renewed. A refusal needs a person, and is tried again less often.

Nothing that AWS says is repeated unless it is known to hold no secret: the answer to a wrong
signature quotes the request, session token included.
"""

from dataclasses import dataclass

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    CredentialRetrievalError,
    NoCredentialsError,
    ParamValidationError,
    PartialCredentialsError,
    TokenRetrievalError,
    UnauthorizedSSOTokenError,
)

from xops_watch.errors import DeliveryError
from xops_watch.notify.plain import clean

_WORDS_MAX = 300  # of what AWS says
_CODE_MAX = 60
_SERVER_ERROR = 500
_NO_CREDENTIALS = (
    CredentialRetrievalError,
    NoCredentialsError,
    PartialCredentialsError,
    TokenRetrievalError,
    UnauthorizedSSOTokenError,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Meaning:
    """What some error codes have in common; `quotable` when AWS's words hold no secret."""

    codes: frozenset[str]
    hint: str
    retryable: bool = False
    quotable: bool = False


_UNKNOWN = _Meaning(
    codes=frozenset(),
    hint="look the code up in the SNS API reference; the topic is {topic}",
)
_MEANINGS = (
    _Meaning(
        codes=frozenset(
            {
                "429",
                "KMSThrottling",
                "KMSThrottlingException",
                "LimitExceededException",
                "RequestLimitExceeded",
                "SlowDown",
                "Throttled",
                "ThrottledException",
                "Throttling",
                "ThrottlingException",
                "TooManyRequestsException",
            }
        ),
        retryable=True,
        hint="SNS asked to slow down; if it goes on, raise the account's SNS publish quota",
    ),
    _Meaning(
        codes=frozenset({"ExpiredToken", "ExpiredTokenException", "RequestExpired"}),
        retryable=True,
        hint="the credentials expired; renew them, or correct the clock if they did not",
    ),
    _Meaning(
        codes=frozenset(
            {
                "IncompleteSignature",
                "InvalidClientTokenId",
                "InvalidSecurity",
                "InvalidSignatureException",
                "MissingAuthenticationToken",
                "SignatureDoesNotMatch",
                "UnrecognizedClientException",
            }
        ),
        hint="the AWS credentials are wrong; check the task role, its keys and the clock",
    ),
    _Meaning(
        codes=frozenset({"AccessDenied", "AccessDeniedException", "AuthorizationError"}),
        hint="allow sns:Publish on {topic} in the task role (and in the topic's policy)",
        quotable=True,
    ),
    _Meaning(
        codes=frozenset({"KMSAccessDenied", "KMSAccessDeniedException"}),
        hint="allow kms:GenerateDataKey* and kms:Decrypt on the KMS key of {topic}",
        quotable=True,
    ),
    _Meaning(
        codes=frozenset(
            {
                "KMSDisabled",
                "KMSDisabledException",
                "KMSInvalidState",
                "KMSInvalidStateException",
                "KMSNotFound",
                "KMSNotFoundException",
                "KMSOptInRequired",
            }
        ),
        hint="enable the KMS key of {topic}, or give the topic another one",
        quotable=True,
    ),
    _Meaning(
        codes=frozenset({"NotFound", "NotFoundException", "ResourceNotFoundException"}),
        hint="create the topic {topic}, or correct XOPS_WATCH_SNS__TOPIC_ARN",
        quotable=True,
    ),
    _Meaning(
        codes=frozenset(
            {
                "InvalidParameter",
                "InvalidParameterException",
                "InvalidParameterValue",
                "ParameterValueInvalid",
                "ValidationError",
                "ValidationException",
            }
        ),
        hint="compare the topic's region and MaximumMessageSize with what is sent to {topic}",
        quotable=True,
    ),
)
_OUTAGE = _Meaning(
    codes=frozenset(),
    retryable=True,
    hint="SNS had an internal error; see the AWS Health Dashboard if it goes on",
)


def refusal(error: BotoCoreError | ClientError, topic_arn: str) -> DeliveryError:
    """Return what a failed publication to `topic_arn` means."""
    if isinstance(error, ClientError):
        return _answered(error, topic_arn)
    name = type(error).__name__
    if isinstance(error, _NO_CREDENTIALS):
        hint = f"give the task a role that allows sns:Publish on {topic_arn}"
        return DeliveryError(f"no usable AWS credentials ({name})", retryable=True, hint=hint)
    if isinstance(error, ParamValidationError):
        hint = "this is a defect of xops-watch; report it with the rule and the subject"
        return DeliveryError(f"the request is malformed ({name})", retryable=False, hint=hint)
    hint = f"check the route and DNS to SNS for {topic_arn}, and AWS_ENDPOINT_URL"
    return DeliveryError(f"SNS did not answer ({name})", retryable=True, hint=hint)


def unreadable(topic_arn: str) -> DeliveryError:
    """Return the error for an answer that is none of SNS: a proxy or a login page spoke."""
    hint = f"check what answers requests to SNS for {topic_arn}, and AWS_ENDPOINT_URL"
    return DeliveryError("the answer is not one of SNS", retryable=True, hint=hint)


def _answered(error: ClientError, topic_arn: str) -> DeliveryError:
    code = clean(str(error.response.get("Error", {}).get("Code", "")), _CODE_MAX)
    words = clean(str(error.response.get("Error", {}).get("Message", "")), _WORDS_MAX)
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    meaning = _meaning(code, status)
    what = f"SNS answered {code or status}"
    return DeliveryError(
        f"{what}: {words}" if words and meaning.quotable else what,
        retryable=meaning.retryable,
        hint=meaning.hint.format(topic=topic_arn),
    )


def _meaning(code: str, status: int) -> _Meaning:
    """The code tells more than the status, which tells more than nothing."""
    for wanted in (code, str(status)):
        for meaning in _MEANINGS:
            if wanted in meaning.codes:
                return meaning
    return _OUTAGE if status >= _SERVER_ERROR else _UNKNOWN
