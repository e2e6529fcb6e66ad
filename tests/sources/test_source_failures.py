"""What keeps AWS from answering, over real sockets: the right reason, one line, no secret."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from tests.aws.bench import MINUTE, NOW, CannedAws, make_client
from tests.aws.tiny_ecs import TinyEcs
from tests.contract.source_promises import assert_line
from tests.sources.cloudwatch_scene import cpu_source
from xops_watch.aws.inventory import EcsInventory
from xops_watch.embedded_aws.control import EmbeddedAws
from xops_watch.errors import GapReason, SourceError
from xops_watch.ports import Source
from xops_watch.sources.ecs import EcsSource

ACTIONS = {"ecs": "ecs:ListServices", "cloudwatch": "cloudwatch:GetMetricData"}


@pytest.fixture(params=["ecs", "cloudwatch"])
def service(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def source_of(service: str, client: Any) -> Source:  # noqa: ANN401 - any boto3 client
    if service == "ecs":
        inventory = EcsInventory(client, clusters=("main",))
        return EcsSource(inventory, interval=MINUTE, crew_services=(), ignored_services=())
    inventory = EcsInventory(TinyEcs({"main": ["web"]}).client, clusters=("main",))
    return cpu_source(client, inventory, interval=MINUTE, settle=MINUTE, lookback=MINUTE)


def failure_of(service: str, client: Any) -> SourceError:  # noqa: ANN401 - any boto3 client
    with pytest.raises(SourceError) as caught:
        source_of(service, client).observe(now=NOW)
    assert_line(caught.value.what)
    assert_line(caught.value.hint)
    assert "embedded" not in caught.value.what  # the secret
    return caught.value


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("throttle", GapReason.THROTTLED),
        ("access_denied", GapReason.DENIED),
        ("expired_token", GapReason.DENIED),
        ("internal_error", GapReason.UNREACHABLE),
        ("malformed", GapReason.INVALID),
        ("disconnect", GapReason.INVALID),
    ],
)
def test_a_fault_of_aws(aws: EmbeddedAws, service: str, fault: str, reason: GapReason) -> None:
    aws.add_fault(fault, service=service)
    error = failure_of(service, make_client(service, aws.endpoint))
    assert error.reason is reason
    assert ACTIONS[service] in error.what


def test_a_denial_names_the_missing_permission(aws: EmbeddedAws, service: str) -> None:
    aws.add_fault("access_denied", service=service)
    error = failure_of(service, make_client(service, aws.endpoint))
    assert error.what == f"missing IAM permission {ACTIONS[service]}"
    assert error.hint == f"allow {ACTIONS[service]} in the task role"


def test_a_fault_that_passes_is_survived_by_the_second_attempt(
    aws: EmbeddedAws, service: str
) -> None:
    aws.put_cluster("main")
    aws.add_fault("internal_error", service=service, times=1)
    observations = source_of(service, make_client(service, aws.endpoint, attempts=2)).observe(
        now=NOW
    )
    assert observations


def test_an_endpoint_that_hangs_is_a_timeout(aws: EmbeddedAws, service: str) -> None:
    fault = aws.add_fault("hang", service=service)
    error = failure_of(service, make_client(service, aws.endpoint, read_timeout=0.2))
    aws.end_fault(fault)
    assert error.reason is GapReason.TIMEOUT
    assert "Read timeout" in error.what


def test_a_connection_cut_without_an_answer_is_unreachable(aws: EmbeddedAws, service: str) -> None:
    aws.add_fault("hang", service=service, seconds=0.0)
    assert failure_of(service, make_client(service, aws.endpoint)).reason is GapReason.UNREACHABLE


def test_a_refused_connection_is_unreachable(service: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # taken, and nobody listens
        error = failure_of(service, make_client(service, endpoint(taken)))
    assert error.reason is GapReason.UNREACHABLE
    assert "Could not connect" in error.what


@pytest.fixture
def deaf() -> Iterator[socket.socket]:
    """Yield a socket whose queue is full: Linux drops who else wants to connect."""
    with ExitStack() as stack:
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        for _ in range(4):
            waiting = stack.enter_context(socket.socket())
            waiting.settimeout(0)
            waiting.connect_ex(listener.getsockname())
        yield listener


def test_a_connection_that_nobody_takes_is_a_timeout(service: str, deaf: socket.socket) -> None:
    error = failure_of(service, make_client(service, endpoint(deaf), connect_timeout=0.2))
    assert error.reason is GapReason.TIMEOUT
    assert "Connect timeout" in error.what


def test_a_name_that_is_not_known_is_unreachable(
    service: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    # A real look-up would ask a resolver beyond the loopback.
    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    error = failure_of(service, make_client(service, "http://aws.invalid"))
    assert error.reason is GapReason.UNREACHABLE
    assert "aws.invalid" in error.what


def test_an_endpoint_that_speaks_no_tls_is_unreachable(aws: EmbeddedAws, service: str) -> None:
    secure = aws.endpoint.replace("http://", "https://")
    error = failure_of(service, make_client(service, secure))
    assert error.reason is GapReason.UNREACHABLE
    assert "SSL" in error.what


def test_without_credentials_the_answer_is_denied(
    service: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, "/nonexistent")
    error = failure_of(service, make_client(service, "http://127.0.0.1:1", credentials=False))
    assert error.reason is GapReason.DENIED
    assert "Unable to locate credentials" in error.what
    assert "role" in error.hint


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (400, GapReason.INVALID),
        (403, GapReason.DENIED),
        (404, GapReason.INVALID),
        (429, GapReason.THROTTLED),
        (500, GapReason.UNREACHABLE),
        (502, GapReason.UNREACHABLE),
        (503, GapReason.UNREACHABLE),
    ],
)
@pytest.mark.parametrize("body", [b"", b"<html>\n<h1>Sorry</h1>\n</html>"])
def test_a_proxy_that_answers_for_aws_is_told_by_its_status(
    service: str, status: int, reason: GapReason, body: bytes
) -> None:
    error = failure_of(service, CannedAws(service).saying(body, status=status))
    assert error.reason is reason


def endpoint(listener: socket.socket) -> str:
    host, port = listener.getsockname()
    return f"http://{host}:{port}"
