"""GetMetricStatistics: free up to a point, one metric a call, and the same readings."""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError
from botocore.stub import Stubber
from hypothesis import given
from mypy_boto3_cloudwatch import CloudWatchClient

from tests.aws.bench import MINUTE, NOW, make_client
from tests.contract.source_promises import assert_promises_kept
from tests.sources.cloudwatch_scene import NEWEST
from tests.sources.hostile import damaged
from tests.sources.metrics_scene import BALANCER, HOUR, details, put, source_of, spending, told
from xops_watch.core.reading import Reading
from xops_watch.embedded_aws.control import EmbeddedAws
from xops_watch.errors import GapReason, SourceError
from xops_watch.sources.cloudwatch import Bill
from xops_watch.sources.cloudwatch.needs import NEEDS
from xops_watch.sources.cloudwatch.statistics import calls_for

ALB = "AWS/ApplicationELB"
ALL = tuple(need.signal for need in NEEDS if need.signal.startswith(("alb.", "finops.scanned")))
A_MINUTE = 43_200  # reads a month


def operations(aws: EmbeddedAws) -> list[str]:
    return [call.operation for call in aws.requests().last if call.operation != "ListMetrics"]


def test_both_calls_make_the_same_readings(aws: EmbeddedAws, cloudwatch: CloudWatchClient) -> None:
    values = {NEWEST - n * MINUTE: float(n % 7) for n in range(25)}
    targets = {**BALANCER, "TargetGroup": "targetgroup/web/1"}
    for name in ("RequestCount", "TargetResponseTime", "HTTPCode_Target_5XX_Count"):
        put(aws, f"{ALB} {name}", BALANCER, {at: v + 1 for at, v in values.items()})
    put(aws, f"{ALB} HealthyHostCount", targets, values)
    day = {NOW - timedelta(days=2): 5e11}
    put(aws, "AWS/Athena DataScannedInBytes", {"WorkGroup": "w"}, day, unit="Megabytes")
    put(aws, "AWS/Athena ProcessedBytes", {"WorkGroup": "v"}, day, unit="Bytes")
    lookback = timedelta(days=5)
    by_data = source_of(cloudwatch, *ALL, lookback=lookback)
    by_statistics = source_of(cloudwatch, *ALL, lookback=lookback, spending=spending(always=True))
    expected = by_data.observe(now=NOW)
    assert set(operations(aws)) == {"GetMetricData"}
    aws.clear_requests()
    assert by_statistics.observe(now=NOW) == expected
    assert set(operations(aws)) == {"GetMetricStatistics"}
    assert {o.signal for o in expected if isinstance(o, Reading)} == set(ALL)


def test_percentiles_are_asked_in_a_call_of_their_own() -> None:
    statistics = [("Average", ""), ("p50", ""), ("Sum", ""), ("p99", ""), ("Sum", "Bytes")]
    assert calls_for(statistics) == {
        ("", False): ["Average", "Sum"],
        ("", True): ["p50", "p99"],
        ("Bytes", False): ["Sum"],
    }


def test_several_statistics_of_one_metric_are_one_billed_metric(
    aws: EmbeddedAws, cloudwatch: CloudWatchClient
) -> None:
    """In flight, p50, p95 and p99 are made of TargetResponseTime in four statistics."""
    put(aws, f"{ALB} RequestCount", BALANCER, {NEWEST: 5.0})
    bills: list[Bill] = []
    signals = ("alb.requests_in_flight", "alb.latency_p50", "alb.latency", "alb.latency_p99")
    source_of(cloudwatch, *signals, spending=spending(0, bills=bills)).observe(now=NOW)
    (call,) = [c.params for c in aws.requests().last if c.operation == "GetMetricData"]
    assert len(call["MetricDataQueries"]) == 5
    assert bills[-1].metrics == 2
    assert bills[-1].dollars == pytest.approx(2 * A_MINUTE * 0.01 / 1000)


def test_what_fits_into_the_free_calls_costs_nothing(
    aws: EmbeddedAws, cloudwatch: CloudWatchClient
) -> None:
    put(aws, f"{ALB} RequestCount", BALANCER, {NEWEST: 5.0})
    bills: list[Bill] = []
    source_of(cloudwatch, "alb.requests_1m", spending=spending(bills=bills)).observe(now=NOW)
    assert operations(aws) == ["GetMetricStatistics"]
    bill = bills[-1]
    assert (bill.dollars, bill.calls) == (0.0, 0)
    assert (bill.free_metrics, bill.statistics_calls) == (1, A_MINUTE)


def refused(error: Exception) -> Callable[..., Any]:
    def refuse(**_: object) -> Any:  # noqa: ANN401 - never returns
        raise error

    return refuse


class Scripted:
    """A CloudWatch whose statistics are scripted; the load balancer is always listed."""

    def __init__(self, answer: Callable[..., Any]) -> None:
        self.get_metric_statistics = answer

    def get_paginator(self, _name: str) -> "Scripted":
        return self

    def paginate(self, **asked: Any) -> Sequence[Mapping[str, Any]]:  # noqa: ANN401 - boto3's
        names = [*asked["Dimensions"], *([] if asked["MetricName"] == "RequestCount" else [{}])]
        dimensions = [{"Name": n.get("Name", "TargetGroup"), "Value": "x"} for n in names]
        return [{"Metrics": [{"MetricName": asked["MetricName"], "Dimensions": dimensions}]}]


