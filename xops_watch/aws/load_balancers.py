"""Load balancers: which target groups are theirs, under which name, and how their targets are."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from pydantic import Field

from xops_watch.aws.answers import Answer, AnswerT, Arn, Name, parse_answer, read_pages
from xops_watch.aws.failures import translated
from xops_watch.aws.paged import Pages

GROUPS_ACTION = "elasticloadbalancing:DescribeTargetGroups"
BALANCERS_ACTION = "elasticloadbalancing:DescribeLoadBalancers"
HEALTH_ACTION = "elasticloadbalancing:DescribeTargetHealth"
NAMED_MAX = 20  # AWS refuses more in one call
PAGES_MAX = 20  # of 400: 8,000 target groups of a region

_HEALTHY = "healthy"


class LoadBalancerClient(Protocol):
    """The part of boto3's client that is used."""

    def get_paginator(self, operation_name: str, /) -> Pages:
        """Return the paginator of one operation."""
        ...

    def describe_target_health(self, **params: Any) -> Mapping[str, object]:  # noqa: ANN401 - boto3
        """Return the targets of one group."""
        ...


class _Group(Answer):
    arn: Arn = Field(alias="TargetGroupArn")
    name: Name = Field(alias="TargetGroupName")
    balancers: list[Arn] = Field(default=[], alias="LoadBalancerArns")


class _GroupPage(Answer):
    groups: list[_Group] = Field(alias="TargetGroups")


class _Balancer(Answer):
    arn: Arn = Field(alias="LoadBalancerArn")
    dns_name: str = Field(alias="DNSName", pattern=r"^[\x21-\x7e]{1,255}$")


class _BalancerPage(Answer):
    balancers: list[_Balancer] = Field(alias="LoadBalancers")


class _Health(Answer):
    state: str = Field(alias="State")


class _Target(Answer):
    health: _Health = Field(alias="TargetHealth")


class _Targets(Answer):
    targets: list[_Target] = Field(alias="TargetHealthDescriptions")


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetGroup:
    """One target group and the ARNs of the load balancers that send to it."""

    arn: str
    name: str
    balancers: tuple[str, ...] = ()


class LoadBalancers:
    """Reads target groups and load balancers of one region. Every method raises SourceError."""

    def __init__(self, client: LoadBalancerClient) -> None:
        self._client = client

    def groups(self, arns: Collection[str] | None = None) -> list[TargetGroup]:
        """Return the target groups of these ARNs, or all of the region."""
        asked = [{}] if arns is None else [{"TargetGroupArns": part} for part in _parts(arns)]
        return [
            TargetGroup(arn=group.arn, name=group.name, balancers=tuple(group.balancers))
            for params in asked
            for page in self._pages("describe_target_groups", params, _GroupPage, GROUPS_ACTION)
            for group in page.groups
        ]

    def dns_names(self, arns: Collection[str]) -> list[str]:
        """Return the DNS names of the load balancers of these ARNs, in small letters."""
        return [
            balancer.dns_name.lower()
            for part in _parts(arns)
            for page in self._pages(
                "describe_load_balancers",
                {"LoadBalancerArns": part},
                _BalancerPage,
                BALANCERS_ACTION,
            )
            for balancer in page.balancers
        ]

    def healthy(self, arn: str) -> int:
        """Return how many targets of a group answer as they should."""
        with translated(HEALTH_ACTION):
            answer = self._client.describe_target_health(TargetGroupArn=arn)
        targets = parse_answer(_Targets, answer, action=HEALTH_ACTION).targets
        return sum(target.health.state == _HEALTHY for target in targets)

    def _pages(
        self, operation: str, params: Mapping[str, object], model: type[AnswerT], action: str
    ) -> Iterator[AnswerT]:
        pages = self._client.get_paginator(operation).paginate(**params)
        yield from read_pages(pages, model, action=action, pages_max=PAGES_MAX)


def dimension_of(balancer: str) -> str:
    """Return what CloudWatch calls a load balancer: `app/name/id`, the end of its ARN."""
    return balancer.partition(":loadbalancer/")[2]


def _parts(arns: Collection[str]) -> Iterator[Sequence[str]]:
    every = sorted(set(arns))
    for start in range(0, len(every), NAMED_MAX):
        yield every[start:][:NAMED_MAX]
