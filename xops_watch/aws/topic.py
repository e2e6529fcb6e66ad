"""What an SNS topic says of itself: whether it is there, and whether anybody hears it."""

from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field

from xops_watch.aws.answers import parse_answer
from xops_watch.aws.failures import translated

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient

_ACTION = "sns:GetTopicAttributes"
TOPIC_ACTIONS = (_ACTION,)


class Topic(BaseModel):
    """How many subscriptions a topic has, and with which key it is encrypted (empty: none).

    SNS writes numbers as text.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    confirmed: int = Field(alias="SubscriptionsConfirmed", ge=0)
    pending: int = Field(alias="SubscriptionsPending", ge=0)
    key: str = Field(default="", alias="KmsMasterKeyId", max_length=2048)


class _TopicAnswer(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    attributes: Topic = Field(alias="Attributes")


def read_topic(client: "SNSClient", arn: str) -> Topic:
    """Return what the topic says of itself; raises SourceError, whose reason says why it cannot."""
    with translated(_ACTION):
        answer = client.get_topic_attributes(TopicArn=arn)
    return parse_answer(_TopicAnswer, answer, action=_ACTION).attributes
