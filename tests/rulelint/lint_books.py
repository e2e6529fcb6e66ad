"""Small rulebooks for lints: a sound one, and what is changed in it."""

import json
from collections.abc import Mapping
from pathlib import Path

from xops_watch.rulelint.findings import Finding
from xops_watch.rulelint.inspection import inspect

Entry = dict[str, object]

RULE: Entry = {
    "id": "one",
    "title": "One",
    "layers": ["L5"],
    "phase": "BC1",
    "severity": "warning",
    "threshold_source": "proposed",
    "when": {"signal": "ecs.cpu_utilization", "above": "80%", "datapoints": "12/15"},
    "clear": {"below": "65%", "for": "60m"},
    "evolution": "step",
}
EVOLUTION: Entry = {
    "id": "step",
    "title": "Sound step",
    "component": "Compute",
    "classification": "Config Change",
    "classification_source": "proposed",
    "phase": "BC1",
    "how": "Terraform variable",
    "stage": "stage",
    "lead_time": "1d",
    "first_steps": ["Look", "Think", "Act"],
}
STAGE: Entry = {
    "id": "stage",
    "title": "Stage",
    "users": "<50",
    "services": "2",
    "monthly_cost": 180,
    "row": "A.cost.BC1",
}


def rule(**changed: object) -> Entry:
    return _changed(RULE, changed)


def evolution(**changed: object) -> Entry:
    return _changed(EVOLUTION, changed)


def _changed(entry: Entry, changed: Mapping[str, object]) -> Entry:
    """Return the entry with other values; None takes a key away, `hold` is `for`."""
    named = {"for" if key == "hold" else key: value for key, value in changed.items()}
    return {key: value for key, value in {**entry, **named}.items() if value is not None}


def book(**sections: list[Entry]) -> Entry:
    """Return a sound rulebook with other sections; JSON is YAML."""
    return {"rules": [rule()], "evolutions": [evolution()], "stages": [STAGE], **sections}


def findings_of(folder: Path, content: Entry, runbooks: Path | None = None) -> list[Finding]:
    """Write a rulebook and a script that names its rules, and return what is found."""
    rules = content.get("rules", [])
    names = [{"rule": one["id"]} for one in rules] if isinstance(rules, list) else []
    (folder / "rules.yaml").write_text(json.dumps(content), encoding="utf-8")
    (folder / "rules.test.yaml").write_text(json.dumps({"tests": names}), encoding="utf-8")
    return list(inspect([folder], runbooks).findings)
