"""The ECS task that this process runs in, as the metadata endpoint (version 4) tells it.

It is how a sidecar knows its cluster and its region without being told twice.
"""

import http.client
import os
import re
import urllib.error
import urllib.request
from dataclasses import dataclass
from functools import cache
from threading import Event
from typing import Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from xops_watch.errors import UnreachableError

METADATA_VARIABLE: Final = "ECS_CONTAINER_METADATA_URI_V4"
TIMEOUT_SECONDS = 1.5  # of one connection and of one read: the endpoint is on the same host
ATTEMPTS = 3  # the agent may be a moment behind the container that it has just started
PAUSE_SECONDS = 0.3
ANSWER_BYTES_MAX = 1_000_000  # a task has ten containers at most, each told in some kilobytes

_NAME = r"[A-Za-z0-9_-]{1,255}"
_PLACE = r"arn:aws[a-z-]{0,20}:ecs:(?P<region>[a-z0-9-]{1,30}):(?P<account>[0-9]{12})"
# The name of the cluster is part of a task's ARN unless the account keeps the old, short form.
_TASK_ARN = re.compile(rf"{_PLACE}:task/[A-Za-z0-9_/-]{{1,300}}")
_HINT = "name the clusters in XOPS_WATCH_ECS__CLUSTERS and the region in AWS_REGION"


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """The task around this process; `cluster` is an ARN or a name, `service` None outside one."""

    arn: str
    cluster: str
    service: str | None
    family: str
    region: str
    account: str


class _TaskAnswer(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True, extra="ignore")

    arn: str = Field(alias="TaskARN")
    cluster: str = Field(alias="Cluster", pattern=rf"^({_PLACE}:cluster/)?{_NAME}$")
    family: str = Field(alias="Family", pattern=f"^{_NAME}$")
    service: str | None = Field(default=None, alias="ServiceName", pattern=f"^({_NAME})?$")


def on_ecs() -> bool:
    """Tell whether ECS says where its metadata are."""
    return bool(os.environ.get(METADATA_VARIABLE))


def own_task() -> Task:
    """Return the task around this process, read once; raises UnreachableError."""
    return _task_at(os.environ.get(METADATA_VARIABLE, ""))


@cache
def _task_at(address: str) -> Task:
    if not address.startswith("http://"):
        what = f"{METADATA_VARIABLE} is not the address of the ECS metadata endpoint"
        raise UnreachableError(what, hint=_HINT)
    told = ""
    for attempt in range(ATTEMPTS):
        if attempt:
            Event().wait(PAUSE_SECONDS)
        try:
            return _parse(_read(f"{address.rstrip('/')}/task"))
        except (OSError, http.client.HTTPException, ValueError) as error:
            told = _told(error)
    raise UnreachableError(f"the ECS metadata endpoint does not answer: {told}", hint=_HINT)


def _read(url: str) -> bytes:
    # Whatever HTTP_PROXY says: the endpoint exists on this host only.
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with direct.open(url, timeout=TIMEOUT_SECONDS) as answer:
        body: bytes = answer.read(ANSWER_BYTES_MAX)
    return body


def _parse(body: bytes) -> Task:
    """Return the task; raises UnreachableError for what another attempt would not mend."""
    try:
        answer = _TaskAnswer.model_validate_json(body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        field = ".".join(str(part) for part in first["loc"]) or "the answer"
        raise _nonsense(f"{field}: {first['msg']}") from error
    place = _TASK_ARN.fullmatch(answer.arn)
    if place is None:
        raise _nonsense("TaskARN: is not the ARN of a task")
    return Task(
        arn=answer.arn,
        cluster=answer.cluster,
        service=answer.service or None,
        family=answer.family,
        region=place["region"],
        account=place["account"],
    )


def _nonsense(what: str) -> UnreachableError:
    return UnreachableError(
        f"the ECS metadata endpoint answers what it should not: {what}", hint=_HINT
    )


def _told(error: Exception) -> str:
    if isinstance(error, urllib.error.HTTPError):
        error.close()
        return f"HTTP status {error.code}"
    text = " ".join(f"{error}".split())
    return (text if text.isprintable() else "")[:200] or type(error).__name__
