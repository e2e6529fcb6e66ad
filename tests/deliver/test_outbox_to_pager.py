"""The whole way with the real parts: a committed notice, SQLite, SNS, an SQS subscriber."""

import json
from contextlib import closing
from datetime import timedelta

import boto3
import structlog
from moto import mock_aws

from tests.deliver.outboxes import FIRST, START, end_of
from tests.fakes import FakeClock, RecordingTelemetry
from xops_watch.core.evaluate import Evaluation
from xops_watch.deliver import Deliver, DeliveryReport
from xops_watch.notify.sns import SnsNotifier
from xops_watch.store.sqlite import SqliteStore

REGION = "ap-southeast-2"


def test_what_is_committed_reaches_a_subscriber_once_and_in_order() -> None:
    notices, clock = (FIRST, end_of(FIRST, after=60)), FakeClock(START)
    with mock_aws(), closing(SqliteStore.in_memory()) as store:
        sns, sqs = boto3.client("sns", REGION), boto3.client("sqs", REGION)
        topic = sns.create_topic(Name="pager")["TopicArn"]
        store.commit(
            Evaluation(
                at=START,
                triggers=(),
                verdicts={},
                transitions=(),
                notices=notices,
                advice=(),
            )
        )
        deliver = Deliver(
            outbox=store,
            notifier=SnsNotifier(sns, topic),
            clock=clock,
            telemetry=RecordingTelemetry(),
            log=structlog.wrap_logger(None, processors=[structlog.testing.LogCapture()]),
        )
        sns.delete_topic(TopicArn=topic)
        assert deliver.deliver() == DeliveryReport(refused=2)
        assert store.depth().notices == 2
        sns.create_topic(Name="pager")
        queue = sqs.create_queue(QueueName="pager")["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn["Attributes"]["QueueArn"])
        clock.advance(timedelta(minutes=1))
        assert deliver.deliver() == DeliveryReport(delivered=2)
        assert deliver.deliver() == DeliveryReport()
        assert store.depth().notices == 0
        received = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10)["Messages"]
    subjects = [json.loads(message["Body"])["Subject"] for message in received]
    assert [subject.split("]")[0] for subject in subjects] == ["[FIRING", "[RESOLVED"]
