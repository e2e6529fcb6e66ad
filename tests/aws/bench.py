"""The embedded AWS as a test bench: one frozen instant, boto3 clients with short patience."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import boto3
import botocore.model
import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.compat import HTTPHeaders
from botocore.config import Config

from xops_watch.clock import ScaledClock
from xops_watch.embedded_aws.control import EmbeddedAws
from xops_watch.embedded_aws.control_specs import ServiceSpec
from xops_watch.embedded_aws.process import spawn

NOW = datetime(2026, 1, 5, 12, 0, 30, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
REGION = "ap-southeast-2"


@contextmanager
def frozen_aws() -> Iterator[EmbeddedAws]:
    """Yield an embedded AWS for which it is NOW for years to come."""
    with spawn(clock=ScaledClock(anchor=NOW, speed=1e-12)) as control:
        yield control


@cache
def _session() -> boto3.session.Session:
    """Return one for all clients that are handed their credentials: it reads the models once."""
    return boto3.session.Session()


def make_client(
    service: str,
    endpoint: str | None,
    *,
    attempts: int = 1,
    connect_timeout: float = 2.0,
    read_timeout: float = 2.0,
    credentials: bool = True,
) -> Any:  # noqa: ANN401 - the stubs know one type per service
    secret = "embedded" if credentials else None
    config = Config(
        connect_timeout=connect_timeout,
        read_timeout=read_timeout,
        retries={"mode": "standard", "total_max_attempts": attempts},
    )
    session = _session() if credentials else boto3.session.Session()
    return session.client(  # type: ignore[call-overload]  # wants a literal name
        service,
        endpoint_url=endpoint,
        region_name=REGION,
        aws_access_key_id=secret,
        aws_secret_access_key=secret,
        config=config,
    )


class CannedAws:
    """A real client of one service, to whose requests AWS seems to answer what it was told to.

    No network: the answer takes the way of a real one through botocore from its bytes on.
    """

    def __init__(self, service: str, *, protocol: str = "json") -> None:
        with pytest.MonkeyPatch.context() as patch:
            # Which of them a boto3 speaks depends on its version.
            patch.setattr(botocore.model, "PRIORITY_ORDERED_SUPPORTED_PROTOCOLS", (protocol,))
            self._client = make_client(service, "http://127.0.0.1:1")
        self._client.meta.events.register("before-send", self._answer)
        self._body = b""
        self._status = 200

    def saying(self, body: bytes, *, status: int = 200) -> Any:  # noqa: ANN401 - a boto3 client
        self._body, self._status = body, status
        return self._client

    def _answer(self, request: AWSPreparedRequest, **_: object) -> AWSResponse:
        return AWSResponse(request.url, self._status, HTTPHeaders(), _Body(self._body))


class _Body:
    """What urllib3 would hand over."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def stream(self, *_: object, **__: object) -> Iterator[bytes]:
        yield self._content


class ScriptedClient:
    """A client whose operations are plain functions; those that are paged return the pages."""

    def __init__(self, **operations: Callable[..., Any]) -> None:
        self.calls: list[tuple[str, Mapping[str, Any]]] = []
        self._operations = operations

    def get_paginator(self, name: str) -> "_Paginator":
        return _Paginator(self, name)

    def describe_clusters(self, **params: Any) -> Any:  # noqa: ANN401 - whatever the script says
        return self.call("describe_clusters", params)

    def describe_services(self, **params: Any) -> Any:  # noqa: ANN401 - whatever the script says
        return self.call("describe_services", params)

    def describe_task_definition(self, **params: Any) -> Any:  # noqa: ANN401 - as above
        return self.call("describe_task_definition", params)

    def describe_tasks(self, **params: Any) -> Any:  # noqa: ANN401 - as above
        return self.call("describe_tasks", params)

    def call(self, name: str, params: Mapping[str, Any]) -> Any:  # noqa: ANN401 - as above
        self.calls.append((name, params))
        return self._operations[name](**params)


class _Paginator:
    def __init__(self, client: ScriptedClient, name: str) -> None:
        self._client = client
        self._name = name

    def paginate(self, **params: object) -> Iterator[Any]:
        """Ask when the first page is wanted, as boto3 does."""
        yield from self._client.call(self._name, params)


def services(count: int, *, prefix: str = "s") -> list[ServiceSpec]:
    """Return so many settled services of one task each."""
    return [{"name": f"{prefix}{index:04}", "desired": 1, "running": 1} for index in range(count)]


def put_cpu(aws: EmbeddedAws, subject: str, points: Mapping[datetime, float]) -> None:
    cluster, _, service = subject.partition("/")
    aws.put_points(
        {
            "namespace": "AWS/ECS",
            "metric": "CPUUtilization",
            "dimensions": {"ClusterName": cluster, "ServiceName": service},
            "unit": "Percent",
            "points": list(points.items()),
        }
    )
