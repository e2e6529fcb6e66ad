"""The JSON forms against schemas: our published one, and the one of the chat service."""

import json
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from jsonschema import Draft202012Validator

from tests.notify.notices import FIRING, GOLDEN, HOSTILE, RESOLVED
from tests.notify.strategies import heaviest, notices
from xops_watch.core.notice import Notice
from xops_watch.notify.chat import custom_notification
from xops_watch.notify.machine import machine

ROOT = Path(__file__).parents[2]
OURS = ROOT / "docs" / "reference" / "sns-message.schema.json"
CHAT = Path(__file__).parent / "recorded" / "chatbot.schema.json"
REFERENCE = ROOT / "docs" / "reference" / "sns-message.md"


def _validator(path: Path) -> Draft202012Validator:
    schema: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)


@given(notices())
def test_every_json_form_is_valid(notice: Notice) -> None:
    _validator(OURS).validate(json.loads(machine(notice)))


def test_the_heaviest_json_form_is_valid() -> None:
    _validator(OURS).validate(json.loads(machine(heaviest())))


def test_the_schema_names_every_field_and_no_other() -> None:
    schema = json.loads(OURS.read_text(encoding="utf-8"))
    fields = set(json.loads(machine(FIRING)))
    assert set(schema["required"]) == fields
    assert set(schema["properties"]) == fields | {"text"}


@pytest.mark.parametrize("field", ["key", "since", "layer", "lead_time_seconds", "schema"])
def test_the_schema_refuses_what_is_no_notice(field: str) -> None:
    document = json.loads(machine(FIRING))
    is_valid = partial(Draft202012Validator.is_valid, _validator(OURS))
    assert is_valid(document)
    assert not is_valid({name: value for name, value in document.items() if name != field})
    assert not is_valid(document | {field: "two\nlines"})


def test_the_reference_describes_every_field() -> None:
    described = REFERENCE.read_text(encoding="utf-8")
    missing = [name for name in json.loads(machine(FIRING)) if f"`{name}`" not in described]
    assert missing == []


def test_the_example_of_the_reference_is_the_golden_file() -> None:
    section = REFERENCE.read_text(encoding="utf-8").split("## JSON form")[1]
    example = section.split("```json\n")[1].split("```")[0]
    assert json.loads(example) == json.loads(machine(FIRING))


@given(notices())
def test_every_chat_form_is_a_custom_notification(notice: Notice) -> None:
    _validator(CHAT).validate(json.loads(custom_notification(notice)))


@pytest.mark.parametrize("name", GOLDEN)
def test_the_chat_form_mentions_nobody(name: str) -> None:
    said = json.loads(custom_notification(GOLDEN[name]))["content"]
    shown = [said["title"], said["description"], *said["nextSteps"]]
    assert not any("<" in line or ">" in line for line in shown)


def test_the_chat_form_escapes_a_mention() -> None:
    assert "&lt;!channel&gt; &amp;" in json.loads(custom_notification(HOSTILE))["content"]["title"]


def test_in_chat_the_end_is_in_the_thread_of_the_beginning() -> None:
    firing, resolved = (json.loads(custom_notification(n)) for n in (FIRING, RESOLVED))
    assert firing["metadata"]["threadId"] == resolved["metadata"]["threadId"]
    assert firing["id"] != resolved["id"]
    assert resolved["content"]["nextSteps"] == []
