"""Answers in the wire format of each AWS protocol, errors above all."""

import hashlib
import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any
from xml.sax.saxutils import escape

import cbor2

from xops_watch.embedded_aws.calls import Call
from xops_watch.embedded_aws.errors import AwsError
from xops_watch.embedded_aws.shapes import error_shape_name, service_model

_SENDER_FAULT_BELOW = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One HTTP answer."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    @property
    def status_line(self) -> str:
        """Return the status as WSGI wants it."""
        try:
            return f"{self.status} {HTTPStatus(self.status).phrase}"
        except ValueError:
            return f"{self.status} Unknown"


def success(call: Call, result: Mapping[str, Any]) -> Answer:
    """Return `result` in the protocol of `call`: CBOR, JSON, or XML of texts and structures."""
    if call.protocol == "smithy-rpc-v2-cbor":
        return _cbor(200, result)
    if call.protocol == "rest-xml":
        text = f"<?xml version='1.0'?><{call.operation}>{_xml(result)}</{call.operation}>"
        return _answer(200, "text/xml", text.encode())
    return _answer(200, _json_type(call), json.dumps(result, default=_epoch).encode())


def _xml(content: Mapping[str, Any]) -> str:
    """Return the elements of a structure."""
    return "".join(
        f"<{name}>{_xml(value) if isinstance(value, Mapping) else escape(str(value))}</{name}>"
        for name, value in content.items()
    )


def failure(call: Call, error: AwsError, *extra: tuple[str, str]) -> Answer:
    """Return `error` in the protocol of `call`, with `extra` headers."""
    answer = _failure(call, error)
    return replace(answer, headers=(*answer.headers, *extra))


def _failure(call: Call, error: AwsError) -> Answer:
    """Return `error` as botocore's parser expects it."""
    match call.protocol:
        case "smithy-rpc-v2-cbor":
            return _cbor_failure(call, error)
        case "json":
            shape = error_shape_name(call.service, error.code)
            content = {"__type": f"com.amazonaws.{call.service}#{shape}", "message": error.message}
            extra = _query_error(call, error)
            return _answer(error.status, _json_type(call), json.dumps(content).encode(), *extra)
        case "rest-json":
            text = json.dumps({"message": error.message}).encode()
            kind = ("x-amzn-errortype", error.code)
            return _answer(error.status, "application/json", text, kind)
        case "rest-xml" if call.service == "s3":
            return _s3_failure(call, error)
        case "ec2":
            return _ec2_failure(error)
        case _:
            return _query_failure(error)


def malformed(call: Call) -> Answer:
    """Return a 200 whose body breaks off in the middle of its first value."""
    match call.protocol:
        case "smithy-rpc-v2-cbor":
            head = ("smithy-protocol", "rpc-v2-cbor")
            return _answer(200, "application/cbor", b"\xbf\x71MetricDataRes", head)
        case "json" | "rest-json":
            return _answer(200, _json_type(call), b'{"answer": [{"na')
        case _:
            return _answer(200, "text/xml", b"<?xml version='1.0'?><Answer><Resul")


def control(status: int, content: object) -> Answer:
    """Return `content` as the JSON answer of the control API."""
    # Recorded CBOR may have keys that are no texts: they are left out.
    text = json.dumps(content, default=_iso, skipkeys=True)
    return _answer(status, "application/json", text.encode())


def _answer(status: int, kind: str, body: bytes, *extra: tuple[str, str]) -> Answer:
    """Return an answer with the headers that every AWS answer has."""
    headers = (
        ("Content-Type", kind),
        ("Content-Length", str(len(body))),
        ("x-amzn-RequestId", str(uuid.uuid4())),
        *extra,
    )
    return Answer(status=status, headers=headers, body=body)


def _cbor(status: int, content: Mapping[str, Any], *extra: tuple[str, str]) -> Answer:
    """Return `content` as rpc-v2-cbor; instants become tag 1, the only form botocore reads."""
    body = cbor2.dumps(dict(content), datetime_as_timestamp=True, timezone=UTC)
    head = ("smithy-protocol", "rpc-v2-cbor")
    return _answer(status, "application/cbor", body, head, *extra)


def _cbor_failure(call: Call, error: AwsError) -> Answer:
    """Return an error whose `__type` is the model's shape, with the code of the old protocol."""
    shape = error_shape_name(call.service, error.code)
    content = {"__type": f"com.amazonaws.{call.service}#{shape}", "message": error.message}
    return _cbor(error.status, content, *_query_error(call, error))


def _query_error(call: Call, error: AwsError) -> tuple[tuple[str, str], ...]:
    """Return the header by which services that once spoke `query` keep their old error codes."""
    model = service_model(call.service)
    if model is None or "awsQueryCompatible" not in model.metadata:
        return ()
    side = "Sender" if error.status < _SENDER_FAULT_BELOW else "Receiver"
    return (("x-amzn-query-error", f"{error.code};{side}"),)


def _json_type(call: Call) -> str:
    """Return the content type of the JSON version that the service's model names."""
    model = service_model(call.service)
    version = "1.1" if model is None else model.metadata.get("jsonVersion", "1.1")
    return f"application/x-amz-json-{version}"


def _query_failure(error: AwsError) -> Answer:
    """Return an error of the query and rest-xml protocols."""
    side = "Sender" if error.status < _SENDER_FAULT_BELOW else "Receiver"
    text = (
        f"<ErrorResponse><Error><Type>{side}</Type><Code>{escape(error.code)}</Code>"
        f"<Message>{escape(error.message)}</Message></Error>"
        f"<RequestId>{uuid.uuid4()}</RequestId></ErrorResponse>"
    )
    return _answer(error.status, "text/xml", text.encode())


def _ec2_failure(error: AwsError) -> Answer:
    """Return an error as EC2 writes it."""
    text = (
        f"<Response><Errors><Error><Code>{escape(error.code)}</Code>"
        f"<Message>{escape(error.message)}</Message></Error></Errors>"
        f"<RequestID>{uuid.uuid4()}</RequestID></Response>"
    )
    return _answer(error.status, "text/xml", text.encode())


def _s3_failure(call: Call, error: AwsError) -> Answer:
    """Return an error as S3 writes it; a HEAD request gets none of the text."""
    text = (
        f"<?xml version='1.0' encoding='UTF-8'?><Error><Code>{escape(error.code)}</Code>"
        f"<Message>{escape(error.message)}</Message><Resource>{escape(call.path)}</Resource>"
        f"<RequestId>{hashlib.sha256(call.path.encode()).hexdigest()[:16].upper()}</RequestId>"
        "</Error>"
    )
    body = b"" if call.operation.startswith("Head") else text.encode()
    return _answer(error.status, "application/xml", body)


def _epoch(value: object) -> float:
    """Return an instant as JSON 1.1 carries it: unix seconds."""
    if isinstance(value, datetime):
        return value.timestamp()
    msg = f"{value!r} has no place in an answer"
    raise TypeError(msg)


def _iso(value: object) -> str:
    """Return a value that JSON has no form for as the control API shows it."""
    return value.isoformat() if isinstance(value, datetime) else repr(value)
