"""The published schema of scripts takes every script, and refuses what has another shape."""

from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from xops_watch.located_yaml import read_yaml
from xops_watch.rulescript.json_schema import script_file_schema

ROOT = Path(__file__).parents[2]
SCHEMA = script_file_schema()
VALIDATOR = Draft202012Validator(SCHEMA)
TEST: dict[str, object] = {
    "name": "fires",
    "rule": "one",
    "series": [{"signal": "ecs.cpu_utilization", "unit": "%", "values": "80x3"}],
    "expect": [{"at": "3m", "state": "inactive", "blind": False}],
}


def errors(content: object) -> list[str]:
    return [error.message for error in VALIDATOR.iter_errors(content)]


def test_the_schema_is_a_schema() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    assert errors({"tests": [TEST]}) == []


@pytest.mark.parametrize("path", sorted(ROOT.glob("rules/*/*.test.yaml")), ids=lambda p: p.name)
def test_every_shipped_script_fits(path: Path) -> None:
    assert errors(read_yaml(path).content) == []


@pytest.mark.parametrize(
    "changed",
    [
        {"expect": [{"at": "3m", "state": "burning"}]},
        {"expect": [{"state": "firing"}]},
        {"expect": [{"at": "3m", "blind": "no"}]},
        {"expect": {"at": "3m"}},
        {"series": []},
        {"series": [{"signal": "ecs.cpu", "values": "1"}]},
        {"series": [{"signal": "ecs.cpu_utilization", "values": 80}]},
        {"notices": [{"at": "3m", "kind": "loud"}]},
        {"advice": [{"at": "3m"}]},
        {"interval": "often"},
        {"rules": "one"},
    ],
    ids=str,
)
def test_a_script_of_the_wrong_shape_does_not_fit(changed: dict[str, object]) -> None:
    assert errors({"tests": [{**TEST, **changed}]}) != []


def test_a_script_that_expects_nothing_does_not_fit() -> None:
    assert errors({"tests": [{key: TEST[key] for key in ("name", "series")}]}) != []
    assert errors({"tests": []}) != []
