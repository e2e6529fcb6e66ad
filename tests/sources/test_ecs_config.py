"""How services are configured, and what is said of what they do not have."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.aws.bench import MINUTE, NOW, ScriptedClient, make_client
from tests.aws.tiny_ecs import TinyEcs
from xops_watch.aws.inventory import EcsInventory
from xops_watch.aws.scaling import Autoscaling
from xops_watch.aws.scaling_activities import Activities
from xops_watch.aws.task_definitions import TaskDefinitions
from xops_watch.core.reading import Gap, Observation, Reading, SeriesKey
from xops_watch.embedded_aws.control import EmbeddedAws
from xops_watch.embedded_aws.control_specs import ServiceSpec
from xops_watch.errors import GapReason, SourceError
from xops_watch.sources.ecs_config import EcsConfigSource, Reads

ON_FARGATE = {
    "launchType": "FARGATE",
    "platformVersion": "LATEST",
    "deployments": [{"status": "PRIMARY", "platformVersion": "1.4.0"}],
    "taskDefinition": "arn:x/open-webui:1",
}
ACTIVITIES = {
    "ecs.scaled_1h": 0.0,
    "ecs.not_scaled_1h": 0.0,
    "ecs.not_scaled_reason": 0.0,
    "ecs.scaling_failed_1h": 0.0,
}
LIMITS = ("tasks_min", "tasks_max", "cpu_target")
MIB = 1024 * 1024


class Stack:
    """Services of one cluster, their definition and their scaling; all as they should be."""

    def __init__(self, *services: str) -> None:
        self.ecs = TinyEcs({"main": services or ("open-webui",)})
        for name in services or ("open-webui",):
            self.ecs.changes[name] = ON_FARGATE
        self.definition: dict[str, Any] = {
            "containerDefinitions": [{"name": "web"}],
            "cpu": "2048",
            "memory": "4096",
            "runtimePlatform": {"cpuArchitecture": "ARM64"},
        }
        self.targets: list[dict[str, Any]] = [
            {"ResourceId": f"service/main/{name}", "MinCapacity": 2, "MaxCapacity": 6}
            for name in self.ecs.clusters["main"]
        ]
        self.ecs.client._operations["describe_task_definition"] = lambda **_: {
            "taskDefinition": self.definition
        }
        self.activities: list[dict[str, Any]] = []
        self.scaling = ScriptedClient(
            describe_scalable_targets=lambda **_: [{"ScalableTargets": self.targets}],
            describe_scaling_policies=self._policies,
            describe_scaling_activities=lambda **_: [{"ScalingActivities": self.activities}],
        )

    def _policies(self, ResourceId: str, **_: object) -> Sequence[Mapping[str, Any]]:  # noqa: N803 - as boto3 names it
        metric = {"PredefinedMetricType": "ECSServiceAverageCPUUtilization"}
        aim = {"TargetValue": 70.0, "PredefinedMetricSpecification": metric}
        policy = {"ResourceId": ResourceId, "TargetTrackingScalingPolicyConfiguration": aim}
        return [{"ScalingPolicies": [policy]}]

    def change(self, name: str = "open-webui", **fields: object) -> None:
        self.ecs.changes[name] = {**self.ecs.changes[name], **fields}

    def source(self, *, seen: Sequence[SeriesKey] = ()) -> EcsConfigSource:
        return EcsConfigSource(
            EcsInventory(self.ecs.client, clusters=("main",)),
            Reads(
                scaling=Autoscaling(self.scaling, max_age=5 * MINUTE),
                activities=Activities(self.scaling, max_age=5 * MINUTE),
                definitions=TaskDefinitions(self.ecs.client),
            ),
            interval=MINUTE,
            crew_services=("*crew*",),
            l5_services=("*fastapi*",),
            l6_services=("*open-webui*",),
            seen=seen,
        )

    def observe(self) -> Sequence[Observation]:
        return self.source().observe(now=NOW)


def values(observations: Sequence[Observation], subject: str) -> dict[str, float]:
    found = [o for o in observations if isinstance(o, Reading) and o.subject == subject]
    return {o.signal: o.value for o in found}


def gaps(
    observations: Sequence[Observation], subject: str | None
) -> dict[str, tuple[GapReason, str]]:
    found = [o for o in observations if isinstance(o, Gap) and o.subject == subject]
    return {o.signal: (o.reason, o.detail) for o in found}


def reasons(observations: Sequence[Observation], subject: str | None) -> dict[str, GapReason]:
    return {signal: reason for signal, (reason, _) in gaps(observations, subject).items()}


def test_a_stack_over_http(aws: EmbeddedAws) -> None:
    web: ServiceSpec = {
        "name": "open-webui",
        "desired": 2,
        "running": 2,
        "cpu": 2048,
        "memory": 4096,
        "architecture": "ARM64",
        "environment": {"UVICORN_WORKERS": "2"},
        "scaling": {"min": 2, "max": 6, "cpu_target": 70},
    }
    crew: ServiceSpec = {
        "name": "fastapi-crewai",
        "desired": 8,
        "running": 8,
        "cpu": 1024,
        "memory": 2048,
        "strategy": [
            {"capacity_provider": "FARGATE_SPOT", "weight": 3},
            {"capacity_provider": "FARGATE", "weight": 1, "base": 1},
        ],
        "scaling": {"min": 2, "max": 8, "suspended": "yes"},
    }
    aws.put_cluster("main", services=[web, crew, {"name": "job", "launch_type": "EC2"}])
    ecs = make_client("ecs", aws.endpoint)
    scaling = make_client("application-autoscaling", aws.endpoint)
    source = EcsConfigSource(
        EcsInventory(ecs, clusters=("main",)),
        Reads(
            scaling=Autoscaling(scaling, max_age=5 * MINUTE),
            activities=Activities(scaling, max_age=5 * MINUTE),
            definitions=TaskDefinitions(ecs),
        ),
        interval=MINUTE,
        crew_services=("*crew*",),
        l5_services=("*fastapi*",),
        l6_services=("*open-webui*",),
    )
    observations = source.observe(now=NOW)
    assert values(observations, "main/open-webui") == {
        "ecs.launch_type": 0,
        "ecs.platform_version": 1_004_000,
        "ecs.cpu_architecture": 0,
        "ecs.scaling_headroom": 4,
        "ecs.scaling_suspended": 0,
        **ACTIVITIES,
        "l6.tasks_min": 2,
        "l6.tasks_max": 6,
        "l6.cpu_target": 0.7,
        "l6.task_cpu": 2048,
        "l6.task_memory": 4096 * MIB,
        "l6.workers": 2,
    }
    assert reasons(observations, "main/open-webui") == {}
    assert values(observations, "main/fastapi-crewai") == {
        "ecs.launch_type": 0,
        "ecs.platform_version": 1_004_000,
        "ecs.cpu_architecture": 1,  # Fargate takes x86_64 when nothing is said
        "ecs.scaling_headroom": 0,
        "ecs.scaling_suspended": 1,
        **ACTIVITIES,
        "crew.spot_share": 0.75,
        "l5.tasks_min": 2,
        "l5.tasks_max": 8,
        "l5.task_cpu": 1024,
        "l5.task_memory": 2048 * MIB,
    }
    assert reasons(observations, "main/fastapi-crewai") == {
        "l5.cpu_target": GapReason.NOT_APPLICABLE
    }
    assert values(observations, "main/job") == {"ecs.launch_type": 1}
    assert reasons(observations, "main/job") == dict.fromkeys(
        (
            "ecs.platform_version",
            "ecs.cpu_architecture",
            "ecs.scaling_headroom",
            "ecs.scaling_suspended",
            *ACTIVITIES,
        ),
        GapReason.NOT_APPLICABLE,
    )


def test_a_poll_costs_few_calls_and_the_next_fewer() -> None:
    stack = Stack("open-webui", *(f"s{number}" for number in range(20)))
    source = stack.source()
    for minute in range(10):
        source.observe(now=NOW + minute * MINUTE)
    assert [name for name, _ in stack.scaling.calls] == [
        "describe_scalable_targets",
        "describe_scaling_policies",
        "describe_scaling_activities",
    ] * 2
    described = [name for name, _ in stack.ecs.client.calls if name == "describe_task_definition"]
    assert len(described) == 1


def test_without_a_scalable_target_scaling_is_not_applicable() -> None:
    stack = Stack()
    stack.targets = []
    observations = stack.observe()
    said = gaps(observations, "main/open-webui")
    expected = {"ecs.scaling_headroom", "ecs.scaling_suspended", *(f"l6.{w}" for w in LIMITS)}
    assert set(said) == {*expected, *ACTIVITIES}
    assert {reason for reason, _ in said.values()} == {GapReason.NOT_APPLICABLE}
    assert all("no scalable target" in detail for _, detail in said.values())
    assert values(observations, "main/open-webui")["l6.task_cpu"] == 2048


@pytest.mark.parametrize(("running", "headroom"), [(0, 6), (2, 4), (6, 0), (9, 0)])
def test_the_headroom_is_what_may_still_be_added(running: int, headroom: int) -> None:
    stack = Stack()
    stack.change(runningCount=running)
    assert values(stack.observe(), "main/open-webui")["ecs.scaling_headroom"] == headroom


@pytest.mark.parametrize(
    ("word", "state"), [("FARGATE", 0), ("EC2", 1), ("MANAGED_INSTANCES", 1), ("EXTERNAL", 2)]
)
def test_the_launch_type_is_a_state(word: str, state: int) -> None:
    stack = Stack()
    stack.change(launchType=word)
    assert values(stack.observe(), "main/open-webui")["ecs.launch_type"] == state


def test_an_unknown_launch_type_is_invalid() -> None:
    stack = Stack()
    stack.change(launchType="MOON")
    reason, detail = gaps(stack.observe(), "main/open-webui")["ecs.launch_type"]
    assert reason is GapReason.INVALID
    assert "'MOON'" in detail


@pytest.mark.parametrize(
    ("version", "value"),
    [("1.4.0", 1_004_000), ("1.3.0", 1_003_000), ("2.10.7", 2_010_007), ("999.999.999", 999999999)],
)
def test_the_platform_version_is_one_number(version: str, value: int) -> None:
    stack = Stack()
    stack.change(platformVersion=version)
    assert values(stack.observe(), "main/open-webui")["ecs.platform_version"] == value


@pytest.mark.parametrize("version", ["LATEST", "1.4", "1.4.0.1", "a.b.c", "", "1000.0.0"])
def test_a_version_that_is_none_is_invalid(version: str) -> None:
    stack = Stack()
    stack.change(platformVersion=version, deployments=[])
    said = reasons(stack.observe(), "main/open-webui")
    assert said == {"ecs.platform_version": GapReason.INVALID}


@pytest.mark.parametrize(
    ("launch", "word", "expected"),
    [
        ("FARGATE", "ARM64", 0),
        ("FARGATE", "X86_64", 1),
        ("FARGATE", None, 1),
        ("FARGATE", "RISCV", GapReason.INVALID),
        ("EC2", "ARM64", 0),
        ("EC2", None, GapReason.NOT_APPLICABLE),
    ],
)
def test_the_architecture(launch: str, word: str | None, expected: float | GapReason) -> None:
    stack = Stack()
    stack.change(launchType=launch)
    stack.definition["runtimePlatform"] = {"cpuArchitecture": word}
    observations = stack.observe()
    signal = "ecs.cpu_architecture"
    read = values(observations, "main/open-webui").get(signal)
    said = reasons(observations, "main/open-webui").get(signal)
    assert expected == (read if said is None else said)


def test_a_task_without_a_size_is_not_applicable() -> None:
    stack = Stack()
    del stack.definition["cpu"], stack.definition["memory"]
    assert reasons(stack.observe(), "main/open-webui") == {
        "l6.task_cpu": GapReason.NOT_APPLICABLE,
        "l6.task_memory": GapReason.NOT_APPLICABLE,
    }


@pytest.mark.parametrize(
    ("containers", "expected"),
    [
        ([{}], 1),
        ([{"environment": [{"name": "OTHER", "value": "9"}]}], 1),
        ([{"environment": [{"name": "UVICORN_WORKERS", "value": "4"}]}, {}], 4),
        (
            [
                {"environment": [{"name": "UVICORN_WORKERS", "value": "2"}]},
                {"environment": [{"name": "UVICORN_WORKERS", "value": "3"}]},
            ],
            3,
        ),
        ([{"secrets": [{"name": "UVICORN_WORKERS"}]}], GapReason.NOT_ENABLED),
        ([{"environmentFiles": [{"type": "s3"}]}], GapReason.NOT_ENABLED),
        ([{"environment": [{"name": "UVICORN_WORKERS", "value": "0"}]}], GapReason.INVALID),
        ([{"environment": [{"name": "UVICORN_WORKERS", "value": "many"}]}], GapReason.INVALID),
        ([{"environment": [{"name": "UVICORN_WORKERS", "value": ""}]}], GapReason.INVALID),
    ],
)
def test_workers_are_one_unless_the_variable_says_more(
    containers: list[dict[str, Any]], expected: float | GapReason
) -> None:
    stack = Stack()
    stack.definition["containerDefinitions"] = containers
    observations = stack.observe()
    read = values(observations, "main/open-webui").get("l6.workers")
    said = reasons(observations, "main/open-webui").get("l6.workers")
    assert expected == (read if said is None else said)


def test_the_value_of_a_variable_is_never_told() -> None:
    stack = Stack()
    stack.definition["containerDefinitions"] = [
        {"environment": [{"name": "UVICORN_WORKERS", "value": "hunter2"}]}
    ]
    assert "hunter2" not in repr(stack.observe())


def test_only_crews_have_a_share_of_spot_and_only_layers_have_sizes() -> None:
    stack = Stack("crew-worker", "fastapi-crew", "plain")
    observations = stack.observe()
    assert values(observations, "main/crew-worker")["crew.spot_share"] == 0
    assert set(values(observations, "main/plain")) == {
        "ecs.launch_type",
        "ecs.platform_version",
        "ecs.cpu_architecture",
        "ecs.scaling_headroom",
        "ecs.scaling_suspended",
        *ACTIVITIES,
    }
    assert values(observations, "main/fastapi-crew")["l5.tasks_max"] == 6


def test_crews_on_ec2_have_no_share_of_spot() -> None:
    stack = Stack("crew-worker")
    stack.change("crew-worker", launchType="EC2")
    said = reasons(stack.observe(), "main/crew-worker")
    assert said["crew.spot_share"] is GapReason.NOT_APPLICABLE


def test_a_layer_without_a_service_says_which_setting_names_it() -> None:
    said = gaps(Stack("fastapi", "web").observe(), None)
    assert set(said) == {
        *(f"l6.{what}" for what in (*LIMITS, "task_cpu", "task_memory")),
        "l6.workers",
    }
    assert {reason for reason, _ in said.values()} == {GapReason.NOT_ENABLED}
    assert all("ecs.l6_services" in detail for _, detail in said.values())


def test_a_service_without_a_definition_is_not_applicable() -> None:
    stack = Stack()
    stack.change(taskDefinition=None)
    said = reasons(stack.observe(), "main/open-webui")
    signals = ("ecs.cpu_architecture", "l6.task_cpu", "l6.task_memory", "l6.workers")
    assert said == dict.fromkeys(signals, GapReason.NOT_APPLICABLE)


def refuse(**_: object) -> Any:  # noqa: ANN401 - never returns
    raise ClientError({"Error": {"Code": "AccessDeniedException"}}, "x")


def test_a_denied_action_blinds_only_what_it_tells() -> None:
    stack = Stack()
    of_scaling = {"ecs.scaling_headroom", "ecs.scaling_suspended", "l6.tasks_min", "l6.tasks_max"}
    of_definition = {"ecs.cpu_architecture", "l6.task_cpu", "l6.task_memory", "l6.workers"}
    stack.scaling._operations["describe_scaling_policies"] = refuse
    said = gaps(stack.observe(), "main/open-webui")
    assert said == {
        "l6.cpu_target": (
            GapReason.DENIED,
            "missing IAM permission application-autoscaling:DescribeScalingPolicies",
        )
    }
    stack.scaling._operations["describe_scalable_targets"] = refuse
    assert set(gaps(stack.observe(), "main/open-webui")) == {*of_scaling, "l6.cpu_target"}
    stack.ecs.client._operations["describe_task_definition"] = refuse
    observations = stack.observe()
    assert set(reasons(observations, "main/open-webui")) == {
        *of_scaling,
        *of_definition,
        "l6.cpu_target",
    }
    assert set(values(observations, "main/open-webui")) == {
        "ecs.launch_type",
        "ecs.platform_version",
        *ACTIVITIES,
    }


def test_a_cluster_that_fails_blinds_what_was_seen_in_it() -> None:
    stack = Stack()
    source = stack.source()
    stack.ecs.clusters["other"] = []
    source._inventory = EcsInventory(stack.ecs.client, clusters=("main", "other"))
    seen = values(source.observe(now=NOW), "main/open-webui")
    stack.ecs.broken = {"main"}
    observations = source.observe(now=NOW + MINUTE)
    assert reasons(observations, "main/open-webui") == dict.fromkeys(seen, GapReason.THROTTLED)
    assert reasons(observations, None) == {}  # the layer may be in the cluster that failed
    stack.ecs.broken = {"main", "other"}
    with pytest.raises(SourceError):
        source.observe(now=NOW + 2 * MINUTE)


def test_a_service_that_is_no_more_is_gone_once() -> None:
    stack = Stack("open-webui", "old")
    source = stack.source(seen=[("l5.tasks_max", "main/older"), ("ecs.tasks_running", "main/x")])
    assert reasons(source.observe(now=NOW), "main/older") == {"l5.tasks_max": GapReason.GONE}
    stack.ecs.clusters["main"] = ["open-webui"]
    said = reasons(source.observe(now=NOW + MINUTE), "main/old")
    assert set(said.values()) == {GapReason.GONE}
    assert len(said) == 9
    assert reasons(source.observe(now=NOW + 2 * MINUTE), "main/old") == {}
