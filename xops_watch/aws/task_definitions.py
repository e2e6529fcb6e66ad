"""Task definitions: size, architecture, images, volumes, and a little of the environment.

A revision never changes, so each is asked for once.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from pydantic import BeforeValidator, Field

from xops_watch.aws.answers import Answer, parse_answer
from xops_watch.aws.environment import ENVIRONMENT_READ, only_allowed
from xops_watch.aws.failures import translated
from xops_watch.aws.side_by_side import SideBySide
from xops_watch.errors import GapReason, SourceError

if TYPE_CHECKING:
    from mypy_boto3_ecs import ECSClient

IMAGE_CHARACTERS_MAX = 1_000
READS_MAX = 500  # of one poll: a large account is learnt in several, not all at once

_ACTION = "ecs:DescribeTaskDefinition"


class _Variable(Answer):
    name: str
    value: str = ""


class _Secret(Answer):
    name: str


class _EnvironmentFile(Answer):
    pass


_Environment = Annotated[list[_Variable], BeforeValidator(only_allowed)]
_Secrets = Annotated[list[_Secret], BeforeValidator(only_allowed)]


class _Container(Answer):
    image: str = Field(default="", max_length=IMAGE_CHARACTERS_MAX)
    environment: _Environment = Field(default=[])
    secrets: _Secrets = Field(default=[])
    files: list[_EnvironmentFile] = Field(default=[], alias="environmentFiles")


class _FileSystem(Answer):
    id: str = Field(alias="fileSystemId", pattern=r"^[\x21-\x7e]{1,255}$")


class _Volume(Answer):
    file_system: _FileSystem | None = Field(default=None, alias="efsVolumeConfiguration")


class _Platform(Answer):
    architecture: str | None = Field(default=None, alias="cpuArchitecture")


class _Definition(Answer):
    containers: list[_Container] = Field(alias="containerDefinitions")
    cpu: str | None = Field(default=None, pattern=r"^[0-9]{1,7}$")
    memory: str | None = Field(default=None, pattern=r"^[0-9]{1,9}$")
    platform: _Platform | None = Field(default=None, alias="runtimePlatform")
    volumes: list[_Volume] = Field(default=[])


class _Described(Answer):
    definition: _Definition = Field(alias="taskDefinition")


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskDefinition:
    """What a task is made of; None is what the definition leaves open.

    `cpu_units` are 1024 to a vCPU. `environment` has what may be kept of the variables that may
    be read, by container; `secret` are those of them that come from a secret, and `hidden` those
    and what may come from a file. `file_systems` are the EFS volumes, by id.
    """

    cpu_units: int | None = None
    memory_mib: int | None = None
    architecture: str | None = None
    environment: Mapping[str, tuple[str, ...]]
    hidden: frozenset[str] = frozenset()
    secret: frozenset[str] = frozenset()
    images: tuple[str, ...] = ()
    file_systems: tuple[str, ...] = ()


class TaskDefinitions:
    """Reads task definitions; for one thread at a time."""

    def __init__(self, client: "ECSClient") -> None:
        self._client = client
        self._side_by_side = SideBySide()
        self._known: dict[str, TaskDefinition] = {}

    def read(self, arns: Collection[str]) -> Mapping[str, TaskDefinition | SourceError]:
        """Return each definition, or why it is not known; those not named are forgotten."""
        known = {arn: self._known[arn] for arn in arns if arn in self._known}
        new = sorted(set(arns) - known.keys())
        asked, later = new[:READS_MAX], new[READS_MAX:]
        answers = dict(zip(asked, self._side_by_side.ask(self._ask, asked), strict=True))
        known |= {arn: a for arn, a in answers.items() if isinstance(a, TaskDefinition)}
        self._known = known
        return answers | known | dict.fromkeys(later, _later())

    def _ask(self, arn: str) -> TaskDefinition:
        with translated(_ACTION):
            answer = self._client.describe_task_definition(taskDefinition=arn)
        return _definition(parse_answer(_Described, answer, action=_ACTION).definition)


def _definition(answer: _Definition) -> TaskDefinition:
    environment: dict[str, tuple[str, ...]] = {}
    secret: set[str] = set()
    hidden: set[str] = set()
    for container in answer.containers:
        for variable in container.environment:
            environment[variable.name] = (*environment.get(variable.name, ()), variable.value)
        secret.update(one.name for one in container.secrets)
        if container.files:
            # What stands in the definition wins over the file; the rest may be in it.
            hidden.update(ENVIRONMENT_READ - {variable.name for variable in container.environment})
    return TaskDefinition(
        cpu_units=None if answer.cpu is None else int(answer.cpu),
        memory_mib=None if answer.memory is None else int(answer.memory),
        architecture=answer.platform.architecture if answer.platform else None,
        environment=environment,
        hidden=frozenset(hidden | secret),
        secret=frozenset(secret),
        images=tuple(container.image for container in answer.containers),
        file_systems=tuple(v.file_system.id for v in answer.volumes if v.file_system),
    )


def _later() -> SourceError:
    return SourceError(
        f"{_ACTION}: not asked yet, at most {READS_MAX} are read at a time",
        reason=GapReason.STALE,
        hint="the rest follow at the next intervals",
    )
