"""From the model of an entry to its JSON Schema: keys, what each may hold and what it means."""

from collections.abc import Mapping
from dataclasses import dataclass
from inspect import getclosurevars
from typing import get_args, get_origin

from pydantic import BaseModel, PlainValidator
from pydantic.fields import FieldInfo

Schema = dict[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary:
    """What models do not say: what keys mean, and the schemas that stand behind them.

    `parts` are keys that are read part by part (of a list: its items), `readers` the names of
    the definitions for readers of single values.
    """

    meanings: Mapping[str, str]
    parts: Mapping[str, Schema]
    readers: Mapping[object, str]


def entry_schema(model: type[BaseModel], vocabulary: Vocabulary) -> Schema:
    """Return the schema of one kind of entry."""
    fields = {field.alias or name: field for name, field in model.model_fields.items()}
    return {
        "title": model.model_config.get("title"),
        "description": (model.__doc__ or "").partition("\n")[0],
        "type": "object",
        "additionalProperties": False,
        "required": [key for key, field in fields.items() if field.is_required()],
        "properties": {
            key: {"description": vocabulary.meanings[key], **_value(key, field, vocabulary)}
            for key, field in fields.items()
        },
    }


def _value(key: str, field: FieldInfo, vocabulary: Vocabulary) -> Schema:
    """Return what a key may hold."""
    if get_origin(field.annotation) is not tuple or _reader(field.metadata):
        part = vocabulary.parts.get(key)
        return part if part is not None else _scalar(field.metadata, vocabulary)
    item, *_ = get_args(field.annotation)
    part = vocabulary.parts.get(key)
    schema: Schema = {
        "type": "array",
        "items": part if part is not None else _scalar(item.__metadata__, vocabulary),
    }
    for bound, word in (("min_length", "minItems"), ("max_length", "maxItems")):
        found = [getattr(one, bound) for one in field.metadata if hasattr(one, bound)]
        schema |= {word: found[0]} if found else {}
    return schema


def _reader(metadata: object) -> object:
    parts = metadata if isinstance(metadata, list | tuple) else ()
    return next((part.func for part in parts if isinstance(part, PlainValidator)), None)


def _scalar(metadata: object, vocabulary: Vocabulary) -> Schema:
    """Return what a reader of single values reads."""
    reader = _reader(metadata)
    if reader in vocabulary.readers:
        return {"$ref": f"#/$defs/{vocabulary.readers[reader]}"}
    # A reader of words or of a line was made with them.
    held: Mapping[str, object] = getclosurevars(reader).nonlocals if callable(reader) else {}
    if "words" in held:
        known = held["words"]
        return {"enum": [str(word) for word in known] if isinstance(known, tuple) else []}
    return {"type": "string", "minLength": 1, "maxLength": held["longest"]}
