"""Who we are, what time it is at AWS, and who hears the topic, from AWS's own bytes."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.compat import HTTPHeaders

from tests.aws.bench import CannedAws, make_client
from xops_watch.aws.identity import Identity, introduce
from xops_watch.aws.topic import Topic, read_topic
from xops_watch.doctor.account import clock, look_at_topic
from xops_watch.doctor.check import Health
from xops_watch.errors import GapReason, SourceError

NOW = datetime(2026, 1, 5, 12, 0, 0, tzinfo=UTC)
TOPIC = "arn:aws:sns:ap-southeast-2:123456789012:oncall"
WHO = b"""<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
  <GetCallerIdentityResult>
    <Arn>arn:aws:sts::123456789012:assumed-role/xops-open-webui/e9028f8d5d8e4f258373e7b93ce9a3c3</Arn>
    <UserId>AROA123EXAMPLE:e9028f8d5d8e4f258373e7b93ce9a3c3</UserId>
    <Account>123456789012</Account>
  </GetCallerIdentityResult>
  <ResponseMetadata><RequestId>01234567-89ab-cdef-0123-456789abcdef</RequestId></ResponseMetadata>
</GetCallerIdentityResponse>"""
EXPIRED = b"""<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error>
  <Type>Sender</Type><Code>SignatureDoesNotMatch</Code>
  <Message>Signature expired: 20260105T114000Z is now earlier than 20260105T115500Z</Message>
</Error><RequestId>01234567-89ab-cdef-0123-456789abcdef</RequestId></ErrorResponse>"""


class _Body:
    def __init__(self, content: bytes) -> None:
        self.content = content

    def stream(self, *_: object, **__: object) -> list[bytes]:
        return [self.content]


def sts(body: bytes, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Any:  # noqa: ANN401 - a boto3 client
    client = make_client("sts", "http://127.0.0.1:1")

    def answer(request: AWSPreparedRequest, **_: object) -> AWSResponse:
        told = HTTPHeaders()
        for name, value in (headers or {}).items():
            told[name] = value
        return AWSResponse(request.url, status, told, _Body(body))

    client.meta.events.register("before-send", answer)
    return client


DATE = {"Date": "Mon, 05 Jan 2026 12:00:00 GMT"}


def test_who_we_are_and_what_time_it_is() -> None:
    introduction = introduce(sts(WHO, headers=DATE))
    assert introduction.at == NOW
    assert introduction.identity == Identity(
        arn="arn:aws:sts::123456789012:assumed-role/xops-open-webui/e9028f8d5d8e4f258373e7b93ce9a3c3",
        account="123456789012",
    )


def test_a_refusal_tells_the_time_too() -> None:
    introduction = introduce(sts(EXPIRED, status=403, headers=DATE))
    assert introduction.at == NOW
    assert isinstance(introduction.identity, SourceError)
    assert introduction.identity.what.startswith("sts:GetCallerIdentity: SignatureDoesNotMatch: ")
    # The answer is of a January: its date, and not its words, tells whose clock is wrong.
    assert introduction.identity.what.endswith(" s ahead of AWS")
    assert introduction.identity.hint.startswith("set the clock of this host")


@pytest.mark.parametrize("headers", [{}, {"Date": "soon"}, {"Date": ""}, {"Date": "1 Jan"}])
def test_a_time_that_cannot_be_read_is_none(headers: Mapping[str, str]) -> None:
    assert introduce(sts(WHO, headers=headers)).at is None


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>", b"{}", WHO.replace(b"123456789012", b"12"), WHO.replace(b"Arn>", b"Aaa>")],
)
def test_an_answer_that_says_nobody_is_invalid(body: bytes) -> None:
    identity = introduce(sts(body)).identity
    assert isinstance(identity, SourceError)
    assert identity.reason is GapReason.INVALID


def test_an_endpoint_that_is_not_there_is_told() -> None:
    introduction = introduce(make_client("sts", "http://127.0.0.1:1"))
    assert isinstance(introduction.identity, SourceError)
    assert introduction.identity.reason is GapReason.UNREACHABLE


@pytest.mark.parametrize(
    ("ours", "health", "found"),
    [
        (timedelta(), Health.OK, "within 1 s of AWS"),
        (timedelta(seconds=30), Health.OK, "within 30 s of AWS"),
        (timedelta(seconds=31), Health.WARNING, "31 s ahead of AWS"),
        (timedelta(seconds=-31), Health.WARNING, "31 s behind AWS"),
        (timedelta(minutes=4), Health.WARNING, "240 s ahead of AWS"),
        (
            timedelta(minutes=-20),
            Health.FAILED,
            "1200 s behind AWS: requests are refused at 5 minutes",
        ),
    ],
)
def test_how_far_our_clock_is_off(ours: timedelta, health: Health, found: str) -> None:
    check = clock(NOW, now=NOW + ours)
    assert (check.health, check.found) == (health, found)
    assert bool(check.fix) is (health is not Health.OK)


def test_a_clock_that_cannot_be_compared_is_a_warning() -> None:
    assert clock(None, now=NOW).health is Health.WARNING


def attributes(**told: str) -> bytes:
    entries = "".join(
        f"<entry><key>{name}</key><value>{value}</value></entry>" for name, value in told.items()
    )
    return (
        '<GetTopicAttributesResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/">'
        f"<GetTopicAttributesResult><Attributes>{entries}</Attributes></GetTopicAttributesResult>"
        "</GetTopicAttributesResponse>"
    ).encode()


@pytest.fixture(scope="module")
def sns() -> CannedAws:
    return CannedAws("sns", protocol="query")


def test_a_topic_that_is_heard(sns: CannedAws) -> None:
    client = sns.saying(attributes(SubscriptionsConfirmed="2", SubscriptionsPending="1"))
    assert read_topic(client, TOPIC) == Topic(
        SubscriptionsConfirmed=2, SubscriptionsPending=1, KmsMasterKeyId=""
    )
    check = look_at_topic(client, TOPIC)
    assert (check.health, check.found) == (Health.OK, "oncall: 2 subscribed, 1 not yet confirmed")


def test_a_topic_that_nobody_hears_is_a_warning(sns: CannedAws) -> None:
    client = sns.saying(attributes(SubscriptionsConfirmed="0", SubscriptionsPending="1"))
    check = look_at_topic(client, TOPIC)
    assert check.health is Health.WARNING
    assert "confirm it" in check.fix


def test_an_encrypted_topic_names_what_else_is_needed(sns: CannedAws) -> None:
    told = {"SubscriptionsConfirmed": "1", "SubscriptionsPending": "0", "KmsMasterKeyId": "alias/x"}
    check = look_at_topic(sns.saying(attributes(**told)), TOPIC)
    assert check.health is Health.OK
    assert "alias/x, so kms:GenerateDataKey* and kms:Decrypt are needed" in check.found


@pytest.mark.parametrize(
    "told", [{}, {"SubscriptionsConfirmed": "1"}, {"SubscriptionsConfirmed": "many"}]
)
def test_a_count_that_is_missing_is_never_zero(sns: CannedAws, told: Mapping[str, str]) -> None:
    check = look_at_topic(sns.saying(attributes(**told)), TOPIC)
    assert check.health is Health.FAILED
    assert "sns:GetTopicAttributes: Attributes.Subscriptions" in check.found


def test_no_topic_is_a_warning() -> None:
    check = look_at_topic(None, None)
    assert (check.health, "XOPS_WATCH_SNS__TOPIC_ARN" in check.fix) == (Health.WARNING, True)
