"""Task definitions: what a control request says of a service's, and DescribeTaskDefinition."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from xops_watch.embedded_aws.errors import AwsError
from xops_watch.embedded_aws.fields import Fields
from xops_watch.embedded_aws.requests import ACCOUNT, Request

if TYPE_CHECKING:
    from xops_watch.embedded_aws.ecs_state import ClusterStore, Service

_VCPU = 1024
_MIB_MAX = 244 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """The part of a task definition that can be chosen; `architecture` None names none.

    `file_systems` are ids of EFS, each a volume.
    """

    cpu: int = 256
    memory: int = 512
    architecture: str | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    file_systems: Sequence[str] = ()


def read_definition(fields: Fields) -> Definition:
    """Return the task definition that the fields of a service describe."""
    return Definition(
        cpu=fields.whole("cpu", default=256, low=128, high=192 * _VCPU),
        memory=fields.whole("memory", default=512, low=6, high=_MIB_MAX),
        architecture=fields.choice("architecture", {"ARM64", "X86_64"}, "") or None,
        environment=fields.texts("environment"),
        file_systems=fields.names("file_systems"),
    )


def describe_task_definition(request: Request, store: "ClusterStore") -> dict[str, Any]:
    """Answer DescribeTaskDefinition: there are those that services run."""
    prefix = f"arn:aws:ecs:{request.region}:{ACCOUNT}:task-definition/"
    name = request.params["taskDefinition"].removeprefix(prefix)
    for cluster in store.listed(request.region):
        for service in cluster.services:
            if name in (service.task_definition, service.task_definition.partition(":")[0]):
                return {"taskDefinition": _shape(service, prefix), "tags": []}
    raise AwsError("ClientException", "Unable to describe task definition.")


def _shape(service: "Service", prefix: str) -> dict[str, Any]:
    family, _, revision = service.task_definition.partition(":")
    definition = service.definition
    environment = [{"name": name, "value": text} for name, text in definition.environment.items()]
    container = {
        "name": family,
        "image": f"{family}:latest",
        "cpu": 0,
        "essential": True,
        "environment": environment,
        "portMappings": [],
        "mountPoints": [],
        "volumesFrom": [],
    }
    shape: dict[str, Any] = {
        "taskDefinitionArn": prefix + service.task_definition,
        "family": family,
        "revision": int(revision) if revision.isdecimal() else 1,
        "status": "ACTIVE",
        "networkMode": "awsvpc",
        "cpu": str(definition.cpu),
        "memory": str(definition.memory),
        "containerDefinitions": [container],
        "volumes": [
            {"name": name, "efsVolumeConfiguration": {"fileSystemId": name}}
            for name in definition.file_systems
        ],
        "placementConstraints": [],
        "requiresCompatibilities": [service.launch_type],
    }
    if definition.architecture is not None:
        platform = {"cpuArchitecture": definition.architecture, "operatingSystemFamily": "LINUX"}
        shape["runtimePlatform"] = platform
    return shape
