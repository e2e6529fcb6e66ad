"""Notices through a fake SNS to real subscribers' eyes: SQS, filters, FIFO, SMS, e-mail."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import boto3
import pytest
from moto import mock_aws
from mypy_boto3_sns import SNSClient
from mypy_boto3_sqs import SQSClient

from tests.notify.notices import FIRING, GOLDEN, HOSTILE, MIGRATION, RESOLVED
from xops_watch.core.notice import Notice
from xops_watch.notify.machine import machine
from xops_watch.notify.render import subject, text
from xops_watch.notify.sns import Body, SnsNotifier

REGION = "ap-southeast-2"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cloud:
    """A fake SNS and SQS in this process."""

    sns: SNSClient
    sqs: SQSClient

    def topic(self, name: str = "pager") -> str:
        fifo = {"FifoTopic": "true"} if name.endswith(".fifo") else {}
        return self.sns.create_topic(Name=name, Attributes=fifo)["TopicArn"]

    def queue(self, topic_arn: str, **attributes: str) -> str:
        fifo = topic_arn.endswith(".fifo")
        name = f"queue-{len(self.sqs.list_queues().get('QueueUrls', []))}"
        url = self.sqs.create_queue(
            QueueName=f"{name}.fifo" if fifo else name,
            Attributes={"FifoQueue": "true"} if fifo else {},
        )["QueueUrl"]
        arn = self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
        self.sns.subscribe(
            TopicArn=topic_arn,
            Protocol="sqs",
            Endpoint=arn["Attributes"]["QueueArn"],
            Attributes=attributes,
        )
        return url

    def received(self, queue_url: str) -> list[Any]:
        answer = self.sqs.receive_message(
            QueueUrl=queue_url,
            MaxNumberOfMessages=10,
            MessageAttributeNames=["All"],
            MessageSystemAttributeNames=["All"],
        )
        return list(answer.get("Messages", []))

    def envelopes(self, queue_url: str) -> list[dict[str, Any]]:
        return [json.loads(message["Body"]) for message in self.received(queue_url)]


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    with mock_aws():
        yield Cloud(sns=boto3.client("sns", REGION), sqs=boto3.client("sqs", REGION))


def test_an_sqs_subscriber_gets_the_text_and_beside_it_the_json_form(cloud: Cloud) -> None:
    topic = cloud.topic()
    queue = cloud.queue(topic)
    SnsNotifier(cloud.sns, topic).send(FIRING)
    (envelope,) = cloud.envelopes(queue)
    assert envelope["Subject"] == subject(FIRING)
    assert envelope["Message"] == text(FIRING)
    assert envelope["MessageAttributes"]["notice"] == {"Type": "String", "Value": machine(FIRING)}


def test_a_raw_sqs_subscriber_gets_both_forms_too(cloud: Cloud) -> None:
    topic = cloud.topic()
    queue = cloud.queue(topic, RawMessageDelivery="true")
    SnsNotifier(cloud.sns, topic).send(RESOLVED)
    (message,) = cloud.received(queue)
    assert message["Body"] == text(RESOLVED)
    said = json.loads(message["MessageAttributes"]["notice"]["StringValue"])
    assert (said["state"], said["rule_id"]) == ("resolved", "ecs-cpu-sustained")


def test_the_attributes_are_those_that_filter_policies_match(cloud: Cloud) -> None:
    topic = cloud.topic()
    queue = cloud.queue(topic)
    SnsNotifier(cloud.sns, topic).send(FIRING)
    (envelope,) = cloud.envelopes(queue)
    attributes = {name: a["Value"] for name, a in envelope["MessageAttributes"].items()}
    del attributes["notice"]
    assert attributes == {
        "rule_id": "ecs-cpu-sustained",
        "state": "firing",
        "severity": "warning",
        "phase": "BC1 PEAK",
        "classification": "Config Change",
        "stack": "xops",
        "layer": '["L5", "L6"]',
        "key": FIRING.key,
    }


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        ({"severity": ["critical"]}, ["critical"]),
        ({"state": ["resolved"]}, ["resolved"]),
        ({"layer": ["L6"]}, ["firing", "resolved"]),
        ({"layer": ["L4"]}, ["critical"]),
        ({"classification": [{"anything-but": "Config Change"}]}, ["critical"]),
        ({"rule_id": [{"prefix": "ecs-"}], "phase": ["BC1 PEAK"]}, ["firing", "resolved"]),
        ({"stack": ["another"]}, []),
    ],
)
def test_a_filter_policy_chooses(cloud: Cloud, policy: dict[str, Any], expected: list[str]) -> None:
    topic = cloud.topic()
    queue = cloud.queue(topic, FilterPolicy=json.dumps(policy))
    notifier = SnsNotifier(cloud.sns, topic)
    names = {FIRING.key: "firing", RESOLVED.key: "resolved", MIGRATION.key: "critical"}
    for notice in (FIRING, RESOLVED, MIGRATION):
        notifier.send(notice)
    keys = [e["MessageAttributes"]["key"]["Value"] for e in cloud.envelopes(queue)]
    assert sorted(names[key] for key in keys) == sorted(expected)


def test_what_is_absent_can_be_filtered_for(cloud: Cloud) -> None:
    topic = cloud.topic()
    queue = cloud.queue(topic, FilterPolicy=json.dumps({"phase": ["none"], "layer": ["none"]}))
    SnsNotifier(cloud.sns, topic).send(replace(FIRING, phase="", layers=()))
    assert len(cloud.envelopes(queue)) == 1


def test_hostile_text_arrives_and_does_no_harm(cloud: Cloud) -> None:
    topic = cloud.topic()
    queues = cloud.queue(topic), cloud.queue(topic, RawMessageDelivery="true")
    SnsNotifier(cloud.sns, topic).send(HOSTILE)
    assert cloud.envelopes(queues[0])[0]["Message"] == text(HOSTILE)
    assert cloud.received(queues[1])[0]["Body"] == text(HOSTILE)


@pytest.mark.parametrize("name", GOLDEN)
def test_as_json_the_body_holds_every_field_and_the_text(cloud: Cloud, name: str) -> None:
    topic = cloud.topic()
    queue = cloud.queue(topic)
    SnsNotifier(cloud.sns, topic, body=Body.JSON).send(GOLDEN[name])
    body = json.loads(cloud.envelopes(queue)[0]["Message"])
    assert body.pop("text") == text(GOLDEN[name])
    assert body == json.loads(machine(GOLDEN[name]))


def test_a_policy_on_the_body_matches_the_json_form(cloud: Cloud) -> None:
    topic = cloud.topic()
    policy = json.dumps({"state": ["resolved"], "layer": ["L5"]})
    queue = cloud.queue(topic, FilterPolicy=policy, FilterPolicyScope="MessageBody")
    notifier = SnsNotifier(cloud.sns, topic, body=Body.JSON)
    notifier.send(FIRING)
    notifier.send(RESOLVED)
    (envelope,) = cloud.envelopes(queue)
    assert json.loads(envelope["Message"])["key"] == RESOLVED.key


def test_as_chat_the_body_is_a_custom_notification(cloud: Cloud) -> None:
    topic = cloud.topic()
    queue = cloud.queue(topic)
    SnsNotifier(cloud.sns, topic, body=Body.CHAT).send(FIRING)
    body = json.loads(cloud.envelopes(queue)[0]["Message"])
    assert (body["version"], body["source"]) == ("1.0", "custom")
    assert text(FIRING).startswith(body["content"]["description"][:40])


def test_a_retry_within_five_minutes_is_dropped_by_a_fifo_topic(cloud: Cloud) -> None:
    topic = cloud.topic("pager.fifo")
    queue = cloud.queue(topic)
    notifier = SnsNotifier(cloud.sns, topic)
    notifier.send(FIRING)
    notifier.send(FIRING)
    assert len(cloud.received(queue)) == 1


def test_on_a_fifo_topic_the_end_is_not_a_double_of_the_beginning(cloud: Cloud) -> None:
    topic = cloud.topic("pager.fifo")
    queue = cloud.queue(topic)
    notifier = SnsNotifier(cloud.sns, topic)
    notifier.send(FIRING)
    notifier.send(RESOLVED)
    notifier.send(replace(MIGRATION, key="another" + "!" * 40))
    ids = {
        message["Attributes"]["MessageDeduplicationId"]: message["Attributes"]["MessageGroupId"]
        for message in cloud.received(queue)
    }
    assert set(ids) == {FIRING.key, RESOLVED.key, "another" + "!" * 40}
    assert ids[FIRING.key] == ids[RESOLVED.key] != ids["another" + "!" * 40]


@pytest.mark.parametrize("key", ["", "k" * 129, "with space", "käse", "\ud800"])
def test_a_key_that_fifo_does_not_take_still_drops_doubles(cloud: Cloud, key: str) -> None:
    topic = cloud.topic("pager.fifo")
    queue = cloud.queue(topic)
    notifier = SnsNotifier(cloud.sns, topic)
    for notice in (FIRING, replace(FIRING, key=key), replace(FIRING, key=key)):
        notifier.send(notice)
    assert len(cloud.received(queue)) == 2


def _sms_bodies(notices: list[Notice]) -> list[str]:
    with mock_aws():
        cloud = Cloud(sns=boto3.client("sns", REGION), sqs=boto3.client("sqs", REGION))
        topic = cloud.topic()
        cloud.sns.subscribe(TopicArn=topic, Protocol="sms", Endpoint="+64211234567")
        queue = cloud.queue(topic)
        for notice in notices:
            SnsNotifier(cloud.sns, topic).send(notice)
        return [envelope["Message"] for envelope in cloud.envelopes(queue)]


def test_an_sms_subscriber_can_be_sent_every_body() -> None:
    bodies = _sms_bodies(list(GOLDEN.values()))
    assert len(bodies) == len(GOLDEN)
    assert max(map(len, bodies)) <= 1600
