"""What belongs to the watched services, and what is watched when that is not told."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.aws.bench import MINUTE, NOW, ScriptedClient
from tests.aws.tiny_ecs import TinyEcs
from xops_watch.aws.discovery import Discovery, Readers
from xops_watch.aws.inventory import EcsInventory
from xops_watch.aws.load_balancers import LoadBalancers
from xops_watch.aws.task_definitions import TaskDefinitions
from xops_watch.errors import GapReason, SourceError

BALANCERS, EFS, CLOUDFRONT = "AWS/ApplicationELB", "AWS/EFS", "AWS/CloudFront"
PREFIX = "arn:aws:elasticloadbalancing:ap-southeast-2:123456789012:"
FRONT = f"{PREFIX}loadbalancer/app/front/1"
HOUR = timedelta(hours=1)


class Account:
    """Two services of ours behind a load balancer, a file system, and what others have."""

    def __init__(self) -> None:
        self.ecs = TinyEcs({"main": ["web", "crew"]})
        group = {"targetGroupArn": f"{PREFIX}targetgroup/web/1", "containerPort": 8080}
        self.ecs.changes["web"] = {
            "loadBalancers": [group, {"loadBalancerName": "classic"}],
            "taskDefinition": "arn:x/web:1",
        }
        self.ecs.changes["crew"] = {"taskDefinition": "arn:x/crew:1"}
        self.volumes: list[Mapping[str, Any]] = [
            {"name": "data", "efsVolumeConfiguration": {"fileSystemId": "fs-1"}},
            {"name": "scratch"},
        ]
        self.origins = {"OURS": "Front-1.elb.amazonaws.com", "OTHER": "other.s3.amazonaws.com"}
        self.ecs.client._operations["describe_task_definition"] = lambda **_: {
            "taskDefinition": {"containerDefinitions": [], "volumes": self.volumes}
        }
        described = {"TargetGroupName": "web", "LoadBalancerArns": [FRONT]}
        self.elb: Any = ScriptedClient(
            describe_target_groups=lambda TargetGroupArns: [  # noqa: N803 - as boto3 names it
                {"TargetGroups": [{"TargetGroupArn": arn, **described} for arn in TargetGroupArns]}
            ],
            describe_load_balancers=lambda **_: [
                {
                    "LoadBalancers": [
                        {"LoadBalancerArn": FRONT, "DNSName": "front-1.elb.amazonaws.com"}
                    ]
                }
            ],
        )
        self.cloudfront: Any = ScriptedClient(list_distributions=self._distributions)
        self.told: list[tuple[str, GapReason, str]] = []

    def _distributions(self) -> Sequence[Mapping[str, Any]]:
        items = [
            {"Id": name, "Origins": {"Quantity": 1, "Items": [{"Id": "o", "DomainName": host}]}}
            for name, host in self.origins.items()
        ]
        return [{"DistributionList": {"Quantity": len(items), "Items": items}}]

    def discovery(self) -> Discovery:
        self.inventory = EcsInventory(self.ecs.client, clusters=tuple(self.ecs.clusters))
        readers = Readers(
            inventory=self.inventory,
            definitions=TaskDefinitions(self.ecs.client),
            balancers=LoadBalancers(self.elb),
            cloudfront=self.cloudfront,
        )
        return Discovery(readers, tell=self._hear)

    def _hear(self, namespace: str, error: SourceError) -> None:
        self.told.append((namespace, error.reason, error.what))


def test_what_the_services_use_is_theirs_and_nothing_else() -> None:
    account = Account()
    discovery = account.discovery()
    assert discovery.names(BALANCERS, now=NOW) == frozenset({"app/front/1"})
    assert discovery.names(EFS, now=NOW) == frozenset({"fs-1"})
    assert discovery.names(CLOUDFRONT, now=NOW) == frozenset({"OURS"})
    assert discovery.names("AWS/S3", now=NOW) is None
    assert account.told == []


def test_it_is_looked_for_once_an_hour() -> None:
    account = Account()
    discovery = account.discovery()
    for minute in range(0, 60, 10):
        discovery.names(BALANCERS, now=NOW + minute * MINUTE)
    assert len(account.elb.calls) == 1
    discovery.names(BALANCERS, now=NOW + HOUR)
    assert len(account.elb.calls) == 2


def refuse(**_: object) -> Any:  # noqa: ANN401 - never returns
    raise ClientError({"Error": {"Code": "AccessDenied"}}, "x")


def test_a_denied_look_hides_nothing_is_told_once_and_asked_again_soon() -> None:
    account = Account()
    works = account.elb._operations["describe_target_groups"]
    account.elb._operations["describe_target_groups"] = refuse
    discovery = account.discovery()
    for minute in (0, 1, 4.9, 5, 9.9):
        assert discovery.names(BALANCERS, now=NOW + minute * MINUTE) is None
    assert len(account.elb.calls) == 2
    action = "elasticloadbalancing:DescribeTargetGroups"
    assert account.told == [(BALANCERS, GapReason.DENIED, f"missing IAM permission {action}")]
    account.elb._operations["describe_target_groups"] = works
    assert discovery.names(BALANCERS, now=NOW + 10 * MINUTE) == frozenset({"app/front/1"})


def test_what_was_told_apart_stays_so_while_nobody_answers() -> None:
    account = Account()
    discovery = account.discovery()
    works = account.elb._operations["describe_target_groups"]
    known = discovery.names(BALANCERS, now=NOW)
    account.elb._operations["describe_target_groups"] = refuse
    for minute in (60, 62, 65, 69):
        assert discovery.names(BALANCERS, now=NOW + minute * MINUTE) == known
    assert len(account.elb.calls) == 3
    assert account.told == []
    account.elb._operations["describe_target_groups"] = works
    assert discovery.names(BALANCERS, now=NOW + 70 * MINUTE) == known
    assert discovery.names(BALANCERS, now=NOW + 129 * MINUTE) == known
    assert len(account.elb.calls) == 4


def test_services_that_name_none_any_more_hide_nothing() -> None:
    account = Account()
    discovery = account.discovery()
    assert discovery.names(EFS, now=NOW) == frozenset({"fs-1"})
    # A new revision, in which nothing is mounted.
    account.volumes = []
    account.ecs.changes["web"] = {"taskDefinition": "arn:x/web:2"}
    account.ecs.changes["crew"] = {"taskDefinition": "arn:x/crew:2"}
    account.inventory.sweep(now=NOW + HOUR)
    assert discovery.names(EFS, now=NOW + HOUR) is None


@pytest.mark.parametrize(
    ("client", "operation", "namespace", "action"),
    [
        ("ecs", "describe_task_definition", EFS, "ecs:DescribeTaskDefinition"),
        (
            "elb",
            "describe_load_balancers",
            CLOUDFRONT,
            "elasticloadbalancing:DescribeLoadBalancers",
        ),
        ("cloudfront", "list_distributions", CLOUDFRONT, "cloudfront:ListDistributions"),
    ],
)
def test_each_action_is_named_and_hides_only_its_own(
    client: str, operation: str, namespace: str, action: str
) -> None:
    account = Account()
    clients = {"ecs": account.ecs.client, "elb": account.elb, "cloudfront": account.cloudfront}
    clients[client]._operations[operation] = refuse
    discovery = account.discovery()
    assert discovery.names(namespace, now=NOW) is None
    assert account.told == [(namespace, GapReason.DENIED, f"missing IAM permission {action}")]
    assert discovery.names(BALANCERS, now=NOW) == frozenset({"app/front/1"})


def test_services_that_name_none_prove_nothing() -> None:
    account = Account()
    account.volumes = []
    account.ecs.changes["web"] = {"taskDefinition": "arn:x/web:1"}
    discovery = account.discovery()
    for namespace in (BALANCERS, EFS, CLOUDFRONT):
        assert discovery.names(namespace, now=NOW) is None
    assert {detail for _, _, detail in account.told} == {
        "what belongs to the services is not told: the services name none"
    }
    assert account.cloudfront.calls == []


def test_a_distribution_whose_origin_is_an_alias_is_not_told_apart() -> None:
    account = Account()
    account.origins["OURS"] = "origin.example.com"
    assert account.discovery().names(CLOUDFRONT, now=NOW) is None


def test_a_cluster_that_was_not_read_may_have_more() -> None:
    account = Account()
    account.ecs.clusters["other"] = ["api"]
    account.ecs.broken = {"other"}
    assert account.discovery().names(BALANCERS, now=NOW) is None
    assert "cluster other has not been read" in account.told[0][2]


def test_without_an_active_service_nothing_is_told() -> None:
    account = Account()
    account.ecs.clusters["main"] = []
    assert account.discovery().names(EFS, now=NOW) is None
    assert "no service is active" in account.told[0][2]


def test_without_ecs_at_all_nothing_is_told() -> None:
    account = Account()
    account.ecs.broken = {"main"}
    assert account.discovery().names(EFS, now=NOW) is None
    assert account.told[0][1] is GapReason.THROTTLED


def test_of_a_large_account_the_file_systems_are_not_looked_for() -> None:
    account = Account()
    names = [f"s{number:03}" for number in range(201)]
    account.ecs.clusters["main"] = names
    account.ecs.changes = {name: {"taskDefinition": f"arn:x/{name}:1"} for name in names}
    assert account.discovery().names(EFS, now=NOW) is None
    assert "more than 200 task definitions" in account.told[0][2]
    assert "describe_task_definition" not in [name for name, _ in account.ecs.client.calls]


@pytest.mark.parametrize(
    "answer",
    [
        None,
        {},
        {"DistributionList": None},
        {"DistributionList": {"Items": [{"Id": "X"}]}},
        {"DistributionList": {"Items": [{"Id": "x y", "Origins": {"Items": []}}]}},
    ],
)
def test_a_garbled_listing_of_distributions_hides_nothing(answer: object) -> None:
    account = Account()
    account.cloudfront._operations["list_distributions"] = lambda: [answer]
    assert account.discovery().names(CLOUDFRONT, now=NOW) is None
    assert account.told[0][1] is GapReason.INVALID
