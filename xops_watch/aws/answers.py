"""The parts of AWS answers that are read, checked as they come in.

Unknown fields are ignored (AWS adds some every year); a wrong type or a missing count is refused,
because a guessed number could page somebody or keep silent.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, TypeVar

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from xops_watch.aws.failures import invalid_answer, translated

# Names become labels, two of them joined by a slash, and counts become floats: what ECS would
# never say (it allows letters, digits, _ and -) is refused here.
ARN_CHARACTERS_MAX = 2048
COUNT_MAX = 10_000_000

_NAME = r"[\x21-\x2e\x30-\x7e]{1,255}"
Name = Annotated[str, Field(pattern=f"^{_NAME}$")]
Arn = Annotated[str, Field(pattern=rf"^([\x21-\x7e]*/)?{_NAME}$", max_length=ARN_CHARACTERS_MAX)]
# Names of Auto Scaling groups and models hold spaces, slashes and colons.
DimensionText = Annotated[str, Field(pattern=r"^[\x20-\x7e]{1,500}$")]
Count = Annotated[int, Field(ge=0, le=COUNT_MAX)]


class Answer(BaseModel):
    """A part of an answer: unknown fields are ignored, nothing is converted."""

    model_config = ConfigDict(frozen=True, strict=True, extra="ignore")


class ClusterPage(Answer):
    """One page of ListClusters."""

    arns: list[Arn] = Field(alias="clusterArns")


class ServicePage(Answer):
    """One page of ListServices."""

    arns: list[Arn] = Field(alias="serviceArns")


class DescribedClusters(Answer):
    """The answer of DescribeClusters; clusters that do not exist are simply not there."""

    clusters: list["ClusterAnswer"]


class DescribedServices(Answer):
    """The answer of DescribeServices; a service deleted a moment ago is only in `failures`."""

    services: list["ServiceAnswer"]
    failures: list["FailureAnswer"] = []


class FailureAnswer(Answer):
    """Why something that was asked for is not in the answer."""

    reason: str = ""


class ServiceConnectAnswer(Answer):
    """Whether a deployment takes part in Service Connect; the namespace is a name or an ARN."""

    enabled: bool
    namespace: str | None = Field(default=None, max_length=ARN_CHARACTERS_MAX)


class DeploymentAnswer(Answer):
    """One deployment of a service; `rollout_state` and `failed_tasks` are absent in old answers."""

    status: str = ""
    rollout_state: str | None = Field(default=None, alias="rolloutState")
    failed_tasks: Count = Field(default=0, alias="failedTasks")
    platform_version: str | None = Field(default=None, alias="platformVersion")
    created_at: AwareDatetime | None = Field(default=None, alias="createdAt")
    service_connect: ServiceConnectAnswer | None = Field(
        default=None, alias="serviceConnectConfiguration"
    )


class LoadBalancerAnswer(Answer):
    """One load balancer of a service: by target group, or a classic one by name."""

    target_group: Arn | None = Field(default=None, alias="targetGroupArn")


class EventAnswer(Answer):
    """One line of the service's event log."""

    created_at: AwareDatetime = Field(alias="createdAt")
    message: str


class StrategyAnswer(Answer):
    """One capacity provider of a service's strategy."""

    provider: Name = Field(alias="capacityProvider")
    weight: Count = 0


class ServiceAnswer(Answer):
    """One service of DescribeServices."""

    name: Name = Field(alias="serviceName")
    status: str
    desired: Count = Field(alias="desiredCount")
    running: Count = Field(alias="runningCount")
    pending: Count = Field(alias="pendingCount")
    deployments: list[DeploymentAnswer] = []
    events: list[EventAnswer] = []
    task_definition: Arn | None = Field(default=None, alias="taskDefinition")
    launch_type: str | None = Field(default=None, alias="launchType")
    strategy: list[StrategyAnswer] = Field(default=[], alias="capacityProviderStrategy")
    platform_version: str | None = Field(default=None, alias="platformVersion")
    load_balancers: list[LoadBalancerAnswer] = Field(default=[], alias="loadBalancers")


class ClusterAnswer(Answer):
    """One cluster of DescribeClusters."""

    status: str
    running: Count = Field(alias="runningTasksCount")
    pending: Count = Field(alias="pendingTasksCount")


class MetricAnswer(Answer):
    """What one page of GetMetricData says of one query; values in the metric's own unit."""

    id: str = Field(alias="Id")
    status: str = Field(default="", alias="StatusCode")
    timestamps: list[AwareDatetime] = Field(default=[], alias="Timestamps")
    values: list[float] = Field(default=[], alias="Values")


class MetricPage(Answer):
    """One page of GetMetricData."""

    results: list[MetricAnswer] = Field(alias="MetricDataResults")


class DimensionAnswer(Answer):
    """One dimension of a listed metric; its value may become a label."""

    name: DimensionText = Field(alias="Name")
    value: DimensionText = Field(alias="Value")


class ListedMetric(Answer):
    """One row of ListMetrics."""

    name: DimensionText = Field(alias="MetricName")
    dimensions: list[DimensionAnswer] = Field(alias="Dimensions")


class MetricListing(Answer):
    """One page of ListMetrics."""

    metrics: list[ListedMetric] = Field(alias="Metrics")


AnswerT = TypeVar("AnswerT", bound=BaseModel)


def parse_answer(model: type[AnswerT], answer: object, *, action: str) -> AnswerT:
    """Return the answer as `model`; raises SourceError (invalid) naming the field that is wrong."""
    try:
        return model.model_validate(answer)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        field = ".".join(str(part) for part in first["loc"]) or "the answer"
        raise invalid_answer(action, f"{field}: {first['msg']}") from error


def read_pages(
    pages: Iterable[Mapping[str, object]],
    model: type[AnswerT],
    *,
    action: str,
    pages_max: int,
) -> Iterator[AnswerT]:
    """Yield each page checked; raises SourceError for a failed call or a listing without end."""
    with translated(action):
        for number, page in enumerate(pages):
            if number >= pages_max:
                raise invalid_answer(action, f"more than {pages_max} pages")
            yield parse_answer(model, page, action=action)
