"""What load balancers tell: requests, their time, their errors, and that there were none."""

import pytest
from mypy_boto3_cloudwatch import CloudWatchClient

from tests.aws.bench import MINUTE, NOW
from tests.sources.cloudwatch_scene import NEWEST
from tests.sources.metrics_scene import BALANCER, HOUR, details, put, source_of, told
from xops_watch.core.reading import Gap, Reading
from xops_watch.embedded_aws.control import EmbeddedAws
from xops_watch.errors import GapReason
from xops_watch.sources.cloudwatch.needs import NEEDS

WEB = "app/web/50dc6c495c0c9188"
BEFORE = NEWEST - MINUTE
ALB = "AWS/ApplicationELB"


def test_requests_in_flight_are_their_rate_times_their_time(
    aws: EmbeddedAws, cloudwatch: CloudWatchClient
) -> None:
    put(aws, f"{ALB} RequestCount", BALANCER, {BEFORE: 6000.0, NEWEST: 600.0})
    put(aws, f"{ALB} TargetResponseTime", BALANCER, {BEFORE: 1.5, NEWEST: 0.2})
    source = source_of(cloudwatch, "alb.requests_in_flight", "alb.requests_1m")
    assert told(source.observe(now=NOW)) == {
        ("alb.requests_in_flight", WEB): {BEFORE: 150.0, NEWEST: 2.0},
        ("alb.requests_1m", WEB): {BEFORE: 6000.0, NEWEST: 600.0},
    }


def test_requests_without_a_response_time_are_not_zero_in_flight(
    aws: EmbeddedAws, cloudwatch: CloudWatchClient
) -> None:
    put(aws, f"{ALB} RequestCount", BALANCER, {NEWEST: 600.0})
    observations = source_of(cloudwatch, "alb.requests_in_flight").observe(now=NOW)
    assert told(observations) == {("alb.requests_in_flight", WEB): "stale"}


def test_latencies_are_percentiles_in_seconds(
    aws: EmbeddedAws, cloudwatch: CloudWatchClient
) -> None:
    put(aws, f"{ALB} RequestCount", BALANCER, {NEWEST: 2.0})
    put(aws, f"{ALB} TargetResponseTime", BALANCER, {NEWEST: 0.75})
    signals = ("alb.latency_p50", "alb.latency", "alb.latency_p99")
    observations = source_of(cloudwatch, *signals).observe(now=NOW)
    assert told(observations) == {
        (signal, WEB): pytest.approx({NEWEST: 0.75}) for signal in signals
    }


@pytest.mark.parametrize(
    ("answers", "ratio"),
    [
        ({"RequestCount": 200.0, "HTTPCode_Target_5XX_Count": 4.0}, 0.02),
        ({"RequestCount": 200.0}, 0.0),
        (
            {
                "RequestCount": 200.0,
                "HTTPCode_Target_5XX_Count": 4.0,
                "HTTPCode_ELB_5XX_Count": 2.0,
            },
            0.03,
        ),
        # Answered by the balancer alone: no request was routed.
        ({"RequestCount": 10.0, "HTTPCode_ELB_5XX_Count": 40.0}, 1.0),
        ({"HTTPCode_ELB_5XX_Count": 40.0}, 1.0),
    ],
)
@pytest.mark.parametrize(("signal", "code"), [("error", "5XX"), ("client_error", "4XX")])
def test_errors_are_a_share_of_the_answers(
    cloudwatch: CloudWatchClient,
    aws: EmbeddedAws,
    signal: str,
    code: str,
    answers: dict[str, float],
    ratio: float,
) -> None:
    put(aws, f"{ALB} RequestCount", BALANCER, {BEFORE: 1.0})
    for metric, value in answers.items():
        put(aws, f"{ALB} {metric.replace('5XX', code)}", BALANCER, {NEWEST: value})
    observations = source_of(cloudwatch, f"alb.{signal}_ratio").observe(now=NOW)
    assert told(observations) == {
        (f"alb.{signal}_ratio", WEB): {BEFORE: 0.0, NEWEST: ratio},
    }


def test_no_rejected_connections_are_zero_only_where_there_were_requests(
    aws: EmbeddedAws, cloudwatch: CloudWatchClient
) -> None:
    put(aws, f"{ALB} RequestCount", BALANCER, {BEFORE - MINUTE: 5.0, NEWEST: 5.0})
    put(aws, f"{ALB} RejectedConnectionCount", BALANCER, {NEWEST: 3.0})
    observations = source_of(cloudwatch, "alb.rejected_connections_1m").observe(now=NOW)
    assert told(observations) == {
        ("alb.rejected_connections_1m", WEB): {BEFORE - MINUTE: 0.0, NEWEST: 3.0}
    }


ALB_SIGNALS = tuple(need.signal for need in NEEDS if need.signal.startswith("alb."))
TARGETS = {**BALANCER, "TargetGroup": "targetgroup/web/73e2d6bc24d8a067"}


