"""Publishes notices to one SNS topic: readable text as the body, the JSON form beside it.

`MessageStructure=json` (a body per protocol) is not used: with it SNS sends no message
attributes, and filter policies would match nothing.
"""

import hashlib
import json
import re
from enum import StrEnum
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from xops_watch.core.notice import Notice
from xops_watch.notify.chat import custom_notification
from xops_watch.notify.machine import document, machine
from xops_watch.notify.refusal import refusal, unreadable
from xops_watch.notify.render import subject, text
from xops_watch.notify.routing import filters, layers, trigger_key

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sns.type_defs import MessageAttributeValueTypeDef, PublishInputTypeDef

FIFO_SUFFIX = ".fifo"
_DEDUPLICATION_ID = re.compile(r"[!-~]{1,128}")  # SNS: letters, digits and punctuation of ASCII


class Body(StrEnum):
    """What the body of a message is; subscribers of one topic all get the same."""

    TEXT = "text"
    JSON = "json"
    CHAT = "chat"


class SnsNotifier:
    """Publishes to the topic `topic_arn` through `client`, which must speak to its region."""

    iam_actions = ("sns:Publish",)

    def __init__(self, client: "SNSClient", topic_arn: str, *, body: Body = Body.TEXT) -> None:
        self._client = client
        self._topic_arn = topic_arn
        self._body = body

    @property
    def name(self) -> str:
        """Name in metrics and logs."""
        return "sns"

    def send(self, notice: Notice) -> None:
        """Return when SNS took the notice; raise DeliveryError otherwise."""
        try:
            answer = self._client.publish(**self._request(notice))
        except (BotoCoreError, ClientError) as error:
            raise refusal(error, self._topic_arn) from error
        except ResponseParserError as error:
            raise unreadable(self._topic_arn) from error
        if not answer.get("MessageId"):
            raise unreadable(self._topic_arn)

    def _request(self, notice: Notice) -> "PublishInputTypeDef":
        request: PublishInputTypeDef = {
            "TopicArn": self._topic_arn,
            "Subject": subject(notice),
            "Message": _body(notice, self._body),
            "MessageAttributes": _attributes(notice),
        }
        if self._topic_arn.endswith(FIFO_SUFFIX):
            # One group per trigger keeps the end behind the beginning; one id per notice lets a
            # retry be dropped, and never swallows the end as a double of the beginning.
            request["MessageGroupId"] = trigger_key(notice)
            request["MessageDeduplicationId"] = _deduplication_id(notice.key)
        return request


def _body(notice: Notice, body: Body) -> str:
    match body:
        case Body.TEXT:
            return text(notice)
        case Body.JSON:
            return json.dumps(document(notice) | {"text": text(notice)}, ensure_ascii=False)
        case Body.CHAT:
            return custom_notification(notice)


def _attributes(notice: Notice) -> "dict[str, MessageAttributeValueTypeDef]":
    """Nine attributes: with more than ten, SNS silently drops a message on its way to raw SQS."""
    strings = filters(notice) | {"key": _deduplication_id(notice.key), "notice": machine(notice)}
    attributes: dict[str, MessageAttributeValueTypeDef] = {
        name: {"DataType": "String", "StringValue": value} for name, value in strings.items()
    }
    layer = json.dumps(layers(notice), ensure_ascii=False)
    attributes["layer"] = {"DataType": "String.Array", "StringValue": layer}
    return attributes


def _deduplication_id(key: str) -> str:
    """The key itself; a key that SNS would refuse still gives the same id every time."""
    if _DEDUPLICATION_ID.fullmatch(key):
        return key
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()
