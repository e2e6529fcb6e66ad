"""Each way in which SNS can say no or nothing, by the codes and servers that do."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import CredentialRetrievalError, ParamValidationError
from botocore.stub import Stubber
from moto import mock_aws
from mypy_boto3_sns import SNSClient

from tests.notify.notices import FIRING
from xops_watch.errors import DeliveryError
from xops_watch.notify.refusal import refusal
from xops_watch.notify.sns import SnsNotifier

TOPIC = "arn:aws:sns:ap-southeast-2:123456789012:pager"
IMPATIENT = Config(
    connect_timeout=0.3, read_timeout=0.3, retries={"total_max_attempts": 1, "mode": "standard"}
)
USER = "arn:aws:sts::123456789012:assumed-role/xops-watch/1"


@pytest.fixture(autouse=True)
def _credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")


def _refused(client: SNSClient, topic: str = TOPIC) -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        SnsNotifier(client, topic).send(FIRING)
    error = caught.value
    assert "\n" not in error.what + error.hint
    assert error.__cause__ is not None
    return error


def _answered(code: str, status: int, words: str = "") -> DeliveryError:
    client = boto3.client("sns", "ap-southeast-2")
    with Stubber(client) as stubber:
        stubber.add_client_error("publish", code, words, http_status_code=status)
        return _refused(client)


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("InternalError", 500),
        ("InternalFailure", 500),
        ("ServiceUnavailable", 503),
        ("", 502),
        ("429", 429),
        ("", 429),
        ("Throttled", 429),
        ("Throttling", 400),
        ("ThrottlingException", 400),
        ("RequestLimitExceeded", 400),
        ("TooManyRequestsException", 429),
        ("KMSThrottling", 400),
        ("KMSThrottlingException", 400),
        ("ExpiredToken", 403),
        ("ExpiredTokenException", 403),
        ("RequestExpired", 400),
    ],
)
def test_what_passes_by_itself_is_an_outage(code: str, status: int) -> None:
    assert _answered(code, status, "words").retryable


@pytest.mark.parametrize(
    ("code", "status", "remedy"),
    [
        ("AuthorizationError", 403, f"allow sns:Publish on {TOPIC}"),
        ("AccessDenied", 403, f"allow sns:Publish on {TOPIC}"),
        ("AccessDeniedException", 400, f"allow sns:Publish on {TOPIC}"),
        ("KMSAccessDenied", 400, "allow kms:GenerateDataKey* and kms:Decrypt"),
        ("KMSDisabled", 400, "enable the KMS key"),
        ("KMSNotFound", 400, "give the topic another one"),
        ("NotFound", 404, "XOPS_WATCH_SNS__TOPIC_ARN"),
        ("InvalidParameter", 400, "MaximumMessageSize"),
        ("ParameterValueInvalid", 400, "MaximumMessageSize"),
        ("ValidationException", 400, "MaximumMessageSize"),
        ("InvalidClientTokenId", 403, "check the task role"),
        ("SignatureDoesNotMatch", 403, "the clock"),
        ("InvalidSecurity", 403, "check the task role"),
        ("EndpointDisabled", 400, "SNS API reference"),
        ("", 418, "SNS API reference"),
    ],
)
def test_what_needs_a_person_is_a_refusal_and_says_what_to_do(
    code: str, status: int, remedy: str
) -> None:
    error = _answered(code, status, "words")
    assert not error.retryable
    assert remedy in error.hint
    assert (code or str(status)) in error.what


def test_the_words_of_a_denial_are_kept_because_they_name_who_was_denied() -> None:
    words = f"User: {USER} is not authorized to perform: SNS:Publish on resource: {TOPIC}"
    assert _answered("AuthorizationError", 403, words).what == (
        f"SNS answered AuthorizationError: {words}"
    )


@pytest.mark.parametrize(
    "code", ["AccessDenied", "KMSAccessDenied", "KMSDisabled", "NotFound", "InvalidParameter"]
)
def test_words_that_name_what_is_missing_are_kept(code: str) -> None:
    assert _answered(code, 400, "it is pager").what == f"SNS answered {code}: it is pager"


@pytest.mark.parametrize("code", ["ExpiredToken", "InvalidClientTokenId", "InternalError", "New"])
def test_words_that_are_not_known_to_be_harmless_are_not(code: str) -> None:
    assert _answered(code, 400, "x-amz-security-token:abc").what == f"SNS answered {code}"


def test_the_words_of_a_wrong_signature_are_not_because_they_hold_the_session_token() -> None:
    words = (
        "The request signature we calculated does not match the signature you provided. "
        "The Canonical String for this request should have been 'POST\n/\n\n"
        "x-amz-security-token:FwoGZXIvYXdzEXAMPLE\n'"
    )
    error = _answered("SignatureDoesNotMatch", 403, words)
    assert "FwoGZXIvYXdzEXAMPLE" not in error.what + error.hint


def test_long_and_hostile_words_become_one_bounded_line() -> None:
    error = _answered("InvalidParameter", 400, "Invalid parameter:\n\x1b[31m" + "x" * 5000)
    assert len(error.what) < 400
    assert "\x1b" not in error.what


def test_a_topic_that_is_gone_is_a_refusal() -> None:
    with mock_aws():
        client = boto3.client("sns", "ap-southeast-2")
        error = _refused(client)
    assert not error.retryable
    assert f"create the topic {TOPIC}" in error.hint


def test_a_topic_that_takes_only_small_messages_is_a_refusal() -> None:
    error = _answered("InvalidParameter", 400, "Invalid parameter: Message too long")
    assert error.what == "SNS answered InvalidParameter: Invalid parameter: Message too long"
    assert not error.retryable


def test_no_credentials_are_an_outage(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")
    client = boto3.session.Session().client("sns", "ap-southeast-2")
    error = _refused(client)
    assert error.retryable
    assert error.what == "no usable AWS credentials (NoCredentialsError)"
    assert f"sns:Publish on {TOPIC}" in error.hint


def test_a_credential_process_that_fails_is_an_outage() -> None:
    secret = "aws_secret_access_key=abc"  # noqa: S105 - a made-up one, which must not be shown
    error = refusal(CredentialRetrievalError(provider="custom", error_msg=secret), TOPIC)
    assert error.retryable
    assert secret not in error.what + error.hint


def test_a_malformed_request_is_a_refusal() -> None:
    error = refusal(ParamValidationError(report="Invalid type"), TOPIC)
    assert not error.retryable
    assert "defect" in error.hint


def test_a_closed_port_is_an_outage() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        port = listener.getsockname()[1]
    error = _refused(_client(port))
    assert error.retryable
    assert error.what == "SNS did not answer (EndpointConnectionError)"
    assert "AWS_ENDPOINT_URL" in error.hint


def _client(port: int) -> SNSClient:
    return boto3.client(
        "sns", "ap-southeast-2", endpoint_url=f"http://127.0.0.1:{port}", config=IMPATIENT
    )


@contextmanager
def _server(converse: Callable[[socket.socket], object]) -> Iterator[int]:
    """Accept one connection, converse, and keep it open until the test is over."""
    over = threading.Event()

    def serve() -> None:
        connection, _ = listener.accept()
        with closing(connection):
            converse(connection)
            over.wait(timeout=10)

    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            over.set()
            thread.join(timeout=10)


def _saying(answer: bytes) -> Callable[[socket.socket], object]:
    def converse(connection: socket.socket) -> None:
        connection.recv(65_536)
        connection.sendall(answer)

    return converse


def test_a_server_that_never_answers_is_an_outage() -> None:
    with _server(lambda _: None) as port:
        error = _refused(_client(port))
    assert error.retryable
    assert error.what == "SNS did not answer (ReadTimeoutError)"


def test_a_server_that_hangs_up_is_an_outage() -> None:
    with _server(lambda connection: connection.shutdown(socket.SHUT_RDWR)) as port:
        error = _refused(_client(port))
    assert error.retryable
    assert error.what.startswith("SNS did not answer (")


@pytest.mark.parametrize(
    "body",
    [b"<html><body>Please log in", b"not xml", b"{}"],
)
def test_a_login_page_is_an_outage_and_no_yes(body: bytes) -> None:
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
    with _server(_saying(answer)) as port:
        error = _refused(_client(port))
    assert error.retryable
    assert error.what == "the answer is not one of SNS"
