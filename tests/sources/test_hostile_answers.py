"""Whatever is answered, a source returns sound observations or raises SourceError."""

import json
from functools import cache
from typing import Any

import cbor2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.aws.bench import MINUTE, NOW, CannedAws, ScriptedClient
from tests.aws.tiny_ecs import TinyEcs
from tests.contract.source_promises import assert_line, assert_promises_kept
from tests.fakes import MemoryStore
from tests.sources.cloudwatch_scene import NEWEST, cpu_source
from tests.sources.hostile import JSON_LIKE, damaged, for_cbor, for_json
from tests.sources.metrics_scene import source_of
from xops_watch.aws.inventory import EcsInventory
from xops_watch.aws.scaling import Autoscaling
from xops_watch.aws.scaling_activities import Activities
from xops_watch.aws.task_definitions import TaskDefinitions
from xops_watch.aws.tasks import TaskBook
from xops_watch.errors import GapReason, SourceError
from xops_watch.ports import Source
from xops_watch.sources.cloudwatch import CloudWatchSource
from xops_watch.sources.ecs import EcsSource
from xops_watch.sources.ecs_config import EcsConfigSource, Reads
from xops_watch.sources.ecs_tasks import Crews, EcsTaskSource

ECS_ANSWER: dict[str, Any] = {
    "clusterArns": ["arn:aws:ecs:r:1:cluster/main"],
    "serviceArns": ["arn:aws:ecs:r:1:service/main/crew", "web"],
    "clusters": [
        {
            "clusterName": "main",
            "status": "ACTIVE",
            "runningTasksCount": 5,
            "pendingTasksCount": 2,
        }
    ],
    "services": [
        {
            "serviceName": "crew",
            "status": "ACTIVE",
            "desiredCount": 4,
            "runningCount": 2,
            "pendingCount": 1,
            "deployments": [
                {
                    "status": "PRIMARY",
                    "rolloutState": "IN_PROGRESS",
                    "failedTasks": 0,
                    "createdAt": NOW - 20 * MINUTE,
                },
                {"status": "ACTIVE", "createdAt": NOW - 90 * MINUTE},
            ],
            "events": [
                {"createdAt": NOW - MINUTE, "message": "has reached a steady state"},
                {
                    "createdAt": NOW - 3 * MINUTE,
                    "message": "is unable to consistently start tasks successfully",
                },
            ],
        }
    ],
}
CLOUDWATCH_ANSWER: dict[str, Any] = {
    "MetricDataResults": [
        {
            "Id": f"m{index}",
            "StatusCode": "Complete",
            "Timestamps": [NEWEST, NEWEST - MINUTE],
            "Values": [80.0, 12.5],
        }
        for index in range(2)
    ],
}


def ecs_source(client: Any, clusters: tuple[str, ...]) -> EcsSource:  # noqa: ANN401 - real or scripted
    return EcsSource(
        EcsInventory(client, clusters=clusters),
        interval=MINUTE,
        crew_services=("*",),
        ignored_services=(),
    )


def cloudwatch_source(client: Any) -> CloudWatchSource:  # noqa: ANN401 - real or scripted
    inventory = EcsInventory(TinyEcs({"main": ["web", "api"]}).client, clusters=("main",))
    return cpu_source(client, inventory, interval=MINUTE, settle=2 * MINUTE, lookback=30 * MINUTE)


def assert_sound(source: Source) -> None:
    """Ask three times: what one answer left behind must not break the next."""
    for now in (NOW, NOW + MINUTE, NOW - MINUTE):
        try:
            observations = source.observe(now=now)
        except SourceError as error:
            assert_line(error.what)
            assert_line(error.hint)
        else:
            assert_promises_kept(source, observations, now=now)


@given(
    listed=st.lists(damaged(ECS_ANSWER), max_size=2) | JSON_LIKE,
    clusters=damaged(ECS_ANSWER),
    described=damaged(ECS_ANSWER),
    names=st.sampled_from([("*",), ("main",), ("main", "arn:x/other")]),
)
def test_any_answer_of_ecs(
    listed: object, clusters: object, described: object, names: tuple[str, ...]
) -> None:
    client = ScriptedClient(
        list_clusters=lambda: [clusters],
        list_services=lambda **_: listed,
        describe_services=lambda **_: described,
        describe_clusters=lambda **_: clusters,
    )
    assert_sound(ecs_source(client, names))


