"""The parts of the schema of rule files that are the same everywhere: values and conditions."""

from collections.abc import Callable, Iterable

from xops_watch.core.catalogue import SIGNALS
from xops_watch.core.condition import Across, Comparison
from xops_watch.core.measure import Statistic
from xops_watch.core.signal import Signal, Unit
from xops_watch.rulebook.json_schema_entry import Schema
from xops_watch.rulebook.queries import RESERVED
from xops_watch.rulebook.schema import LIST_MAX
from xops_watch.rulebook.words import (
    DATAPOINTS_MAX,
    DOLLARS_MAX,
    ID_MAX,
    SIGNAL_NAME_MAX,
    read_amount,
    read_count,
    read_datapoints,
    read_id,
    read_label,
    read_number,
    read_row,
    read_signal,
    read_signal_name,
    read_span,
    read_statistic,
)

# Which part a reader of single values reads.
READERS: dict[object, str] = {
    read_id: "id",
    read_row: "row",
    read_signal: "signal",
    read_signal_name: "signalName",
    read_label: "label",
    read_amount: "amount",
    read_span: "duration",
    read_datapoints: "datapoints",
    read_statistic: "statistic",
    read_count: "count",
    read_number: "number",
}
_NUMBER = r"\+?[0-9]{1,15}(\.[0-9]{1,9})?"
_LEVELS = tuple(comparison for comparison in Comparison if comparison is not Comparison.IS)
# A count is a bare number, in quotes or not; everything else has its unit.
_AMOUNTS: dict[Unit, Schema] = {
    Unit.COUNT: {
        "anyOf": [{"type": "number", "minimum": 0}, {"type": "string", "pattern": f"^{_NUMBER}$"}]
    },
    Unit.RATIO: {"type": "string", "pattern": f"^{_NUMBER} *%$"},
    Unit.SECONDS: {"type": "string", "pattern": f"^{_NUMBER} *(ms|s|m|h|d)$"},
    Unit.BYTES: {"type": "string", "pattern": f"^{_NUMBER} *([kMGTP]?B|[KMGTP]iB)$"},
    Unit.DOLLARS: {"type": "string", "pattern": rf"^(\${_NUMBER}|{_NUMBER} *\$)$"},
    Unit.VERSION: {"type": "string", "pattern": r"^v?[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}$"},
}
_EXAMPLES = {
    Unit.COUNT: "6",
    Unit.RATIO: "80%",
    Unit.SECONDS: "200ms, 2s, 15m, 30d",
    Unit.BYTES: "512MiB, 1TB",
    Unit.DOLLARS: "180$",
    Unit.VERSION: "1.4.0",
}


def definitions() -> Schema:
    """Return every part by its name."""
    parts: dict[str, Callable[[], Schema]] = {
        "id": _id,
        "row": _row,
        "signal": _signal,
        "signalName": _signal_name,
        "label": _label,
        "amount": _amount,
        "duration": _duration,
        "datapoints": _datapoints,
        "statistic": _statistic,
        "count": lambda: {"type": "integer", "minimum": 1, "maximum": DATAPOINTS_MAX},
        "number": lambda: {"type": "number", "minimum": 0, "maximum": DOLLARS_MAX},
        "condition": _condition,
        "levelOfSignal": _level_of_signal,
    }
    return {name: part() for name, part in parts.items()}


def _id() -> Schema:
    return {
        "description": "Small letters, digits and `-`.",
        "type": "string",
        "pattern": "^[a-z0-9][a-z0-9-]*$",
        "maxLength": ID_MAX,
    }


def _row() -> Schema:
    return {
        "description": "The name of a row of the documents, like `A.trigger.2`.",
        "type": "string",
        "pattern": r"^[ABC](\.[A-Za-z0-9_]+)+$",
    }


def _signal() -> Schema:
    return {
        "description": "What is measured.",
        "anyOf": [
            # Editors show the meaning of each name beside it.
            *({"const": signal.name, "description": _meaning(signal)} for signal in SIGNALS),
            {"description": "A signal that `queries` defines.", **_own_signal()},
        ],
    }


def _signal_name() -> Schema:
    word = "[a-z0-9]+(_[a-z0-9]+)*"
    return {
        "type": "string",
        "pattern": rf"^[a-z][a-z0-9]*(_[a-z0-9]+)*(\.{word})+$",
        "maxLength": SIGNAL_NAME_MAX,
    }


