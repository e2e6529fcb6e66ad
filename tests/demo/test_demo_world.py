"""The story as a function of the time since it began."""

from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xops_watch.demo.world import (
    CONFIGURED,
    CREW,
    EASE,
    FALL,
    MANDATE,
    PEOPLE_BEFORE,
    PEOPLE_MOST,
    QUEUE,
    SCENES,
    WEB,
    WRITES_CALM,
    RunningService,
    numbers_at,
    people_at,
    pulls_at,
    services_at,
    unplaced_at,
    writes_at,
)

MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)


def _service(minute: float, name: str) -> RunningService:
    return next(service for service in services_at(minute * MINUTE) if service.name == name)


@pytest.mark.parametrize(
    ("minute", "count"),
    [(-40, 2), (0, 2), (7.99, 2), (8, 3), (10, 4), (12, 5), (14, 6), (17.99, 6), (18, 7), (500, 7)],
)
def test_the_seventh_service_comes_at_minute_18(minute: float, count: int) -> None:
    assert len(services_at(minute * MINUTE)) == count


@pytest.mark.parametrize("name", [WEB, CREW])
def test_both_services_are_over_80_percent_from_minute_3_to_45_and_below_65_else(name: str) -> None:
    for minute in range(-60, 180):
        cpu = _service(minute, name).cpu_percent
        assert cpu > 80 if 3 <= minute < 45 else 0 < cpu < 65, minute


def test_four_crews_wait_from_minute_5_to_45() -> None:
    for minute in range(-60, 180):
        crew = _service(minute, CREW)
        waiting = crew.desired - crew.running
        assert waiting == (4 if 5 <= minute < 45 else 0), minute
        assert crew.pending <= waiting


def test_nobody_else_waits() -> None:
    for minute in range(60):
        others = [s for s in services_at(minute * MINUTE) if s.name != CREW]
        assert all(s.desired == s.running and s.pending == 0 for s in others)


@pytest.mark.parametrize(
    ("minute", "count"), [(-40, 0), (4.9, 0), (5, 1), (9.9, 1), (10, 2), (15, 3), (44, 8), (500, 8)]
)
def test_ecs_tells_every_5_minutes_that_a_crew_found_no_place(minute: float, count: int) -> None:
    told = unplaced_at(minute * MINUTE)
    assert len(told) == count
    assert all(QUEUE <= at < FALL for at in told)


def test_the_layers_are_configured_as_document_b_describes_them() -> None:
    assert {name: (spec["cpu"], spec["memory"]) for name, spec in CONFIGURED.items()} == {
        WEB: (2048, 4096),
        CREW: (1024, 2048),
    }


@pytest.mark.parametrize(
    ("minute", "people"), [(-40, 41), (1.9, 41), (2, 42), (10, 50), (11, 51), (17, 57), (500, 57)]
)
def test_one_more_comes_each_minute_and_the_51st_at_minute_11(minute: float, people: int) -> None:
    assert people_at(minute * MINUTE) == people


def test_more_than_50_stay_and_write_for_longer_than_the_hour_of_their_rule() -> None:
    busy = [minute for minute in range(-60, 200) if writes_at(minute * MINUTE) >= 30]
    assert busy == list(range(16, 95))
    assert all(people_at(minute * MINUTE) > 50 for minute in busy)
    assert len(busy) > 75


@pytest.mark.parametrize(
    ("minute", "writes"), [(-40, 6), (1, 6), (9, 8.125), (17, 40), (94.9, 40), (95, 6)]
)
def test_writes_grow_faster_than_people_until_presence_is_eased(
    minute: float, writes: float
) -> None:
    assert writes_at(minute * MINUTE) == writes


@pytest.mark.parametrize(
    ("minute", "count"), [(-40, 0), (25.9, 0), (26, 1), (28, 2), (30, 3), (99, 3)]
)
def test_three_pull_requests_are_opened_within_four_minutes(minute: float, count: int) -> None:
    assert pulls_at(minute * MINUTE) == count


@given(st.integers(-100_000, 1_000_000), st.integers(0, 1_000_000))
def test_services_only_come_and_cpu_is_a_percentage(seconds: int, later: int) -> None:
    before = services_at(seconds * SECOND)
    after = services_at((seconds + later) * SECOND)
    assert [s.name for s in before] == [s.name for s in after][: len(before)]
    assert len({s.name for s in after}) == len(after)
    assert all(0 <= s.cpu_percent <= 100 for s in after)


def _what_happens(at: timedelta) -> tuple[object, ...]:
    steep = writes_at(at) >= 20
    mandated = at >= MANDATE
    return services_at(at), people_at(at), steep, pulls_at(at), mandated, dict(numbers_at(at))


def test_the_scenes_are_in_order_and_tell_what_happens_then() -> None:
    assert all(earlier.at < later.at for earlier, later in pairwise(SCENES))
    turns = [scene.at for scene in SCENES[1:]]
    for at in turns:
        assert _what_happens(at) != _what_happens(at - SECOND), at
    seventh = next(scene for scene in SCENES if "seventh" in scene.text)
    new = services_at(seventh.at)[-1].name
    assert new in seventh.text
    assert len(services_at(seventh.at)) == 7


def test_the_scenes_tell_the_numbers_of_the_story() -> None:
    told = " ".join(scene.text for scene in SCENES)
    assert f"{PEOPLE_BEFORE} used the chat within a day, soon {PEOPLE_MOST}" in told
    assert "hit less, 62 % a day" in told
    assert writes_at(EASE) == WRITES_CALM
