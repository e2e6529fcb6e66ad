"""Settings of requests to AWS, and of the topic that pages."""

from typing import Literal

from pydantic import Field, field_validator

from xops_watch.settings.group import Group, word


class Aws(Group):
    """Limits of one request to AWS, in real seconds."""

    connect_timeout_seconds: float = Field(default=3, gt=0, le=10, description="Time to connect")
    read_timeout_seconds: float = Field(default=5, gt=0, le=10, description="Time to answer")


class Sns(Group):
    """Where notices go. Without a topic they are written to the log."""

    topic_arn: str | None = Field(
        default=None,
        pattern=r"^arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[A-Za-z0-9_-]{1,256}(\.fifo)?$",
        description="ARN of the SNS topic that pages the SRE on call",
    )
    body: Literal["text", "json", "chat"] = Field(
        default="text",
        description="Form of the message body; the JSON form travels beside a text body",
    )
    interval_seconds: float = Field(
        default=5, ge=1, le=300, description="Time between two looks into the outbox"
    )

    @field_validator("body", mode="before")
    @classmethod
    def _any_case(cls, value: object) -> object:
        return word(value)
