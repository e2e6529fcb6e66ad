"""One embedded AWS for all tests of this folder, emptied before each that uses it."""

from collections.abc import Iterator

import botocore.model
import pytest
from mypy_boto3_cloudwatch import CloudWatchClient

from tests.aws.bench import frozen_aws, make_client
from xops_watch.embedded_aws.control import EmbeddedAws


@pytest.fixture(scope="session")
def running_aws() -> Iterator[EmbeddedAws]:
    with frozen_aws() as control:
        yield control


@pytest.fixture
def aws(running_aws: EmbeddedAws) -> EmbeddedAws:
    running_aws.empty()
    return running_aws


@pytest.fixture(scope="session", params=["json", "smithy-rpc-v2-cbor"])
def cloudwatch_of_running_aws(
    running_aws: EmbeddedAws, request: pytest.FixtureRequest
) -> CloudWatchClient:
    """Which of the two a boto3 speaks depends on its version."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(botocore.model, "PRIORITY_ORDERED_SUPPORTED_PROTOCOLS", (request.param,))
        client: CloudWatchClient = make_client("cloudwatch", running_aws.endpoint)
    return client


@pytest.fixture
def cloudwatch(aws: EmbeddedAws, cloudwatch_of_running_aws: CloudWatchClient) -> CloudWatchClient:
    assert aws.endpoint
    return cloudwatch_of_running_aws
