"""What Application Auto Scaling says of services: recorded, over HTTP, refused and garbled."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError
from botocore.stub import Stubber

from tests.aws.bench import MINUTE, NOW, CannedAws, ScriptedClient, make_client
from xops_watch.aws.scaling import Autoscaling, Scaling
from xops_watch.embedded_aws.control import EmbeddedAws
from xops_watch.errors import GapReason, SourceError

WEB = "main/open-webui"
MAX_AGE = 5 * MINUTE
CREATED = datetime(2026, 1, 2, tzinfo=UTC)
DIMENSION = {"ServiceNamespace": "ecs", "ScalableDimension": "ecs:service:DesiredCount"}


def target(subject: str = WEB, **fields: object) -> dict[str, Any]:
    return {
        **DIMENSION,
        "ResourceId": f"service/{subject}",
        "MinCapacity": 2,
        "MaxCapacity": 6,
        "RoleARN": "arn:aws:iam::123456789012:role/scaling",
        "CreationTime": CREATED,
        "SuspendedState": suspended(),
        **fields,
    }


def suspended(*, into: bool = False, out: bool = False, scheduled: bool = False) -> dict[str, bool]:
    return {
        "DynamicScalingInSuspended": into,
        "DynamicScalingOutSuspended": out,
        "ScheduledScalingSuspended": scheduled,
    }


def policy(value: float = 70.0, *, subject: str = WEB, **tracking: object) -> dict[str, Any]:
    metric = {"PredefinedMetricType": "ECSServiceAverageCPUUtilization"}
    configuration = tracking or {"PredefinedMetricSpecification": metric}
    return {
        **DIMENSION,
        "PolicyARN": "arn:aws:autoscaling:r:1:scalingPolicy:x",
        "PolicyName": "cpu",
        "ResourceId": f"service/{subject}",
        "PolicyType": "TargetTrackingScaling",
        "TargetTrackingScalingPolicyConfiguration": {"TargetValue": value, **configuration},
        "Alarms": [],
        "CreationTime": CREATED,
    }


def tracking(metric: str) -> dict[str, Any]:
    return {"PredefinedMetricSpecification": {"PredefinedMetricType": metric}}


def own_metric(namespace: str, metric: str) -> dict[str, Any]:
    names = {"Namespace": namespace, "MetricName": metric, "Statistic": "Average"}
    return {"CustomizedMetricSpecification": names}


STEPS = {**policy(), "PolicyType": "StepScaling"}
del STEPS["TargetTrackingScalingPolicyConfiguration"]

Answer = Callable[..., Sequence[Mapping[str, Any]]]


def scripted(
    targets: Sequence[Mapping[str, Any]] = (), policies: Sequence[Mapping[str, Any]] = ()
) -> ScriptedClient:
    return ScriptedClient(
        describe_scalable_targets=lambda **_: [{"ScalableTargets": list(targets)}],
        describe_scaling_policies=lambda **_: [{"ScalingPolicies": list(policies)}],
    )


def read(client: ScriptedClient, *subjects: str) -> Mapping[str, Scaling | SourceError | None]:
    scaling = Autoscaling(client, max_age=MAX_AGE)
    return scaling.read(subjects or (WEB,), aimed=subjects or (WEB,), now=NOW)


def names(client: ScriptedClient) -> list[str]:
    return [name.removeprefix("describe_") for name, _ in client.calls]


def test_recorded_answers_and_what_may_be_asked() -> None:
    client = make_client("application-autoscaling", "http://127.0.0.1:1")
    with Stubber(client) as stub:
        asked = {**DIMENSION, "ResourceIds": [f"service/{WEB}", "service/main/other"]}
        stub.add_response(
            "describe_scalable_targets", {"ScalableTargets": [], "NextToken": "t"}, asked
        )
        more = {**asked, "NextToken": "t"}
        stub.add_response("describe_scalable_targets", {"ScalableTargets": [target()]}, more)
        of_web = {**DIMENSION, "ResourceId": f"service/{WEB}"}
        answer = {"ScalingPolicies": [STEPS, policy(75.5)]}
        stub.add_response("describe_scaling_policies", answer, of_web)
        found = Autoscaling(client, max_age=MAX_AGE).read(
            [WEB, "main/other"], aimed=[WEB, "main/other"], now=NOW
        )
        stub.assert_no_pending_responses()
    assert found == {
        WEB: Scaling(least=2, most=6, suspended=False, cpu_target=0.755),
        "main/other": None,
    }


def test_over_http(aws: EmbeddedAws) -> None:
    aws.put_cluster(
        "main",
        services=[
            {"name": "open-webui", "scaling": {"min": 2, "max": 6, "cpu_target": 70}},
            {"name": "crew", "scaling": {"min": 1, "max": 8, "suspended": "yes"}},
            {"name": "fixed"},
        ],
    )
    client = make_client("application-autoscaling", aws.endpoint)
    subjects = [WEB, "main/crew", "main/fixed", "main/gone"]
    found = Autoscaling(client, max_age=MAX_AGE).read(subjects, aimed=subjects, now=NOW)
    assert found == {
        WEB: Scaling(least=2, most=6, suspended=False, cpu_target=0.7),
        "main/crew": Scaling(least=1, most=8, suspended=True),
        "main/fixed": None,
        "main/gone": None,
    }


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (suspended(), False),
        (suspended(into=True), False),  # CodeDeploy does so while it rolls
        (suspended(out=True), True),
        (suspended(scheduled=True), True),
        ({}, False),
        (None, False),
    ],
)
def test_suspended_means_that_tasks_may_not_be_added(
    state: dict[str, bool] | None, *, expected: bool
) -> None:
    found = read(scripted([target(SuspendedState=state)]))[WEB]
    assert isinstance(found, Scaling)
    assert found.suspended is expected


@pytest.mark.parametrize(
    ("policies", "expected"),
    [
        ([], None),
        ([STEPS], None),
        ([policy(70.0)], 0.7),
        ([policy(80.0), policy(60.0)], 0.6),
        ([policy(70.0, **tracking("ECSServiceAverageMemoryUtilization"))], None),
        ([policy(70.0, **tracking("ECSServiceAverageCPUUtilizationHighResolution"))], 0.7),
        ([policy(70.0, **own_metric("AWS/ECS", "CPUUtilization"))], 0.7),
        ([policy(70.0, **own_metric("My/App", "CPUUtilization"))], None),
        ([policy(5e9, **tracking("ALBRequestCountPerTarget")), policy(60.0)], 0.6),
        ([policy(50.0, subject="main/other")], None),
    ],
)
def test_the_cpu_that_is_aimed_at(
    policies: Sequence[Mapping[str, Any]], expected: float | None
) -> None:
    found = read(scripted([target()], policies))[WEB]
    assert found == Scaling(least=2, most=6, suspended=False, cpu_target=expected)


def test_policies_are_only_asked_of_what_is_aimed_and_scaled() -> None:
    client = scripted([target("main/a"), target("main/b")])
    scaling = Autoscaling(client, max_age=MAX_AGE)
    scaling.read(["main/a", "main/b", "main/c"], aimed=["main/b", "main/c"], now=NOW)
    assert names(client) == ["scalable_targets", "scaling_policies"]
    assert client.calls[1][1]["ResourceId"] == "service/main/b"


def test_what_was_read_holds_for_five_minutes() -> None:
    client = scripted([target()], [policy()])
    scaling = Autoscaling(client, max_age=MAX_AGE)
    asked = []
    for minutes in (0, 1, 4.99, 5, 6, 10, 3):  # at the end the clock jumps back
        found = scaling.read([WEB], aimed=[WEB], now=NOW + minutes * MINUTE)
        assert found[WEB] == Scaling(least=2, most=6, suspended=False, cpu_target=0.7)
        asked.append(len(client.calls))
    assert asked == [2, 2, 2, 4, 4, 6, 8]


def test_only_a_new_service_is_asked_for_in_between() -> None:
    client = scripted()
    scaling = Autoscaling(client, max_age=MAX_AGE)
    scaling.read(["main/a", "main/b"], aimed=(), now=NOW)
    scaling.read(["main/a", "main/b", "main/c"], aimed=(), now=NOW + MINUTE)
    scaling.read(["main/c"], aimed=(), now=NOW + 2 * MINUTE)
    scaling.read(["main/a", "main/c"], aimed=(), now=NOW + 3 * MINUTE)
    asked = [params["ResourceIds"] for _, params in client.calls]
    assert asked == [
        ["service/main/a", "service/main/b"],
        ["service/main/c"],
        ["service/main/a"],
    ]


def test_fifty_services_are_one_call() -> None:
    client = scripted()
    subjects = [f"main/s{number:03}" for number in range(101)]
    assert read(client, *subjects) == dict.fromkeys(subjects)
    assert sorted(len(params["ResourceIds"]) for _, params in client.calls) == [1, 50, 50]


def client_error(code: str, message: str = "") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, "Describe")


REFUSALS = [
    (client_error("AccessDeniedException"), GapReason.DENIED),
    (client_error("ThrottlingException"), GapReason.THROTTLED),
    (ReadTimeoutError(endpoint_url="x"), GapReason.TIMEOUT),
]


@pytest.mark.parametrize(("error", "reason"), REFUSALS)
def test_who_refuses_is_soon_not_asked_for_the_next_batch(
    error: Exception, reason: GapReason
) -> None:
    def refuse(**_: object) -> Sequence[Mapping[str, Any]]:
        raise error

    client = ScriptedClient(describe_scalable_targets=refuse)
    subjects = [f"main/s{number:03}" for number in range(501)]
    found = read(client, *subjects)
    assert {one.reason for one in found.values() if isinstance(one, SourceError)} == {reason}
    assert list(found) == subjects
    assert len(client.calls) == 3


@pytest.mark.parametrize(("error", "reason"), REFUSALS)
def test_policies_that_are_refused_leave_the_limits(error: Exception, reason: GapReason) -> None:
    client = scripted([target()], [policy()])

    def refuse(**_: object) -> Sequence[Mapping[str, Any]]:
        raise error

    works = client._operations["describe_scaling_policies"]
    client._operations["describe_scaling_policies"] = refuse
    scaling = Autoscaling(client, max_age=MAX_AGE)
    found = scaling.read([WEB], aimed=[WEB], now=NOW)[WEB]
    assert isinstance(found, Scaling)
    assert (found.least, found.most) == (2, 6)
    assert isinstance(found.cpu_target, SourceError)
    assert found.cpu_target.reason is reason
    # A failure is no answer: it is asked for again, not kept for five minutes.
    client._operations["describe_scaling_policies"] = works
    found = scaling.read([WEB], aimed=[WEB], now=NOW + MINUTE)[WEB]
    assert found == Scaling(least=2, most=6, suspended=False, cpu_target=0.7)


def test_the_missing_action_is_named() -> None:
    message = (
        "User: x is not authorized to perform: application-autoscaling:DescribeScalableTargets"
    )

    def refuse(**_: object) -> Sequence[Mapping[str, Any]]:
        raise client_error("AccessDeniedException", message)

    found = read(ScriptedClient(describe_scalable_targets=refuse))[WEB]
    assert isinstance(found, SourceError)
    assert found.what == ("missing IAM permission application-autoscaling:DescribeScalableTargets")


@pytest.mark.parametrize(
    "page",
    [
        None,
        {},  # a missing list is a failure, never "none"
        {"ScalableTargets": None},
        {"ScalableTargets": [{}]},
        {"ScalableTargets": [target(MinCapacity="2")]},
        {"ScalableTargets": [target(MaxCapacity=-1)]},
        {"ScalableTargets": [target(SuspendedState="no")]},
    ],
)
def test_garbled_targets_are_invalid(page: Any) -> None:  # noqa: ANN401 - any JSON
    found = read(ScriptedClient(describe_scalable_targets=lambda **_: [page]))[WEB]
    assert isinstance(found, SourceError)
    assert found.reason is GapReason.INVALID


@pytest.mark.parametrize(
    "page",
    [
        {},
        {"ScalingPolicies": None},
        {"ScalingPolicies": [policy(0.0)]},
        {"ScalingPolicies": [policy(float("nan"))]},
        {"ScalingPolicies": [policy(float("inf"))]},
        {"ScalingPolicies": [{**policy(), "ResourceId": 1}]},
    ],
)
def test_garbled_policies_are_invalid(page: Any) -> None:  # noqa: ANN401 - any JSON
    client = scripted([target()])
    client._operations["describe_scaling_policies"] = lambda **_: [page]
    found = read(client)[WEB]
    assert isinstance(found, Scaling)
    assert isinstance(found.cpu_target, SourceError)
    assert found.cpu_target.reason is GapReason.INVALID


def test_a_listing_without_end_is_invalid() -> None:
    pages: list[dict[str, Any]] = [{"ScalableTargets": []}] * 101
    found = read(ScriptedClient(describe_scalable_targets=lambda **_: pages))[WEB]
    assert isinstance(found, SourceError)
    assert "more than 100 pages" in found.what


@pytest.mark.parametrize(
    ("body", "status"), [(b"<html>", 200), (b"[]", 200), (b"{", 200), (b"null", 200), (b"", 503)]
)
def test_bytes_that_are_no_answer(body: bytes, status: int) -> None:
    client = CannedAws("application-autoscaling").saying(body, status=status)
    found = Autoscaling(client, max_age=timedelta(minutes=5)).read([WEB], aimed=[WEB], now=NOW)
    assert isinstance(found[WEB], SourceError)
