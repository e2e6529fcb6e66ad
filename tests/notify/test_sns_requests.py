"""The request itself against what SNS documents, and the answer that it really gives."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import boto3
import pytest
from botocore.stub import Stubber
from hypothesis import given
from hypothesis import strategies as st
from mypy_boto3_sns import SNSClient

from tests.notify.notices import FIRING, HOSTILE
from tests.notify.sns_limits import broken_limits
from tests.notify.strategies import heaviest, notices
from xops_watch.core.notice import Notice
from xops_watch.errors import DeliveryError
from xops_watch.notify.machine import machine
from xops_watch.notify.render import subject, text
from xops_watch.notify.sns import Body, SnsNotifier

STANDARD = "arn:aws:sns:ap-southeast-2:123456789012:pager"
FIFO = f"{STANDARD}.fifo"
RECORDED = json.loads((Path(__file__).parent / "recorded" / "sns.Publish_1.json").read_text())


class KeepingClient:
    """An SNS client that keeps the last request and takes everything."""

    def __init__(self) -> None:
        self.request: dict[str, Any] = {}

    def publish(self, **request: Any) -> dict[str, str]:  # noqa: ANN401 - any request is kept
        self.request = request
        return {"MessageId": "567910cd-659e-55d4-8ccb-5aaf14679dc0"}


def _request(notice: Notice, topic: str = STANDARD, body: Body = Body.TEXT) -> dict[str, Any]:
    client = KeepingClient()
    SnsNotifier(cast("SNSClient", client), topic, body=body).send(notice)
    return client.request


@given(notices(), st.sampled_from([STANDARD, FIFO]), st.sampled_from(Body))
def test_no_notice_breaks_a_documented_limit(notice: Notice, topic: str, body: Body) -> None:
    assert broken_limits(_request(notice, topic, body)) == []


@pytest.mark.parametrize("body", Body)
def test_not_even_the_heaviest_notice_does(body: Body) -> None:
    assert broken_limits(_request(heaviest(), FIFO, body)) == []


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"Subject": "x" * 100}, "the subject has 100 characters"),
        ({"Subject": "two\nlines"}, "the subject is not printable ASCII"),
        ({"Subject": "größer"}, "the subject is not printable ASCII"),
        ({"Message": ""}, "the message is empty"),
        ({"Message": "x" * 262_145}, "more than 256 KiB"),
        ({"Message": "\uffff"}, "a character that XML 1.0, and so SQS, does not take"),
        ({"Message": 1}, "it does not fit botocore's model"),
        ({"MessageStructure": "json"}, "attributes are not sent with a message structure"),
    ],
)
def test_the_limits_are_checked(change: dict[str, Any], complaint: str) -> None:
    request = _request(FIRING) | change
    if isinstance(request["Message"], int):
        request |= {"MessageAttributes": {}, "TopicArn": 1, "Message": "x"}
    assert complaint in broken_limits(request)


def test_attributes_count_towards_the_limit() -> None:
    request = _request(FIRING) | {"Message": "x" * 261_000}
    assert broken_limits(request) == ["more than 256 KiB"]


@given(notices())
def test_no_attribute_is_empty_and_there_are_nine(notice: Notice) -> None:
    attributes = _request(notice)["MessageAttributes"]
    assert len(attributes) == 9
    assert all(attribute["StringValue"] for attribute in attributes.values())
    assert all(json.loads(attributes["layer"]["StringValue"]))


def test_the_same_notice_makes_the_same_request() -> None:
    assert _request(HOSTILE, FIFO) == _request(replace(HOSTILE), FIFO)


@pytest.fixture
def stubbed(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[SNSClient, Stubber]]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    client = boto3.client("sns", "ap-southeast-2")
    with Stubber(client) as stubber:
        yield client, stubber
        stubber.assert_no_pending_responses()


def test_the_answer_that_sns_really_gives_is_a_yes(stubbed: tuple[SNSClient, Stubber]) -> None:
    client, stubber = stubbed
    attributes = _request(FIRING)["MessageAttributes"]
    expected = {
        "TopicArn": STANDARD,
        "Subject": subject(FIRING),
        "Message": text(FIRING),
        "MessageAttributes": attributes,
    }
    stubber.add_response("publish", RECORDED["data"], expected)
    SnsNotifier(client, STANDARD).send(FIRING)
    assert json.loads(attributes["notice"]["StringValue"]) == json.loads(machine(FIRING))


def test_an_answer_without_a_message_id_is_no_yes(stubbed: tuple[SNSClient, Stubber]) -> None:
    client, stubber = stubbed
    stubber.add_response("publish", {})
    with pytest.raises(DeliveryError) as caught:
        SnsNotifier(client, STANDARD).send(FIRING)
    assert caught.value.retryable
