"""Task definitions: size, architecture, and the few environment variables that may be read.

A revision never changes, so each is asked for once.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from pydantic import BeforeValidator, Field

from xops_watch.aws.answers import Answer, parse_answer
from xops_watch.aws.failures import translated
from xops_watch.errors import GapReason, SourceError

if TYPE_CHECKING:
    from mypy_boto3_ecs import ECSClient

# No other variable is ever kept, looked at or told: environments hold secrets.
ENVIRONMENT_READ = frozenset({"UVICORN_WORKERS"})
READS_MAX = 50  # of one poll: a large account is learnt in several, not all at once

_ACTION = "ecs:DescribeTaskDefinition"


def _only_allowed(entries: object) -> object:
    """Drop what may not be read before anything else, an error message say, can see it."""
    if not isinstance(entries, list):
        return entries
    return [e for e in entries if not isinstance(e, dict) or _may_be_read(e.get("name"))]


def _may_be_read(name: object) -> bool:
    return isinstance(name, str) and name in ENVIRONMENT_READ


class _Variable(Answer):
    name: str
    value: str = ""


class _Secret(Answer):
    name: str


class _EnvironmentFile(Answer):
    pass


_Environment = Annotated[list[_Variable], BeforeValidator(_only_allowed)]
_Secrets = Annotated[list[_Secret], BeforeValidator(_only_allowed)]


class _Container(Answer):
    environment: _Environment = Field(default=[])
    secrets: _Secrets = Field(default=[])
    files: list[_EnvironmentFile] = Field(default=[], alias="environmentFiles")


class _Platform(Answer):
    architecture: str | None = Field(default=None, alias="cpuArchitecture")


class _Definition(Answer):
    containers: list[_Container] = Field(alias="containerDefinitions")
    cpu: str | None = Field(default=None, pattern=r"^[0-9]{1,7}$")
    memory: str | None = Field(default=None, pattern=r"^[0-9]{1,9}$")
    platform: _Platform | None = Field(default=None, alias="runtimePlatform")


class _Described(Answer):
    definition: _Definition = Field(alias="taskDefinition")


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskDefinition:
    """What a task is made of; None is what the definition leaves open.

    `cpu_units` are 1024 to a vCPU. `environment` has the variables that may be read, `hidden`
    those of them that come from somewhere that is not: a secret, or possibly a file.
    """

    cpu_units: int | None = None
    memory_mib: int | None = None
    architecture: str | None = None
    environment: Mapping[str, tuple[str, ...]]
    hidden: frozenset[str] = frozenset()


class TaskDefinitions:
    """Reads task definitions; for one thread at a time."""

    def __init__(self, client: "ECSClient") -> None:
        self._client = client
        self._known: dict[str, TaskDefinition] = {}

    def read(self, arns: Collection[str]) -> Mapping[str, TaskDefinition | SourceError]:
        """Return each definition, or why it is not known; those not named are forgotten."""
        found: dict[str, TaskDefinition | SourceError] = {}
        known = {arn: self._known[arn] for arn in arns if arn in self._known}
        stopped: SourceError | None = None
        for number, arn in enumerate(sorted(set(arns) - known.keys())):
            if stopped is None and number >= READS_MAX:
                stopped = _later()
            if stopped is not None:
                found[arn] = stopped
                continue
            try:
                known[arn] = self._ask(arn)
            except SourceError as error:
                found[arn] = error
                # One definition may be odd; whoever refuses or hangs does so for the next as well.
                stopped = None if error.reason is GapReason.INVALID else error
        self._known = known
        return found | known

    def _ask(self, arn: str) -> TaskDefinition:
        with translated(_ACTION):
            answer = self._client.describe_task_definition(taskDefinition=arn)
        return _definition(parse_answer(_Described, answer, action=_ACTION).definition)


def _definition(answer: _Definition) -> TaskDefinition:
    environment: dict[str, tuple[str, ...]] = {}
    hidden: set[str] = set()
    for container in answer.containers:
        for variable in container.environment:
            environment[variable.name] = (*environment.get(variable.name, ()), variable.value)
        hidden.update(secret.name for secret in container.secrets)
        if container.files:
            # What stands in the definition wins over the file; the rest may be in it.
            hidden.update(ENVIRONMENT_READ - {variable.name for variable in container.environment})
    return TaskDefinition(
        cpu_units=None if answer.cpu is None else int(answer.cpu),
        memory_mib=None if answer.memory is None else int(answer.memory),
        architecture=answer.platform.architecture if answer.platform else None,
        environment=environment,
        hidden=frozenset(hidden),
    )


def _later() -> SourceError:
    return SourceError(
        f"{_ACTION}: not asked yet, at most {READS_MAX} are read at a time",
        reason=GapReason.STALE,
        hint="the rest follow at the next intervals",
    )
