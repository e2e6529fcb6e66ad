"""Which reason each failure of botocore becomes, and that its detail is one harmless line."""

import json
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    ConnectTimeoutError,
    CredentialRetrievalError,
    EndpointConnectionError,
    HTTPClientError,
    NoCredentialsError,
    PaginationError,
    PartialCredentialsError,
    ProxyConnectionError,
    ReadTimeoutError,
    SSLError,
)
from hypothesis import given
from hypothesis import strategies as st

from xops_watch.aws.failures import AwsError, source_error, translated
from xops_watch.errors import GapReason, SourceError

DATA = Path(__file__).parent / "data"
ACTION = "ecs:ListServices"
ENDPOINT = "https://ecs.ap-southeast-2.amazonaws.com/"


def refusal(code: str, message: str = "", *, status: int = 400) -> ClientError:
    response: Any = {
        "Error": {"Code": code, "Message": message},
        "ResponseMetadata": {"HTTPStatusCode": status},
    }
    return ClientError(response, "ListServices")


def recorded(name: str) -> ClientError:
    answer = json.loads((DATA / name).read_text())["data"]
    return ClientError(answer, "ListServices")


def assert_one_line(text: str) -> None:
    assert text.isprintable()
    assert 0 < len(text) <= len(f"{ACTION}: ") + 300


@pytest.mark.parametrize(
    ("code", "status", "reason"),
    [
        ("ThrottlingException", 400, GapReason.THROTTLED),
        ("Throttling", 400, GapReason.THROTTLED),
        ("RequestLimitExceeded", 503, GapReason.THROTTLED),
        ("SlowDown", 503, GapReason.THROTTLED),
        ("429", 429, GapReason.THROTTLED),
        ("AccessDeniedException", 400, GapReason.DENIED),
        ("AccessDenied", 403, GapReason.DENIED),
        ("ExpiredTokenException", 400, GapReason.DENIED),
        ("ExpiredToken", 403, GapReason.DENIED),
        ("UnrecognizedClientException", 400, GapReason.DENIED),
        ("InvalidSignatureException", 400, GapReason.DENIED),
        ("MissingAuthenticationToken", 403, GapReason.DENIED),
        ("401", 401, GapReason.DENIED),
        ("403", 403, GapReason.DENIED),
        ("402", 402, GapReason.INVALID),
        ("499", 499, GapReason.INVALID),
        ("ServerException", 500, GapReason.UNREACHABLE),
        ("503", 503, GapReason.UNREACHABLE),
        ("ClusterNotFoundException", 400, GapReason.INVALID),
        ("InvalidParameterException", 400, GapReason.INVALID),
    ],
)
def test_the_code_that_aws_answers_decides_the_reason(
    code: str, status: int, reason: GapReason
) -> None:
    error = source_error(refusal(code, "Because.", status=status), action=ACTION)
    assert error.reason is reason
    assert ACTION in error.what
    assert_one_line(error.what)
    assert_one_line(error.hint)


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (ConnectTimeoutError(endpoint_url=ENDPOINT), GapReason.TIMEOUT),
        (ReadTimeoutError(endpoint_url=ENDPOINT), GapReason.TIMEOUT),
        (EndpointConnectionError(endpoint_url=ENDPOINT), GapReason.UNREACHABLE),
        (ConnectionClosedError(endpoint_url=ENDPOINT), GapReason.UNREACHABLE),
        (
            SSLError(endpoint_url=ENDPOINT, error=ValueError("bad certificate")),
            GapReason.UNREACHABLE,
        ),
        (ProxyConnectionError(proxy_url="http://proxy"), GapReason.UNREACHABLE),
        (HTTPClientError(error="line 1\nline 2"), GapReason.UNREACHABLE),
        (NoCredentialsError(), GapReason.DENIED),
        (PartialCredentialsError(provider="env", cred_var="secret"), GapReason.DENIED),
        (CredentialRetrievalError(provider="container", error_msg="404"), GapReason.DENIED),
        (PaginationError(message="twice the same token"), GapReason.INVALID),
    ],
)
def test_what_kept_the_call_from_an_answer_decides_the_reason(
    error: AwsError, reason: GapReason
) -> None:
    told = source_error(error, action=ACTION)
    assert told.reason is reason
    assert told.what.startswith(f"{ACTION}: ")
    assert_one_line(told.what)


