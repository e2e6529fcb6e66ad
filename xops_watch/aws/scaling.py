"""Application Auto Scaling of ECS services: limits, suspension and the CPU that is aimed at."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Protocol

from pydantic import Field

from xops_watch.aws.answers import Answer, Count, read_pages
from xops_watch.aws.side_by_side import SideBySide
from xops_watch.errors import SourceError

RESOURCES_MAX = 50  # AWS refuses more in one call
PAGES_MAX = 100

_TARGETS = "application-autoscaling:DescribeScalableTargets"
_POLICIES = "application-autoscaling:DescribeScalingPolicies"
_DESIRED_COUNT = {"ServiceNamespace": "ecs", "ScalableDimension": "ecs:service:DesiredCount"}
_TARGET_MAX = 1e15  # of any metric, such as bytes; infinity is none
_CPU_METRICS = frozenset(
    {"ECSServiceAverageCPUUtilization", "ECSServiceAverageCPUUtilizationHighResolution"}
)


class Pages(Protocol):
    """A boto3 paginator."""

    def paginate(self, **params: Any) -> Iterable[Mapping[str, object]]:  # noqa: ANN401 - as boto3
        """Return the pages of one listing."""
        ...


class ScalingClient(Protocol):
    """The part of boto3's client that is used."""

    def get_paginator(self, operation_name: str, /) -> Pages:
        """Return the paginator of one operation."""
        ...


class _Suspended(Answer):
    out: bool = Field(default=False, alias="DynamicScalingOutSuspended")
    scheduled: bool = Field(default=False, alias="ScheduledScalingSuspended")


class _Target(Answer):
    resource: str = Field(alias="ResourceId")
    least: Count = Field(alias="MinCapacity")
    most: Count = Field(alias="MaxCapacity")
    suspended: _Suspended | None = Field(default=None, alias="SuspendedState")


class _TargetPage(Answer):
    targets: list[_Target] = Field(alias="ScalableTargets")


class _Predefined(Answer):
    metric: str = Field(alias="PredefinedMetricType")


class _Customized(Answer):
    namespace: str = Field(default="", alias="Namespace")
    metric: str = Field(default="", alias="MetricName")


class _Tracking(Answer):
    value: float = Field(alias="TargetValue", gt=0, le=_TARGET_MAX)
    predefined: _Predefined | None = Field(default=None, alias="PredefinedMetricSpecification")
    customized: _Customized | None = Field(default=None, alias="CustomizedMetricSpecification")

    @property
    def aims_at_cpu(self) -> bool:
        """Tell whether the value is of the service's CPU, in percent."""
        if self.predefined is not None:
            return self.predefined.metric in _CPU_METRICS
        own = self.customized
        return own is not None and (own.namespace, own.metric) == ("AWS/ECS", "CPUUtilization")


class _Policy(Answer):
    resource: str = Field(alias="ResourceId")
    tracking: _Tracking | None = Field(
        default=None, alias="TargetTrackingScalingPolicyConfiguration"
    )


class _PolicyPage(Answer):
    policies: list[_Policy] = Field(alias="ScalingPolicies")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scaling:
    """Between how many tasks a service is scaled, and whether adding tasks is suspended.

    `cpu_target` is the CPU (a ratio) that target tracking aims at: None if nothing does, or if
    it was not asked for; an error if it could not be read.
    """

    least: int
    most: int
    suspended: bool
    cpu_target: float | SourceError | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answered:
    """What is known of a service, and since when; None is a service that nothing scales."""

    at: datetime
    scaling: Scaling | None


class Autoscaling:
    """Reads what Application Auto Scaling knows of ECS services, named `cluster/service`.

    What was read holds for `max_age`; failures are asked again. For one thread at a time.
    """

    def __init__(self, client: ScalingClient, *, max_age: timedelta) -> None:
        self._client = client
        self._max_age = max_age
        self._side_by_side = SideBySide()
        self._known: dict[str, _Answered] = {}

    def read(
        self, subjects: Sequence[str], *, aimed: Collection[str], now: datetime
    ) -> Mapping[str, Scaling | SourceError | None]:
        """Return how each service is scaled, None if it is not; policies only of those `aimed`."""
        self._known = {
            subject: self._known[subject]
            for subject in subjects
            if subject in self._known and self._is_fresh(self._known[subject], now)
        }
        due = [subject for subject in subjects if subject not in self._known]
        found: dict[str, Scaling | SourceError | None] = {
            subject: answered.scaling for subject, answered in self._known.items()
        }
        batches = [due[start:][:RESOURCES_MAX] for start in range(0, len(due), RESOURCES_MAX)]
        answers = self._side_by_side.ask(self._targets, batches)
        for batch, targets in zip(batches, answers, strict=True):
            if isinstance(targets, SourceError):
                found |= dict.fromkeys(batch, targets)
            else:
                found |= {subject: targets.get(subject) for subject in batch}
        limits = {s: one for s in due if s in aimed and isinstance(one := found[s], Scaling)}
        found |= self._aiming(limits)
        self._known |= {
            subject: _Answered(at=now, scaling=scaling)
            for subject in due
            if not isinstance(scaling := found[subject], SourceError) and not _in_part(scaling)
        }
        return found

    def _is_fresh(self, answered: _Answered, now: datetime) -> bool:
        return timedelta() <= now - answered.at < self._max_age

    def _targets(self, subjects: Sequence[str]) -> Mapping[str, Scaling]:
        asked = {_resource(subject): subject for subject in subjects}
        pages = self._client.get_paginator("describe_scalable_targets").paginate(
            **_DESIRED_COUNT, ResourceIds=list(asked)
        )
        return {
            asked[target.resource]: _scaling(target)
            for page in read_pages(pages, _TargetPage, action=_TARGETS, pages_max=PAGES_MAX)
            for target in page.targets
            if target.resource in asked
        }

    def _aiming(self, limits: Mapping[str, Scaling]) -> Mapping[str, Scaling]:
        """Return each with the CPU it is aimed at, or with the error that kept it from us."""
        aims = self._side_by_side.ask(self._cpu_target, tuple(limits))
        return {
            subject: replace(scaling, cpu_target=aim)
            for (subject, scaling), aim in zip(limits.items(), aims, strict=True)
        }

    def _cpu_target(self, subject: str) -> float | None:
        """Of several targets the lowest is the one that adds tasks first."""
        resource = _resource(subject)
        pages = self._client.get_paginator("describe_scaling_policies").paginate(
            **_DESIRED_COUNT, ResourceId=resource
        )
        aims = [
            policy.tracking.value / 100
            for page in read_pages(pages, _PolicyPage, action=_POLICIES, pages_max=PAGES_MAX)
            for policy in page.policies
            if policy.resource == resource and policy.tracking and policy.tracking.aims_at_cpu
        ]
        return min(aims, default=None)


def _in_part(scaling: Scaling | None) -> bool:
    return scaling is not None and isinstance(scaling.cpu_target, SourceError)


def _resource(subject: str) -> str:
    return f"service/{subject}"


def _scaling(answer: _Target) -> Scaling:
    suspended = answer.suspended
    return Scaling(
        least=answer.least,
        most=answer.most,
        suspended=suspended is not None and (suspended.out or suspended.scheduled),
    )
