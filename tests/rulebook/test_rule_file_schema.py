"""The published schema takes what the reader takes, and refuses what it can of the rest."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from tests.rulelint.lint_books import Entry, book, evolution, rule
from xops_watch.core.catalogue import SIGNALS
from xops_watch.located_yaml import read_yaml
from xops_watch.rulebook import check
from xops_watch.rulebook.files import TEST_SUFFIX
from xops_watch.rulebook.json_schema import rule_file_schema

ROOT = Path(__file__).parents[2]
BAD = Path(__file__).parent / "bad"
SCHEMA = rule_file_schema()
VALIDATOR = Draft202012Validator(SCHEMA)
SHIPPED = [
    path for path in sorted(ROOT.glob("rules/*/*.yaml")) if not path.name.endswith(TEST_SUFFIX)
]
# What is wrong there is between entries, or between the words of one: only `rules check` knows.
BETWEEN = {"duplicates.yaml", "honesty.yaml", "sources.yaml"}
# No JSON could hold it.
NO_YAML = {"everything-yaml-can-do.yaml", "syntax.yaml"}
STRUCTURE = sorted({path.name for path in BAD.glob("*.yaml")} - BETWEEN - NO_YAML - {"base.yaml"})


def errors(content: object) -> list[str]:
    return [error.message for error in VALIDATOR.iter_errors(content)]


def test_the_schema_is_a_schema() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["$schema"] == "https://json-schema.org/draft/2020-12/schema"


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_every_shipped_file_fits(path: Path) -> None:
    assert errors(read_yaml(path).content) == []


@pytest.mark.parametrize("name", ["base.yaml", *sorted(BETWEEN)])
def test_what_is_wrong_between_entries_fits(name: str) -> None:
    assert errors(read_yaml(BAD / name).content) == []


@pytest.mark.parametrize("name", STRUCTURE)
def test_a_file_of_the_wrong_shape_does_not_fit(name: str) -> None:
    assert errors(read_yaml(BAD / name).content) != []


def test_every_key_and_every_section_says_what_it_means() -> None:
    described = [part for part in _parts(SCHEMA) if part.get("type") == "object"]
    assert len(described) > 14
    for part in described:
        properties = part.get("properties")
        for key, value in properties.items() if isinstance(properties, dict) else ():
            assert value is False or value.get("description") or value.get("const"), key


def _parts(schema: object) -> Iterator[Entry]:
    if isinstance(schema, dict):
        yield schema
        for value in schema.values():
            yield from _parts(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from _parts(value)


def test_every_reference_leads_somewhere() -> None:
    definitions = SCHEMA["$defs"]
    assert isinstance(definitions, dict)
    named = {str(part["$ref"]) for part in _parts(SCHEMA) if "$ref" in part}
    assert {name.removeprefix("#/$defs/") for name in named} <= set(definitions)
    assert set(definitions) - {name.removeprefix("#/$defs/") for name in named} == set()


LEVELS: dict[str, list[object]] = {
    "count": [6, "6", 0.5, "80%", "1TB", -1, True],
    "ratio": ["80%", "0.5 %", 80, 0.8, "80", "200ms"],
    "seconds": ["200ms", "2s", "30d", 2, "1h30m", "80%"],
    "bytes": ["1TB", "512MiB", "1 kB", "1kiB", 5, "1tb"],
    "dollars": ["180$", "$180", "180", 180, "$180$"],
    "version": ["1.4.0", "v1.4.0", "1.4", 1.4],
    "state": ["80%", 1],
}
BY_UNIT = {signal.unit.value: signal.name for signal in SIGNALS}


@pytest.mark.parametrize(
    ("unit", "level"), [(unit, level) for unit, levels in LEVELS.items() for level in levels]
)
def test_a_level_fits_when_the_reader_takes_it(tmp_path: Path, unit: str, level: object) -> None:
    when = {"signal": BY_UNIT[unit], "above": level}
    assert _agree(tmp_path, book(rules=[rule(when=when, clear=None)]))


def _agree(folder: Path, content: Entry) -> bool:
    """Tell whether schema and reader are of one opinion."""
    text = repr(content).replace("True", "true").replace("False", "false")
    (folder / "rules.yaml").write_text(text.replace("'", '"'), encoding="utf-8")
    return (errors(content) == []) == (check([folder]) == ())


KIND = {"signal": "database.kind", "is": "sqlite"}
CPU = {"signal": "ecs.cpu_utilization", "above": "80%"}
SHAPES: list[Entry] = [
    {"when": {"all": [CPU, {"not": KIND}, {"any": [CPU]}]}},
    {"when": {"all": []}},
    {"when": {"all": [CPU], "signal": "ecs.cpu_utilization"}},
    {"when": {"not": [CPU]}},
    {"when": []},
    {"when": KIND},
    {"when": {**KIND, "is": "mysql"}},
    {"when": {**CPU, "below": "90%"}},
    {"when": {"signal": "ecs.cpu_utilization"}},
    {"when": {**CPU, "signal": "ecs.cpu"}},
    {"when": {**CPU, "subject": "xops/l6", "across": "any"}},
    {"when": {**CPU, "subject": "xops/l6"}},
    {"when": {**CPU, "aggregate": "p90", "over": "1h", "samples": 3}},
    {"when": {**CPU, "aggregate": "p100", "over": "1h"}},
    {"when": {**CPU, "aggregate": "avg"}},
    {"when": {"signal": "ecs.cpu_utilization", "above": 3, "aggregate": "count", "over": "1h"}},
    {"when": {**CPU, "aggregate": "count", "over": "1h"}},
    {"when": {**CPU, "datapoints": "3"}},
    {"when": {**CPU, "missing": "breaching"}},
    {"when": {**CPU, "missing": "zero"}},
    {"when": CPU, "clear": {"below": "60%", "for": "1h"}},
    {"when": CPU, "clear": {"when": KIND, "for": "1h"}},
    {"when": CPU, "clear": {"when": KIND, "below": "60%"}},
    {"when": CPU, "clear": {"for": "1h"}},
    {"when": CPU, "corroborated_by": {"when": KIND, "severity": "critical"}},
    {"when": CPU, "corroborated_by": {"when": KIND}},
    {"when": CPU, "hold": "15"},
    {"when": CPU, "hold": "1h30m"},
    {"when": CPU, "severity": "page"},
    {"when": CPU, "layers": []},
    {"when": CPU, "rows": ["A.trigger"]},
    {"when": CPU, "rows": ["trigger 2"]},
    {"when": CPU, "title": ""},
    {"when": CPU, "title": 5},
    {"when": CPU, "suppress_while": KIND, "applies_when": KIND, "proposed": ["clear"]},
]


@pytest.mark.parametrize("changed", SHAPES, ids=str)
def test_a_rule_fits_when_the_reader_takes_it(tmp_path: Path, changed: Entry) -> None:
    shape: Entry = {"clear": {"below": "60%"} if changed.get("proposed") else None, **changed}
    assert _agree(tmp_path, book(rules=[rule(**shape)]))


STEPS: list[Entry] = [
    {"first_steps": ["one", "two"]},
    {"lead_time": "soon"},
    {"classification": "Rewrite"},
    {"documented_action": {"action": "PriceClass_200", "because": "no edge"}},
    {"documented_action": {"action": "PriceClass_200"}},
    {"caveats": [{"when": KIND, "say": "Look"}]},
    {"caveats": [{"when": {}, "say": "Look"}]},
    {"caveats": {"when": KIND, "say": "Look"}},
    {"adopted_when": KIND},
    {"departs_from": [{"decision": "none"}]},
    {"difficulty": "Brutal"},
    {"blocked_by": "one"},
    {"stage": None},
]


@pytest.mark.parametrize("changed", STEPS, ids=str)
def test_a_step_fits_when_the_reader_takes_it(tmp_path: Path, changed: Entry) -> None:
    assert _agree(tmp_path, book(evolutions=[evolution(**changed)]))


def test_an_unknown_key_or_an_empty_file_does_not_fit() -> None:
    assert errors({"rule": []}) != []
    assert errors({}) != []
    assert errors(None) != []
