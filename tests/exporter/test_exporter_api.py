import copy
import json
from datetime import datetime
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tests.exporter.client import Desk, ask
from tests.exporter.scenes import HOSTILE, answered, crowd, hostile, snapshot, usual
from xops_watch.core.advise import AdviceState
from xops_watch.core.condition import Comparison
from xops_watch.core.decision import Answer
from xops_watch.core.evolution import Classification, Risk
from xops_watch.core.rule import Severity, ThresholdSource
from xops_watch.core.signal import Unit
from xops_watch.core.snapshot import SignalStatus, Snapshot
from xops_watch.core.trigger import Status
from xops_watch.core.truth import Truth

SCHEMA = json.loads(Path("docs/reference/snapshot.schema.json").read_text(encoding="utf-8"))


def shown(scene: Snapshot) -> Any:  # noqa: ANN401 - JSON
    desk = Desk()
    desk.publisher.publish(scene)
    reply = ask(desk.app, "/api/v1/snapshot")
    assert (reply.status, reply.headers["Content-Type"]) == (200, "application/json")
    return json.loads(reply.body)


def closed(schema: Any) -> Any:  # noqa: ANN401 - JSON
    """Return the schema with undocumented fields forbidden."""
    if isinstance(schema, list):
        return [closed(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    inner = {key: closed(part) for key, part in schema.items()}
    return inner | ({"additionalProperties": False} if "properties" in inner else {})


def test_the_schema_is_a_schema_and_every_documented_field_is_always_there() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    objects = [SCHEMA, *SCHEMA["$defs"].values()]
    assert all(
        set(one["required"]) == set(one["properties"]) for one in objects if "properties" in one
    )


@pytest.mark.parametrize(
    "scene",
    [usual(), hostile(), snapshot(sources=()), crowd(2, 2), answered()],
    ids=["usual", "hostile", "nothing", "crowd", "answered"],
)
def test_a_snapshot_has_the_documented_fields_and_no_others(scene: Snapshot) -> None:
    jsonschema.validate(shown(scene), closed(SCHEMA))


def test_a_field_too_many_or_too_few_would_be_seen() -> None:
    document = shown(usual())
    more, less = copy.deepcopy(document), copy.deepcopy(document)
    more["triggers"][0]["threshold"]["guess"] = 1
    del less["signals"][0]["detail"]
    for wrong in (more, less):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(wrong, closed(SCHEMA))


@pytest.mark.parametrize(
    ("path", "words"),
    [
        (("advice", "state"), AdviceState),
        (("decision", "answer"), Answer),
        (("evolution", "classification"), Classification),
        (("evolution", "risk"), Risk),
        (("trigger", "status"), Status),
        (("trigger", "condition"), Truth),
        (("trigger", "cleared"), Truth),
        (("trigger", "severity"), Severity),
        (("trigger", "threshold_source"), ThresholdSource),
        (("trigger", "threshold", "comparison"), Comparison),
        (("signal", "status"), SignalStatus),
        (("unit",), Unit),
    ],
    ids=lambda value: ".".join(value) if isinstance(value, tuple) else "",
)
def test_the_schema_knows_every_word_of_the_core(path: tuple[str, ...], words: Any) -> None:  # noqa: ANN401 - an enum
    name, *fields = path
    found = SCHEMA["$defs"][name]
    for field in fields:
        found = found["properties"][field]
    assert set(found["enum"]) == {word.value for word in words}


def test_a_firing_trigger_is_told_with_all_it_rests_on() -> None:
    triggers = shown(usual())["triggers"]
    (found,) = [one for one in triggers if one["subject"] == "xops/open-webui"]
    assert found["status"] == "firing"
    assert found["since"] == "2026-03-04T11:56:00+00:00"
    assert found["blind_since"] is None
    assert (found["value"], found["last_value"]) == (0.9125, 0.9125)
    assert found["headroom_ratio"] == pytest.approx(-0.140625)
    assert found["threshold"] == {
        "signal": "ecs.cpu_utilization",
        "unit": "ratio",
        "comparison": "above",
        "value": 0.8,
        "text": "80%",
        "datapoints": {"needed": 3, "of": 5},
    }
    assert found["evidence"].startswith("ecs.cpu_utilization 91.25% (> 80%)")
    assert found["proposed"] == ["datapoints"]


def test_a_blind_trigger_has_a_last_value_but_no_value() -> None:
    triggers = shown(usual())["triggers"]
    (found,) = [one for one in triggers if one["subject"] == "xops/litellm"]
    assert found["status"] == "firing"
    assert found["condition"] == "unknown"
    assert found["blind_since"] == "2026-03-04T12:00:00+00:00"
    assert (found["value"], found["headroom_ratio"], found["last_value"]) == (None, None, 0.9)
    assert found["as_of"] == "2026-03-04T11:30:00+00:00"


def test_advice_points_to_its_triggers() -> None:
    (advice,) = shown(usual())["advice"]
    assert advice["state"] == "recommended"
    assert {"rule": "crew-queue", "subject": "xops/crew"} in advice["because"]
    assert advice["stage"]["monthly_cost_dollars"] == 380
    assert advice["evolution"]["lead_time_seconds"] == 86_400


def test_every_time_can_be_read_and_has_a_zone() -> None:
    document = shown(usual())
    times = [document["at"]]
    times += [one["newest"]["taken_at"] for one in document["signals"] if one["newest"]]
    times += [one["last_success"] for one in document["sources"] if one["last_success"]]
    assert len(times) == 8
    assert all(datetime.fromisoformat(time).utcoffset() is not None for time in times)


def test_foreign_text_comes_back_as_it_was() -> None:
    found = {one["subject"] for one in shown(hostile())["signals"]}
    assert found == set(HOSTILE)
