"""What autoscaling did in the last hour, and the reasons why it did not."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError
from botocore.stub import Stubber

from tests.aws.bench import MINUTE, NOW, CannedAws, ScriptedClient, make_client
from xops_watch.aws.scaling_activities import Activities, Activity, NotScaled
from xops_watch.errors import GapReason, SourceError

WEB = "main/web"


def activity(
    status: str = "Successful", *reasons: str, minutes: float = 5, **fields: object
) -> dict[str, Any]:
    return {
        "ActivityId": "8f2b7c1e-0000-4000-8000-000000000000",
        "ServiceNamespace": "ecs",
        "ResourceId": "service/main/web",
        "ScalableDimension": "ecs:service:DesiredCount",
        "Description": "Setting desired count to 4.",
        "Cause": "monitor alarm TargetTracking-service/main/web-AlarmHigh in state ALARM",
        "StartTime": NOW - minutes * MINUTE,
        "StatusCode": status,
        "NotScaledReasons": [{"Code": reason, "MaxCapacity": 6} for reason in reasons],
        **fields,
    }


def read(*pages: Sequence[dict[str, Any]]) -> Any:  # noqa: ANN401 - either of two
    answers = [{"ScalingActivities": list(page)} for page in pages]
    client = ScriptedClient(describe_scaling_activities=lambda **_: answers)
    return Activities(client, max_age=MINUTE).read(now=NOW)


@pytest.fixture
def stub() -> Iterator[tuple[Any, Stubber]]:
    client = make_client("application-autoscaling", "http://127.0.0.1:1")
    with Stubber(client) as stubber:
        yield client, stubber
        stubber.assert_no_pending_responses()


def test_a_recorded_answer_and_what_may_be_asked(stub: tuple[Any, Stubber]) -> None:
    client, stubber = stub
    answer = {
        "ScalingActivities": [
            activity("Unfulfilled", "AlreadyAtMaxCapacity"),
            activity(EndTime=NOW, StatusMessage="Successfully set desired count to 4."),
        ]
    }
    asked = {"ServiceNamespace": "ecs", "IncludeNotScaledActivities": True}
    stubber.add_response("describe_scaling_activities", answer, asked)
    at = NOW - 5 * MINUTE
    assert Activities(client, max_age=MINUTE).read(now=NOW) == {
        WEB: [Activity(at=at, not_scaled=(NotScaled.AT_MAX,)), Activity(at=at)]
    }


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("AlreadyAtMaxCapacity", "at_max"),
        ("AlreadyAtMinCapacity", "at_min"),
        ("AlreadyAtDesiredCapacity", "at_desired"),
        ("AutoScalingAnticipatedFlapping", "flapping"),
        ("TargetServicePutResourceAsUnscalable", "unscalable"),
        ("OfAFutureShape", "other"),
    ],
)
def test_each_reason_is_one_word(code: str, reason: str) -> None:
    (found,) = read([activity("Unfulfilled", code)])[WEB]
    assert found.not_scaled == (reason,)


@pytest.mark.parametrize(
    ("status", "failed", "not_scaled"),
    [
        ("Successful", False, ()),
        ("InProgress", False, ()),
        ("Pending", False, ()),
        ("Overridden", False, ()),
        ("Failed", True, ()),
        ("Unfulfilled", False, (NotScaled.OTHER,)),
        ("ANewOne", False, (NotScaled.OTHER,)),
    ],
)
def test_what_became_of_it(status: str, *, failed: bool, not_scaled: tuple[NotScaled, ...]) -> None:
    (found,) = read([activity(status)])[WEB]
    assert (found.failed, found.not_scaled) == (failed, not_scaled)


def test_only_the_last_hour_counts_and_older_pages_are_not_read() -> None:
    pages = [
        [activity(minutes=-1), activity(minutes=59)],
        [activity(minutes=59.99), activity(minutes=60)],
        [],
        [activity(minutes=61)],
        [activity(minutes=5)],
    ]
    assert len(read(*pages)[WEB]) == 3


def test_what_is_scaled_otherwise_is_left_out() -> None:
    other = activity(ScalableDimension="ecs:service:SomethingElse")
    assert read([other]) == {}


def test_what_was_read_holds_for_its_time_and_grows_old_meanwhile() -> None:
    client = ScriptedClient(
        describe_scaling_activities=lambda **_: [{"ScalingActivities": [activity(minutes=57)]}]
    )
    activities = Activities(client, max_age=5 * MINUTE)
    counts = []
    for minute in range(7):
        found = activities.read(now=NOW + minute * MINUTE)
        assert not isinstance(found, SourceError)
        counts.append(len(found.get(WEB, ())))
    assert counts == [1, 1, 1, 0, 0, 0, 0]
    assert len(client.calls) == 2


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (ClientError({"Error": {"Code": "AccessDeniedException"}}, "x"), GapReason.DENIED),
        (ClientError({"Error": {"Code": "ThrottlingException"}}, "x"), GapReason.THROTTLED),
        (ReadTimeoutError(endpoint_url="x"), GapReason.TIMEOUT),
    ],
)
def test_a_refusal_has_its_reason_and_is_asked_again(error: Exception, reason: GapReason) -> None:
    def refuse(**_: object) -> Any:  # noqa: ANN401 - never returns
        raise error

    client = ScriptedClient(describe_scaling_activities=refuse)
    activities = Activities(client, max_age=timedelta(hours=1))
    for _ in range(2):
        found = activities.read(now=NOW)
        assert isinstance(found, SourceError)
        assert found.reason is reason
        if reason is GapReason.DENIED:
            action = "application-autoscaling:DescribeScalingActivities"
            assert found.what == f"missing IAM permission {action}"
    assert len(client.calls) == 2


@pytest.mark.parametrize(
    "answer",
    [
        None,
        {},
        {"ScalingActivities": None},
        {"ScalingActivities": [{}]},
        {"ScalingActivities": [activity(StartTime="yesterday")]},
        {"ScalingActivities": [activity(StartTime=datetime(2026, 1, 1))]},  # noqa: DTZ001 - no zone
        {"ScalingActivities": [activity(NotScaledReasons=[{}])]},
    ],
)
def test_a_garbled_answer_is_invalid(answer: object) -> None:
    client = ScriptedClient(describe_scaling_activities=lambda **_: [answer])
    found = Activities(client, max_age=MINUTE).read(now=NOW)
    assert isinstance(found, SourceError)
    assert found.reason is GapReason.INVALID


def test_a_listing_without_end_is_invalid() -> None:
    assert isinstance(read(*([[activity()]] * 41)), SourceError)


@pytest.mark.parametrize(
    ("body", "status"), [(b"<html>", 200), (b"[]", 200), (b"{", 200), (b"null", 200), (b"", 503)]
)
def test_bytes_that_are_no_answer(body: bytes, status: int) -> None:
    client = CannedAws("application-autoscaling").saying(body, status=status)
    assert isinstance(Activities(client, max_age=MINUTE).read(now=NOW), SourceError)