def test_a_recorded_throttling_without_a_message_is_throttled() -> None:
    error = source_error(recorded("throttled.json"), action=ACTION)
    assert (error.reason, error.what) == (GapReason.THROTTLED, f"{ACTION}: ThrottlingException")


def test_a_recorded_denial_names_the_permission_that_aws_names() -> None:
    error = source_error(recorded("denied.json"), action=ACTION)
    assert error.reason is GapReason.DENIED
    assert error.what == "missing IAM permission elasticfilesystem:DescribeFileSystemPolicy"
    assert error.hint == "allow elasticfilesystem:DescribeFileSystemPolicy in the task role"


@pytest.mark.parametrize(
    ("message", "what"),
    [
        (
            "User: u is not authorized to perform: ecs:DescribeServices on resource: r because no",
            "missing IAM permission ecs:DescribeServices",
        ),
        ("", "missing IAM permission ecs:ListServices"),
        (
            "not authorized to perform: ecs:" + "A" * 10_000,
            "missing IAM permission ecs:" + "A" * 100,
        ),
        ("Access denied", "missing IAM permission ecs:ListServices"),
        (
            "Not authorized to perform sts:AssumeRoleWithWebIdentity",
            "missing IAM permission sts:AssumeRoleWithWebIdentity",
        ),
        (
            "is not authorized to perform: ecs:ListServices on resource: * with an explicit deny",
            "IAM permission ecs:ListServices is explicitly denied",
        ),
    ],
)
def test_a_denial_names_the_permission(message: str, what: str) -> None:
    assert source_error(refusal("AccessDeniedException", message), action=ACTION).what == what


def test_a_denial_of_a_long_principal_is_read_to_its_end() -> None:
    principal = "arn:aws:sts::1:assumed-role/" + "r" * 400
    message = f"User: {principal} is not authorized to perform: ecs:DescribeServices on resource: x"
    told = source_error(refusal("AccessDenied", message), action=ACTION)
    assert told.what == "missing IAM permission ecs:DescribeServices"
    told = source_error(refusal("AccessDenied", f"{message} with an explicit deny"), action=ACTION)
    assert told.what == "IAM permission ecs:DescribeServices is explicitly denied"


def test_an_explicit_deny_is_not_hinted_to_need_an_allow() -> None:
    message = "is not authorized to perform: ecs:ListServices with an explicit deny in a policy"
    hint = source_error(refusal("AccessDenied", message), action=ACTION).hint
    assert "allow" not in hint
    assert "ecs:ListServices" in hint


@pytest.mark.parametrize("code", ["Throttling", "AccessDenied", "ServerException", "Strange"])
def test_codes_and_messages_of_the_network_cannot_break_the_line(code: str) -> None:
    error = refusal(f"{code}\r\n\x1b[31mforged", "a\nb\u2028c\x00" * 10_000, status=500)
    assert_one_line(source_error(error, action=ACTION).what)


def test_a_password_in_an_endpoint_is_not_told() -> None:
    error = EndpointConnectionError(endpoint_url="https://user:hunter2@proxy.example/")
    assert "hunter2" not in source_error(error, action=ACTION).what


@given(code=st.text(), message=st.text(), status=st.integers(0, 999))
def test_any_refusal_becomes_one_bounded_line(code: str, message: str, status: int) -> None:
    error = source_error(refusal(code, message, status=status), action=ACTION)
    assert_one_line(error.what)
    assert_one_line(error.hint)


@pytest.mark.parametrize(
    "bug", [AttributeError(), KeyError("x"), OverflowError(), RecursionError(), TypeError()]
)
def test_what_botocore_trips_over_is_an_invalid_answer(bug: Exception) -> None:
    with pytest.raises(SourceError) as caught, translated(ACTION):
        raise bug
    assert caught.value.reason is GapReason.INVALID
    assert type(bug).__name__ in caught.value.what
    assert caught.value.__cause__ is bug


def test_what_is_already_told_is_not_told_again() -> None:
    told = SourceError("it", reason=GapReason.STALE, hint="that")
    with pytest.raises(SourceError) as caught, translated(ACTION):
        raise told
    assert caught.value is told