def test_an_idle_load_balancer_without_targets_is_stale_not_zero(
    aws: EmbeddedAws, cloudwatch: CloudWatchClient
) -> None:
    put(aws, f"{ALB} RequestCount", BALANCER, {NEWEST - 12 * HOUR: 5.0})
    observations = source_of(cloudwatch, *ALB_SIGNALS).observe(now=NOW)
    assert set(told(observations).values()) == {"stale"}
    assert details(observations)["alb.error_ratio"] == (
        "CloudWatch has no new point: AWS/ApplicationELB publishes none while there are no requests"
    )


def test_no_requests_are_zero_requests_where_targets_are_counted(
    aws: EmbeddedAws, cloudwatch: CloudWatchClient
) -> None:
    put(aws, f"{ALB} RequestCount", BALANCER, {NEWEST - 12 * HOUR: 5.0})
    put(aws, f"{ALB} HealthyHostCount", TARGETS, {BEFORE: 2.0, NEWEST: 2.0})
    observations = source_of(cloudwatch, *ALB_SIGNALS).observe(now=NOW)
    assert told(observations) == {
        ("alb.requests_in_flight", WEB): {BEFORE: 0.0, NEWEST: 0.0},
        ("alb.requests_1m", WEB): {BEFORE: 0.0, NEWEST: 0.0},
        ("alb.rejected_connections_1m", WEB): {BEFORE: 0.0, NEWEST: 0.0},
        ("alb.latency_p50", WEB): "not_applicable",
        ("alb.latency", WEB): "not_applicable",
        ("alb.latency_p99", WEB): "not_applicable",
        ("alb.client_error_ratio", WEB): "not_applicable",
        ("alb.error_ratio", WEB): "not_applicable",
    }
    assert details(observations)["alb.error_ratio"] == (
        "no requests in the last minutes: there is no answer to be measured"
    )


def test_no_healthy_target_is_no_proof_of_errors(
    aws: EmbeddedAws, cloudwatch: CloudWatchClient
) -> None:
    put(aws, f"{ALB} HealthyHostCount", TARGETS, {NEWEST: 0.0})
    put(aws, f"{ALB} HTTPCode_ELB_5XX_Count", BALANCER, {NEWEST: 7.0})
    observations = source_of(cloudwatch, "alb.error_ratio", "alb.requests_1m").observe(now=NOW)
    assert told(observations) == {
        ("alb.error_ratio", WEB): {NEWEST: 1.0},
        ("alb.requests_1m", WEB): {NEWEST: 0.0},
    }


def test_a_load_balancer_that_never_had_a_request_is_found_by_its_targets(
    aws: EmbeddedAws, cloudwatch: CloudWatchClient
) -> None:
    put(aws, f"{ALB} HealthyHostCount", TARGETS, {NEWEST: 1.0})
    put(aws, f"{ALB} HealthyHostCount", {**TARGETS, "AvailabilityZone": "a"}, {NEWEST: 1.0})
    source = source_of(cloudwatch, "alb.requests_1m")
    assert told(source.observe(now=NOW)) == {("alb.requests_1m", WEB): {NEWEST: 0.0}}
    (call,) = [c.params for c in aws.requests().last if c.operation == "GetMetricData"]
    assert len(call["MetricDataQueries"]) == 1


def test_an_error_before_the_silence_is_kept_while_nothing_comes(
    aws: EmbeddedAws, cloudwatch: CloudWatchClient
) -> None:
    errors, idle = NEWEST - 9 * MINUTE, {NEWEST - n * MINUTE: 2.0 for n in range(12)}
    put(aws, f"{ALB} RequestCount", BALANCER, {errors: 10.0})
    put(aws, f"{ALB} HTTPCode_Target_5XX_Count", BALANCER, {errors: 5.0})
    put(aws, f"{ALB} HealthyHostCount", TARGETS, idle)
    observations = source_of(cloudwatch, "alb.error_ratio").observe(now=NOW)
    readings = [o for o in observations if isinstance(o, Reading)]
    assert [(o.taken_at, o.value, o.seen_at) for o in readings] == [(errors, 0.5, None)]
    gaps = [o for o in observations if isinstance(o, Gap)]
    assert [gap.reason for gap in gaps] == [GapReason.NOT_APPLICABLE]


def test_parts_of_a_load_balancer_are_not_the_load_balancer(
    aws: EmbeddedAws, cloudwatch: CloudWatchClient
) -> None:
    put(aws, f"{ALB} RequestCount", BALANCER, {NEWEST: 30.0})
    put(aws, f"{ALB} RequestCount", {**BALANCER, "AvailabilityZone": "a"}, {NEWEST: 10.0})
    put(aws, f"{ALB} RequestCount", {**BALANCER, "TargetGroup": "t/x/1"}, {NEWEST: 20.0})
    observations = source_of(cloudwatch, "alb.requests_1m").observe(now=NOW)
    assert told(observations) == {("alb.requests_1m", WEB): {NEWEST: 30.0}}
