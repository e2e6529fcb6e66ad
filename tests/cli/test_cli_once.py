import json
from datetime import timedelta

import pytest

from tests.cli.command import Outcome, xops_watch
from xops_watch.clock import SystemClock
from xops_watch.embedded_aws.control import EmbeddedAws

MINUTE = timedelta(minutes=1)


def _once(aws: EmbeddedAws, *arguments: str, **environment: str) -> Outcome:
    return xops_watch(
        "once",
        *arguments,
        **(aws.environment() | {"XOPS_WATCH_ECS__CLUSTERS": "xops"} | environment),
    )


def _cluster(aws: EmbeddedAws, *, cpu_percent: float) -> None:
    aws.put_cluster("xops", services=[{"name": "open-webui", "desired": 2, "running": 2}])
    now = SystemClock().now().replace(second=0, microsecond=0)
    aws.put_points(
        {
            "namespace": "AWS/ECS",
            "metric": "CPUUtilization",
            "dimensions": {"ClusterName": "xops", "ServiceName": "open-webui"},
            "unit": "Percent",
            "points": [(now - minutes * MINUTE, cpu_percent) for minutes in range(40)],
        }
    )


def test_a_busy_service_fires_at_the_first_look(aws: EmbeddedAws) -> None:
    _cluster(aws, cpu_percent=91)
    outcome = _once(aws, "--json", "--fail-on", "firing")
    assert outcome.code == 1
    document = json.loads(outcome.out)
    firing = [t for t in document["triggers"] if t["status"] == "firing"]
    assert [(t["rule"], t["subject"]) for t in firing] == [("ecs-cpu-sustained", "xops/open-webui")]
    assert firing[0]["value"] == pytest.approx(0.91)
    recommended = [a for a in document["advice"] if a["state"] == "recommended"]
    assert [a["evolution"]["classification"] for a in recommended] == ["Config Change"]


def test_exactly_80_percent_is_no_breach(aws: EmbeddedAws) -> None:
    _cluster(aws, cpu_percent=80)
    outcome = _once(aws, "--json", "--fail-on", "firing")
    assert outcome.code == 0
    of_cpu = [t for t in json.loads(outcome.out)["triggers"] if t["rule"] == "ecs-cpu-sustained"]
    assert {t["status"] for t in of_cpu} == {"inactive"}


def test_firing_is_no_failure_unless_asked(aws: EmbeddedAws) -> None:
    _cluster(aws, cpu_percent=91)
    outcome = _once(aws)
    assert outcome.code == 0
    assert "firing" in outcome.out
    assert "Scale L5+L6 to 6 replicas" in outcome.out
    assert "\x1b" not in outcome.out


def test_nobody_is_paged(aws: EmbeddedAws) -> None:
    _cluster(aws, cpu_percent=91)
    _once(aws, XOPS_WATCH_SNS__TOPIC_ARN="arn:aws:sns:ap-southeast-2:123456789012:oncall")
    assert not [call for call in aws.requests().counts if call[0] == "sns"]


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("access_denied", "missing IAM permission ecs:"),
        ("expired_token", "expired"),
        ("throttle", "Rate exceeded"),
        ("internal_error", "ecs:"),
        ("malformed", "ecs:"),
    ],
)
def test_an_unreadable_aws_is_exit_3_with_the_reason(
    aws: EmbeddedAws, fault: str, said: str
) -> None:
    aws.add_fault(fault, service="*")
    outcome = _once(aws)
    assert outcome.code == 3
    assert said in outcome.err
    assert "Traceback" not in outcome.err


def test_an_endpoint_that_is_not_there_is_exit_3() -> None:
    outcome = xops_watch(
        "once",
        XOPS_WATCH_ECS__CLUSTERS="xops",
        AWS_ENDPOINT_URL="http://127.0.0.1:1",
        AWS_ACCESS_KEY_ID="x",
        AWS_SECRET_ACCESS_KEY="x",  # noqa: S106 - nobody is there to take it
        AWS_REGION="ap-southeast-2",
    )
    assert outcome.code == 3
    assert "127.0.0.1:1" in outcome.err
    assert "Traceback" not in outcome.err


def test_without_a_region_it_says_so() -> None:
    outcome = xops_watch("once", XOPS_WATCH_ECS__CLUSTERS="xops")
    assert outcome.code == 2
    assert "region" in outcome.err
    assert "set AWS_REGION" in outcome.err


def test_hostile_service_names_cannot_drive_the_terminal(aws: EmbeddedAws) -> None:
    aws.put_cluster("xops", services=[{"name": "evil\x1b[2J\x07", "desired": 1, "running": 1}])
    outcome = _once(aws)
    assert "\x1b" not in outcome.out + outcome.err
    assert "\x07" not in outcome.out + outcome.err
