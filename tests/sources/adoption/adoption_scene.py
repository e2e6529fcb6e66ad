"""A stack of a few services whose task definitions say what a test wants."""

from collections.abc import Mapping, Sequence
from typing import Any

from tests.aws.bench import MINUTE, NOW
from tests.aws.tiny_ecs import TinyEcs
from xops_watch.aws.inventory import EcsInventory
from xops_watch.aws.task_definitions import TaskDefinitions
from xops_watch.core.reading import Gap, Observation, Reading, SeriesKey
from xops_watch.errors import GapReason
from xops_watch.sources.adoption import AdoptionSource, Declared
from xops_watch.sources.adoption.source import Deployed

IMAGE = "ghcr.io/open-webui/open-webui:v0.8.12"


def container(
    image: str = IMAGE, *, secrets: Sequence[str] = (), files: bool = False, **environment: str
) -> dict[str, Any]:
    return {
        "name": "app",
        "image": image,
        "environment": [{"name": name, "value": value} for name, value in environment.items()],
        "secrets": [{"name": name, "valueFrom": "arn:aws:ssm:x"} for name in secrets],
        "environmentFiles": [{"value": "arn:aws:s3:::x", "type": "s3"}] if files else [],
    }


class Stack:
    """Services by name, with the containers of each; `described` answers for a definition."""

    def __init__(self, **containers: Sequence[Mapping[str, Any]]) -> None:
        self.containers = {name.replace("_", "-"): list(c) for name, c in containers.items()}
        self.ecs = TinyEcs({"main": list(self.containers)})
        for name in self.containers:
            self.ecs.changes[name] = {"taskDefinition": f"arn:x/{name}:1"}
        self.ecs.client._operations["describe_task_definition"] = self._describe

    def _describe(self, taskDefinition: str) -> Mapping[str, Any]:  # noqa: N803 - as boto3 names it
        name = taskDefinition.rpartition("/")[2].partition(":")[0]
        return {"taskDefinition": {"containerDefinitions": self.containers[name]}}

    def source(
        self,
        *evolutions: str,
        declared: Declared | None = None,
        seen: Sequence[SeriesKey] = (),
    ) -> AdoptionSource:
        return AdoptionSource(
            Deployed(
                inventory=EcsInventory(self.ecs.client, clusters=tuple(self.ecs.clusters)),
                definitions=TaskDefinitions(self.ecs.client),
                region="ap-southeast-2",
                l5_services=("*fastapi*",),
                l6_services=("*open-webui*",),
                ignored_services=("monitor",),
            ),
            interval=MINUTE,
            stack="xops",
            declared=declared or Declared(),
            evolutions=lambda: evolutions,
            seen=seen,
        )

    def observe(
        self, *evolutions: str, declared: Declared | None = None
    ) -> Mapping[tuple[str, str | None], float | GapReason]:
        return told(self.source(*evolutions, declared=declared).observe(now=NOW))


def told(
    observations: Sequence[Observation],
) -> Mapping[tuple[str, str | None], float | GapReason]:
    return {
        (o.signal, o.subject): o.value if isinstance(o, Reading) else o.reason for o in observations
    }


def gap_of(observations: Sequence[Observation], signal: str, subject: str) -> Gap:
    (found,) = [o for o in observations if (o.signal, o.subject) == (signal, subject)]
    assert isinstance(found, Gap), found
    return found
