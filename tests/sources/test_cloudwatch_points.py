"""What the points of CloudWatch become: readings in ratios, and gaps that say why."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from mypy_boto3_cloudwatch import CloudWatchClient

from tests.aws.bench import MINUTE, NOW, put_cpu
from tests.sources.cloudwatch_scene import (
    END,
    NEWEST,
    Scene,
    gaps,
    minutes,
    points,
    result,
    saying,
)
from xops_watch.core.quantity import parse_quantity
from xops_watch.core.reading import Gap, Reading
from xops_watch.embedded_aws.control import EmbeddedAws
from xops_watch.errors import GapReason, SourceError


def test_percent_become_a_ratio_over_http(aws: EmbeddedAws, cloudwatch: CloudWatchClient) -> None:
    put_cpu(aws, "main/web", {NEWEST - MINUTE: 12.5, NEWEST: 91.0})
    observations = Scene(cloudwatch).observe()
    assert points(observations) == {NEWEST - MINUTE: 0.125, NEWEST: 0.91}
    assert not gaps(observations)


@pytest.mark.parametrize("percent", range(101))
def test_a_whole_percentage_is_the_ratio_that_a_rule_means_by_it(percent: int) -> None:
    (value,) = points(Scene(saying([result({NEWEST: float(percent)})])).observe()).values()
    assert value == parse_quantity(f"{percent}%").value


@pytest.mark.parametrize(("percent", "ratio"), [(0, 0.0), (80, 0.8), (100.5, 1.005), (250.0, 2.5)])
def test_the_average_is_of_what_was_reserved_and_can_be_more_than_all_of_it(
    percent: float, ratio: float
) -> None:
    assert points(Scene(saying([result({NEWEST: percent})])).observe()) == {NEWEST: ratio}


def test_points_of_any_order_are_told_oldest_first() -> None:
    shuffled = {NEWEST: 3.0, NEWEST - 2 * MINUTE: 1.0, NEWEST - MINUTE: 2.0}
    observations = Scene(saying([result(shuffled)])).observe()
    assert list(points(observations).values()) == [0.01, 0.02, 0.03]


def test_a_point_told_twice_is_one_reading_and_the_later_page_wins() -> None:
    client = saying(
        [result({NEWEST: 10.0}, status="PartialData")],
        [result({NEWEST: 20.0, NEWEST - MINUTE: 30.0})],
    )
    observations = Scene(client).observe()
    assert points(observations) == {NEWEST - MINUTE: 0.3, NEWEST: 0.2}
    assert len(observations) == 2


def test_instants_are_told_in_utc_whatever_their_zone() -> None:
    auckland = timezone(timedelta(hours=13))
    observations = Scene(saying([result({NEWEST.astimezone(auckland): 1.0})])).observe()
    (reading,) = observations
    assert not isinstance(reading, Gap)
    assert (reading.taken_at, reading.taken_at.tzinfo) == (NEWEST, UTC)


def test_a_point_outside_of_what_was_asked_is_not_used() -> None:
    extra = {NOW + MINUTE: 99.0, END: 99.0, NEWEST: 1.0, NEWEST - 31 * MINUTE: 99.0}
    assert points(Scene(saying([result(extra)])).observe()) == {NEWEST: 0.01}


def test_partial_data_is_put_together_over_pages(
    aws: EmbeddedAws, cloudwatch: CloudWatchClient
) -> None:
    put_cpu(aws, "main/web", minutes(NEWEST - 29 * MINUTE, 30, value=40.0))
    put_cpu(aws, "main/api", minutes(NEWEST - 29 * MINUTE, 30, value=60.0))
    aws.add_fault("partial_data", service="cloudwatch", times=1)
    observations = Scene(cloudwatch, "web", "api").observe()
    assert aws.requests().counts["cloudwatch", "GetMetricData"] > 1
    assert points(observations, "main/web") == minutes(NEWEST - 29 * MINUTE, 30, value=0.4)
    assert points(observations, "main/api") == minutes(NEWEST - 29 * MINUTE, 30, value=0.6)
    assert not gaps(observations)


def test_empty_pages_do_not_end_an_answer(aws: EmbeddedAws, cloudwatch: CloudWatchClient) -> None:
    put_cpu(aws, "main/web", {NEWEST: 50.0})
    aws.add_fault("empty_pages", service="cloudwatch", times=2)
    assert points(Scene(cloudwatch).observe()) == {NEWEST: 0.5}


@pytest.mark.parametrize(
    ("pages", "reason"),
    [
        (["PartialData"], GapReason.UNREACHABLE),
        (["PartialData", "PartialData"], GapReason.UNREACHABLE),
        (["InternalError"], GapReason.UNREACHABLE),
        (["InternalError", "Complete"], GapReason.UNREACHABLE),
        (["PartialData", "InternalError"], GapReason.UNREACHABLE),
        (["Forbidden"], GapReason.DENIED),
        (["Forbidden", "Complete"], GapReason.DENIED),
        (["Soon\nready"], GapReason.INVALID),
        ([""], GapReason.INVALID),
        ([], GapReason.INVALID),
    ],
)
def test_points_of_an_answer_that_is_not_complete_are_not_used(
    pages: list[str], reason: GapReason
) -> None:
    client = saying(*([result({NEWEST: 99.0}, status=status)] for status in pages))
    (gap,) = Scene(client).observe()
    assert isinstance(gap, Gap)
    assert (gap.subject, gap.reason, gap.noticed_at) == ("main/web", reason, NOW)
    assert gap.detail.isprintable()


def test_a_forbidden_query_names_the_permission(
    aws: EmbeddedAws, cloudwatch: CloudWatchClient
) -> None:
    aws.add_fault("forbidden_query", service="cloudwatch", metric="CPUUtilization")
    (gap,) = Scene(cloudwatch).observe()
    assert isinstance(gap, Gap)
    assert gap.reason is GapReason.DENIED
    assert gap.detail == "missing IAM permission cloudwatch:GetMetricData for AWS/ECS"


@pytest.mark.parametrize(
    ("timestamps", "values", "problem"),
    [
        ([NEWEST], [float("nan")], "nan is not a percentage"),
        ([NEWEST], [float("inf")], "inf is not a percentage"),
        ([NEWEST], [-0.5], "-0.5 is not a percentage"),
        ([NEWEST, NEWEST - MINUTE], [50.0, -1.0], "-1.0 is not a percentage"),
        ([NEWEST, NEWEST - MINUTE], [-2.0, -1.0], "-2.0 is not a percentage"),
        ([NEWEST], [], "1 timestamps for 0 values"),
        ([], [50.0], "0 timestamps for 1 values"),
    ],
)
def test_numbers_that_make_no_sense_blind_their_own_service_alone(
    timestamps: list[datetime], values: list[float], problem: str
) -> None:
    bad = {**result({}), "Timestamps": timestamps, "Values": values}
    good = result({NEWEST: 50.0}, query=1)
    observations = Scene(saying([bad, good]), "web", "api").observe()
    assert gaps(observations) == {"main/web": "invalid"}
    assert points(observations, "main/api") == {NEWEST: 0.5}
    (gap,) = [o for o in observations if isinstance(o, Gap)]
    assert gap.detail == f"cloudwatch:GetMetricData: {problem}"


@pytest.mark.parametrize(
    "broken",
    [
        {"Timestamps": [NEWEST.replace(tzinfo=None)], "Values": [1.0]},
        {"Timestamps": ["2026-01-05T11:57:00Z"], "Values": [1.0]},
        {"Timestamps": [NEWEST], "Values": ["1.0"]},
        {"Timestamps": [NEWEST], "Values": [True]},
        {"Timestamps": [NEWEST], "Values": [None]},
        {"Timestamps": None},
        {"Values": {}},
        {"Id": None},
        {"Id": ["m0"]},
        {"Id": "m7"},
        {"StatusCode": 200},
    ],
)
def test_an_answer_of_another_shape_is_invalid_as_a_whole(broken: dict[str, Any]) -> None:
    answer = {**result({NEWEST: 50.0}), **broken}
    with pytest.raises(SourceError, match="cloudwatch:GetMetricData: ") as caught:
        Scene(saying([answer])).observe()
    assert caught.value.reason is GapReason.INVALID


def test_a_service_without_points_is_stale(aws: EmbeddedAws, cloudwatch: CloudWatchClient) -> None:
    put_cpu(aws, "main/web", {NEWEST: 50.0})
    observations = Scene(cloudwatch, "web", "silent").observe()
    assert gaps(observations) == {"main/silent": "stale"}
    assert points(observations) == {NEWEST: 0.5}


def test_a_service_scaled_to_zero_is_not_applicable() -> None:
    scene = Scene(saying([result({})]))
    scene.ecs.changes["web"] = {"desiredCount": 0, "runningCount": 0}
    assert gaps(scene.observe()) == {"main/web": "not_applicable"}


@pytest.mark.parametrize(
    ("age", "desired", "expected"),
    [
        (5, 0, {}),
        (6, 0, {"main/web": "not_applicable"}),
        (6, 2, {"main/web": "stale"}),
        (25, 0, {"main/web": "not_applicable"}),
    ],
)
def test_old_points_do_not_hide_that_no_new_ones_come(
    age: int, desired: int, expected: dict[str, str]
) -> None:
    scene = Scene(saying([result({END - age * MINUTE: 50.0})]))
    scene.ecs.changes["web"] = {"desiredCount": desired, "runningCount": 0}
    observations = scene.observe()
    assert gaps(observations) == expected
    assert points(observations) == {END - age * MINUTE: 0.5}


@pytest.mark.parametrize(("age", "seen_at"), [(1, NOW), (5, NOW), (6, None)])
def test_only_an_answer_with_new_points_ends_an_earlier_gap(
    age: int, seen_at: datetime | None
) -> None:
    observations = Scene(saying([result({END - age * MINUTE: 50.0})])).observe()
    assert [o.seen_at for o in observations if isinstance(o, Reading)] == [seen_at]


def test_a_service_that_was_read_and_is_no_more_is_gone_once() -> None:
    answers = [result({NEWEST: 50.0}), result({NEWEST: 50.0}, query=1)]
    scene = Scene(saying(answers), "web", "old")
    scene.observe()
    scene.ecs.clusters["main"] = ["web"]
    answers[:] = [result({NEWEST + MINUTE: 50.0})]
    assert gaps(scene.observe(NOW + MINUTE)) == {"main/old": "gone"}
    assert not gaps(scene.observe(NOW + 2 * MINUTE))


def test_a_problem_of_an_early_page_is_not_healed_by_a_later_one() -> None:
    bad = {**result({}), "Values": [50.0]}
    assert gaps(Scene(saying([bad], [result({NEWEST: 50.0})])).observe()) == {"main/web": "invalid"}


def test_it_is_asked_as_often_as_it_is_told_to_be() -> None:
    assert Scene(saying()).source.interval == MINUTE


def test_without_services_nothing_is_asked() -> None:
    scene = Scene(saying(), "old")
    scene.ecs.changes["old"] = {"status": "INACTIVE"}
    assert not scene.observe()