def read(answer: Callable[..., Any]) -> Any:  # noqa: ANN401 - observations
    source = source_of(Scripted(answer), "alb.requests_1m", spending=spending())
    return source.observe(now=NOW)


@pytest.mark.parametrize(
    ("code", "reason", "what"),
    [
        ("AccessDenied", GapReason.DENIED, "missing IAM permission cloudwatch:GetMetricStatistics"),
        ("Throttling", GapReason.THROTTLED, "cloudwatch:GetMetricStatistics: Throttling"),
    ],
)
def test_a_refusal_names_the_call(code: str, reason: GapReason, what: str) -> None:
    error = ClientError({"Error": {"Code": code, "Message": ""}}, "GetMetricStatistics")
    with pytest.raises(SourceError) as caught:
        read(refused(error))
    assert caught.value.reason is reason
    assert caught.value.what.startswith(what)


def test_who_hangs_is_waited_for_once() -> None:
    calls = []

    def hang(**asked: Any) -> Any:  # noqa: ANN401 - never returns
        calls.append(asked)
        raise ReadTimeoutError(endpoint_url="https://monitoring.example")

    with pytest.raises(SourceError) as caught:
        read(hang)
    assert caught.value.reason is GapReason.TIMEOUT
    assert len(calls) == 1


POINT = {"Timestamp": NEWEST, "Sum": 5.0, "Maximum": 1.0, "Unit": "Count"}


@pytest.mark.parametrize(
    ("points", "problem"),
    [
        ([POINT, POINT], "two points of one instant"),
        ([{"Timestamp": NEWEST}], "a point without its Maximum"),
        ([{**POINT, "Maximum": float("nan")}], "nan is not a number from 0 on"),
        ([{**POINT, "Maximum": -1.0}], "-1.0 is not a number from 0 on"),
    ],
)
def test_points_that_make_no_sense_blind_their_signal(
    points: Sequence[Mapping[str, object]], problem: str
) -> None:
    observations = read(lambda **_: {"Datapoints": points})
    assert told(observations) == {("alb.requests_1m", "x"): "invalid"}
    assert details(observations)["alb.requests_1m"] == f"cloudwatch:GetMetricStatistics: {problem}"


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"Datapoints": None},
        {"Datapoints": [{}]},
        {"Datapoints": [{"Timestamp": "now"}]},
        {"Datapoints": [{**POINT, "Sum": "5"}]},
        None,
    ],
)
def test_an_answer_of_another_shape_is_invalid_never_none(answer: object) -> None:
    with pytest.raises(SourceError, match="cloudwatch:GetMetricStatistics: ") as caught:
        read(lambda **_: answer)
    assert caught.value.reason is GapReason.INVALID


def test_points_outside_of_what_was_asked_for_are_left_out() -> None:
    points = [{**POINT, "Timestamp": at} for at in (NOW + HOUR, NEWEST, NOW - 99 * HOUR)]
    observations = read(lambda **_: {"Datapoints": points})
    assert told(observations) == {("alb.requests_1m", "x"): {NEWEST: 5.0}}


@given(damaged({"Datapoints": [POINT, {**POINT, "Timestamp": NEWEST - MINUTE}]}))
def test_any_answer(answer: object) -> None:
    source = source_of(Scripted(lambda **_: answer), "alb.requests_1m", spending=spending())
    try:
        observations = source.observe(now=NOW)
    except SourceError:
        return
    assert_promises_kept(source, observations, now=NOW)


def test_recorded_shapes_are_understood() -> None:
    """Botocore checks each answer against AWS's own model, and each question too."""
    client = make_client("cloudwatch", None)
    name = {"Name": "LoadBalancer", "Value": "app/web/1"}
    group = {"Name": "TargetGroup", "Value": "targetgroup/web/1"}
    window = {"StartTime": NEWEST - 29 * MINUTE, "EndTime": NEWEST + MINUTE, "Period": 60}
    with Stubber(client) as stub:
        for metric, parts in (("RequestCount", [name]), ("HealthyHostCount", [group, name])):
            row = {"Namespace": ALB, "MetricName": metric, "Dimensions": parts}
            stub.add_response(
                "list_metrics",
                {"Metrics": [row]},
                {
                    "Namespace": ALB,
                    "MetricName": metric,
                    "Dimensions": [{"Name": "LoadBalancer"}],
                },
            )
        for metric, parts, stat, value in (
            ("HealthyHostCount", [group, name], "Maximum", 2.0),
            ("RequestCount", [name], "Sum", 12.0),
        ):
            point = {"Timestamp": NEWEST, stat: value, "Unit": "Count"}
            stub.add_response(
                "get_metric_statistics",
                {"Label": metric, "Datapoints": [point]},
                {
                    "Namespace": ALB,
                    "MetricName": metric,
                    "Dimensions": parts,
                    "Statistics": [stat],
                    **window,
                },
            )
        source = source_of(client, "alb.requests_1m", spending=spending())
        assert told(source.observe(now=NOW)) == {("alb.requests_1m", "app/web/1"): {NEWEST: 12.0}}
