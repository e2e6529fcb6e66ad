"""What SNS documents of a Publish request, checked independently of the code under test.

Sources: the SNS API reference of Publish and the developer guide on message attributes. A fake
SNS lets much of it pass: an empty message, a line break in the subject, 100 characters.
"""

import unicodedata
from collections.abc import Mapping
from typing import Any

import botocore.session
from botocore.validate import ParamValidator

_PUBLISH = botocore.session.get_session().get_service_model("sns").operation_model("Publish")
_BYTES_MAX = 262_144  # body and attributes together
_RAW_SQS_ATTRIBUTES_MAX = 10
_SMS_CHARACTERS_MAX = 1600


def broken_limits(request: Mapping[str, Any]) -> list[str]:
    """Return every documented limit that the request breaks, in words."""
    broken = [] if _fits_model(request) else ["it does not fit botocore's model"]
    broken += _subject(request["Subject"])
    if not request["Message"]:
        broken.append("the message is empty")
    attributes = request["MessageAttributes"]
    if len(attributes) > _RAW_SQS_ATTRIBUTES_MAX:
        broken.append(f"{len(attributes)} attributes: raw SQS drops the message")
    broken += [f"attribute {n} is empty" for n, a in attributes.items() if not a["StringValue"]]
    texts = [
        request["Message"],
        *(part for n, a in attributes.items() for part in (n, *a.values())),
    ]
    if any(not _is_sendable(text) for text in texts):
        broken.append("a character that XML 1.0, and so SQS, does not take")
    elif sum(len(text.encode()) for text in texts) > _BYTES_MAX:
        broken.append("more than 256 KiB")
    if "MessageStructure" in request:
        broken.append("attributes are not sent with a message structure")
    return broken


def fits_sms(message: str) -> bool:
    """Tell whether one SMS publication can carry the message, in UTF-16 as phones count."""
    return len(message.encode("utf-16-le")) // 2 <= _SMS_CHARACTERS_MAX


def _subject(subject: str) -> list[str]:
    broken = []
    if not 0 < len(subject) < 100:
        broken.append(f"the subject has {len(subject)} characters")
    if not subject.isascii() or not subject.isprintable():
        broken.append("the subject is not printable ASCII")
    if not (subject[:1].isalnum() or unicodedata.category(subject[:1]).startswith("P")):
        broken.append("the subject does not begin with a letter, number or punctuation mark")
    return broken


def _fits_model(request: Mapping[str, Any]) -> bool:
    shape = _PUBLISH.input_shape
    assert shape is not None
    return not ParamValidator().validate(dict(request), shape).has_errors()


def _is_sendable(text: str) -> bool:
    return all(
        char in "\t\n\r"
        or " " <= char <= "\ud7ff"
        or "\ue000" <= char <= "\ufffd"
        or char > "\uffff"
        for char in text
    )
