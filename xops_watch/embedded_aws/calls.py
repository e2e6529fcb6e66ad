"""Tells which service and operation an HTTP request is for, whatever protocol it speaks."""

import gzip
import json
import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qsl

import cbor2

from xops_watch.embedded_aws import rest_routes
from xops_watch.embedded_aws.errors import AwsError
from xops_watch.embedded_aws.shapes import service_model

DEFAULT_REGION = "us-east-1"
UNKNOWN = "unknown"

# Names under which requests are signed that differ from botocore's name of the service.
_SERVICE_OF_SIGNING_NAME = {
    "monitoring": "cloudwatch",
    "elasticloadbalancing": "elbv2",
    "elasticfilesystem": "efs",
    "email": "ses",
    "states": "stepfunctions",
    "tagging": "resourcegroupstaggingapi",
}
_SERVICE_OF_TARGET = {
    "AnyScaleFrontendService": "application-autoscaling",
    "GraniteServiceVersion20100801": "cloudwatch",
    "AmazonEC2ContainerServiceV20141113": "ecs",
}
# Whatever gzip, JSON and CBOR raise for bodies that are none.
_UNREADABLE = (
    cbor2.CBORDecodeError,
    ValueError,
    OverflowError,
    RecursionError,
    OSError,
    EOFError,
    zlib.error,
)
_RPC_PATH = re.compile(r"/service/([^/]+)/operation/([^/]+)/?")
_CREDENTIAL = re.compile(r"Credential=([^/,\s]+)/\d{8}/([^/]+)/([^/]+)/aws4_request")


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One API call as it came over the wire.

    `protocol` is botocore's word: smithy-rpc-v2-cbor, json, query, ec2, rest-xml, rest-json.
    """

    service: str
    operation: str
    protocol: str
    region: str = DEFAULT_REGION
    params: dict[str, Any] = field(default_factory=dict)
    path: str = "/"
    access_key: str = ""


def identify(environ: Mapping[str, Any], body: bytes) -> Call:
    """Return the call that a WSGI request makes.

    A body that cannot be read leaves `params` empty: whether that is an error is for the
    operation to say. Unsigned requests count as us-east-1.
    """
    found = _CREDENTIAL.search(environ.get("HTTP_AUTHORIZATION", ""))
    if found is None:
        return _identify(environ, body, DEFAULT_REGION, None)
    key, region, name = found.groups()
    call = _identify(environ, body, region, _SERVICE_OF_SIGNING_NAME.get(name, name))
    return replace(call, access_key=key)


def _identify(environ: Mapping[str, Any], body: bytes, region: str, service: str | None) -> Call:
    path = environ.get("PATH_INFO", "/")
    rpc = _RPC_PATH.fullmatch(path)
    if rpc is not None:
        service = service or _SERVICE_OF_TARGET.get(rpc[1], UNKNOWN)
        return Call(
            service=service,
            operation=rpc[2],
            protocol="smithy-rpc-v2-cbor",
            region=region,
            params=_quietly(body, environ, cbor=True),
            path=path,
        )
    target = environ.get("HTTP_X_AMZ_TARGET", "")
    if target:
        prefix, _, operation = target.rpartition(".")
        service = service or _SERVICE_OF_TARGET.get(prefix, UNKNOWN)
        params = _quietly(body, environ, cbor=False)
        return Call(
            service=service, operation=operation, protocol="json", region=region, params=params
        )
    return _form_or_rest(environ, body, service or UNKNOWN, region)


def decode_body(body: bytes, environ: Mapping[str, Any], *, cbor: bool) -> dict[str, Any]:
    """Return the structure in `body`; raises AwsError(SerializationException) if there is none."""
    try:
        if environ.get("HTTP_CONTENT_ENCODING", "") == "gzip":
            body = gzip.decompress(body)
        if not body:
            return {}
        content = cbor2.loads(body) if cbor else json.loads(body)
    except _UNREADABLE as error:
        message = f"the body cannot be read: {error}"
        raise AwsError("SerializationException", message) from error
    if not isinstance(content, dict):
        message = "the body is not a structure"
        raise AwsError("SerializationException", message)
    return content


def _quietly(body: bytes, environ: Mapping[str, Any], *, cbor: bool) -> dict[str, Any]:
    """Return the structure in `body`, empty if it cannot be read."""
    try:
        return decode_body(body, environ, cbor=cbor)
    except AwsError:
        return {}


def _form_or_rest(environ: Mapping[str, Any], body: bytes, service: str, region: str) -> Call:
    """Return the call of the older protocols: a form with an Action, or a REST path."""
    path = environ.get("PATH_INFO", "/")
    query = dict(parse_qsl(environ.get("QUERY_STRING", ""), keep_blank_values=True))
    form = dict(query)
    if environ.get("CONTENT_TYPE", "").startswith("application/x-www-form-urlencoded"):
        form.update(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
    if "Action" in form:
        operation = form.pop("Action")
        form.pop("Version", None)
        protocol = "ec2" if service == "ec2" else "query"
        return Call(
            service=service, operation=operation, protocol=protocol, region=region, params=form
        )
    model = service_model(service)
    if model is None:
        return Call(service=service, operation=UNKNOWN, protocol="rest-json", region=region)
    operation, labels = rest_routes.match(model, environ, query)
    return Call(
        service=service,
        operation=operation,
        protocol=str(model.metadata.get("protocol", "rest-json")),
        region=region,
        params={**query, **labels},
        path=path,
    )
