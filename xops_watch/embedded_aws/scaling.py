"""Application Auto Scaling of the services: scalable targets and target tracking policies."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from xops_watch.embedded_aws import paging
from xops_watch.embedded_aws.errors import AwsError
from xops_watch.embedded_aws.fields import Fields
from xops_watch.embedded_aws.requests import ACCOUNT, Request

if TYPE_CHECKING:
    from xops_watch.embedded_aws.ecs_state import ClusterStore

TARGETS_PAGE = 50
POLICIES_PAGE = 10
ACTIVITIES_PAGE = 50
_NOT_PART_OF_REQUEST = frozenset({"NextToken", "MaxResults"})
_DIMENSION = "ecs:service:DesiredCount"
_ROLE = (
    "role/aws-service-role/ecs.application-autoscaling.amazonaws.com"
    "/AWSServiceRoleForApplicationAutoScaling_ECSService"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scaling:
    """How a service is scaled; `cpu_target` is in percent, None without such a policy."""

    least: int
    most: int
    cpu_target: float | None
    suspended: bool


def read_scaling(fields: Fields | None) -> Scaling | None:
    """Return the scaling that a control request describes, None if it describes none."""
    if fields is None:
        return None
    scaling = Scaling(
        least=fields.whole("min", default=1),
        most=fields.whole("max", default=1),
        cpu_target=fields.decimal("cpu_target", low=1, high=100),
        suspended=fields.choice("suspended", {"yes", "no"}, "no") == "yes",
    )
    fields.done()
    return scaling


@dataclass(frozen=True, slots=True, kw_only=True)
class _Scaled:
    resource: str
    scaling: Scaling
    created_at: datetime


def describe_scalable_targets(request: Request, store: "ClusterStore") -> dict[str, Any]:
    """Answer DescribeScalableTargets: what was asked for and is no target is left out."""
    asked = request.params.get("ResourceIds")
    targets = [
        _target(each, request.region)
        for each in _scaled(request, store)
        if asked is None or each.resource in asked
    ]
    return _page(request, "ScalableTargets", targets, size=TARGETS_PAGE)


def describe_scaling_policies(request: Request, store: "ClusterStore") -> dict[str, Any]:
    """Answer DescribeScalingPolicies, of one resource or of all."""
    asked = request.params.get("ResourceId")
    policies = [
        _policy(each, each.scaling.cpu_target, request.region)
        for each in _scaled(request, store)
        if asked in (None, each.resource) and each.scaling.cpu_target is not None
    ]
    return _page(request, "ScalingPolicies", policies, size=POLICIES_PAGE)


def describe_scaling_activities(request: Request) -> dict[str, Any]:
    """Answer DescribeScalingActivities: here tasks only come and go when a test says so."""
    return _page(request, "ScalingActivities", (), size=ACTIVITIES_PAGE)


def _scaled(request: Request, store: "ClusterStore") -> Iterator[_Scaled]:
    if request.params["ServiceNamespace"] != "ecs":
        return
    if request.params.get("ScalableDimension", _DIMENSION) != _DIMENSION:
        return
    for cluster in store.listed(request.region):
        for service in cluster.services:
            if service.scaling is not None:
                yield _Scaled(
                    resource=f"service/{cluster.name}/{service.name}",
                    scaling=service.scaling,
                    created_at=service.created_at,
                )


def _target(scaled: _Scaled, region: str) -> dict[str, Any]:
    suspended = scaled.scaling.suspended
    return {
        "ServiceNamespace": "ecs",
        "ResourceId": scaled.resource,
        "ScalableDimension": _DIMENSION,
        "MinCapacity": scaled.scaling.least,
        "MaxCapacity": scaled.scaling.most,
        "RoleARN": f"arn:aws:iam::{ACCOUNT}:{_ROLE}",
        "CreationTime": scaled.created_at,
        "SuspendedState": {
            "DynamicScalingInSuspended": suspended,
            "DynamicScalingOutSuspended": suspended,
            "ScheduledScalingSuspended": suspended,
        },
        "ScalableTargetARN": _arn(region, f"scalable-target/{scaled.resource}"),
    }


def _policy(scaled: _Scaled, cpu_target: float | None, region: str) -> dict[str, Any]:
    name = "cpu"
    return {
        "PolicyARN": _arn(region, f"scalingPolicy:{scaled.resource}:policyName/{name}"),
        "PolicyName": name,
        "ServiceNamespace": "ecs",
        "ResourceId": scaled.resource,
        "ScalableDimension": _DIMENSION,
        "PolicyType": "TargetTrackingScaling",
        "TargetTrackingScalingPolicyConfiguration": {
            "TargetValue": cpu_target,
            "PredefinedMetricSpecification": {
                "PredefinedMetricType": "ECSServiceAverageCPUUtilization"
            },
        },
        "Alarms": [],
        "CreationTime": scaled.created_at,
    }


def _arn(region: str, resource: str) -> str:
    return f"arn:aws:application-autoscaling:{region}:{ACCOUNT}:{resource}"


def _page(
    request: Request, name: str, items: Sequence[dict[str, Any]], *, size: int
) -> dict[str, Any]:
    most = request.params.get("MaxResults", size)
    if not 1 <= most <= size:
        message = f"MaxResults must be from 1 to {size}."
        raise AwsError("ValidationException", message)
    page = paging.page_of(
        items,
        token=request.params.get("NextToken"),
        size=most,
        fingerprint=paging.digest(request.params, ignoring=_NOT_PART_OF_REQUEST),
    )
    if page is None:
        message = "The NextToken is not of this request."
        raise AwsError("InvalidNextTokenException", message)
    answer: dict[str, Any] = {name: list(page.items)}
    if page.next_token is not None:
        answer["NextToken"] = page.next_token
    return answer
