"""The JSON Schema of rule files, for editors: written from the models and the signals.

It says what one entry may hold. What needs more than one (references, ids that are used twice,
the lints) only `xops-watch rules check` knows.
"""

from pydantic import BaseModel

from xops_watch.core.condition import Comparison
from xops_watch.rulebook.json_schema_entry import Schema, Vocabulary, entry_schema
from xops_watch.rulebook.json_schema_parts import READERS, definitions
from xops_watch.rulebook.json_schema_words import MEANINGS, SECTION_MEANINGS
from xops_watch.rulebook.queries import QueryEntry
from xops_watch.rulebook.schema import (
    AliasEntry,
    CaveatEntry,
    ClearConditionEntry,
    ClearLevelEntry,
    ContradictionEntry,
    CorroborationEntry,
    DecisionEntry,
    DepartureEntry,
    EvolutionEntry,
    FactEntry,
    IneffectiveEntry,
    RuleEntry,
    StageEntry,
    ThresholdEntry,
)

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_SECTIONS: dict[str, tuple[str, type[BaseModel]]] = {
    "rules": ("rule", RuleEntry),
    "evolutions": ("evolution", EvolutionEntry),
    "stages": ("stage", StageEntry),
    "queries": ("query", QueryEntry),
    "aliases": ("alias", AliasEntry),
    "facts": ("fact", FactEntry),
    "decisions": ("decision", DecisionEntry),
    "contradictions": ("contradiction", ContradictionEntry),
}
_INNER: dict[str, type[BaseModel]] = {
    "threshold": ThresholdEntry,
    "clearLevel": ClearLevelEntry,
    "clearCondition": ClearConditionEntry,
    "corroboration": CorroborationEntry,
    "documentedAction": IneffectiveEntry,
    "caveat": CaveatEntry,
    "departure": DepartureEntry,
}
# Keys that are read part by part, so that the models say nothing of them.
_PARTS: dict[str, Schema] = {
    "when": {"$ref": "#/$defs/condition"},
    "suppress_while": {"$ref": "#/$defs/condition"},
    "applies_when": {"$ref": "#/$defs/condition"},
    "adopted_when": {"$ref": "#/$defs/condition"},
    "clear": {
        "if": {"required": ["when"]},
        "then": {"$ref": "#/$defs/clearCondition"},
        "else": {"$ref": "#/$defs/clearLevel"},
    },
    "corroborated_by": {"$ref": "#/$defs/corroboration"},
    "documented_action": {"$ref": "#/$defs/documentedAction"},
    "caveats": {"$ref": "#/$defs/caveat"},
    "departs_from": {"$ref": "#/$defs/departure"},
}


_VOCABULARY = Vocabulary(meanings=MEANINGS, parts=_PARTS, readers=READERS)


def rule_file_schema() -> Schema:
    """Return the JSON Schema (draft 2020-12) of a rule file."""
    entries = dict(_SECTIONS.values()) | _INNER
    sections: Schema = {
        section: {
            "description": SECTION_MEANINGS[section],
            "type": "array",
            "items": {"$ref": f"#/$defs/{name}"},
        }
        for section, (name, _) in _SECTIONS.items()
    }
    return {
        "$schema": DIALECT,
        "title": "xops-watch rule file",
        "description": "Rules, the steps they recommend, and what the documents say beside.",
        "type": "object",
        "additionalProperties": False,
        "minProperties": 1,
        "properties": sections,
        "$defs": {**definitions(), **{name: _entry(model) for name, model in entries.items()}},
    }


def _entry(model: type[BaseModel]) -> Schema:
    """Return the schema of one kind of entry, with what its keys say of each other."""
    schema = entry_schema(model, _VOCABULARY)
    if model in (ThresholdEntry, ClearLevelEntry):
        keys = [field.alias or name for name, field in model.model_fields.items()]
        levels = [key for key in keys if key in tuple(Comparison)]
        schema["oneOf"] = [{"required": [key]} for key in levels]
    if model is ThresholdEntry:
        schema["dependentRequired"] = {"aggregate": ["over"], "over": ["aggregate"]}
        schema["allOf"] = [{"$ref": "#/$defs/levelOfSignal"}]
    return schema
