"""What the terminal says between two snapshots of `/api/v1/snapshot`, word for word."""

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from tests.fakes import FakeSource
from tests.watch.scene import CPU, MINUTE, NOON, QUEUE, WEB, Scene, cpu
from xops_watch.core.reading import Observation, Reading
from xops_watch.demo.tell import READ_EVERY, Line, Teller
from xops_watch.errors import GapReason, SourceError
from xops_watch.exporter.api import snapshot_as_json
from xops_watch.rulebook import load
from xops_watch.rulebook.shipped import shipped_rules

CREW = "xops/fastapi-crewai"
SERVICES = "ecs.services_active"


def _documents(*answers: list[Observation] | SourceError) -> list[dict[str, Any]]:
    """Return what the API shows after each tick of the real watch over the shipped rules."""
    scene = Scene(rules=load(shipped_rules()))
    watch = scene.watch(FakeSource(*answers, name="ecs", signals=(CPU.name, QUEUE.name, SERVICES)))
    documents = []
    for _ in answers:
        documents.append(json.loads(json.dumps(snapshot_as_json(watch.tick()))))
        scene.clock.advance(MINUTE)
    return documents


def _reading(signal: str, subject: str, value: float, minute: int) -> Reading:
    at = NOON + minute * MINUTE
    return Reading(signal=signal, subject=subject, value=value, taken_at=at)


def _minute(minute: int, *, load: float, waiting: float, services: float) -> list[Observation]:
    return [
        *(cpu(load, NOON + (minute - n) * MINUTE) for n in range(15)),
        _reading(QUEUE.name, CREW, waiting, minute),
        _reading(SERVICES, "xops", services, minute),
    ]


def _told(teller: Teller, document: Mapping[str, Any], *, minute: float) -> list[tuple[str, str]]:
    return [(line.who, line.text) for line in teller.news(document, elapsed=minute * MINUTE)]


CALM = _minute(0, load=0.34, waiting=0, services=2)
BUSY = _minute(1, load=0.91, waiting=4, services=7)


def test_from_calm_to_busy() -> None:
    calm, busy = _documents(CALM, BUSY)
    teller = Teller()
    assert _told(teller, calm, minute=0) == [
        (
            "read",
            (
                "ecs.cpu_utilization: open-webui 34%; ecs.services_active: xops 2; "
                "crew.queue_depth: fastapi-crewai 0; openwebui.users_active_24h: nothing yet; "
                "sqlite.write_lock_busy: nothing yet"
            ),
        )
    ]
    assert _told(teller, busy, minute=1) == [
        (
            "trigger",
            (
                f"ecs-cpu-sustained on {WEB}: inactive -> firing; "
                "ecs.cpu_utilization 91% (> 80%), 15 of the last 15 points breach"
            ),
        ),
        (
            "trigger",
            (
                f"crew-queue-depth on {CREW}: inactive -> pending; crew.queue_depth 4 (> 0); "
                "crew.queue_basis unknown; ecs.task_start_wait unknown"
            ),
        ),
        (
            "trigger",
            "services-above-6 on xops: inactive -> pending; ecs.services_active 7 (> 6)",
        ),
        (
            "advice",
            "Scale L5+L6 to 6 replicas: Config Change, risk LOW, BC1 PEAK (declared $380 a month)",
        ),
    ]


def test_news_is_told_once() -> None:
    _, busy = _documents(CALM, BUSY)
    teller = Teller()
    assert len(_told(teller, busy, minute=0)) == 5
    assert _told(teller, busy, minute=1) == []


def test_readings_are_told_again_after_five_minutes() -> None:
    (calm,) = _documents(CALM)
    teller = Teller()
    every = READ_EVERY / MINUTE
    told = [len(_told(teller, calm, minute=m)) for m in (0, every - 0.1, every, every + 1)]
    assert told == [1, 0, 1, 0]


def test_a_source_that_fails_and_recovers_is_told_once_each() -> None:
    refused = SourceError("no permission", reason=GapReason.DENIED, hint="ask")
    documents = _documents(CALM, refused, refused, CALM)
    teller = Teller()
    told = [_told(teller, document, minute=0.1) for document in documents]
    assert told[1:] == [
        [("source", "ecs cannot be read: no permission")],
        [],
        [("source", "ecs is read again")],
    ]


