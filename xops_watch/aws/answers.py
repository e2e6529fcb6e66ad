"""The parts of ECS answers that are read, checked as they come in.

Unknown fields are ignored (AWS adds some every year); a wrong type or a missing count is refused,
because a guessed number could page somebody or keep silent.
"""

from datetime import datetime
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, Field, NonNegativeInt, ValidationError

from xops_watch.aws.failures import invalid_answer


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True, extra="ignore")


class ClusterPage(_Answer):
    """One page of ListClusters."""

    arns: list[str] = Field(alias="clusterArns")


class ServicePage(_Answer):
    """One page of ListServices."""

    arns: list[str] = Field(alias="serviceArns")


class DescribedClusters(_Answer):
    """The answer of DescribeClusters; clusters that do not exist are simply not there."""

    clusters: list["ClusterAnswer"]


class DescribedServices(_Answer):
    """The answer of DescribeServices; a service deleted a moment ago is simply not there."""

    services: list["ServiceAnswer"]


class DeploymentAnswer(_Answer):
    """One deployment of a service; `rollout_state` and `failed_tasks` are absent in old answers."""

    status: str = ""
    rollout_state: str | None = Field(default=None, alias="rolloutState")
    failed_tasks: NonNegativeInt = Field(default=0, alias="failedTasks")
    created_at: datetime | None = Field(default=None, alias="createdAt")


class EventAnswer(_Answer):
    """One line of the service's event log."""

    created_at: datetime = Field(alias="createdAt")
    message: str


class ServiceAnswer(_Answer):
    """One service of DescribeServices."""

    name: str = Field(alias="serviceName", min_length=1)
    status: str
    desired: NonNegativeInt = Field(alias="desiredCount")
    running: NonNegativeInt = Field(alias="runningCount")
    pending: NonNegativeInt = Field(alias="pendingCount")
    deployments: list[DeploymentAnswer] = []
    events: list[EventAnswer] = []


class ClusterAnswer(_Answer):
    """One cluster of DescribeClusters."""

    name: str = Field(alias="clusterName", min_length=1)
    status: str
    running: NonNegativeInt = Field(alias="runningTasksCount")
    pending: NonNegativeInt = Field(alias="pendingTasksCount")


AnswerT = TypeVar("AnswerT", bound=BaseModel)


def parse_answer(model: type[AnswerT], answer: object, *, action: str) -> AnswerT:
    """Return the answer as `model`; raises SourceError (invalid) naming the field that is wrong."""
    try:
        return model.model_validate(answer)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        field = ".".join(str(part) for part in first["loc"]) or "the answer"
        raise invalid_answer(action, f"{field}: {first['msg']}") from error
