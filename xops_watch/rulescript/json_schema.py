"""The JSON Schema of script files, for editors: from the models, as that of rule files is."""

from xops_watch.rulebook.json_schema import DIALECT
from xops_watch.rulebook.json_schema_entry import Schema, Vocabulary, entry_schema
from xops_watch.rulebook.json_schema_parts import READERS, definitions
from xops_watch.rulescript.entries import (
    VALUES_MAX,
    AdviceEntry,
    ExpectEntry,
    LineEntry,
    NoticeEntry,
    ScriptEntry,
    read_flag,
    read_step,
    read_values,
)

_MEANINGS = {
    "name": "One line, unique in the file.",
    "rule": "Id of the rule; of an entry inside a test, the rule of the test when left out.",
    "subject": "What it is measured on; it may be left out where there is one.",
    "interval": "Spacing of the values; the period of the rule's first signal when left out.",
    "evaluate_every": "Spacing of the evaluations; the interval when left out.",
    "series": "What the sources say, one entry for each signal and subject.",
    "expect": "What the triggers have to be at certain times.",
    "notices": "Exactly these notices, in this order; an empty list means none at all.",
    "advice": "What has to be advised at certain times.",
    "signal": "What is measured.",
    "unit": "The unit of the values, like `%`, `ms`, `TB` or `$`; counts and states have none.",
    "values": "As promtool has it: `80x3 95x20 _x5`; `!throttled` is a gap with its reason.",
    "delay": "How much later than taken the values are seen.",
    "at": "The time from the beginning of the test, like `25m`.",
    "state": "The state that is expected.",
    "blind": "Whether the trigger cannot be judged.",
    "value": "The value that is shown, with its unit.",
    "severity": "The severity that is expected.",
    "suppressed": "Whether something new is held back.",
    "kind": "The kind of notice.",
    "evolution": "Id of the step; that of the rule under test when left out.",
}
_PARTS: dict[str, Schema] = {
    key: {"type": "array", "items": {"$ref": f"#/$defs/{name}"}}
    for key, name in (
        ("series", "line"),
        ("expect", "expectation"),
        ("notices", "notice"),
        ("advice", "advice"),
    )
}
_PARTS["series"]["minItems"] = 1
_PARTS["value"] = {"type": ["number", "string"]}
_READERS = {**READERS, read_step: "duration", read_flag: "flag", read_values: "values"}
_VOCABULARY = Vocabulary(meanings=_MEANINGS, parts=_PARTS, readers=_READERS)
_USED = ("id", "signal", "duration")


def script_file_schema() -> Schema:
    """Return the JSON Schema (draft 2020-12) of a script file."""
    tests: Schema = {
        "description": "What is played to the rules beside it, and what has to come of it.",
        "type": "array",
        "minItems": 1,
        "items": {"$ref": "#/$defs/test"},
    }
    named = {name: part for name, part in definitions().items() if name in _USED}
    return {
        "$schema": DIALECT,
        "title": "xops-watch script file",
        "description": "Readings that are played to rules, and what has to come of them.",
        "type": "object",
        "additionalProperties": False,
        "required": ["tests"],
        "properties": {"tests": tests},
        "$defs": {
            **named,
            "flag": {"type": "boolean"},
            "values": {"type": "string", "maxLength": VALUES_MAX},
            "test": {**entry_schema(ScriptEntry, _VOCABULARY), **_expects_something()},
            "line": entry_schema(LineEntry, _VOCABULARY),
            "expectation": entry_schema(ExpectEntry, _VOCABULARY),
            "notice": entry_schema(NoticeEntry, _VOCABULARY),
            "advice": entry_schema(AdviceEntry, _VOCABULARY),
        },
    }


def _expects_something() -> Schema:
    return {"anyOf": [{"required": [key]} for key in ("expect", "notices", "advice")]}
