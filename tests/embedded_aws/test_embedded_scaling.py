"""How services are configured: task definitions, strategies and autoscaling."""

from typing import Any

import pytest
from mypy_boto3_ecs import ECSClient

from tests.embedded_aws.asking import refusal
from tests.embedded_aws.clients import make_client
from xops_watch.embedded_aws.control import ControlRefusedError, EmbeddedAws
from xops_watch.embedded_aws.control_specs import ServiceSpec

PREFIX = "arn:aws:ecs:ap-southeast-2:123456789012"
ECS = {"ServiceNamespace": "ecs"}
WEB: ServiceSpec = {
    "name": "web",
    "running": 1,
    "task_definition": "web:7",
    "cpu": 2048,
    "memory": 4096,
    "architecture": "ARM64",
    "environment": {"UVICORN_WORKERS": "2"},
    "strategy": [
        {"capacity_provider": "FARGATE_SPOT", "weight": 3},
        {"capacity_provider": "FARGATE", "weight": 1, "base": 1},
    ],
    "scaling": {"min": 2, "max": 6, "cpu_target": 70},
}


@pytest.fixture
def scaling(aws: EmbeddedAws) -> Any:  # noqa: ANN401 - there are no stubs of this client
    return make_client(aws.endpoint, "application-autoscaling")


@pytest.mark.parametrize("name", ["web", "web:7", f"{PREFIX}:task-definition/web:7"])
def test_the_task_definition_of_a_service(aws: EmbeddedAws, ecs: ECSClient, name: str) -> None:
    aws.put_cluster("main", services=[WEB])
    found: Any = ecs.describe_task_definition(taskDefinition=name)["taskDefinition"]
    assert found["taskDefinitionArn"] == f"{PREFIX}:task-definition/web:7"
    assert (found["family"], found["revision"]) == ("web", 7)
    assert (found["cpu"], found["memory"]) == ("2048", "4096")
    assert found["runtimePlatform"]["cpuArchitecture"] == "ARM64"
    (container,) = found["containerDefinitions"]
    assert container["environment"] == [{"name": "UVICORN_WORKERS", "value": "2"}]
    (service,) = ecs.describe_services(cluster="main", services=["web"])["services"]
    assert service["taskDefinition"] == found["taskDefinitionArn"]


def test_what_a_service_is_joined_to(aws: EmbeddedAws, ecs: ECSClient) -> None:
    group = "arn:aws:elasticloadbalancing:ap-southeast-2:123456789012:targetgroup/web/1"
    aws.put_cluster("main", services=[{**WEB, "target_groups": [group], "file_systems": ["fs-1"]}])
    (service,) = ecs.describe_services(cluster="main", services=["web"])["services"]
    assert [joined["targetGroupArn"] for joined in service["loadBalancers"]] == [group]
    found = ecs.describe_task_definition(taskDefinition="web")["taskDefinition"]
    assert [v["efsVolumeConfiguration"]["fileSystemId"] for v in found["volumes"]] == ["fs-1"]


def test_what_a_service_is_joined_to_is_a_list_of_texts(aws: EmbeddedAws) -> None:
    bad: Any = {"name": "web", "target_groups": [1]}
    with pytest.raises(ControlRefusedError, match=r"target_groups: must be a list of non-empty"):
        aws.put_cluster("main", services=[bad])


def test_a_definition_that_says_nothing(aws: EmbeddedAws, ecs: ECSClient) -> None:
    aws.put_cluster("main", services=[{"name": "web"}])
    found = ecs.describe_task_definition(taskDefinition="web")["taskDefinition"]
    assert (found["cpu"], found["memory"]) == ("256", "512")
    assert "runtimePlatform" not in found


@pytest.mark.parametrize("name", ["nope", "web:8", f"{PREFIX}:task-definition/web:8"])
def test_a_definition_that_nobody_runs(aws: EmbeddedAws, ecs: ECSClient, name: str) -> None:
    aws.put_cluster("main", services=[WEB])
    said = refusal(lambda: ecs.describe_task_definition(taskDefinition=name))
    assert said == ("ClientException", "Unable to describe task definition.")


def test_a_strategy_stands_in_for_the_launch_type(aws: EmbeddedAws, ecs: ECSClient) -> None:
    aws.put_cluster("main", services=[WEB])
    (service,) = ecs.describe_services(cluster="main", services=["web"])["services"]
    assert "launchType" not in service
    assert service["capacityProviderStrategy"] == [
        {"capacityProvider": "FARGATE_SPOT", "weight": 3, "base": 0},
        {"capacityProvider": "FARGATE", "weight": 1, "base": 1},
    ]


