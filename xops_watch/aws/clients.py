"""The only module of the daemon that builds AWS clients: with limits, and each request counted."""

import http.client
import os
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, overload

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, NoRegionError

from xops_watch import __version__
from xops_watch.aws.metadata import on_ecs, own_task
from xops_watch.aws.scaling import ScalingClient
from xops_watch.errors import ConfigurationError
from xops_watch.ports import Telemetry

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_ecs import ECSClient
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sts import STSClient

# Two attempts of connect + read (2 x (3 + 5) s by default) stay below the collector's deadline
# plus one tick, and below the time that SIGTERM leaves.
ATTEMPTS = 2


class Clients:
    """Builds AWS clients with explicit limits, each counting its requests."""

    def __init__(
        self, telemetry: Telemetry, *, connect_seconds: float, read_seconds: float
    ) -> None:
        self._telemetry = telemetry
        self._config = Config(
            connect_timeout=connect_seconds,
            read_timeout=read_seconds,
            retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
            user_agent_extra=f"xops-watch/{__version__}",
        )
        self._session = make_session()

    @overload
    def make(self, service: Literal["ecs"], *, region: str | None = None) -> "ECSClient": ...

    @overload
    def make(
        self, service: Literal["cloudwatch"], *, region: str | None = None
    ) -> "CloudWatchClient": ...

    @overload
    def make(self, service: Literal["sns"], *, region: str | None = None) -> "SNSClient": ...

    @overload
    def make(
        self, service: Literal["application-autoscaling"], *, region: str | None = None
    ) -> ScalingClient: ...

    @overload
    def make(self, service: Literal["sts"], *, region: str | None = None) -> "STSClient": ...

    def make(
        self,
        service: Literal["application-autoscaling", "cloudwatch", "ecs", "sns", "sts"],
        *,
        region: str | None = None,
    ) -> object:
        """Return a client; raises ConfigurationError for a missing region or a bad endpoint."""
        try:
            # A variable that is there and empty names no region, whatever boto3 makes of it.
            if not (region or self._session.region_name):
                raise NoRegionError
            client = self._session.client(service, region_name=region, config=self._config)
        except (BotoCoreError, ValueError) as error:
            raise ConfigurationError(
                f"cannot talk to {service}: {error}",
                hint="set AWS_REGION, and AWS_ENDPOINT_URL only for a test endpoint",
            ) from error
        client.meta.events.register("needs-retry", partial(_count, self._telemetry, service))
        return client


def make_session() -> boto3.session.Session:
    """Return a session, with the own task's region where none is named.

    Raises ConfigurationError for a bad profile, UnreachableError when ECS does not tell it.
    """
    try:
        session = boto3.session.Session()
        if session.region_name:
            return session
        # ECS and every other SDK say AWS_REGION; boto3 only knows AWS_DEFAULT_REGION.
        region = os.environ.get("AWS_REGION") or (own_task().region if on_ecs() else None)
        return boto3.session.Session(region_name=region)
    except BotoCoreError as error:
        raise ConfigurationError(f"AWS settings: {error}", hint="check AWS_PROFILE") from error


def _count(
    telemetry: Telemetry,
    service: str,
    *,
    operation: Any,  # noqa: ANN401 - botocore's OperationModel, which ships no types
    response: tuple[object, dict[str, Any]] | None = None,
    caught_exception: Exception | None = None,
    **_: object,
) -> None:
    """Count one attempt, retries included: botocore asks this hook after each.

    It returns None, which leaves the decision to retry to botocore.
    """
    if caught_exception is not None or response is None:
        outcome = "unreachable"
    else:
        status = response[1].get("ResponseMetadata", {}).get("HTTPStatusCode", http.client.OK)
        outcome = "ok" if status == http.client.OK else str(status)
    telemetry.aws_request(service, operation.name, outcome)
