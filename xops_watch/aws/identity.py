"""Who we are to AWS, and what time it is there: one call that needs no permission."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError
from pydantic import BaseModel, ConfigDict, Field

from xops_watch.aws.answers import parse_answer
from xops_watch.aws.failures import date_of, source_error, translated
from xops_watch.errors import SourceError

if TYPE_CHECKING:
    from mypy_boto3_sts import STSClient

_ACTION = "sts:GetCallerIdentity"


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Whose credentials these are."""

    arn: str
    account: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Introduction:
    """What AWS answers to who we are; `at` is its own time, None when it does not say."""

    identity: Identity | SourceError
    at: datetime | None


class _Response(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    headers: dict[str, str] = Field(default={}, alias="HTTPHeaders")


class _Refusal(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    response: _Response = Field(default=_Response(), alias="ResponseMetadata")


class _IdentityAnswer(_Refusal):
    arn: str = Field(alias="Arn", pattern=r"^[\x21-\x7e]{1,2048}$")
    account: str = Field(alias="Account", pattern=r"^[0-9]{12}$")


def introduce(client: "STSClient") -> Introduction:
    """Ask AWS who we are. Never raises: a refusal has a time, too, and may be due to ours."""
    try:
        with translated(_ACTION):
            try:
                raw = client.get_caller_identity()
            except ClientError as error:
                refusal = _Refusal.model_validate(error.response)
                return Introduction(
                    identity=source_error(error, action=_ACTION),
                    at=date_of(refusal.response.headers),
                )
        answer = parse_answer(_IdentityAnswer, raw, action=_ACTION)
    except SourceError as error:
        return Introduction(identity=error, at=None)
    identity = Identity(arn=answer.arn, account=answer.account)
    return Introduction(identity=identity, at=date_of(answer.response.headers))
