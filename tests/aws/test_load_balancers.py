"""Target groups, the load balancers behind them, and how their targets are."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, ReadTimeoutError
from botocore.stub import Stubber
from moto import mock_aws

from tests.aws.bench import CannedAws, ScriptedClient, make_client
from xops_watch.aws.load_balancers import LoadBalancers, TargetGroup, dimension_of
from xops_watch.errors import GapReason, SourceError

PREFIX = "arn:aws:elasticloadbalancing:ap-southeast-2:123456789012:"
GROUP = f"{PREFIX}targetgroup/web/0123456789abcdef"
BALANCER = f"{PREFIX}loadbalancer/app/front/0123456789abcdef"


class Client(ScriptedClient):
    """Answers each operation by what it was given."""

    def __init__(self, **answers: Any) -> None:  # noqa: ANN401 - answers of AWS
        paged = {name: lambda _answer=answer, **_: [_answer] for name, answer in answers.items()}
        if "describe_target_health" in answers:
            health = answers["describe_target_health"]
            paged["describe_target_health"] = lambda **_: health
        super().__init__(**paged)

    def describe_target_health(self, **params: Any) -> Any:  # noqa: ANN401 - as boto3
        return self.call("describe_target_health", params)


@pytest.fixture
def stub() -> Iterator[tuple[Any, Stubber]]:
    client = make_client("elbv2", "http://127.0.0.1:1")
    with Stubber(client) as stubber:
        yield client, stubber
        stubber.assert_no_pending_responses()


def test_recorded_answers_and_what_may_be_asked(stub: tuple[Any, Stubber]) -> None:
    client, stubber = stub
    group = {
        "TargetGroupArn": GROUP,
        "TargetGroupName": "web",
        "Protocol": "HTTP",
        "Port": 8080,
        "LoadBalancerArns": [BALANCER],
        "TargetType": "ip",
    }
    stubber.add_response(
        "describe_target_groups", {"TargetGroups": [group]}, {"TargetGroupArns": [GROUP]}
    )
    balancer = {"LoadBalancerArn": BALANCER, "DNSName": "Front-1.elb.amazonaws.com"}
    stubber.add_response(
        "describe_load_balancers",
        {"LoadBalancers": [balancer]},
        {"LoadBalancerArns": [BALANCER]},
    )
    targets = [
        {"Target": {"Id": f"10.0.0.{n}"}, "TargetHealth": {"State": state}}
        for n, state in enumerate(["healthy", "unhealthy", "draining", "healthy", "initial"])
    ]
    stubber.add_response(
        "describe_target_health", {"TargetHealthDescriptions": targets}, {"TargetGroupArn": GROUP}
    )
    reader = LoadBalancers(client)
    assert reader.groups([GROUP]) == [TargetGroup(arn=GROUP, name="web", balancers=(BALANCER,))]
    assert reader.dns_names([BALANCER]) == ["front-1.elb.amazonaws.com"]
    assert reader.healthy(GROUP) == 2
    assert dimension_of(BALANCER) == "app/front/0123456789abcdef"


@mock_aws
def test_with_moto() -> None:
    ec2 = boto3.client("ec2", "ap-southeast-2")
    subnets = [subnet["SubnetId"] for subnet in ec2.describe_subnets()["Subnets"][:2]]
    client = boto3.client("elbv2", "ap-southeast-2")
    made = client.create_load_balancer(Name="front", Subnets=subnets)["LoadBalancers"][0]
    vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
    group = client.create_target_group(Name="web", Protocol="HTTP", Port=80, VpcId=vpc)[
        "TargetGroups"
    ][0]["TargetGroupArn"]
    client.create_listener(
        LoadBalancerArn=made["LoadBalancerArn"],
        Protocol="HTTP",
        Port=80,
        DefaultActions=[{"Type": "forward", "TargetGroupArn": group}],
    )
    reader = LoadBalancers(client)
    (found,) = reader.groups([group])
    assert found == TargetGroup(arn=group, name="web", balancers=(made["LoadBalancerArn"],))
    assert reader.groups() == [found]
    assert reader.dns_names(found.balancers) == [made["DNSName"].lower()]
    assert reader.healthy(group) == 0


def test_names_are_asked_for_twenty_at_a_time_and_none_not_at_all() -> None:
    client = Client(describe_target_groups={"TargetGroups": []})
    reader = LoadBalancers(client)
    reader.groups([f"{GROUP}{number}" for number in range(41)])
    assert [len(params["TargetGroupArns"]) for _, params in client.calls] == [20, 20, 1]
    client.calls.clear()
    assert reader.groups([]) == []
    assert reader.dns_names([]) == []
    assert client.calls == []


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (ClientError({"Error": {"Code": "AccessDenied"}}, "x"), GapReason.DENIED),
        (ClientError({"Error": {"Code": "Throttling"}}, "x"), GapReason.THROTTLED),
        (ReadTimeoutError(endpoint_url="x"), GapReason.TIMEOUT),
    ],
)
@pytest.mark.parametrize(
    ("operation", "action"),
    [
        ("describe_target_groups", "elasticloadbalancing:DescribeTargetGroups"),
        ("describe_load_balancers", "elasticloadbalancing:DescribeLoadBalancers"),
        ("describe_target_health", "elasticloadbalancing:DescribeTargetHealth"),
    ],
)
def test_a_refusal_has_its_reason(
    operation: str, action: str, error: Exception, reason: GapReason
) -> None:
    def refuse(**_: object) -> Any:  # noqa: ANN401 - never returns
        raise error

    client = Client()
    client._operations[operation] = refuse
    with pytest.raises(SourceError) as caught:
        ask(LoadBalancers(client), operation)
    assert caught.value.reason is reason
    if reason is GapReason.DENIED:
        assert caught.value.what == f"missing IAM permission {action}"


def ask(reader: LoadBalancers, operation: str) -> object:
    if operation == "describe_target_groups":
        return reader.groups([GROUP])
    return reader.healthy(GROUP) if "health" in operation else reader.dns_names([BALANCER])


@pytest.mark.parametrize(
    ("operation", "answer"),
    [
        ("describe_target_groups", None),
        ("describe_target_groups", {}),
        ("describe_target_groups", {"TargetGroups": [{"TargetGroupName": "x"}]}),
        ("describe_load_balancers", {"LoadBalancers": [{"LoadBalancerArn": "x"}]}),
        (
            "describe_load_balancers",
            {"LoadBalancers": [{"LoadBalancerArn": "x", "DNSName": "a b"}]},
        ),
        ("describe_target_health", {}),
        ("describe_target_health", {"TargetHealthDescriptions": [{}]}),
    ],
)
def test_a_garbled_answer_is_invalid(operation: str, answer: object) -> None:
    with pytest.raises(SourceError) as caught:
        ask(LoadBalancers(Client(**{operation: answer})), operation)
    assert caught.value.reason is GapReason.INVALID


@pytest.mark.parametrize(
    ("body", "status"), [(b"<html>", 200), (b"{", 200), (b"", 200), (b"", 503)]
)
def test_bytes_that_are_no_answer(body: bytes, status: int) -> None:
    with pytest.raises(SourceError):
        LoadBalancers(CannedAws("elbv2", protocol="query").saying(body, status=status)).groups(
            [GROUP]
        )