FARGATE_SERVICE: dict[str, Any] = {
    **ECS_ANSWER["services"][0],
    "serviceName": "open-webui",
    "taskDefinition": "arn:aws:ecs:r:1:task-definition/open-webui:1",
    "platformVersion": "LATEST",
    "capacityProviderStrategy": [
        {"capacityProvider": "FARGATE_SPOT", "weight": 3, "base": 0},
        {"capacityProvider": "FARGATE", "weight": 1, "base": 1},
    ],
}
CONFIG_ANSWER: dict[str, Any] = {
    **ECS_ANSWER,
    "services": [FARGATE_SERVICE],
    "taskDefinition": {
        "containerDefinitions": [
            {
                "environment": [{"name": "UVICORN_WORKERS", "value": "2"}],
                "secrets": [{"name": "KEY", "valueFrom": "x"}],
                "environmentFiles": [],
            }
        ],
        "cpu": "2048",
        "memory": "4096",
        "runtimePlatform": {"cpuArchitecture": "ARM64"},
    },
    "ScalableTargets": [
        {
            "ResourceId": "service/main/open-webui",
            "MinCapacity": 2,
            "MaxCapacity": 6,
            "SuspendedState": {"DynamicScalingOutSuspended": True},
        }
    ],
    "ScalingPolicies": [
        {
            "ResourceId": "service/main/open-webui",
            "TargetTrackingScalingPolicyConfiguration": {
                "TargetValue": 70.0,
                "PredefinedMetricSpecification": {
                    "PredefinedMetricType": "ECSServiceAverageCPUUtilization"
                },
            },
        }
    ],
}
TASKS_ANSWER: dict[str, Any] = {
    **ECS_ANSWER,
    "taskArns": ["arn:aws:ecs:r:1:task/main/a", "arn:aws:ecs:r:1:task/main/b"],
    "tasks": [
        {
            "taskArn": "arn:aws:ecs:r:1:task/main/a",
            "taskDefinitionArn": "arn:aws:ecs:r:1:task-definition/crew:1",
            "lastStatus": "PENDING",
            "group": "family:crew",
            "createdAt": NOW - MINUTE,
        },
        {
            "taskArn": "arn:aws:ecs:r:1:task/main/b",
            "taskDefinitionArn": "arn:aws:ecs:r:1:task-definition/crew:1",
            "lastStatus": "RUNNING",
            "group": "service:crew",
        },
    ],
}


def config_source(ecs: Any, scaling: Any) -> EcsConfigSource:  # noqa: ANN401 - real or scripted
    reads = Reads(
        scaling=Autoscaling(scaling, max_age=MINUTE),
        activities=Activities(scaling, max_age=MINUTE),
        definitions=TaskDefinitions(ecs),
    )
    return EcsConfigSource(
        EcsInventory(ecs, clusters=("main",)),
        reads,
        interval=MINUTE,
        crew_services=("*",),
        l5_services=("*",),
        l6_services=("*",),
    )


def task_source(client: Any) -> EcsTaskSource:  # noqa: ANN401 - real or scripted
    return EcsTaskSource(
        EcsInventory(client, clusters=("main",)),
        lambda cluster: TaskBook(client, cluster),
        interval=MINUTE,
        crew_services=("*",),
        crews=Crews(),
        memory=MemoryStore(),
    )


@given(
    described=damaged(CONFIG_ANSWER),
    definition=damaged(CONFIG_ANSWER),
    scaling=st.lists(damaged(CONFIG_ANSWER), max_size=2) | JSON_LIKE,
)
def test_any_answer_about_configuration(
    described: object, definition: object, scaling: object
) -> None:
    ecs = ScriptedClient(
        list_services=lambda **_: [CONFIG_ANSWER],
        describe_services=lambda **_: described,
        describe_clusters=lambda **_: CONFIG_ANSWER,
        describe_task_definition=lambda **_: definition,
    )
    client: Any = ScriptedClient(
        describe_scalable_targets=lambda **_: scaling,
        describe_scaling_policies=lambda **_: scaling,
    )
    assert_sound(config_source(ecs, client))


@given(listed=st.lists(damaged(TASKS_ANSWER), max_size=2) | JSON_LIKE, tasks=damaged(TASKS_ANSWER))
def test_any_answer_about_tasks(listed: object, tasks: object) -> None:
    client = ScriptedClient(
        list_services=lambda **_: [TASKS_ANSWER],
        describe_services=lambda **_: TASKS_ANSWER,
        describe_clusters=lambda **_: TASKS_ANSWER,
        list_tasks=lambda **_: listed,
        describe_tasks=lambda **_: tasks,
    )
    assert_sound(task_source(client))


@given(pages=st.lists(damaged(CLOUDWATCH_ANSWER), max_size=3) | JSON_LIKE)
def test_any_answer_of_cloudwatch(pages: object) -> None:
    assert_sound(cloudwatch_source(ScriptedClient(get_metric_data=lambda **_: pages)))