def _own_signal() -> Schema:
    """Return names that `queries` may define: what begins like another signal is misspelt."""
    names = [signal.name for signal in SIGNALS]
    begins = {"pattern": f"^({'|'.join(sorted(RESERVED))})\\."}
    return {**_signal_name(), "not": {"anyOf": [{"enum": names}, begins]}}


def _label() -> Schema:
    return {
        "description": "The name of a Prometheus label.",
        "type": "string",
        "pattern": "^[a-zA-Z_][a-zA-Z0-9_]{0,99}$",
    }


def _meaning(signal: Signal) -> str:
    states = f"; one of {', '.join(signal.states)}" if signal.states else ""
    return f"{signal.help} ({signal.unit}, by {signal.subject_kind}{states})"


def _amount() -> Schema:
    return {
        "description": "A number with the unit of the signal; a bare number is a count.",
        "anyOf": list(_AMOUNTS.values()),
    }


def _duration() -> Schema:
    return {
        "description": "A duration: `90s`, `15m`, `1h30m`, `7d`; 455 days at most.",
        "type": "string",
        "pattern": "^([0-9]{1,9}(ms|s|m|h|d|w))+$",
    }


def _datapoints() -> Schema:
    return {
        "description": "M/N: at least M of the newest N periods.",
        "type": "string",
        "pattern": "^[0-9]{1,4}/[0-9]{1,4}$",
    }


def _statistic() -> Schema:
    names = [str(one) for one in Statistic if one is not Statistic.PERCENTILE]
    percentile = {"type": "string", "pattern": r"^p[0-9]{1,2}(\.[0-9]{1,2})?$"}
    return {
        "description": "How a window becomes one number; p90 and the like are percentiles.",
        "anyOf": [{"enum": names}, percentile],
    }


def _condition() -> Schema:
    """A condition is a threshold, or a combination of conditions."""
    own: Schema = {"$ref": "#/$defs/condition"}
    several: Schema = {"type": "array", "minItems": 1, "maxItems": LIST_MAX, "items": own}
    branches: Schema = {"$ref": "#/$defs/threshold"}
    for word, inside in (("not", own), ("any", several), ("all", several)):
        branches = {
            "if": {"type": "object", "required": [word]},
            "then": {"properties": {word: inside}, "additionalProperties": False},
            "else": branches,
        }
    return {
        "description": "One `signal` with one comparison, or `all`, `any` or `not` of conditions.",
        "type": "object",
        **branches,
    }


def _level_of_signal() -> Schema:
    """A level has the unit of its signal; a count of readings has none, whatever the signal."""
    counts: Schema = {
        "properties": {"aggregate": {"const": Statistic.COUNT.value}},
        "required": ["aggregate"],
    }
    return {
        "description": "The level is in the unit of the signal.",
        "if": counts,
        "then": _levels_are(Unit.COUNT),
        "else": {
            "allOf": [
                *(_when_signal(_of(unit), _levels_are(unit)) for unit in _AMOUNTS),
                *(_when_signal([signal.name], _states_are(signal)) for signal in _with_states()),
            ]
        },
        "allOf": [_subject_or_across()],
    }


def _when_signal(names: Iterable[str], then: Schema) -> Schema:
    condition = {"properties": {"signal": {"enum": list(names)}}, "required": ["signal"]}
    return {"if": condition, "then": then}


def _of(unit: Unit) -> list[str]:
    return [signal.name for signal in SIGNALS if signal.unit is unit]


def _with_states() -> list[Signal]:
    return [signal for signal in SIGNALS if signal.states]


def _levels_are(unit: Unit) -> Schema:
    level = {"description": f"Like {_EXAMPLES[unit]}.", **_AMOUNTS[unit]}
    return {"properties": {**{str(word): level for word in _LEVELS}, Comparison.IS.value: False}}


def _states_are(signal: Signal) -> Schema:
    levels: Schema = {str(word): False for word in _LEVELS}
    return {"properties": {**levels, Comparison.IS.value: {"enum": list(signal.states)}}}


def _subject_or_across() -> Schema:
    """One named subject, or several: not both."""
    return {
        "if": {"required": ["subject"]},
        "then": {"properties": {"across": {"const": Across.EACH.value}}},
    }
