"""The account: whose credentials these are, what time it is there, whether the topic is heard."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from xops_watch.aws.identity import Introduction, introduce
from xops_watch.aws.topic import Topic, read_topic
from xops_watch.clock import machine_now
from xops_watch.doctor.check import Check, failed, fine, warning
from xops_watch.errors import GapReason, SourceError

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sts import STSClient

# AWS refuses what is signed five minutes off; the windows of CloudWatch are wrong before.
SKEW_MAX = timedelta(minutes=4)
SKEW_WORTH_TELLING = timedelta(seconds=30)


def look_at_account(client: "STSClient") -> Iterator[Check]:
    """Yield who we are, and how far our clock is from AWS's."""
    introduction = introduce(client)
    yield _credentials(introduction)
    yield clock(introduction.at, now=machine_now())


def _credentials(introduction: Introduction) -> Check:
    identity = introduction.identity
    if isinstance(identity, SourceError):
        return failed("credentials", identity.what, fix=identity.hint)
    return fine("credentials", f"{identity.arn} in account {identity.account}")


def clock(theirs: datetime | None, *, now: datetime) -> Check:
    """Return how far our clock is from AWS's; AWS tells whole seconds."""
    if theirs is None:
        return warning("clock", "AWS did not say what time it is", fix="compare it by hand")
    skew = now - theirs
    seconds = round(abs(skew).total_seconds())
    direction = "ahead of" if skew > timedelta() else "behind"
    found = f"{seconds} s {direction} AWS"
    fix = "set the clock of this host, and keep it by NTP"
    if abs(skew) > SKEW_MAX:
        return failed("clock", f"{found}: requests are refused at 5 minutes", fix=fix)
    if abs(skew) > SKEW_WORTH_TELLING:
        return warning("clock", found, fix=fix)
    return fine("clock", f"within {max(seconds, 1)} s of AWS")


def look_at_topic(client: "SNSClient | None", arn: str | None) -> Check:
    """Return whether notices reach anybody; nothing is sent."""
    if client is None or arn is None:
        fix = "set XOPS_WATCH_SNS__TOPIC_ARN to page somebody"
        return warning("topic", "none is set: notices are written to the log", fix=fix)
    try:
        topic = read_topic(client, arn)
    except SourceError as error:
        # A topic may well be published to by whom it does not let look.
        say = warning if error.reason is GapReason.DENIED else failed
        return say("topic", error.what, fix=error.hint)
    return _topic(topic, arn)


def _topic(topic: Topic, arn: str) -> Check:
    name = arn.rpartition(":")[2]
    heard = f"{name}: {topic.confirmed} subscribed, {topic.pending} not yet confirmed"
    if topic.key:
        heard += f"; encrypted with {topic.key}, so kms:GenerateDataKey* and kms:Decrypt are needed"
    if topic.confirmed:
        return fine("topic", heard)
    return warning("topic", heard, fix="subscribe whoever should be paged, and confirm it")
