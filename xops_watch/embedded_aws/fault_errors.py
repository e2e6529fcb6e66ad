"""The errors of AWS itself (throttling, credentials, internal), each service in its own words."""

from collections.abc import Mapping

from xops_watch.embedded_aws.calls import Call
from xops_watch.embedded_aws.errors import AwsError
from xops_watch.embedded_aws.faults import Fault
from xops_watch.embedded_aws.requests import ACCOUNT

PRINCIPAL = f"arn:aws:sts::{ACCOUNT}:assumed-role/xops-watch/task"

_SKEW = "Signature expired: 20260105T114000Z is now earlier than 20260105T115500Z (- 5 min.)"
_STRANGER = "The security token included in the request is invalid."
# kind -> family of service -> code, HTTP status, message ("" = made up from the call)
_ERRORS: Mapping[str, Mapping[str, tuple[str, int, str]]] = {
    "throttle": {
        "json": ("ThrottlingException", 400, "Rate exceeded"),
        "query": ("Throttling", 400, "Rate exceeded"),
        "s3": ("SlowDown", 503, "Please reduce your request rate."),
    },
    "access_denied": {
        "json": ("AccessDeniedException", 400, ""),
        "query": ("AccessDenied", 403, ""),
        "sns": ("AuthorizationError", 403, ""),
        "s3": ("AccessDenied", 403, ""),
    },
    "expired_token": {
        "json": (
            "ExpiredTokenException",
            400,
            "The security token included in the request is expired",
        ),
        "query": ("ExpiredToken", 403, "The security token included in the request is expired"),
        "s3": ("ExpiredToken", 400, "The provided token has expired."),
    },
    "clock_skew": {
        "json": ("InvalidSignatureException", 400, _SKEW),
        "query": ("SignatureDoesNotMatch", 403, _SKEW),
        "s3": (
            "RequestTimeTooSkewed",
            403,
            "The difference between the request time and the current time is too large.",
        ),
    },
    "region_disabled": {
        "json": ("UnrecognizedClientException", 400, _STRANGER),
        "query": ("InvalidClientTokenId", 403, _STRANGER),
        "s3": ("InvalidAccessKeyId", 403, _STRANGER),
    },
    "internal_error": {
        "json": ("ServerException", 500, "Service Unavailable. Please try again later."),
        "query": ("InternalFailure", 500, "The request processing has failed."),
        "cloudwatch": ("InternalServiceError", 500, "The request processing has failed."),
        "s3": ("InternalError", 500, "We encountered an internal error. Please try again."),
    },
}
# What IAM calls an operation where it is not the operation's own name.
_S3_ACTIONS = {
    "ListObjects": "ListBucket",
    "ListObjectsV2": "ListBucket",
    "HeadBucket": "ListBucket",
    "HeadObject": "GetObject",
    "ListBuckets": "ListAllMyBuckets",
}
_IAM_PREFIX = {"sns": "SNS"}


def fault_error(fault: Fault, call: Call) -> AwsError:
    """Return the error with which the service of `call` would tell of `fault`."""
    by_family = _ERRORS[fault.kind]
    family = call.service if call.service in by_family else _family(call)
    code, status, message = by_family[family]
    text = fault.message or message or _denied(call)
    return AwsError(code, text, status=fault.http_status or status)


def _family(call: Call) -> str:
    """Return how the service names its errors; those that once spoke `query` still do so."""
    if call.service == "cloudwatch" or call.protocol in {"query", "ec2", "rest-xml"}:
        return "query"
    return "json"


def _denied(call: Call) -> str:
    """Return the sentence of IAM that names the principal, the action and the resource."""
    action = call.operation
    if call.service == "s3":
        action = _S3_ACTIONS.get(action, action)
    action = f"{_IAM_PREFIX.get(call.service, call.service)}:{action}"
    resource = _resource(call)
    on_resource = "" if resource is None else f" on resource: {resource}"
    return (
        f"User: {PRINCIPAL} is not authorized to perform: {action}{on_resource}"
        f" because no identity-based policy allows the {action} action"
    )


def _resource(call: Call) -> str | None:
    """Return the ARN that IAM would name, None for calls that are for no one resource."""
    params = call.params
    match call.service:
        case "sns":
            return str(params.get("TopicArn", f"arn:aws:sns:{call.region}:{ACCOUNT}:*"))
        case "s3":
            parts = [str(params[name]) for name in ("Bucket", "Key") if name in params]
            return "arn:aws:s3:::" + "/".join(parts) if parts else None
        case "ecs":
            return _ecs_resource(call)
        case _:
            return None


def _ecs_resource(call: Call) -> str:
    """Return the ARN of the cluster, or of the first service that is described."""
    prefix = f"arn:aws:ecs:{call.region}:{ACCOUNT}"
    cluster = str(call.params.get("cluster", "default")).rpartition("/")[2]
    services = call.params.get("services")
    if call.operation == "DescribeServices" and isinstance(services, list) and services:
        return f"{prefix}:service/{cluster}/{str(services[0]).rpartition('/')[2]}"
    if call.operation == "ListClusters":
        return "*"
    return f"{prefix}:cluster/{cluster}"


def not_made(call: Call, error: Exception) -> AwsError:
    """Return the error for a call that moto cannot answer."""
    why = type(error).__name__
    message = f"moto does not answer {call.service} {call.operation} ({why})"
    return AwsError("InternalFailure", message, status=500)