LISTING: dict[str, Any] = {
    "Metrics": [
        {
            "Namespace": "AWS/ApplicationELB",
            "MetricName": "RequestCount",
            "Dimensions": [{"Name": "LoadBalancer", "Value": f"app/{name}/1"}],
        }
        for name in ("web", "api")
    ]
}


@given(
    listed=st.lists(damaged(LISTING), max_size=2) | JSON_LIKE,
    pages=st.lists(damaged(CLOUDWATCH_ANSWER), max_size=3) | JSON_LIKE,
)
def test_any_listing_of_cloudwatch(listed: object, pages: object) -> None:
    client = ScriptedClient(list_metrics=lambda **_: listed, get_metric_data=lambda **_: pages)
    signals = ("alb.requests_in_flight", "alb.error_ratio", "alb.latency")
    assert_sound(source_of(client, *signals))


CBOR = "smithy-rpc-v2-cbor"


@cache
def canned(service: str, protocol: str = "json") -> CannedAws:
    return CannedAws(service, protocol=protocol)


# What botocore itself reads: the same answers as bytes, through its own parsers.
of_the_wire = settings(max_examples=50, suppress_health_check=[HealthCheck.too_slow])
STATUS = st.sampled_from([200, 200, 200, 200, 302, 400, 403, 404, 429, 500, 503])
BYTES = st.binary(max_size=40) | st.sampled_from(
    [
        b"",
        b"null",
        b"[]",
        b"1",
        b'"x"',
        b"{",
        b"[" * 50_000,
        b"\xff\xfe",
        b"<html>no</html>",
        b'{"__type": 5}',
        b'{"Error": 1}',
        b'{"__type": "a#b\\nc", "message": "x\\ny"}',
    ]
)


@of_the_wire
@given(body=damaged(ECS_ANSWER), status=STATUS)
def test_any_json_of_ecs(body: object, status: int) -> None:
    client = canned("ecs").saying(json.dumps(for_json(body)).encode(), status=status)
    assert_sound(ecs_source(client, ("main",)))


@of_the_wire
@given(body=damaged(CONFIG_ANSWER), status=STATUS)
def test_any_json_about_configuration(body: object, status: int) -> None:
    content = json.dumps(for_json(body)).encode()
    ecs = canned("ecs").saying(content, status=status)
    scaling = canned("application-autoscaling").saying(content, status=status)
    assert_sound(config_source(ecs, scaling))


@of_the_wire
@given(body=damaged(TASKS_ANSWER), status=STATUS)
def test_any_json_about_tasks(body: object, status: int) -> None:
    client = canned("ecs").saying(json.dumps(for_json(body)).encode(), status=status)
    assert_sound(task_source(client))


@of_the_wire
@given(body=damaged(CLOUDWATCH_ANSWER), status=STATUS)
def test_any_json_of_cloudwatch(body: object, status: int) -> None:
    client = canned("cloudwatch").saying(json.dumps(for_json(body)).encode(), status=status)
    assert_sound(cloudwatch_source(client))


@of_the_wire
@given(body=damaged(CLOUDWATCH_ANSWER) | JSON_LIKE, status=STATUS)
def test_any_cbor_of_cloudwatch(body: object, status: int) -> None:
    content = cbor2.dumps(for_cbor(body), datetime_as_timestamp=True)
    client = canned("cloudwatch", CBOR).saying(content, status=status)
    assert_sound(cloudwatch_source(client))


@of_the_wire
@given(body=BYTES, status=STATUS)
def test_any_bytes(body: bytes, status: int) -> None:
    assert_sound(ecs_source(canned("ecs").saying(body, status=status), ("main",)))
    for protocol in ("json", CBOR):
        client = canned("cloudwatch", protocol).saying(body, status=status)
        assert_sound(cloudwatch_source(client))


@pytest.mark.parametrize("cut", range(0, 174, 7))
def test_a_cbor_answer_that_breaks_off(cut: int) -> None:
    whole = cbor2.dumps(CLOUDWATCH_ANSWER, datetime_as_timestamp=True)
    assert len(whole) == 174
    source = cloudwatch_source(canned("cloudwatch", CBOR).saying(whole[:cut]))
    with pytest.raises(SourceError) as caught:
        source.observe(now=NOW)
    assert caught.value.reason is GapReason.INVALID


@pytest.mark.parametrize("protocol", ["json", CBOR])
def test_the_whole_answer_is_read_in_both_protocols(protocol: str) -> None:
    whole = {
        "json": json.dumps(for_json(CLOUDWATCH_ANSWER)).encode(),
        CBOR: cbor2.dumps(CLOUDWATCH_ANSWER, datetime_as_timestamp=True),
    }
    source = cloudwatch_source(canned("cloudwatch", protocol).saying(whole[protocol]))
    assert len(source.observe(now=NOW)) == 4
