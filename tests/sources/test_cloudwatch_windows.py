"""Which window each poll asks for, and what polls cost."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from mypy_boto3_cloudwatch import CloudWatchClient

from tests.aws.bench import MINUTE, NOW, ScriptedClient, put_cpu
from tests.sources.cloudwatch_scene import END, NEWEST, Scene, gaps, minutes, points
from xops_watch.embedded_aws.control import EmbeddedAws
from xops_watch.errors import GapReason, SourceError

HOUR = 60 * MINUTE
REREAD = 10 * MINUTE
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def asked(aws: EmbeddedAws) -> Sequence[Mapping[str, Any]]:
    """Return the parameters of every GetMetricData since the last time."""
    calls = [c.params for c in aws.requests().last if c.operation == "GetMetricData"]
    aws.clear_requests()
    return calls


def windows(aws: EmbeddedAws) -> list[tuple[datetime, datetime]]:
    return [(_instant(call["StartTime"]), _instant(call["EndTime"])) for call in asked(aws)]


def _instant(value: Any) -> datetime:  # noqa: ANN401 - seconds in one protocol, text in another
    if isinstance(value, int | float):
        return datetime.fromtimestamp(value, UTC)
    return datetime.fromisoformat(value)


@pytest.fixture
def hour(aws: EmbeddedAws) -> dict[datetime, float]:
    """Put an hour of points of main/web before now, and one after."""
    content = {at: float(index % 90) for index, at in enumerate(minutes(END - HOUR, 120))}
    put_cpu(aws, "main/web", content)
    return content


def test_the_first_read_looks_back_as_far_as_the_rules_want(
    aws: EmbeddedAws, cloudwatch: CloudWatchClient, hour: Mapping[datetime, float]
) -> None:
    observations = Scene(cloudwatch, lookback=30 * MINUTE).observe()
    assert windows(aws) == [(END - 30 * MINUTE, END)]
    first = END - 30 * MINUTE
    assert points(observations) == {at: v / 100 for at, v in hour.items() if first <= at < END}


def test_the_lookback_is_bounded(aws: EmbeddedAws, cloudwatch: CloudWatchClient) -> None:
    Scene(cloudwatch, lookback=timedelta(days=400)).observe()
    assert windows(aws) == [(END - 3 * HOUR, END)]


@pytest.mark.parametrize(
    ("settle", "newest"),
    [
        (timedelta(), 59),
        (timedelta(seconds=30), 59),
        (timedelta(seconds=31), 58),
        (timedelta(seconds=120), 57),
        (timedelta(seconds=150.5), 56),
    ],
)
def test_no_point_is_read_that_is_younger_than_it_needs_to_settle(
    cloudwatch: CloudWatchClient, hour: Mapping[datetime, float], settle: timedelta, newest: int
) -> None:
    read = max(points(Scene(cloudwatch, settle=settle).observe()))
    assert read == NOW.replace(hour=11, minute=newest, second=0)
    assert read in hour
    assert read + MINUTE <= NOW - settle


def test_start_and_end_are_whole_minutes_whatever_the_settings(
    aws: EmbeddedAws, cloudwatch: CloudWatchClient
) -> None:
    scene = Scene(cloudwatch, settle=timedelta(seconds=97.3), lookback=timedelta(seconds=1234.5))
    scene.observe(NOW + timedelta(microseconds=123_457))
    ((start, end),) = windows(aws)
    assert (start - EPOCH) % MINUTE == (end - EPOCH) % MINUTE == timedelta()


def test_the_next_read_repeats_the_newest_points_which_may_be_revised(
    aws: EmbeddedAws, cloudwatch: CloudWatchClient
) -> None:
    put_cpu(aws, "main/web", minutes(END - HOUR, 60, value=10.0))
    scene = Scene(cloudwatch)
    scene.observe()
    windows(aws)
    aws.clear_points()
    put_cpu(aws, "main/web", minutes(END - HOUR, 61, value=20.0))
    observations = scene.observe(NOW + MINUTE)
    assert windows(aws) == [(NEWEST - REREAD, END + MINUTE)]
    assert points(observations) == minutes(NEWEST - REREAD, 12, value=0.2)


def test_after_an_outage_everything_missed_is_read(
    aws: EmbeddedAws, cloudwatch: CloudWatchClient, hour: Mapping[datetime, float]
) -> None:
    scene = Scene(cloudwatch, lookback=30 * MINUTE)
    scene.observe()
    aws.add_fault("throttle", service="cloudwatch", times=2)
    for late in (5 * MINUTE, 10 * MINUTE):
        with pytest.raises(SourceError):
            scene.observe(NOW + late)
    read = points(scene.observe(NOW + 15 * MINUTE))
    assert read == {
        at: v / 100 for at, v in hour.items() if NEWEST - REREAD <= at < END + 15 * MINUTE
    }


def test_after_a_long_outage_the_rules_window_is_read(
    aws: EmbeddedAws, cloudwatch: CloudWatchClient, hour: Mapping[datetime, float]
) -> None:
    scene = Scene(cloudwatch, lookback=30 * MINUTE)
    scene.observe()
    windows(aws)
    first, end = END + 30 * MINUTE, END + HOUR
    read = points(scene.observe(NOW + HOUR))
    assert read == {at: v / 100 for at, v in hour.items() if first <= at < end}
    assert windows(aws) == [(first, end)]


@pytest.mark.parametrize("jump", [-HOUR, -3 * MINUTE, -timedelta(days=3)])
def test_a_clock_that_jumps_back_asks_for_the_newest_points_of_its_time(
    aws: EmbeddedAws, cloudwatch: CloudWatchClient, jump: timedelta
) -> None:
    scene = Scene(cloudwatch)
    put_cpu(aws, "main/web", {NEWEST: 10.0, NEWEST + jump: 20.0})
    scene.observe()
    windows(aws)
    observations = scene.observe(NOW + jump)
    ((start, end),) = windows(aws)
    assert end == END + jump
    assert end - start >= REREAD
    assert points(observations)[NEWEST + jump] == 0.2


def test_a_new_service_is_read_from_far_back_and_the_others_are_not_told_again(
    aws: EmbeddedAws, cloudwatch: CloudWatchClient
) -> None:
    put_cpu(aws, "main/web", minutes(END - HOUR, 61))
    put_cpu(aws, "main/new", minutes(END - HOUR, 61))
    scene = Scene(cloudwatch, lookback=30 * MINUTE)
    scene.observe()
    scene.ecs.clusters["main"] = ["web", "new"]
    observations = scene.observe(NOW + MINUTE)
    assert len(points(observations, "main/new")) == 30
    assert points(observations, "main/web") == minutes(NEWEST - REREAD, 12, value=0.5)


def test_a_silent_service_does_not_make_the_others_be_told_again(
    aws: EmbeddedAws, cloudwatch: CloudWatchClient
) -> None:
    put_cpu(aws, "main/web", minutes(END - HOUR, 70))
    scene = Scene(cloudwatch, "web", "silent")
    for late in range(1, 5):
        observations = scene.observe(NOW + late * MINUTE)
    assert len(points(observations)) == 12
    assert gaps(observations) == {"main/silent": "stale"}


@pytest.mark.parametrize(("number", "calls"), [(0, []), (1, [1]), (500, [500]), (501, [500, 1])])
def test_each_service_is_billed_once_a_poll_in_calls_of_500(
    aws: EmbeddedAws, cloudwatch: CloudWatchClient, number: int, calls: list[int]
) -> None:
    scene = Scene(cloudwatch, *(f"s{index}" for index in range(number)))
    scene.ecs.clusters["main"] = [f"s{index}" for index in range(number)]
    for late in range(2):
        observations = scene.observe(NOW + late * MINUTE)
        assert len(observations) == number
        assert [len(call["MetricDataQueries"]) for call in asked(aws)] == calls


def test_a_query_asks_for_one_minute_averages_of_the_service(
    aws: EmbeddedAws, cloudwatch: CloudWatchClient
) -> None:
    Scene(cloudwatch).observe()
    ((query,),) = [call["MetricDataQueries"] for call in asked(aws)]
    assert query["MetricStat"] == {
        "Metric": {
            "Namespace": "AWS/ECS",
            "MetricName": "CPUUtilization",
            "Dimensions": [
                {"Name": "ClusterName", "Value": "main"},
                {"Name": "ServiceName", "Value": "web"},
            ],
        },
        "Period": 60,
        "Stat": "Average",
    }


def test_a_call_that_fails_blinds_its_500_services_and_they_catch_up(
    aws: EmbeddedAws, cloudwatch: CloudWatchClient
) -> None:
    names = [f"s{index:03}" for index in range(501)]
    put_cpu(aws, "main/s000", minutes(END - HOUR, 61))
    put_cpu(aws, "main/s500", minutes(END - HOUR, 61))
    scene = Scene(cloudwatch, *names, lookback=30 * MINUTE)
    aws.add_fault("throttle", service="cloudwatch", times=1)
    observations = scene.observe()
    assert gaps(observations)["main/s000"] == "throttled"
    assert len(points(observations, "main/s500")) == 30
    assert "main/s500" not in gaps(observations)
    observations = scene.observe(NOW + MINUTE)
    assert len(points(observations, "main/s000")) == 30
    assert len(points(observations, "main/s500")) == 12


def test_an_answer_without_end_is_given_up() -> None:
    pages = 0

    def answer(**_: object) -> Iterator[Mapping[str, Any]]:
        nonlocal pages
        while True:
            pages += 1
            yield {"MetricDataResults": []}

    with pytest.raises(SourceError, match="cloudwatch:GetMetricData: more than 100 pages"):
        Scene(ScriptedClient(get_metric_data=answer)).observe()
    assert pages == 101


def test_when_every_call_fails_the_source_fails(
    aws: EmbeddedAws, cloudwatch: CloudWatchClient
) -> None:
    aws.add_fault("throttle", service="cloudwatch")
    with pytest.raises(SourceError) as caught:
        Scene(cloudwatch, *(f"s{index}" for index in range(501))).observe()
    assert caught.value.reason is GapReason.THROTTLED
    assert caught.value.what.startswith("cloudwatch:GetMetricData: Throttling")