def test_scalable_targets(aws: EmbeddedAws, scaling: Any) -> None:  # noqa: ANN401 - as above
    stopped: ServiceSpec = {"name": "crew", "scaling": {"min": 1, "max": 8, "suspended": "yes"}}
    aws.put_cluster("main", services=[WEB, stopped, {"name": "fixed"}])
    found = scaling.describe_scalable_targets(**ECS)["ScalableTargets"]
    assert [(each["ResourceId"], each["MinCapacity"], each["MaxCapacity"]) for each in found] == [
        ("service/main/web", 2, 6),
        ("service/main/crew", 1, 8),
    ]
    assert [each["SuspendedState"]["DynamicScalingOutSuspended"] for each in found] == [False, True]
    some = scaling.describe_scalable_targets(
        **ECS,
        ResourceIds=["service/main/crew", "service/main/fixed", "service/main/nope"],
        ScalableDimension="ecs:service:DesiredCount",
    )
    assert [each["ResourceId"] for each in some["ScalableTargets"]] == ["service/main/crew"]


def test_policies(aws: EmbeddedAws, scaling: Any) -> None:  # noqa: ANN401 - as above
    aws.put_cluster("main", services=[WEB, {"name": "crew", "scaling": {"min": 1, "max": 8}}])
    (policy,) = scaling.describe_scaling_policies(**ECS)["ScalingPolicies"]
    assert policy["ResourceId"] == "service/main/web"
    assert policy["TargetTrackingScalingPolicyConfiguration"]["TargetValue"] == 70
    of_crew = scaling.describe_scaling_policies(**ECS, ResourceId="service/main/crew")
    assert of_crew["ScalingPolicies"] == []


def test_nothing_was_ever_scaled(aws: EmbeddedAws, scaling: Any) -> None:  # noqa: ANN401 - as above
    aws.put_cluster("main", services=[WEB])
    found = scaling.describe_scaling_activities(ServiceNamespace="ecs")
    assert found["ScalingActivities"] == []


@pytest.mark.parametrize("namespace", ["dynamodb", "ec2"])
def test_nothing_else_is_scaled(aws: EmbeddedAws, scaling: Any, namespace: str) -> None:  # noqa: ANN401 - as above
    aws.put_cluster("main", services=[WEB])
    found = scaling.describe_scalable_targets(ServiceNamespace=namespace)
    assert found["ScalableTargets"] == []


def test_long_listings_come_in_pages(aws: EmbeddedAws, scaling: Any) -> None:  # noqa: ANN401 - as above
    services: list[ServiceSpec] = [
        {"name": f"s{number:03}", "scaling": {"min": 1, "max": 2, "cpu_target": 60}}
        for number in range(60)
    ]
    aws.put_cluster("main", services=services)
    for operation, name, pages in (
        ("describe_scalable_targets", "ScalableTargets", 2),
        ("describe_scaling_policies", "ScalingPolicies", 6),
    ):
        listed = list(scaling.get_paginator(operation).paginate(**ECS))
        assert len(listed) == pages
        found = [each["ResourceId"] for page in listed for each in page[name]]
        assert found == [f"service/main/s{number:03}" for number in range(60)]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"ServiceNamespace": "moon"}, "ValidationException"),
        ({**ECS, "ResourceIds": ["x"] * 51}, "ValidationException"),
        ({**ECS, "ResourceIds": ["bad\x00"]}, "ValidationException"),
        ({**ECS, "MaxResults": 51}, "ValidationException"),
        ({**ECS, "NextToken": "foreign"}, "InvalidNextTokenException"),
    ],
)
def test_what_aws_would_refuse(aws: EmbeddedAws, scaling: Any, arguments: Any, code: str) -> None:  # noqa: ANN401 - as above
    assert aws.endpoint
    assert refusal(lambda: scaling.describe_scalable_targets(**arguments))[0] == code


def test_a_name_past_16_bits_is_a_name(aws: EmbeddedAws, scaling: Any) -> None:  # noqa: ANN401 - as above
    assert aws.endpoint
    assert (
        scaling.describe_scalable_targets(**ECS, ResourceIds=["\U0001f9ed"])["ScalableTargets"]
        == []
    )


@pytest.mark.parametrize(
    "service",
    [
        {"name": "web", "scaling": []},
        {"name": "web", "scaling": {"minimum": 1}},
        {"name": "web", "scaling": {"suspended": "maybe"}},
        {"name": "web", "scaling": {"cpu_target": 0}},
        {"name": "web", "strategy": [{"weight": 1}]},
        {"name": "web", "strategy": [{"capacity_provider": "FARGATE", "weigth": 1}]},
        {"name": "web", "cpu": 1},
        {"name": "web", "architecture": "RISCV"},
        {"name": "web", "environment": {"A": 1}},
    ],
)
def test_a_control_request_that_is_wrong_is_refused(aws: EmbeddedAws, service: Any) -> None:  # noqa: ANN401 - any JSON
    with pytest.raises(ControlRefusedError):
        aws.put_cluster("main", services=[service])
