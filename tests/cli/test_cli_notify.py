"""`xops-watch notify test`: the message that arrives, and what is said when none does."""

import json

import pytest

from tests.cli.command import xops_watch
from xops_watch.demo.stage import Pager, build
from xops_watch.embedded_aws.control import EmbeddedAws


@pytest.fixture
def pager(aws: EmbeddedAws) -> Pager:
    return build(aws).pager


def environment(aws: EmbeddedAws, topic: str) -> dict[str, str]:
    return aws.environment() | {"XOPS_WATCH_SNS__TOPIC_ARN": topic, "XOPS_WATCH_STACK": "blue"}


def test_a_test_message_arrives_and_says_that_it_is_one(aws: EmbeddedAws, pager: Pager) -> None:
    outcome = xops_watch("notify", "test", **environment(aws, pager.topic_arn))
    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out == f"taken by {pager.topic_arn}: test message of the stack blue\n"
    (body,) = pager.messages()
    message = json.loads(body)
    assert message["Subject"].startswith("[TEST] This is a test: nothing is wrong")
    assert "From the stack blue, " in message["Message"]
    assert message["MessageAttributes"]["state"]["Value"] == "test"
    assert message["MessageAttributes"]["severity"]["Value"] == "info"


def test_two_tests_are_two_messages(aws: EmbeddedAws, pager: Pager) -> None:
    keys = {
        json.loads(xops_watch("notify", "test", "--json", **environment(aws, pager.topic_arn)).out)[
            "key"
        ]
        for _ in range(2)
    }
    assert len(keys) == 2


def test_programs_get_json(aws: EmbeddedAws, pager: Pager) -> None:
    outcome = xops_watch("notify", "test", "--json", **environment(aws, pager.topic_arn))
    document = json.loads(outcome.out)
    assert (outcome.code, document["delivered"]) == (0, True)
    assert (document["receiver"], document["stack"]) == (pager.topic_arn, "blue")


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("access_denied", "sns:Publish"),
        ("throttle", "Throttling"),
        ("expired_token", "ExpiredToken"),
        ("internal_error", "InternalFailure"),
    ],
)
def test_a_message_that_is_not_taken_is_exit_3_with_what_to_do(
    fault: str, said: str, aws: EmbeddedAws, pager: Pager
) -> None:
    aws.add_fault(fault, service="sns", operation="Publish")
    outcome = xops_watch("notify", "test", **environment(aws, pager.topic_arn))
    assert (outcome.code, outcome.out) == (3, "")
    assert said.lower() in outcome.err.lower()
    assert "hint: " in outcome.err
    assert "Traceback" not in outcome.err
    outcome = xops_watch("notify", "test", "--json", **environment(aws, pager.topic_arn))
    document = json.loads(outcome.out)
    assert (outcome.code, document["delivered"]) == (3, False)
    assert said.lower() in document["error"].lower()
    assert document["hint"]


def test_a_topic_that_is_not_there_is_exit_3(aws: EmbeddedAws, pager: Pager) -> None:
    outcome = xops_watch("notify", "test", **environment(aws, f"{pager.topic_arn}-gone"))
    assert outcome.code == 3
    assert "Traceback" not in outcome.err


def test_without_a_topic_the_log_takes_it_and_says_that_nobody_is_paged(aws: EmbeddedAws) -> None:
    outcome = xops_watch("notify", "test", **environment(aws, ""))
    assert outcome.code == 0
    assert outcome.out == "taken by the log: test message of the stack blue\n"
    assert "This is a test: nothing is wrong" in outcome.err
    assert "set XOPS_WATCH_SNS__TOPIC_ARN" in outcome.err
