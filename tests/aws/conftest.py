"""One embedded AWS for all tests of this folder, emptied before each that uses it."""

from collections.abc import Iterator

import pytest
from mypy_boto3_ecs import ECSClient

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


@pytest.fixture(scope="session")
def ecs_of_running_aws(running_aws: EmbeddedAws) -> ECSClient:
    client: ECSClient = make_client("ecs", running_aws.endpoint)
    return client


@pytest.fixture
def ecs(aws: EmbeddedAws, ecs_of_running_aws: ECSClient) -> ECSClient:
    assert aws.endpoint
    return ecs_of_running_aws
