"""An answer as a later AWS might give it: more fields, and words that nobody knew."""

from collections.abc import Mapping
from typing import Any

from botocore.model import ListShape, Shape, StructureShape

from xops_watch.embedded_aws.calls import Call
from xops_watch.embedded_aws.shapes import service_model

FIELD = "fieldOfTheFuture"
WORD = "WORD_OF_THE_FUTURE"


def of_the_future(call: Call, result: Mapping[str, Any]) -> dict[str, Any]:
    """Return the result with a new field in each structure, and a new word for each known one.

    Known words are those that botocore's model lists; names and free texts stay as they are.
    """
    model = service_model(call.service)
    shape = None if model is None else model.operation_model(call.operation).output_shape
    changed: dict[str, Any] = _changed(dict(result), shape)
    return changed


def _changed(value: Any, shape: Shape | None) -> Any:  # noqa: ANN401 - any JSON value
    if isinstance(value, dict) and isinstance(shape, StructureShape):
        known = {key: _changed(item, shape.members.get(key)) for key, item in value.items()}
        return {**known, FIELD: {"is": ["unknown", 1, None]}}
    if isinstance(value, list) and isinstance(shape, ListShape):
        return [_changed(item, shape.member) for item in value]
    if isinstance(value, str) and shape is not None and "enum" in shape.metadata:
        return WORD
    return value
