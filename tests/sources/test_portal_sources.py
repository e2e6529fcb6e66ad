"""Groups, databases and target groups that are named to be watched, and ChromaDB's directory."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, ReadTimeoutError
from botocore.stub import Stubber
from moto import mock_aws

from tests.aws.bench import MINUTE, NOW, CannedAws, ScriptedClient, make_client
from xops_watch.aws.load_balancers import LoadBalancers
from xops_watch.core.reading import Gap, Observation, Reading
from xops_watch.errors import GapReason, SourceError
from xops_watch.ports import Source
from xops_watch.sources.auto_scaling import AutoScalingSource
from xops_watch.sources.chroma import ChromaSource
from xops_watch.sources.rds import RdsSource
from xops_watch.sources.target_health import GROUPS_MAX, TargetHealthSource
from xops_watch.sources.unnamed import UnnamedSource

REGION = "ap-southeast-2"
ARN = f"arn:aws:elasticloadbalancing:{REGION}:123456789012:targetgroup/"


def groups_of(client: Any, *patterns: str) -> AutoScalingSource:  # noqa: ANN401 - any client
    return AutoScalingSource(client, patterns=patterns or ("*",), interval=MINUTE)


def databases_of(client: Any, *patterns: str) -> RdsSource:  # noqa: ANN401 - any client
    return RdsSource(client, patterns=patterns or ("*",), interval=MINUTE)


def keycloak_of(client: Any, *patterns: str) -> TargetHealthSource:  # noqa: ANN401 - any client
    return TargetHealthSource(LoadBalancers(client), patterns=patterns or ("*",), interval=MINUTE)


def told(
    observations: Sequence[Observation],
) -> Mapping[tuple[str, str | None], float | GapReason]:
    return {
        (o.signal, o.subject): o.value if isinstance(o, Reading) else o.reason for o in observations
    }


@pytest.fixture
def stubbed() -> Iterator[Callable[[str], tuple[Any, Stubber]]]:
    stubs: list[Stubber] = []

    def make(service: str) -> tuple[Any, Stubber]:
        client = make_client(service, "http://127.0.0.1:1")
        stubs.append(Stubber(client))
        stubs[-1].activate()
        return client, stubs[-1]

    yield make
    for stub in stubs:
        stub.assert_no_pending_responses()


def test_a_group_recorded(stubbed: Callable[[str], tuple[Any, Stubber]]) -> None:
    client, stub = stubbed("autoscaling")
    states = ["InService", "InService", "Pending", "Terminating", "Warmed:Stopped"]
    instances = [
        {
            "InstanceId": f"i-{number}",
            "AvailabilityZone": f"{REGION}a",
            "LifecycleState": state,
            "HealthStatus": "Healthy",
            "ProtectedFromScaleIn": False,
        }
        for number, state in enumerate(states)
    ]
    group = {
        "AutoScalingGroupName": "bedrock-gateway-asg",
        "MinSize": 2,
        "MaxSize": 10,
        "DesiredCapacity": 3,
        "DefaultCooldown": 300,
        "AvailabilityZones": [f"{REGION}a"],
        "HealthCheckType": "ELB",
        "CreatedTime": NOW,
        "Instances": instances,
    }
    other = {**group, "AutoScalingGroupName": "other"}
    stub.add_response("describe_auto_scaling_groups", {"AutoScalingGroups": [group, other]}, {})
    assert told(groups_of(client, "*gateway*").observe(now=NOW)) == {
        ("asg.instances", "bedrock-gateway-asg"): 2,
        ("asg.headroom", "bedrock-gateway-asg"): 7,
    }


def test_databases_recorded(stubbed: Callable[[str], tuple[Any, Stubber]]) -> None:
    client, stub = stubbed("rds")
    instances = [
        {"DBInstanceIdentifier": "portal", "MultiAZ": True, "Engine": "postgres"},
        {"DBInstanceIdentifier": "single", "MultiAZ": False, "Engine": "postgres"},
        {"DBInstanceIdentifier": "aurora-1", "MultiAZ": False, "DBClusterIdentifier": "aurora"},
        {
            "DBInstanceIdentifier": "replica",
            "MultiAZ": False,
            "ReadReplicaSourceDBInstanceIdentifier": "portal",
        },
    ]
    stub.add_response("describe_db_instances", {"DBInstances": instances}, {})
    assert told(databases_of(client).observe(now=NOW)) == {
        ("rds.multi_az", "portal"): 1,
        ("rds.multi_az", "single"): 0,
        ("rds.multi_az", "aurora-1"): GapReason.NOT_APPLICABLE,
        ("rds.multi_az", "replica"): GapReason.NOT_APPLICABLE,
    }


@mock_aws
def test_groups_and_databases_with_moto() -> None:
    rds = boto3.client("rds", REGION)
    for name, multi_az in (("one", True), ("two", False)):
        rds.create_db_instance(
            DBInstanceIdentifier=name,
            DBInstanceClass="db.t3.medium",
            Engine="postgres",
            AllocatedStorage=20,
            MultiAZ=multi_az,
            MasterUsername="portal",
            MasterUserPassword="hunter22",
        )
    assert told(databases_of(rds).observe(now=NOW)) == {
        ("rds.multi_az", "one"): 1,
        ("rds.multi_az", "two"): 0,
    }
    groups = boto3.client("autoscaling", REGION)
    groups.create_launch_configuration(
        LaunchConfigurationName="x", ImageId="ami-1", InstanceType="t3.medium"
    )
    groups.create_auto_scaling_group(
        AutoScalingGroupName="gateway",
        LaunchConfigurationName="x",
        MinSize=1,
        MaxSize=5,
        DesiredCapacity=2,
        AvailabilityZones=[f"{REGION}a"],
    )
    assert told(groups_of(groups).observe(now=NOW)) == {
        ("asg.instances", "gateway"): 2,
        ("asg.headroom", "gateway"): 3,
    }


class Elb(ScriptedClient):
    """Target groups by name, each with the states of its targets, or what reading it raises."""

    def __init__(self, **groups: Sequence[str] | Exception) -> None:
        self.groups = groups
        super().__init__(
            describe_target_groups=lambda **_: [
                {
                    "TargetGroups": [
                        {"TargetGroupArn": f"{ARN}{name}/1", "TargetGroupName": name}
                        for name in self.groups
                    ]
                }
            ]
        )

    def describe_target_health(self, **params: str) -> Mapping[str, Any]:
        found = self.groups[params["TargetGroupArn"].removeprefix(ARN).partition("/")[0]]
        if isinstance(found, Exception):
            raise found
        return {"TargetHealthDescriptions": [{"TargetHealth": {"State": state}} for state in found]}


DENIED = ClientError({"Error": {"Code": "AccessDenied"}}, "x")
THROTTLED = ClientError({"Error": {"Code": "Throttling"}}, "x")


def test_healthy_targets_are_counted_and_one_group_fails_alone() -> None:
    client = Elb(keycloak=["healthy", "unhealthy", "healthy"], keycloak2=DENIED, other=[])
    observations = keycloak_of(client, "keycloak*").observe(now=NOW)
    assert told(observations) == {
        ("keycloak.healthy_hosts", "keycloak"): 2,
        ("keycloak.healthy_hosts", "keycloak2"): GapReason.DENIED,
    }
    (gap,) = [o for o in observations if isinstance(o, Gap)]
    assert gap.detail == "missing IAM permission elasticloadbalancing:DescribeTargetHealth"


def test_too_many_target_groups_are_refused_and_not_cut() -> None:
    client = Elb(**{f"k{number}": [] for number in range(GROUPS_MAX + 1)})
    with pytest.raises(SourceError, match="21 target groups fit, more than 20") as caught:
        keycloak_of(client).observe(now=NOW)
    assert "XOPS_WATCH_PORTAL__KEYCLOAK_TARGET_GROUPS" in caught.value.hint


def test_what_is_gone_is_gone_once() -> None:
    client = Elb(keycloak=["healthy"], other=[])
    source = TargetHealthSource(
        LoadBalancers(client),
        patterns=("k*", "old"),
        interval=MINUTE,
        seen=[("keycloak.healthy_hosts", "old"), ("rds.multi_az", "x")],
    )
    assert told(source.observe(now=NOW))["keycloak.healthy_hosts", "old"] is GapReason.GONE
    client.groups = {"k2": []}
    assert told(source.observe(now=NOW + MINUTE)) == {
        ("keycloak.healthy_hosts", "k2"): 0,
        ("keycloak.healthy_hosts", "keycloak"): GapReason.GONE,
    }
    assert len(source.observe(now=NOW + 2 * MINUTE)) == 1


MAKERS: Mapping[str, tuple[Callable[..., Source], str, str, str]] = {
    "autoscaling": (
        groups_of,
        "describe_auto_scaling_groups",
        "AutoScalingGroups",
        "autoscaling:DescribeAutoScalingGroups",
    ),
    "rds": (databases_of, "describe_db_instances", "DBInstances", "rds:DescribeDBInstances"),
    "elbv2": (
        keycloak_of,
        "describe_target_groups",
        "TargetGroups",
        "elasticloadbalancing:DescribeTargetGroups",
    ),
}


@pytest.mark.parametrize("service", MAKERS)
def test_a_pattern_that_fits_none_says_which_setting_it_was(service: str) -> None:
    make, operation, key, _ = MAKERS[service]
    client = ScriptedClient(**{operation: lambda **_: [{key: []}]})
    for gap in make(client).observe(now=NOW):
        assert isinstance(gap, Gap)
        assert (gap.subject, gap.reason) == (None, GapReason.NOT_ENABLED)
        assert "XOPS_WATCH_PORTAL__" in gap.detail


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (DENIED, GapReason.DENIED),
        (THROTTLED, GapReason.THROTTLED),
        (ReadTimeoutError(endpoint_url="x"), GapReason.TIMEOUT),
    ],
)
@pytest.mark.parametrize("service", MAKERS)
def test_a_refusal_has_its_reason(service: str, error: Exception, reason: GapReason) -> None:
    make, operation, _, action = MAKERS[service]

    def refuse(**_: object) -> Any:  # noqa: ANN401 - never returns
        raise error

    with pytest.raises(SourceError) as caught:
        make(ScriptedClient(**{operation: refuse})).observe(now=NOW)
    assert caught.value.reason is reason
    if reason is GapReason.DENIED:
        assert caught.value.what == f"missing IAM permission {action}"


@pytest.mark.parametrize("service", MAKERS)
@pytest.mark.parametrize("items", [None, 5, [{}], ["x"], [{"MultiAZ": "yes"}]])
def test_a_garbled_answer_is_invalid(service: str, items: object) -> None:
    make, operation, key, _ = MAKERS[service]
    client = ScriptedClient(**{operation: lambda **_: [{key: items}]})
    with pytest.raises(SourceError) as caught:
        make(client).observe(now=NOW)
    assert caught.value.reason is GapReason.INVALID


@pytest.mark.parametrize("service", MAKERS)
@pytest.mark.parametrize("body", [b"<html>", b"{", b""])
def test_bytes_that_are_no_answer(service: str, body: bytes) -> None:
    client = CannedAws(service, protocol="query").saying(body)
    with pytest.raises(SourceError):
        MAKERS[service][0](client).observe(now=NOW)


def stored(path: Path) -> float:
    (found,) = ChromaSource(path, interval=MINUTE, stack="xops").observe(now=NOW)
    assert isinstance(found, Reading)
    assert (found.signal, found.subject) == ("chroma.stored", "xops")
    return found.value


def test_the_directory_of_chromadb_is_added_up_without_following_links(tmp_path: Path) -> None:
    (tmp_path / "chroma.sqlite3").write_bytes(b"x" * 1000)
    segment = tmp_path / "5b0c"
    segment.mkdir()
    (segment / "data_level0.bin").write_bytes(b"x" * 234)
    outside = tmp_path.parent / "outside.bin"
    outside.write_bytes(b"x" * 5000)
    (segment / "link").symlink_to(outside)
    (segment / "up").symlink_to(tmp_path)
    assert stored(tmp_path) == 1234
    assert stored(segment) == 234


def test_an_empty_directory_holds_nothing(tmp_path: Path) -> None:
    assert stored(tmp_path) == 0


def failure_of(path: Path) -> SourceError:
    with pytest.raises(SourceError) as caught:
        stored(path)
    return caught.value


def test_a_directory_that_is_not_there_is_unreachable(tmp_path: Path) -> None:
    assert failure_of(tmp_path / "none").reason is GapReason.UNREACHABLE
    (tmp_path / "file").write_bytes(b"")
    assert failure_of(tmp_path / "file").reason is GapReason.UNREACHABLE


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_directory_that_may_not_be_read_is_denied(tmp_path: Path) -> None:
    tmp_path.chmod(0)
    error = failure_of(tmp_path)
    tmp_path.chmod(0o700)
    assert error.reason is GapReason.DENIED


def test_too_many_files_are_told_and_not_half_counted(tmp_path: Path) -> None:
    for number in range(3):
        (tmp_path / str(number)).write_bytes(b"x")
    source = ChromaSource(tmp_path, interval=MINUTE, stack="xops", files_max=3)
    assert told(source.observe(now=NOW)) == {("chroma.stored", "xops"): 3}
    (tmp_path / "one more").write_bytes(b"x")
    with pytest.raises(SourceError) as caught:
        source.observe(now=NOW)
    error = caught.value
    assert error.reason is GapReason.INVALID
    assert "more than 3 files" in error.what


def test_nothing_is_written_or_opened_there(tmp_path: Path) -> None:
    file = tmp_path / "chroma.sqlite3"
    file.write_bytes(b"x")
    file.chmod(0)  # could not be opened
    before = (sorted(tmp_path.iterdir()), tmp_path.stat().st_mtime_ns, file.stat().st_mtime_ns)
    assert stored(tmp_path) == 1
    assert before == (
        sorted(tmp_path.iterdir()),
        tmp_path.stat().st_mtime_ns,
        file.stat().st_mtime_ns,
    )


def test_what_is_not_named_says_which_setting_names_it() -> None:
    source = UnnamedSource({"asg.headroom": "XOPS_WATCH_X"}, interval=MINUTE)
    assert source.signals == ("asg.headroom",)
    (gap,) = source.observe(now=NOW)
    assert isinstance(gap, Gap)
    assert (gap.signal, gap.subject, gap.reason, gap.detail) == (
        "asg.headroom",
        None,
        GapReason.NOT_ENABLED,
        "nothing is named to watch: set XOPS_WATCH_X",
    )
