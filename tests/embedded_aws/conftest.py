"""One embedded AWS for all tests here, emptied before each, and boto3 clients that lead to it."""

from collections.abc import Iterator

import botocore.model
import pytest
from mypy_boto3_cloudwatch import CloudWatchClient
from mypy_boto3_ecs import ECSClient
from mypy_boto3_s3 import S3Client
from mypy_boto3_sns import SNSClient
from mypy_boto3_sqs import SQSClient

from tests.embedded_aws.clients import make_client
from xops_watch.embedded_aws.control import EmbeddedAws
from xops_watch.embedded_aws.process import spawn


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
