"""What is read of task definitions, and what never is."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError
from botocore.stub import Stubber
from mypy_boto3_ecs import ECSClient

from tests.aws.bench import CannedAws, ScriptedClient, make_client
from xops_watch.aws.task_definitions import TaskDefinition, TaskDefinitions
from xops_watch.embedded_aws.control import EmbeddedAws
from xops_watch.errors import GapReason, SourceError

ARN = "arn:aws:ecs:ap-southeast-2:123456789012:task-definition/open-webui:7"
PRIVATE = "postgres://webui:hunter2@db"


def container(**fields: object) -> dict[str, Any]:
    return {"name": "open-webui", "image": "x", "essential": True, "cpu": 0, **fields}


def variables(**values: str) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in values.items()]


def answer(*containers: dict[str, Any], **fields: object) -> dict[str, Any]:
    return {
        "taskDefinition": {"taskDefinitionArn": ARN, "containerDefinitions": list(containers)}
        | fields
    }


def read(described: object) -> TaskDefinition | SourceError:
    client: Any = ScriptedClient(describe_task_definition=lambda **_: described)
    return TaskDefinitions(client).read([ARN])[ARN]


# A description as AWS documents it (API reference, DescribeTaskDefinition), shortened in nothing
# that is read.
RECORDED = answer(
    container(
        image="ghcr.io/open-webui/open-webui:v0.8.12",
        cpu=0,
        logConfiguration={
            "logDriver": "awslogs",
            "options": {"awslogs-group": "/ecs/open-webui", "awslogs-stream-prefix": "hunter2"},
        },
        portMappings=[{"containerPort": 8080, "hostPort": 8080, "protocol": "tcp"}],
        environment=variables(UVICORN_WORKERS="4", DATABASE_URL=PRIVATE),
        secrets=[{"name": "ANTHROPIC_API_KEY", "valueFrom": "arn:aws:ssm:r:1:parameter/key"}],
        mountPoints=[],
        volumesFrom=[],
    ),
    family="open-webui",
    taskRoleArn="arn:aws:iam::123456789012:role/task",
    networkMode="awsvpc",
    revision=7,
    volumes=[
        {
            "name": "data",
            "efsVolumeConfiguration": {
                "fileSystemId": "fs-0123456789abcdef0",
                "rootDirectory": "/",
                "transitEncryption": "ENABLED",
            },
        },
        {"name": "scratch", "host": {}},
    ],
    status="ACTIVE",
    requiresAttributes=[{"name": "com.amazonaws.ecs.capability.task-iam-role"}],
    placementConstraints=[],
    compatibilities=["EC2", "FARGATE"],
    runtimePlatform={"cpuArchitecture": "ARM64", "operatingSystemFamily": "LINUX"},
    requiresCompatibilities=["FARGATE"],
    cpu="2048",
    memory="4096",
    registeredAt=datetime(2026, 1, 2, tzinfo=UTC),
)


@pytest.fixture
def stub() -> Iterator[tuple[ECSClient, Stubber]]:
    client: ECSClient = make_client("ecs", "http://127.0.0.1:1")
    with Stubber(client) as stubber:
        yield client, stubber
        stubber.assert_no_pending_responses()


def test_a_recorded_answer(stub: tuple[ECSClient, Stubber]) -> None:
    client, stubber = stub
    stubber.add_response("describe_task_definition", RECORDED, {"taskDefinition": ARN})
    assert TaskDefinitions(client).read([ARN])[ARN] == TaskDefinition(
        cpu_units=2048,
        memory_mib=4096,
        architecture="ARM64",
        environment={"UVICORN_WORKERS": ("4",), "DATABASE_URL": ("postgresql",)},
        hidden=frozenset({"ANTHROPIC_API_KEY"}),
        secret=frozenset({"ANTHROPIC_API_KEY"}),
        images=("ghcr.io/open-webui/open-webui:v0.8.12",),
        file_systems=("fs-0123456789abcdef0",),
    )


def test_over_http(aws: EmbeddedAws, ecs: ECSClient) -> None:
    service: Any = {
        "name": "web",
        "cpu": 2048,
        "memory": 4096,
        "architecture": "ARM64",
        "environment": {"UVICORN_WORKERS": "2", "OTHER": "x"},
    }
    aws.put_cluster("main", services=[service])
    (arn,) = (
        one["taskDefinition"]
        for one in ecs.describe_services(cluster="main", services=["web"])["services"]
    )
    assert TaskDefinitions(ecs).read([arn])[arn] == TaskDefinition(
        cpu_units=2048,
        memory_mib=4096,
        architecture="ARM64",
        environment={"UVICORN_WORKERS": ("2",)},
        images=("web:latest",),
    )


def test_what_a_definition_leaves_open_is_none() -> None:
    assert read(answer(container())) == TaskDefinition(environment={}, images=("x",))


def test_no_other_variable_is_kept_or_told() -> None:
    assert "hunter2" not in repr(read(RECORDED))
    hostile = variables(OTHER_URL=PRIVATE)
    hostile[0]["value"] = {"nested": PRIVATE}  # type: ignore[assignment]  # an answer of a future shape
    found = read(answer(container(environment=hostile)))
    assert found == TaskDefinition(environment={}, images=("x",))
    for name in ("UVICORN_WORKERS", "DATABASE_URL"):
        odd = read(answer(container(environment=[{"name": name, "value": [PRIVATE]}])))
        assert isinstance(odd, SourceError)
        assert "hunter2" not in f"{odd.what} {odd.hint}"
        assert "environment.0.value" in odd.what


def test_options_of_log_drivers_are_not_read() -> None:
    splunk = {"logDriver": "splunk", "options": {"splunk-token": "hunter2"}}
    for logs in (splunk, {"logDriver": 5}, "x"):
        found = read(answer(container(logConfiguration=logs)))
        assert found == TaskDefinition(environment={}, images=("x",))


@pytest.mark.parametrize(
    ("containers", "values", "hidden"),
    [
        ([container(environment=variables(UVICORN_WORKERS="4"))], ("4",), False),
        ([container(), container(environment=variables(UVICORN_WORKERS="4"))], ("4",), False),
        (
            [
                container(environment=variables(UVICORN_WORKERS="4")),
                container(environment=variables(UVICORN_WORKERS="2")),
            ],
            ("4", "2"),
            False,
        ),
        ([container(secrets=[{"name": "UVICORN_WORKERS", "valueFrom": "x"}])], None, True),
        ([container(secrets=[{"name": "OTHER", "valueFrom": "x"}])], None, False),
        ([container(environmentFiles=[{"value": "arn", "type": "s3"}])], None, True),
        (
            [
                container(
                    environment=variables(UVICORN_WORKERS="4"),
                    environmentFiles=[{"value": "arn", "type": "s3"}],
                )
            ],
            ("4",),
            False,
        ),
    ],
)
def test_a_variable_is_known_hidden_or_not_there(
    containers: list[dict[str, Any]], values: tuple[str, ...] | None, *, hidden: bool
) -> None:
    found = read(answer(*containers))
    assert isinstance(found, TaskDefinition)
    assert found.environment == ({} if values is None else {"UVICORN_WORKERS": values})
    assert ("UVICORN_WORKERS" in found.hidden) is hidden


@pytest.mark.parametrize(
    "described",
    [
        None,
        {},
        {"taskDefinition": None},
        {"taskDefinition": {}},
        {"taskDefinition": {"containerDefinitions": None}},
        answer(container(environment="x")),
        answer(container(environment=[1])),
        answer(container(secrets=[{"name": "UVICORN_WORKERS"}, 5])),
        answer(container(), cpu="1 vCPU"),
        answer(container(), cpu=1024),
        answer(container(), memory="-1"),
        answer(container(), memory="٣"),  # a digit, and none of ours
        answer(container(), runtimePlatform="ARM64"),
    ],
)
def test_a_garbled_answer_is_invalid(described: object) -> None:
    found = read(described)
    assert isinstance(found, SourceError)
    assert found.reason is GapReason.INVALID


def client_error(code: str, message: str = "") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, "DescribeTaskDefinition")


DENIED = client_error(
    "AccessDeniedException",
    "User: x is not authorized to perform: ecs:DescribeTaskDefinition on resource: *",
)


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (DENIED, GapReason.DENIED),
        (client_error("ThrottlingException"), GapReason.THROTTLED),
        (ReadTimeoutError(endpoint_url="x"), GapReason.TIMEOUT),
    ],
)
def test_who_refuses_or_hangs_is_soon_not_asked_for_the_next(
    error: Exception, reason: GapReason
) -> None:
    def refuse(**_: object) -> object:
        raise error

    client: Any = ScriptedClient(describe_task_definition=refuse)
    arns = [f"{letter}:1" for letter in "abcdefghij"]
    found = TaskDefinitions(client).read(arns)
    reasons = {arn: one.reason for arn, one in found.items() if isinstance(one, SourceError)}
    assert reasons == dict.fromkeys(arns, reason)
    assert len(client.calls) == 3


def test_the_missing_action_is_named() -> None:
    def refuse(**_: object) -> object:
        raise DENIED

    client: Any = ScriptedClient(describe_task_definition=refuse)
    found = TaskDefinitions(client).read([ARN])[ARN]
    assert isinstance(found, SourceError)
    assert found.what == "missing IAM permission ecs:DescribeTaskDefinition"


def test_one_odd_definition_is_not_the_others_fault() -> None:
    def describe(taskDefinition: str) -> object:  # noqa: N803 - as boto3 names it
        if taskDefinition == "a:1":
            raise client_error("ClientException", "Unable to describe task definition.")
        return answer(container())

    client: Any = ScriptedClient(describe_task_definition=describe)
    found = TaskDefinitions(client).read(["a:1", "b:1"])
    assert isinstance(found["a:1"], SourceError)
    assert found["b:1"] == TaskDefinition(environment={}, images=("x",))


def test_a_revision_is_asked_for_once_while_it_is_in_use() -> None:
    client: Any = ScriptedClient(describe_task_definition=lambda **_: answer(container()))
    definitions = TaskDefinitions(client)
    for arns in (["a:1", "b:1"], ["a:1", "b:1"], ["b:1", "a:2"], ["b:1"]):
        assert set(definitions.read(arns)) == set(arns)
    asked = [params["taskDefinition"] for _, params in client.calls]
    assert sorted(asked) == ["a:1", "a:2", "b:1"]
    definitions.read(["a:1"])
    assert len(client.calls) == 4


def test_a_large_account_is_learnt_in_several_polls() -> None:
    client: Any = ScriptedClient(describe_task_definition=lambda **_: answer(container()))
    definitions = TaskDefinitions(client)
    arns = [f"family-{number:04}:1" for number in range(1200)]
    missing = []
    for _ in range(4):
        found = definitions.read(arns)
        gaps = [one for one in found.values() if isinstance(one, SourceError)]
        missing.append(len(gaps))
        assert all("at most 500" in gap.what and gap.reason is GapReason.STALE for gap in gaps)
    assert missing == [700, 200, 0, 0]
    assert len(client.calls) == 1200


@pytest.mark.parametrize(
    ("body", "status"), [(b"<html>", 200), (b"[]", 200), (b"{", 200), (b"null", 200), (b"", 503)]
)
def test_bytes_that_are_no_answer(body: bytes, status: int) -> None:
    client = CannedAws("ecs").saying(body, status=status)
    assert isinstance(TaskDefinitions(client).read([ARN])[ARN], SourceError)


def test_the_wire_form_of_an_answer() -> None:
    wire = json.loads(json.dumps(RECORDED, default=lambda instant: instant.timestamp()))
    client = CannedAws("ecs").saying(json.dumps(wire).encode())
    found = TaskDefinitions(client).read([ARN])[ARN]
    assert isinstance(found, TaskDefinition)
    assert (found.cpu_units, found.memory_mib) == (2048, 4096)