def test_nothing_to_read_is_said() -> None:
    (nothing,) = _documents([])
    assert _told(Teller(), nothing, minute=0) == [
        (
            "read",
            (
                "ecs.cpu_utilization: nothing yet; ecs.services_active: nothing yet; "
                "crew.queue_depth: nothing yet; openwebui.users_active_24h: nothing yet; "
                "sqlite.write_lock_busy: nothing yet"
            ),
        )
    ]


def test_a_recommendation_that_ends_is_told() -> None:
    _, busy = _documents(CALM, BUSY)
    (calm,) = _documents(CALM)
    teller = Teller()
    list(teller.news(busy, elapsed=timedelta()))
    told = _told(teller, calm, minute=1)
    assert ("advice", "Scale L5+L6 to 6 replicas: no trigger asks for it now") in told


def test_of_many_subjects_the_two_with_the_highest_values_are_read() -> None:
    loads = {WEB: 0.34, CREW: 0.91, "xops/cost-api": 0.2, "xops/report-worker": 0.21}
    busy: list[Observation] = [
        _reading(CPU.name, subject, load, 0) for subject, load in loads.items()
    ]
    (document,) = _documents(busy)
    ((_, text), *_) = _told(Teller(), document, minute=0)
    assert text.startswith("ecs.cpu_utilization: fastapi-crewai 91%, open-webui 34%; ")


def _advice(state: str, **decision: str | None) -> dict[str, Any]:
    evolution = {
        "id": "atlantis",
        "title": "Atlantis",
        "classification": "Service Addition",
        "risk": "MED",
        "phase": "BC2+",
    }
    decided = decision or None
    advice = {"evolution": evolution, "stage": None, "state": state, "decision": decided}
    return {"advice": [advice], "triggers": [], "signals": [], "sources": []}


def test_an_answer_to_a_recommendation_is_told_once_and_its_end_as_well() -> None:
    teller = Teller(_read_at=timedelta())
    until = "2026-12-05T00:00:00Z"
    deferred = _advice("deferred", answer="deferred", who="Board", why="later", until=until)
    assert _told(teller, _advice("recommended"), minute=0) == [
        ("advice", "Atlantis: Service Addition, risk MED, BC2+")
    ]
    assert _told(teller, deferred, minute=0) == [
        ("advice", "Atlantis: deferred until 2026-12-05 by Board: later")
    ]
    assert _told(teller, deferred, minute=0) == []
    assert _told(teller, _advice("recommended"), minute=0) == [
        ("advice", "Atlantis: Service Addition, risk MED, BC2+")
    ]
    accepted = _advice("accepted", answer="accepted", who="Board", why="now", until=None)
    assert _told(teller, accepted, minute=0) == [("advice", "Atlantis: accepted by Board: now")]


def _message(kind: str, *lines: str, subject: str = "xops/a") -> str:
    return json.dumps({"Subject": f"{kind} - {subject}", "Message": "\n".join(lines)})


def test_the_first_message_is_told_in_full() -> None:
    teller = Teller()
    assert list(teller.message(_message("[FIRING] CPU", "one", "", "Class: X"))) == [
        Line(who="SNS", text="[FIRING] CPU - xops/a", tone="sns"),
        Line(who="", text="| one"),
        Line(who="", text="| "),
        Line(who="", text="| Class: X"),
    ]
    again = _message("[FIRING] CPU", "one", "", "Class: X", subject="xops/b")
    assert [line.text for line in teller.message(again)] == ["[FIRING] CPU - xops/b"]


def test_of_the_first_of_another_kind_the_class_is_told() -> None:
    teller = Teller()
    list(teller.message(_message("[FIRING] CPU", "one")))
    other = _message("[FIRING] Services", "FIRING (advice): Services", "", "Class: Y", "two")
    assert [line.text for line in teller.message(other)] == [
        "[FIRING] Services - xops/a",
        "| Class: Y",
    ]


def test_what_is_critical_is_told_in_full() -> None:
    teller = Teller()
    list(teller.message(_message("[FIRING] CPU", "one")))
    critical = _message("[FIRING] Users", "FIRING (critical): Users", "", "Class: Z", "two")
    assert [line.text for line in teller.message(critical)] == [
        "[FIRING] Users - xops/a",
        "| FIRING (critical): Users",
        "| ",
        "| Class: Z",
        "| two",
    ]
