"""Names the operation of a REST request (S3 and others) from botocore's URI templates."""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from botocore.model import OperationModel, ServiceModel

UNKNOWN = "unknown"


def match(
    model: ServiceModel, environ: Mapping[str, Any], query: Mapping[str, str]
) -> tuple[str, dict[str, str]]:
    """Return the operation that fits best and the parts of its path; `unknown` if none fits."""
    best: tuple[int, str, dict[str, str]] = (-1, UNKNOWN, {})
    for name in model.operation_names:
        operation = model.operation_model(name)
        labels = _labels(operation, environ)
        if labels is None:
            continue
        score = _score(operation, environ, query)
        if score is not None and score > best[0]:
            best = (score, name, labels)
    return best[1], best[2]


def _labels(operation: OperationModel, environ: Mapping[str, Any]) -> dict[str, str] | None:
    """Return the labels in the path, or None if method or path do not fit."""
    if operation.http.get("method") != environ.get("REQUEST_METHOD"):
        return None
    template = operation.http.get("requestUri", "/").partition("?")[0]
    pattern = ""
    for literal, label in re.findall(r"([^{]*)(?:\{([^}]+)\})?", template):
        pattern += re.escape(literal)
        if label:
            # A greedy label ("Key+") may hold slashes.
            pattern += f"(?P<{label.rstrip('+')}>{'.+' if label.endswith('+') else '[^/]+'})"
    found = re.fullmatch(pattern.rstrip("/") + "/?", environ.get("PATH_INFO", "/"))
    return None if found is None else found.groupdict()


def _score(
    operation: OperationModel, environ: Mapping[str, Any], query: Mapping[str, str]
) -> int | None:
    """Return how much of the request the operation explains, or None if it needs more."""
    constants = parse_qsl(
        operation.http.get("requestUri", "/").partition("?")[2], keep_blank_values=True
    )
    if any(query.get(key) != value for key, value in constants if key != "x-id"):
        return None
    score: int = 10 * sum(key != "x-id" for key, _ in constants)
    shape = operation.input_shape
    for name in [] if shape is None else shape.required_members:
        member = shape.members[name].serialization  # type: ignore[union-attr]  # None has no names
        key = member.get("name", name)
        location = member.get("location")
        header = "HTTP_" + key.upper().replace("-", "_")
        if location == "querystring" and key not in query:
            return None
        if location == "header" and header not in environ:
            return None
        score += location in {"querystring", "header"}
    return score
