"""CloudWatch at its worst, over the wire: nothing wrong is believed, and nothing right is lost."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import pytest

from tests.aws.bench import MINUTE, NOW, CannedAws
from tests.contract.source_promises import assert_line
from tests.sources.cloudwatch_scene import NEWEST, Scene, gaps, points, result
from tests.sources.hostile import for_json
from xops_watch.errors import GapReason, SourceError


def say(*results: Mapping[str, Any], **beside: object) -> Any:  # noqa: ANN401 - a boto3 client
    answer = {"MetricDataResults": list(results), "Messages": [], **beside}
    return CannedAws("cloudwatch").saying(json.dumps(for_json(answer)).encode())


def one(values: Mapping[datetime, float], status: str = "Complete", query: int = 0) -> Any:  # noqa: ANN401 - JSON
    return result(values, status=status, query=query)


def test_a_token_that_repeats_for_ever_is_given_up() -> None:
    client = say(one({NEWEST: 50.0}), NextToken="again")
    with pytest.raises(SourceError, match="cloudwatch:GetMetricData: ") as caught:
        Scene(client).observe()
    assert caught.value.reason is GapReason.INVALID
    assert_line(caught.value.what)


def test_points_of_the_future_are_not_readings() -> None:
    values = {NOW + MINUTE: 99.0, NOW + 999 * MINUTE: 99.0, NEWEST: 50.0}
    observations = Scene(say(one(values))).observe()
    assert points(observations) == {NEWEST: 0.5}


def test_points_that_were_not_asked_for_are_not_readings() -> None:
    observations = Scene(say(one({NEWEST - 9999 * MINUTE: 99.0, NEWEST: 50.0}))).observe()
    assert points(observations) == {NEWEST: 0.5}


def test_unordered_points_are_told_in_order_and_doubles_once() -> None:
    values = {NEWEST - 2 * MINUTE: 1.0, NEWEST: 3.0, NEWEST - MINUTE: 2.0}
    twice = one(values)
    twice["Timestamps"] *= 2
    twice["Values"] *= 2
    observations = Scene(say(twice)).observe()
    assert list(points(observations).values()) == [0.01, 0.02, 0.03]
    assert len(observations) == 3


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        ("PartialData", "unreachable"),
        ("InternalError", "unreachable"),
        ("Forbidden", "denied"),
        ("Degraded", "invalid"),
        ("x" * 999, "invalid"),
    ],
)
def test_a_query_that_is_not_complete_takes_nothing_from_the_others(
    status: str, reason: str
) -> None:
    client = say(one({NEWEST: 99.0}, status), one({NEWEST: 50.0}, query=1))
    observations = Scene(client, "web", "api").observe()
    assert gaps(observations) == {"main/web": reason}
    assert points(observations, "main/api") == {NEWEST: 0.5}
    assert points(observations) == {}


def test_a_query_that_was_forgotten_is_invalid_not_silent() -> None:
    observations = Scene(say(one({NEWEST: 50.0})), "web", "api").observe()
    assert gaps(observations) == {"main/api": "invalid"}


@pytest.mark.parametrize("value", [b"NaN", b"Infinity", b"-1.0"])
def test_a_number_that_is_none_blinds_its_own_series(value: bytes) -> None:
    good, bad = one({NEWEST: 50.0}, query=1), one({NEWEST: 0.0})
    body = json.dumps(for_json({"MetricDataResults": [bad, good]})).encode()
    client = CannedAws("cloudwatch").saying(body.replace(b"[0.0]", b"[" + value + b"]"))
    observations = Scene(client, "web", "api").observe()
    assert gaps(observations) == {"main/web": "invalid"}
    assert points(observations, "main/api") == {NEWEST: 0.5}


def test_fields_of_a_later_year_are_ignored() -> None:
    later = {**one({NEWEST: 50.0}), "Confidence": {"Low": 1}, "Label": 7, "Units": ["Percent"]}
    client = say(later, Cost={"Metrics": 1}, Messages=[{"Code": "Soon", "Value": "x"}])
    assert points(Scene(client).observe()) == {NEWEST: 0.5}


@pytest.mark.parametrize(
    "body",
    [b"", b"null", b"[]", b"{", b"<html>busy</html>", b"\x00\xff", b'{"MetricDataResults":7}'],
)
def test_a_garbled_answer_is_one_line_of_invalid(body: bytes) -> None:
    with pytest.raises(SourceError, match="cloudwatch:GetMetricData: ") as caught:
        Scene(CannedAws("cloudwatch").saying(body)).observe()
    assert caught.value.reason is GapReason.INVALID
    assert_line(caught.value.what)


@pytest.mark.parametrize("status", [429, 500, 503])
def test_an_error_without_words_is_told_by_its_status(status: int) -> None:
    with pytest.raises(SourceError) as caught:
        Scene(CannedAws("cloudwatch").saying(b"{}", status=status)).observe()
    expected = GapReason.THROTTLED if status == 429 else GapReason.UNREACHABLE
    assert caught.value.reason is expected
