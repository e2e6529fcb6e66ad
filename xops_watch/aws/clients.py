"""The only module of the daemon that builds AWS clients: with limits, and each request counted."""

import http.client
import os
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, overload

import boto3
import botocore.session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, NoRegionError

from xops_watch import __version__
from xops_watch.aws.budget import BudgetsClient
from xops_watch.aws.conformance import ConfigClient
from xops_watch.aws.cost_explorer import CostClient
from xops_watch.aws.credentials import RenewedCredentials
from xops_watch.aws.distributions import CloudFrontClient
from xops_watch.aws.failures import is_about_credentials, is_throttling
from xops_watch.aws.gate import Gate, Gates
from xops_watch.aws.load_balancers import LoadBalancerClient
from xops_watch.aws.metadata import on_ecs, own_task
from xops_watch.aws.paged import PagedClient
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
    """Builds AWS clients with explicit limits, each counting its requests.

    They share what AWS said to any of them: that an operation is asked too often, and that the
    credentials are not good any more.
    """

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
        self._credentials = RenewedCredentials()
        self._gates = Gates()
        core = botocore.session.get_session()
        core.register_component("credential_provider", self._credentials)
        region = make_session().region_name
        self._session = boto3.session.Session(botocore_session=core, region_name=region)

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

    @overload
    def make(
        self,
        service: Literal["acm", "autoscaling", "logs", "rds", "secretsmanager", "ssm"],
        *,
        region: str | None = None,
    ) -> PagedClient: ...

    @overload
    def make(
        self, service: Literal["elbv2"], *, region: str | None = None
    ) -> LoadBalancerClient: ...

    @overload
    def make(self, service: Literal["budgets"], *, region: str | None = None) -> BudgetsClient: ...

    @overload
    def make(self, service: Literal["ce"], *, region: str | None = None) -> CostClient: ...

    @overload
    def make(self, service: Literal["config"], *, region: str | None = None) -> ConfigClient: ...

    @overload
    def make(
        self, service: Literal["cloudfront"], *, region: str | None = None
    ) -> CloudFrontClient: ...

    def make(
        self,
        service: Literal[
            "acm",
            "application-autoscaling",
            "autoscaling",
            "budgets",
            "ce",
            "cloudfront",
            "cloudwatch",
            "config",
            "ecs",
            "elbv2",
            "logs",
            "rds",
            "secretsmanager",
            "sns",
            "ssm",
            "sts",
        ],
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
        region = client.meta.region_name
        gate_of = partial(self._gates.of, service, region)
        client.meta.events.register("before-call", partial(_wait, gate_of))
        client.meta.events.register("needs-retry", partial(self._hear, service, region, gate_of))
        return client

    def _hear(
        self,
        service: str,
        region: str,
        gate_of: Callable[[str], Gate],
        *,
        operation: Any,  # noqa: ANN401 - botocore's OperationModel, which ships no types
        response: tuple[object, dict[str, Any]] | None = None,
        caught_exception: Exception | None = None,
        **_: object,
    ) -> None:
        """Count one attempt, retries included, and learn from it: botocore calls this after each.

        It returns None, which leaves the decision to retry to botocore.
        """
        if caught_exception is not None or response is None:
            self._telemetry.aws_request(service, operation.name, "unreachable")
            return
        answer = response[1]
        status = answer.get("ResponseMetadata", {}).get("HTTPStatusCode", http.client.OK)
        outcome = "ok" if status < http.client.MULTIPLE_CHOICES else str(status)
        self._telemetry.aws_request(service, operation.name, outcome)
        code = str(answer.get("Error", {}).get("Code", ""))
        if is_throttling(code, status):
            gate_of(operation.name).refused()
        else:
            gate_of(operation.name).answered()
        if is_about_credentials(code):
            self._credentials.refused(region)
        elif status < http.client.INTERNAL_SERVER_ERROR:
            self._credentials.taken(region)


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


def _wait(gate_of: Callable[[str], Gate], *, model: Any, **_: object) -> None:  # noqa: ANN401 - as above
    """Let a call begin when AWS can be expected to take it; raises ClientError if it is not."""
    if not gate_of(model.name).pass_through():
        why = "not asked: AWS asks to slow down"
        raise ClientError({"Error": {"Code": "Throttling", "Message": why}}, model.name)
