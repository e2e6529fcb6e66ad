"""The WSGI application: control API, faults, our operations, and moto for everything else."""

import io
import socket
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

from xops_watch.clock import machine_now
from xops_watch.embedded_aws import answers, control_api
from xops_watch.embedded_aws.answers import Answer
from xops_watch.embedded_aws.calls import Call, decode_body, identify
from xops_watch.embedded_aws.errors import AwsError
from xops_watch.embedded_aws.fault_errors import fault_error, not_made
from xops_watch.embedded_aws.faults import (
    ERROR_KINDS,
    SECONDS_MAX,
    ActiveFault,
    Fault,
    replacing,
    shaping,
)
from xops_watch.embedded_aws.future import of_the_future
from xops_watch.embedded_aws.journal import Entry
from xops_watch.embedded_aws.requests import Request
from xops_watch.embedded_aws.shapes import check_input, made_whole
from xops_watch.embedded_aws.world import World

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

# Which of the two a boto3 speaks to CloudWatch depends on its version; `query` is of the past.
_PROTOCOLS = {
    "application-autoscaling": ("json",),
    "cloudfront": ("rest-xml",),
    "cloudwatch": ("json", "smithy-rpc-v2-cbor"),
    "ecs": ("json",),
}


class EmbeddedAwsApp:
    """One embedded AWS as a WSGI application."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._operations = world.operations()
        self._moto: WSGIApplication = DomainDispatcherApplication(create_backend_app)

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Answer one HTTP request."""
        path = environ.get("PATH_INFO", "/")
        if path.startswith("/moto-api"):
            return self._moto(environ, start_response)
        body = _take_body(environ)
        if path.startswith(control_api.PREFIX):
            method = environ["REQUEST_METHOD"]
            return _send(control_api.answer(self._world, method, path, body), start_response)
        call = identify(environ, body)
        struck = self._world.faults.strike(call)
        now = self._world.clock.now()
        for each in struck:
            if each.fault.kind == "slow":
                each.ended.wait(each.fault.seconds)
        fault = replacing(struck)
        if fault is not None and fault.fault.kind in {"hang", "disconnect"}:
            self._record(call, struck, now, None)
            return _without_answer(fault, environ, start_response)
        answer = self._answer(call, environ, body, now, struck)
        if answer is None:
            return self._ask_moto(call, struck, now, environ, start_response)
        self._record(call, struck, now, answer.status)
        return _send(answer, start_response)

    def _ask_moto(
        self,
        call: Call,
        struck: list[ActiveFault],
        now: datetime,
        environ: "WSGIEnvironment",
        start_response: "StartResponse",
    ) -> Iterable[bytes]:
        """Return moto's answer; what moto stumbles over was asked all the same, and is told."""
        try:
            return self._moto(environ, self._recording(call, struck, now, start_response))
        except Exception as error:  # noqa: BLE001 - moto raises whatever it likes
            answer = answers.failure(call, not_made(call, error))
            self._record(call, struck, now, answer.status)
            return _send(answer, start_response)

    def _answer(
        self,
        call: Call,
        environ: "WSGIEnvironment",
        body: bytes,
        now: datetime,
        struck: list[ActiveFault],
    ) -> Answer | None:
        """Return the answer to `call`, None if it is moto's to give."""
        fault = replacing(struck)
        if fault is not None and fault.fault.kind in ERROR_KINDS:
            return answers.failure(call, fault_error(fault.fault, call), *_headers(fault.fault))
        if fault is not None:
            return answers.malformed(call)
        operation = self._operations.get((call.service, call.operation))
        if operation is None:
            return None
        try:
            _check_protocol(call)
            params = _params(call, body, environ)
            check_input(call.service, call.operation, params)
            request = Request(params=params, region=call.region, now=now, faults=shaping(struck))
            result = operation(request)
            if "future" in request.faults:
                result = of_the_future(call, result)
            return answers.success(call, result)
        except AwsError as error:
            return answers.failure(call, error)

    def _record(
        self, call: Call, struck: list[ActiveFault], now: datetime, status: int | None
    ) -> None:
        """Write `call` into the journal."""
        self._world.journal.record(
            Entry(
                at=now,
                service=call.service,
                operation=call.operation,
                region=call.region,
                params=call.params,
                faults=tuple(each.fault.kind for each in struck),
                status=status,
            )
        )

    def _recording(
        self,
        call: Call,
        struck: list[ActiveFault],
        now: datetime,
        start_response: "StartResponse",
    ) -> "StartResponse":
        """Return `start_response` such that moto's status goes into the journal."""

        def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None, /) -> Any:  # noqa: ANN401  (the types of WSGI itself)
            self._record(call, struck, now, int(status.partition(" ")[0]))
            return start_response(status, headers, exc_info)

        return start


def _headers(fault: Fault) -> tuple[tuple[str, str], ...]:
    """Return what an error has beside its body: with a skewed clock, the time of AWS."""
    if fault.kind != "clock_skew":
        return ()
    theirs = machine_now() + timedelta(seconds=fault.seconds or 0)
    return (("Date", format_datetime(theirs, usegmt=True)),)


def _params(call: Call, body: bytes, environ: "WSGIEnvironment") -> dict[str, Any]:
    """Return what is asked; of REST, where no operation of ours has a body, what the path says."""
    if call.protocol == "rest-xml":
        return call.params
    params = decode_body(body, environ, cbor=call.protocol == "smithy-rpc-v2-cbor")
    return made_whole(call.service, call.operation, params)


def _check_protocol(call: Call) -> None:
    """Refuse an overlaid operation in a protocol that the SDK of today does not use for it."""
    spoken = _PROTOCOLS[call.service]
    if call.protocol not in spoken:
        message = (
            f"the embedded AWS answers {call.service} {call.operation} only in "
            f"{' or '.join(spoken)}, not in {call.protocol}"
        )
        raise AwsError("UnsupportedProtocol", message)


def _take_body(environ: "WSGIEnvironment") -> bytes:
    """Return the request's body and leave it readable for whoever comes next."""
    length = environ.get("CONTENT_LENGTH") or ""
    stream = environ["wsgi.input"]
    if length.isdigit():
        body: bytes = stream.read(int(length))
    elif environ.get("wsgi.input_terminated"):
        body = stream.read()
    else:
        body = b""
    environ["wsgi.input"] = io.BytesIO(body)
    return body


def _send(answer: Answer, start_response: "StartResponse") -> Iterable[bytes]:
    """Give `answer` to the WSGI server."""
    start_response(answer.status_line, list(answer.headers))
    return [answer.body]


def _without_answer(
    active: ActiveFault, environ: "WSGIEnvironment", start_response: "StartResponse"
) -> Iterator[bytes]:
    """Hold the connection as long as the fault says (hang only), then cut it mid-answer."""
    if active.fault.kind == "hang":
        seconds = active.fault.seconds
        active.ended.wait(SECONDS_MAX if seconds is None else seconds)
    else:
        start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "1000")])
        yield b"{"
    connection: socket.socket = environ["werkzeug.socket"]
    connection.shutdown(socket.SHUT_RDWR)
    # werkzeug takes this as what it is, a connection that is gone, and says nothing.
    raise ConnectionAbortedError
