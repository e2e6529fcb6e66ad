"""The dashboards as they are checked in, taken apart."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
SCHEMAS = Path(__file__).parent / "jsonschema"
FILES = sorted((ROOT / "dashboards").glob("*.json"))

Json = dict[str, Any]


def boards() -> list[Json]:
    return [json.loads(path.read_text("utf-8")) for path in FILES]


def panels() -> Iterator[Json]:
    """Yield every panel but the rows, which are headings."""
    for board in boards():
        for panel in board["panels"]:
            if panel["type"] != "row":
                yield panel


def queries() -> Iterator[tuple[str, str]]:
    """Yield the title of the panel and the expression of every query."""
    for panel in panels():
        for target in panel["targets"]:
            yield panel["title"], target["expr"]


def schema(name: str, definition: str) -> Json:
    """Return one definition of one of Grafana's schemas, with all it refers to.

    The generator of the schemas wrote "any value" as "any object" in two places, where Grafana's
    own dashboards have strings and numbers.
    """
    whole: Json = json.loads((SCHEMAS / f"{name}.jsonschema.json").read_text("utf-8"))
    for owner, key in (("MatcherConfig", "options"), ("DynamicConfigValue", "value")):
        if owner in whole["definitions"]:
            del whole["definitions"][owner]["properties"][key]["type"]
    return {**whole, "$ref": f"#/definitions/{definition}"}
