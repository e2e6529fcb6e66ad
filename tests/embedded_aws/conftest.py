"""One embedded AWS for all tests here, emptied before each, and boto3 clients that lead to it."""

from collections.abc import Iterator
from typing import Any

import boto3
import botocore.model
import pytest
from botocore.config import Config
from botocore.validate import ParamValidator
from mypy_boto3_cloudwatch import CloudWatchClient
from mypy_boto3_ecs import ECSClient
from mypy_boto3_s3 import S3Client
from mypy_boto3_sns import SNSClient
from mypy_boto3_sqs import SQSClient
from xops_watch.embedded_aws.control import EmbeddedAws
from xops_watch.embedded_aws.process import spawn

REGION = "ap-southeast-2"
_ONE_ATTEMPT = Config(
    retries={"total_max_attempts": 1, "mode": "standard"}, connect_timeout=5, read_timeout=2
)


def _check_shape(parsed: dict[str, Any], model: botocore.model.OperationModel, **_: object) -> None:
    """Fail a test whose answer, parsed by botocore, is not what botocore's model promises."""
    shape = model.output_shape
    if "Error" in parsed or shape is None:
        return
    content = {key: value for key, value in parsed.items() if key != "ResponseMetadata"}
    report = ParamValidator().validate(content, shape)
    assert not report.has_errors(), report.generate_report()


def make_client(endpoint: str, service: str, region: str = REGION) -> Any:  # noqa: ANN401  (any client)
    session = boto3.session.Session()
    client = session.client(  # type: ignore[call-overload]  # the stubs want the name as a literal
        service,
        endpoint_url=endpoint,
        region_name=region,
        aws_access_key_id="embedded",
        aws_secret_access_key="embedded",  # noqa: S106  (not a secret: nobody checks it)
        config=_ONE_ATTEMPT,
    )
    client.meta.events.register("after-call", _check_shape)
    return client


@pytest.fixture(scope="session")
def running_aws() -> Iterator[EmbeddedAws]:
    with spawn() as control:
        yield control


@pytest.fixture
def aws(running_aws: EmbeddedAws) -> EmbeddedAws:
    running_aws.empty()
    return running_aws


@pytest.fixture(scope="session", params=["json", "smithy-rpc-v2-cbor"])
def cloudwatch_client(running_aws: EmbeddedAws, request: pytest.FixtureRequest) -> CloudWatchClient:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(botocore.model, "PRIORITY_ORDERED_SUPPORTED_PROTOCOLS", (request.param,))
        client: CloudWatchClient = make_client(running_aws.endpoint, "cloudwatch")
    return client


@pytest.fixture
def cloudwatch(aws: EmbeddedAws, cloudwatch_client: CloudWatchClient) -> CloudWatchClient:
    assert aws.endpoint
    return cloudwatch_client


@pytest.fixture(scope="session")
def ecs_client(running_aws: EmbeddedAws) -> ECSClient:
    client: ECSClient = make_client(running_aws.endpoint, "ecs")
    return client


@pytest.fixture
def ecs(aws: EmbeddedAws, ecs_client: ECSClient) -> ECSClient:
    assert aws.endpoint
    return ecs_client


@pytest.fixture(scope="session")
def sns(running_aws: EmbeddedAws) -> SNSClient:
    client: SNSClient = make_client(running_aws.endpoint, "sns")
    return client


@pytest.fixture(scope="session")
def sqs(running_aws: EmbeddedAws) -> SQSClient:
    client: SQSClient = make_client(running_aws.endpoint, "sqs")
    return client


@pytest.fixture(scope="session")
def s3(running_aws: EmbeddedAws) -> S3Client:
    client: S3Client = make_client(running_aws.endpoint, "s3")
    return client
