"""Who is measured: what ListMetrics says, how long it is believed, and when it is not."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError
from mypy_boto3_cloudwatch import CloudWatchClient

from tests.aws.bench import MINUTE, NOW, CannedAws, ScriptedClient
from tests.sources.cloudwatch_scene import NEWEST
from tests.sources.metrics_scene import HOUR, details, put, source_of, told
from xops_watch.embedded_aws.control import EmbeddedAws
from xops_watch.errors import GapReason, SourceError

REQUESTS = "AWS/ApplicationELB RequestCount"
SIGNAL = "alb.requests_1m"


def balancers(aws: EmbeddedAws, *names: str) -> None:
    for name in names:
        put(aws, REQUESTS, {"LoadBalancer": name}, {NEWEST: 1.0})


def subjects(observations: Any) -> set[str | None]:  # noqa: ANN401 - whatever is observed
    return {subject for _, subject in told(observations)}


def listings(aws: EmbeddedAws) -> int:
    """Return how often load balancers were listed, by their requests."""
    asked = [c.params for c in aws.requests().last if c.operation == "ListMetrics"]
    return sum(params["MetricName"] == "RequestCount" for params in asked)


def test_a_listing_is_believed_for_an_hour(aws: EmbeddedAws, cloudwatch: CloudWatchClient) -> None:
    balancers(aws, "app/a/1")
    source = source_of(cloudwatch, SIGNAL)
    for late in range(0, 60, 10):
        source.observe(now=NOW + late * MINUTE)
    assert listings(aws) == 1
    balancers(aws, "app/b/1")
    assert subjects(source.observe(now=NOW + 59 * MINUTE)) == {"app/a/1"}
    assert subjects(source.observe(now=NOW + 60 * MINUTE)) == {"app/a/1", "app/b/1"}
    assert listings(aws) == 2


def test_a_listing_that_fails_later_leaves_the_old_one_in_use_and_is_tried_again(
    aws: EmbeddedAws, cloudwatch: CloudWatchClient
) -> None:
    balancers(aws, "app/a/1")
    source = source_of(cloudwatch, SIGNAL)
    source.observe(now=NOW)
    fault = aws.add_fault("access_denied", service="cloudwatch", operation="ListMetrics")
    for late in (60, 61, 62):
        assert subjects(source.observe(now=NOW + late * MINUTE)) == {"app/a/1"}
    assert listings(aws) == 2
    aws.end_fault(fault)
    source.observe(now=NOW + 65 * MINUTE)
    assert listings(aws) == 3


@pytest.mark.parametrize(
    ("fault", "reason", "what"),
    [
        ("access_denied", "denied", "missing IAM permission cloudwatch:ListMetrics"),
        ("throttle", "throttled", "cloudwatch:ListMetrics: Throttling"),
        ("malformed", "invalid", "cloudwatch:ListMetrics"),
        ("internal_error", "unreachable", "cloudwatch:ListMetrics"),
    ],
)
def test_what_cannot_be_listed_blinds_its_own_signals_alone(
    aws: EmbeddedAws, cloudwatch: CloudWatchClient, fault: str, reason: str, what: str
) -> None:
    balancers(aws, "app/a/1")
    put(aws, "AWS/EFS PercentIOLimit", {"FileSystemId": "fs-1"}, {NEWEST: 5.0})
    aws.add_fault(fault, service="cloudwatch", operation="ListMetrics", times=1)
    observations = source_of(cloudwatch, SIGNAL, "efs.io_limit").observe(now=NOW)
    assert told(observations) == {
        (SIGNAL, None): reason,
        ("efs.io_limit", "fs-1"): {NEWEST: 0.05},
    }
    assert details(observations)[SIGNAL].startswith(what)


def test_when_nothing_can_be_listed_the_source_fails(
    aws: EmbeddedAws, cloudwatch: CloudWatchClient
) -> None:
    aws.add_fault("throttle", service="cloudwatch")
    with pytest.raises(SourceError) as caught:
        source_of(cloudwatch, SIGNAL, "efs.io_limit").observe(now=NOW)
    assert caught.value.reason is GapReason.THROTTLED


def test_what_was_seen_is_not_gone_while_it_cannot_be_listed(
    aws: EmbeddedAws, cloudwatch: CloudWatchClient
) -> None:
    put(aws, "AWS/EFS PercentIOLimit", {"FileSystemId": "fs-1"}, {NEWEST: 5.0})
    aws.add_fault("throttle", service="cloudwatch", operation="ListMetrics", times=1)
    seen = [(SIGNAL, "app/a/1")]
    source = source_of(cloudwatch, SIGNAL, "efs.io_limit", seen=seen)
    assert (SIGNAL, "app/a/1") not in told(source.observe(now=NOW))
    assert told(source.observe(now=NOW + MINUTE))[SIGNAL, "app/a/1"] == "gone"


def test_patterns_choose_what_is_watched(aws: EmbeddedAws, cloudwatch: CloudWatchClient) -> None:
    balancers(aws, "app/web/1", "app/web-2/2", "app/other/3")
    source = source_of(cloudwatch, SIGNAL, only={"AWS/ApplicationELB": ["app/web*"]})
    assert subjects(source.observe(now=NOW)) == {"app/web/1", "app/web-2/2"}


def test_a_pattern_that_matches_nobody_is_no_proof_that_there_is_nobody(
    aws: EmbeddedAws, cloudwatch: CloudWatchClient
) -> None:
    balancers(aws, "app/web/1", "app/api/2")
    source = source_of(cloudwatch, SIGNAL, only={"AWS/ApplicationELB": ["app/wbe/*"]})
    observations = source.observe(now=NOW)
    assert told(observations) == {(SIGNAL, None): "not_enabled"}
    assert details(observations)[SIGNAL] == (
        "CloudWatch lists 2 of kind load balancer, none matches XOPS_WATCH_CLOUDWATCH__SUBJECTS,"
        " or belongs to a watched service"
    )


@pytest.mark.parametrize(("number", "kept"), [(200, True), (201, False)])
def test_subjects_are_bounded_and_never_cut_in_silence(
    number: int,
    kept: bool,  # noqa: FBT001 - a case
) -> None:
    rows = [row("RequestCount", LoadBalancer=f"app/{index}/1") for index in range(number)]
    client = ScriptedClient(
        list_metrics=lambda **_: [{"Metrics": rows}],
        get_metric_data=lambda **params: [
            {
                "MetricDataResults": [
                    {"Id": query["Id"], "StatusCode": "Complete"}
                    for query in params["MetricDataQueries"]
                ]
            }
        ],
    )
    source = source_of(client, SIGNAL)
    if kept:
        assert len(source.observe(now=NOW)) == number
        return
    with pytest.raises(SourceError) as caught:
        source.observe(now=NOW)
    assert caught.value.reason is GapReason.INVALID
    assert caught.value.what == (
        "cloudwatch:ListMetrics: 201 of kind load balancer, more than 200: name those to watch,"
        " XOPS_WATCH_CLOUDWATCH__SUBJECTS=AWS/ApplicationELB=PATTERN"
    )


def row(metric: str, **dimensions: object) -> dict[str, Any]:
    pairs = [{"Name": name, "Value": value} for name, value in dimensions.items()]
    return {"Namespace": "AWS/ApplicationELB", "MetricName": metric, "Dimensions": pairs}


@pytest.mark.parametrize(
    "page",
    [
        {},
        {"Metrics": None},
        {"Metrics": [{"MetricName": "RequestCount"}]},
        {"Metrics": [{"Dimensions": []}]},
        {"Metrics": [row("RequestCount", LoadBalancer="a\nb")]},
        {"Metrics": [row("RequestCount", LoadBalancer="")]},
        {"Metrics": [row("RequestCount", LoadBalancer="x" * 501)]},
        {"Metrics": [row("RequestCount", LoadBalancer=5)]},
    ],
)
def test_a_listing_of_another_shape_is_invalid_never_none(page: Mapping[str, Any]) -> None:
    client = ScriptedClient(list_metrics=lambda **_: [page])
    with pytest.raises(SourceError, match="cloudwatch:ListMetrics: ") as caught:
        source_of(client, SIGNAL).observe(now=NOW)
    assert caught.value.reason is GapReason.INVALID


def test_rows_of_another_metric_are_not_taken_for_the_one_asked_for() -> None:
    client = ScriptedClient(
        list_metrics=lambda **_: [{"Metrics": [row("NewFlowCount", LoadBalancer="app/a/1")]}]
    )
    assert told(source_of(client, SIGNAL).observe(now=NOW)) == {(SIGNAL, None): "not_applicable"}


def test_a_listing_without_end_is_given_up() -> None:
    def endless(**_: object) -> Any:  # noqa: ANN401 - pages
        while True:
            yield {"Metrics": []}

    with pytest.raises(SourceError, match="more than 100 pages"):
        source_of(ScriptedClient(list_metrics=endless), SIGNAL).observe(now=NOW)


def test_a_denial_in_aws_words_names_the_action() -> None:
    def denied(**_: object) -> Any:  # noqa: ANN401 - never returns
        message = "User: x is not authorized to perform: cloudwatch:ListMetrics"
        raise ClientError({"Error": {"Code": "AccessDenied", "Message": message}}, "ListMetrics")

    with pytest.raises(SourceError, match="missing IAM permission cloudwatch:ListMetrics"):
        source_of(ScriptedClient(list_metrics=denied), SIGNAL).observe(now=NOW)


RECORDED = b"""{"Metrics": [
  {"Namespace": "AWS/ApplicationELB", "MetricName": "RequestCount", "Dimensions": [
    {"Name": "LoadBalancer", "Value": "app/web/50dc6c495c0c9188"}]},
  {"Namespace": "AWS/ApplicationELB", "MetricName": "RequestCount", "Dimensions": [
    {"Name": "LoadBalancer", "Value": "app/web/50dc6c495c0c9188"},
    {"Name": "AvailabilityZone", "Value": "ap-southeast-2a"}]}
  ], "OwningAccounts": []}"""


def test_a_recorded_listing_is_read_off_the_wire() -> None:
    source = source_of(CannedAws("cloudwatch").saying(RECORDED), SIGNAL)
    found = source._subjects.find(source._plan()[0].need.kind, now=NOW)
    assert [subject.name for subject in found.subjects] == ["app/web/50dc6c495c0c9188"]


def test_only_instances_that_were_active_are_asked_for(
    aws: EmbeddedAws, cloudwatch: CloudWatchClient
) -> None:
    cpu = "AWS/EC2 CPUUtilization"
    put(aws, cpu, {"InstanceId": "i-old"}, {NOW - 4 * HOUR: 1.0})
    put(aws, cpu, {"InstanceId": "i-new"}, {NOW - timedelta(minutes=15): 1.0})
    assert subjects(source_of(cloudwatch, "ec2.cpu_utilization").observe(now=NOW)) == {"i-new"}
