"""What is told of the scaling activities of a service."""

from datetime import timedelta

import pytest

from tests.aws.bench import MINUTE, NOW
from tests.aws.test_scaling_activities import activity
from tests.sources.test_ecs_config import Stack, gaps, refuse, values
from xops_watch.errors import GapReason

OF_ACTIVITIES = (
    "ecs.scaled_1h",
    "ecs.not_scaled_1h",
    "ecs.not_scaled_reason",
    "ecs.scaling_failed_1h",
)
WEB = "main/open-webui"


def stack(*activities: dict[str, object]) -> Stack:
    made = Stack()
    made.activities = [{**each, "ResourceId": "service/main/open-webui"} for each in activities]
    return made


def told(*activities: dict[str, object]) -> list[float]:
    found = values(stack(*activities).observe(), WEB)
    return [found[signal] for signal in OF_ACTIVITIES]


def test_a_service_that_nothing_scaled_counts_0() -> None:
    assert told() == [0, 0, 0, 0]


def test_activities_are_counted_by_what_became_of_them() -> None:
    assert told(
        activity("Successful"),
        activity("InProgress"),
        activity("Failed"),
        activity("Unfulfilled", "AutoScalingAnticipatedFlapping"),
    ) == [2, 1, 4, 1]


@pytest.mark.parametrize(
    ("code", "lacking", "state"),
    [
        ("AlreadyAtMaxCapacity", 1, 1),
        ("AlreadyAtMinCapacity", 0, 2),
        ("AlreadyAtDesiredCapacity", 0, 3),
        ("AutoScalingAnticipatedFlapping", 1, 4),
        ("TargetServicePutResourceAsUnscalable", 1, 5),
        ("OfAFutureShape", 1, 6),
    ],
)
def test_a_service_at_its_minimum_lacks_nothing(code: str, lacking: int, state: int) -> None:
    assert told(activity("Unfulfilled", code))[1:3] == [lacking, state]


def test_the_newest_reason_is_told() -> None:
    older = activity("Unfulfilled", "AlreadyAtMaxCapacity", minutes=30)
    newer = activity("Unfulfilled", "AlreadyAtMinCapacity", minutes=3)
    assert told(older, newer) == told(newer, older) == [0, 1, 2, 0]


def test_an_hour_later_nothing_is_left_of_it() -> None:
    made = stack(activity("Unfulfilled", "AlreadyAtMaxCapacity", minutes=0))
    source = made.source()
    source.observe(now=NOW)
    observations = source.observe(now=NOW + timedelta(minutes=60))
    assert [values(observations, WEB)[signal] for signal in OF_ACTIVITIES] == [0, 0, 0, 0]


def test_without_a_scalable_target_there_is_nothing_to_tell() -> None:
    made = stack(activity())
    made.targets = []
    said = gaps(made.observe(), WEB)
    assert {said[signal][0] for signal in OF_ACTIVITIES} == {GapReason.NOT_APPLICABLE}


def test_a_denied_listing_blinds_its_own_signals_only() -> None:
    made = stack()
    made.scaling._operations["describe_scaling_activities"] = refuse
    observations = made.observe()
    said = gaps(observations, WEB)
    assert set(said) == set(OF_ACTIVITIES)
    assert {reason for reason, _ in said.values()} == {GapReason.DENIED}
    assert values(observations, WEB)["ecs.scaling_headroom"] == 5


def test_another_service_has_its_own_activities() -> None:
    made = Stack("open-webui", "api")
    made.activities = [activity(ResourceId="service/main/api", minutes=1)]
    observations = made.source().observe(now=NOW + MINUTE)
    assert values(observations, "main/api")["ecs.scaled_1h"] == 1
    assert values(observations, WEB)["ecs.scaled_1h"] == 0
