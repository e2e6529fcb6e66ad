"""What every notifier owes the delivery; the real ones and the fake take the same suite."""

import io
import json
import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace

import boto3
import pytest
from moto import mock_aws

from tests.fakes import RecordingNotifier
from tests.samples import NOTICE as SAMPLE
from xops_watch.core.notice import NoticeKind
from xops_watch.errors import DeliveryError
from xops_watch.logs import make_logger
from xops_watch.notify.log import LogNotifier
from xops_watch.notify.sns import SnsNotifier
from xops_watch.ports import Notifier

REGION = "ap-southeast-2"
NOTICE = replace(
    SAMPLE,
    rule="ecs-services-above-6",
    subject="xops",
    title="More than 6 services",
    severity="advice",
    evidence="ecs.services_active 7 (> 6)",
    risk="HIGH",
    phase="BC2+",
    stage="BC2+ Enterprise",
    stage_monthly_cost_dollars=1200.0,
)
HOSTILE = replace(
    NOTICE,
    key="another",
    subject="\r\n\x1b[2J\u202e\ud800" * 50,
    title="\x00" * 1000,
    quote="\U0001f525" * 100_000,
    layers=(),
    phase="",
    lead_time_seconds=float("nan"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A notifier, what arrived at its far end (keys), and how to make it refuse."""

    notifier: Notifier
    arrived: Callable[[], list[str]]
    cut: Callable[[], object] = lambda: None


@contextmanager
def _sns() -> Iterator[Line]:
    with mock_aws():
        sns, sqs = boto3.client("sns", REGION), boto3.client("sqs", REGION)
        topic = sns.create_topic(Name="pager")["TopicArn"]
        queue = sqs.create_queue(QueueName="pager")["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn["Attributes"]["QueueArn"])

        def arrived() -> list[str]:
            answer = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10)
            bodies = [json.loads(message["Body"]) for message in answer.get("Messages", [])]
            return [body["MessageAttributes"]["key"]["Value"] for body in bodies]

        def cut() -> object:
            return sns.delete_topic(TopicArn=topic)

        yield Line(notifier=SnsNotifier(sns, topic), arrived=arrived, cut=cut)


@contextmanager
def _log() -> Iterator[Line]:
    stream = io.StringIO()

    def arrived() -> list[str]:
        return [json.loads(line)["key"] for line in stream.getvalue().splitlines()]

    log = make_logger(level="error", log_format="json", stream=stream)
    yield Line(notifier=LogNotifier(log), arrived=arrived)


@contextmanager
def _recording() -> Iterator[Line]:
    refusal = DeliveryError("refused", retryable=False, hint="as planned")
    notifier = RecordingNotifier()

    def cut() -> None:
        notifier.answers.append(refusal)

    yield Line(
        notifier=notifier, arrived=lambda: [notice.key for notice in notifier.taken], cut=cut
    )


MAKERS: dict[str, Callable[[], AbstractContextManager[Line]]] = {
    "sns": _sns,
    "log": _log,
    "recording": _recording,
}


@pytest.fixture(params=MAKERS)
def line(request: pytest.FixtureRequest) -> Iterator[Line]:
    with MAKERS[request.param]() as made:
        yield made


@pytest.fixture(params=["sns", "recording"])
def refusing(request: pytest.FixtureRequest) -> Iterator[Line]:
    """Only those that can refuse: a line is always written."""
    with MAKERS[request.param]() as made:
        made.cut()
        yield made


def test_nothing_arrives_that_was_not_sent(line: Line) -> None:
    assert line.arrived() == []


def test_what_send_returned_from_has_arrived(line: Line) -> None:
    line.notifier.send(NOTICE)
    assert line.arrived() == [NOTICE.key]


def test_a_notice_sent_again_arrives_under_the_same_key(line: Line) -> None:
    line.notifier.send(NOTICE)
    line.notifier.send(NOTICE)
    assert line.arrived() == [NOTICE.key, NOTICE.key]


def test_the_end_arrives_beside_the_beginning(line: Line) -> None:
    line.notifier.send(NOTICE)
    line.notifier.send(replace(NOTICE, key="the-end", kind=NoticeKind.RESOLVED))
    assert sorted(line.arrived()) == sorted([NOTICE.key, "the-end"])


def test_hostile_text_arrives(line: Line) -> None:
    line.notifier.send(HOSTILE)
    assert line.arrived() == ["another"]


def test_a_refusal_is_a_delivery_error_that_a_person_can_act_upon(refusing: Line) -> None:
    with pytest.raises(DeliveryError) as caught:
        refusing.notifier.send(NOTICE)
    assert not caught.value.retryable
    assert caught.value.what
    assert caught.value.hint
    assert refusing.arrived() == []


def test_the_name_can_be_a_label(line: Line) -> None:
    assert re.fullmatch(r"[a-z_]{1,20}", line.notifier.name)
