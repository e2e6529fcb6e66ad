"""botocore's own service models: they say what a request may look like, better than we could."""

import re
import threading
from datetime import UTC, datetime
from typing import Any

import botocore.session
from botocore.exceptions import UnknownServiceError
from botocore.model import ListShape, ServiceModel, Shape, StructureShape
from botocore.validate import ParamValidator

from xops_watch.embedded_aws.errors import AwsError

_INTEGER_MAX = 2**31 - 1
# How Java's patterns, which the models have, write the characters past U+FFFF.
_SURROGATES = r"\uD800\uDC00-\uDBFF\uDFFF"
_BEYOND_16_BITS = r"\U00010000-\U0010FFFF"
_SPECIAL_NUMBERS = ("NaN", "Infinity", "-Infinity")

_session = botocore.session.Session()
_lock = threading.Lock()
_models: dict[str, ServiceModel] = {}


def service_model(service: str) -> ServiceModel | None:
    """Return botocore's model of `service` (its botocore name), or None if it has none."""
    # The loader's cache is not made for threads that load the same file at once.
    with _lock:
        if service not in _models:
            try:
                _models[service] = _session.get_service_model(service)
            except UnknownServiceError:
                return None
        return _models[service]


def service_names() -> frozenset[str]:
    """Return every service name that botocore knows."""
    with _lock:
        return frozenset(_session.get_available_services())


def error_shape_name(service: str, code: str) -> str:
    """Return the model's name of the error whose wire code is `code`; `code` if it has none."""
    model = service_model(service)
    for shape in [] if model is None else model.error_shapes:
        if shape.metadata.get("error", {}).get("code") == code:
            return shape.name
    return code


def check_input(service: str, operation: str, params: dict[str, Any]) -> None:
    """Refuse `params` that do not fit the model of the operation.

    Raises AwsError with the code that the service uses: ValidationError, MissingParameter or
    InvalidParameterValue for CloudWatch, InvalidParameterException for ECS.
    """
    model = service_model(service)
    shape = None if model is None else model.operation_model(operation).input_shape
    if shape is None:
        return
    report = ParamValidator().validate(params, shape)
    if report.has_errors():
        text = report.generate_report()
        raise _refusal(service, operation, text, missing=text.startswith("Missing required"))
    problem = _excess(params, shape, "")
    if problem is not None:
        raise _refusal(service, operation, problem, missing=False)


def made_whole(service: str, operation: str, params: dict[str, Any]) -> dict[str, Any]:
    """Return `params` with what JSON has no form for made whole: instants, NaN and infinities.

    What is no unix time stays as it is, for `check_input` to refuse.
    """
    model = service_model(service)
    shape = None if model is None else model.operation_model(operation).input_shape
    return params if shape is None else _typed(params, shape)


def _typed(value: Any, shape: Shape | None) -> Any:  # noqa: ANN401  (any JSON value)
    """Return `value` with instants and special numbers where `shape` has them."""
    if shape is None:
        return value
    if isinstance(value, dict) and isinstance(shape, StructureShape):
        return {key: _typed(item, shape.members.get(key)) for key, item in value.items()}
    if isinstance(value, list) and isinstance(shape, ListShape):
        return [_typed(item, shape.member) for item in value]
    return _scalar(value, shape)


def _scalar(value: object, shape: Shape) -> object:
    """Return an instant for a unix time, a number for "NaN", anything else as it is."""
    if shape.type_name in {"float", "double"} and value in _SPECIAL_NUMBERS:
        return float(str(value))
    if shape.type_name != "timestamp" or isinstance(value, bool):
        return value
    if not isinstance(value, int | float):
        return value
    try:
        return datetime.fromtimestamp(value, UTC)
    except (OverflowError, OSError, ValueError):
        return "no instant"  # botocore's validator stumbles over the number itself


def _refusal(service: str, operation: str, message: str, *, missing: bool) -> AwsError:
    """Return the error in the words of `service`."""
    if service == "ecs":
        return AwsError("InvalidParameterException", message)
    if service == "application-autoscaling":
        return AwsError("ValidationException", message)
    if operation == "GetMetricData":
        return AwsError("ValidationError", message)
    return AwsError("MissingParameter" if missing else "InvalidParameterValue", message)


def _excess(value: Any, shape: Shape, where: str) -> str | None:  # noqa: ANN401  (any JSON value)
    """Return what botocore's validator leaves to the service: maxima, enums and patterns."""
    if isinstance(value, dict) and isinstance(shape, StructureShape):
        parts = [(shape.members[key], item, f"{where}.{key}") for key, item in value.items()]
    elif isinstance(value, list) and isinstance(shape, ListShape):
        parts = [(shape.member, item, f"{where}[{index}]") for index, item in enumerate(value)]
    else:
        parts = []
    problem = _out_of_bounds(value, shape, where.removeprefix("."))
    if problem is not None:
        return problem
    return next(filter(None, (_excess(item, part, path) for part, item, path in parts)), None)


def _out_of_bounds(value: object, shape: Shape, where: str) -> str | None:
    """Return why `value` itself is of the wrong kind, too long, too large or not allowed."""
    bounds = shape.metadata
    if isinstance(value, str) and value not in bounds.get("enum", [value]):
        return f"Invalid value for parameter {where}: {value!r} is not one of {bounds['enum']}"
    pattern = bounds.get("pattern", ".*").replace(_SURROGATES, _BEYOND_16_BITS)
    if isinstance(value, str) and not re.fullmatch(pattern, value, re.DOTALL):
        return f"Invalid value for parameter {where}: {value!r} is not {bounds['pattern']}"
    if shape.type_name == "timestamp" and not isinstance(value, datetime):
        # botocore's validator would also take texts, which never come over these wires.
        return f"Invalid value for parameter {where}: {value!r} is not a timestamp"
    most, size = bounds.get("max"), 0
    if isinstance(value, str | list | dict):
        size = len(value)
    elif isinstance(value, int) and shape.type_name == "integer":
        size = abs(value)
        most = _INTEGER_MAX if most is None else most
    if most is not None and size > most:
        return f"Invalid size of parameter {where}: {size}, valid maximum: {most}"
    return None
