"""What CloudFront says of its distributions, and what is made of it."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError
from botocore.stub import Stubber
from moto import mock_aws

from tests.aws.bench import MINUTE, NOW, CannedAws, make_client
from tests.contract.source_promises import assert_described, assert_line, assert_promises_kept
from tests.sources.cloudfront_scene import TinyCloudFront, config, refused
from xops_watch.aws.distributions import Distributions
from xops_watch.core.reading import Gap, Observation, Reading
from xops_watch.errors import GapReason, SourceError
from xops_watch.sources.cloudfront import CloudFrontSource

SIGNAL = "cloudfront.price_class"
ONE = "E1ABCDEFGHIJKL"
QUARTER = timedelta(minutes=15)


def source(client: Any, *named: str, seen: Sequence[str] = ()) -> CloudFrontSource:  # noqa: ANN401 - any client
    return CloudFrontSource(
        Distributions(client, named), interval=QUARTER, seen=[(SIGNAL, one) for one in seen]
    )


def told(observations: Sequence[Observation]) -> dict[str | None, float | str]:
    return {o.subject: o.value if isinstance(o, Reading) else str(o.reason) for o in observations}


def detail(observations: Sequence[Observation]) -> str:
    (gap,) = [o for o in observations if isinstance(o, Gap)]
    return gap.detail


@pytest.mark.parametrize("named", [(), ("A", "B", "C")])
def test_the_price_class_is_a_state(named: tuple[str, ...]) -> None:
    tiny = TinyCloudFront(
        A=config(), B=config("PriceClass_200"), C=config("PriceClass_All", Odd=[])
    )
    one = source(tiny, *named)
    observations = one.observe(now=NOW)
    assert told(observations) == {"A": 0.0, "B": 1.0, "C": 2.0}
    assert sorted(tiny.calls) == (["A", "B", "C"] if named else ["list"])
    assert_described(one)
    assert_promises_kept(one, observations, now=NOW)


@pytest.mark.parametrize(
    ("changes", "reason", "words"),
    [
        ({"ConnectionMode": "tenant-only", "PriceClass": "None"}, "not_applicable", "multi-tenant"),
        ({"Enabled": False}, "not_applicable", "disabled"),
        ({"PriceClass": "PriceClass_300\n" * 3}, "invalid", "unknown price class 'PriceClass_300"),
        ({"PriceClass": "None"}, "invalid", "unknown price class 'None'"),
    ],
)
def test_a_distribution_without_a_price_class_says_why(
    changes: dict[str, object], reason: str, words: str
) -> None:
    observations = source(TinyCloudFront(A={**config(), **changes})).observe(now=NOW)
    assert told(observations) == {"A": reason}
    assert words in detail(observations)
    assert_line(detail(observations))


def test_distributions_of_other_stacks_are_not_read() -> None:
    tiny: Any = TinyCloudFront(OURS=config(), THEIRS=config("PriceClass_All"))
    tiny.metrics["THEIRS"] = refused("AccessDenied", 403)
    distributions = Distributions(tiny, belongs=lambda _: frozenset({"OURS"}))
    one = CloudFrontSource(distributions, interval=QUARTER)
    assert told(one.observe(now=NOW)) == {"OURS": 0.0}
    assert distributions.why_no_metrics("THEIRS") is None


def test_many_distributions_of_others_are_no_reason_to_name_those_to_watch() -> None:
    tiny: Any = TinyCloudFront(OURS=config(), **{f"E{n}": config() for n in range(101)})
    distributions = Distributions(tiny, belongs=lambda _: frozenset({"OURS"}))
    one = CloudFrontSource(distributions, interval=QUARTER)
    assert told(one.observe(now=NOW)) == {"OURS": 0.0}


def test_what_is_named_is_read_whomever_it_belongs_to() -> None:
    tiny: Any = TinyCloudFront(OURS=config(), THEIRS=config("PriceClass_All"))
    distributions = Distributions(tiny, ["THEIRS"], belongs=lambda _: frozenset({"OURS"}))
    one = CloudFrontSource(distributions, interval=QUARTER)
    assert told(one.observe(now=NOW)) == {"THEIRS": 2.0}


def test_an_account_without_distributions_is_said_to_have_none() -> None:
    observations = source(TinyCloudFront()).observe(now=NOW)
    assert told(observations) == {None: "not_applicable"}


@pytest.mark.parametrize(
    "page",
    [
        {},
        {"DistributionList": None},
        {"DistributionList": {"Items": []}},
        {"DistributionList": {"Quantity": 1}},
        {"DistributionList": {"Quantity": 1, "Items": [{"Id": "A"}]}},
        {"DistributionList": {"Quantity": 1, "Items": [{"Id": "a/b", **config()}]}},
        {"DistributionList": {"Quantity": 1, "Items": [{"Id": "A", **config(Enabled="yes")}]}},
        {"DistributionList": {"Quantity": 2, "Items": [{"Id": "A", **config()}]}},
    ],
)
def test_a_listing_of_another_shape_is_invalid_never_none(page: Mapping[str, object]) -> None:
    tiny = TinyCloudFront()
    tiny.pages = [page]
    with pytest.raises(SourceError, match="cloudfront:ListDistributions: ") as caught:
        source(tiny).observe(now=NOW)
    assert caught.value.reason is GapReason.INVALID


@pytest.mark.parametrize(("number", "kept"), [(100, True), (101, False)])
def test_distributions_are_bounded_and_never_cut_in_silence(
    number: int,
    kept: bool,  # noqa: FBT001 - a case
) -> None:
    one = source(TinyCloudFront(**{f"E{index}": config() for index in range(number)}))
    if kept:
        assert len(one.observe(now=NOW)) == number
        return
    with pytest.raises(SourceError, match="name those to watch, XOPS_WATCH_EDGE__DISTRIBUTIONS"):
        one.observe(now=NOW)


FAILURES = [
    (refused("AccessDenied", 403), "denied", "missing IAM permission cloudfront:{}"),
    (refused("Throttling"), "throttled", "cloudfront:{}: Throttling"),
    (refused("ServiceUnavailable", 503), "unreachable", "cloudfront:{}: ServiceUnavailable"),
    (EndpointConnectionError(endpoint_url="https://x.example"), "unreachable", "cloudfront:{}: "),
]


@pytest.mark.parametrize(("error", "reason", "what"), FAILURES)
def test_a_failed_listing_is_an_error_that_names_the_action(
    error: Exception, reason: str, what: str
) -> None:
    tiny = TinyCloudFront()
    tiny.pages = error
    with pytest.raises(SourceError) as caught:
        source(tiny).observe(now=NOW)
    assert str(caught.value.reason) == reason
    assert caught.value.what.startswith(what.format("ListDistributions"))


@pytest.mark.parametrize(("error", "reason", "what"), FAILURES)
def test_a_distribution_that_cannot_be_read_blinds_itself_alone(
    error: Exception, reason: str, what: str
) -> None:
    observations = source(TinyCloudFront(A=config(), B=error), "A", "B").observe(now=NOW)
    assert told(observations) == {"A": 0.0, "B": reason}
    assert detail(observations).startswith(what.format("GetDistributionConfig"))
    with pytest.raises(SourceError):
        source(TinyCloudFront(B=error), "B").observe(now=NOW)


def test_a_deleted_distribution_is_gone_once() -> None:
    tiny = TinyCloudFront(A=config(), B=config())
    one = source(tiny, seen=["A", "B", "OLD"])
    assert told(one.observe(now=NOW)) == {"A": 0.0, "B": 0.0, "OLD": "gone"}
    del tiny.configs["B"]
    assert told(one.observe(now=NOW + QUARTER)) == {"A": 0.0, "B": "gone"}
    assert told(one.observe(now=NOW + 2 * QUARTER)) == {"A": 0.0}


def test_a_named_distribution_that_never_was_is_a_wrong_setting() -> None:
    observations = source(TinyCloudFront(A=config()), "A", "E404").observe(now=NOW)
    assert told(observations) == {"A": 0.0, "E404": "invalid"}
    assert "check XOPS_WATCH_EDGE__DISTRIBUTIONS" in detail(observations)


def test_a_named_distribution_that_was_deleted_is_gone() -> None:
    tiny = TinyCloudFront(A=config())
    one = source(tiny, "A")
    one.observe(now=NOW)
    tiny.configs.clear()
    assert told(one.observe(now=NOW + QUARTER)) == {"A": "gone"}


def test_a_distribution_that_cannot_be_read_is_not_gone() -> None:
    tiny = TinyCloudFront(A=config(), B=config())
    one = source(tiny, "A", "B")
    one.observe(now=NOW)
    tiny.configs["B"] = refused("Throttling")
    assert told(one.observe(now=NOW + QUARTER)) == {"A": 0.0, "B": "throttled"}
    tiny.configs["B"] = config()
    assert told(one.observe(now=NOW + 2 * QUARTER)) == {"A": 0.0, "B": 0.0}


@pytest.mark.parametrize(
    ("answer", "reason", "words"),
    [
        ("Enabled", GapReason.STALE, "the additional metrics are on"),
        ("Disabled", GapReason.NOT_ENABLED, "create-monitoring-subscription --distribution-id A "),
        (
            refused("NoSuchMonitoringSubscription", 404),
            GapReason.NOT_ENABLED,
            "RealtimeMetricsSubscriptionConfig={RealtimeMetricsSubscriptionStatus=Enabled}",
        ),
        (
            refused("AccessDenied", 403),
            GapReason.DENIED,
            "missing IAM permission cloudfront:GetMonitoringSubscription",
        ),
        (None, GapReason.INVALID, "cloudfront:GetMonitoringSubscription: "),
    ],
)
def test_why_a_distribution_has_no_additional_metrics(
    answer: object, reason: GapReason, words: str
) -> None:
    tiny = TinyCloudFront(A=config())
    tiny.metrics["A"] = answer
    client: Any = tiny
    distributions = Distributions(client)
    assert distributions.why_no_metrics("A") is None
    distributions.read(now=NOW)
    why = distributions.why_no_metrics("A")
    assert why is not None
    assert why[0] is reason
    assert words in why[1]
    assert distributions.why_no_metrics("B") is None


def test_recorded_shapes_are_understood() -> None:
    """Botocore checks each answer against AWS's own model, and each question too."""
    client = make_client("cloudfront", None)
    whole = {
        "CallerReference": "x",
        "Origins": {"Quantity": 1, "Items": [{"Id": "alb", "DomainName": "alb.example"}]},
        "DefaultCacheBehavior": {"TargetOriginId": "alb", "ViewerProtocolPolicy": "https-only"},
        "Comment": "",
        **config("PriceClass_All"),
    }
    status = {"RealtimeMetricsSubscriptionStatus": "Enabled"}
    with Stubber(client) as stub:
        stub.add_response(
            "get_distribution_config", {"DistributionConfig": whole, "ETag": "E2"}, {"Id": ONE}
        )
        stub.add_response(
            "get_monitoring_subscription",
            {"MonitoringSubscription": {"RealtimeMetricsSubscriptionConfig": status}},
            {"DistributionId": ONE},
        )
        assert told(source(client, ONE).observe(now=NOW)) == {ONE: 2.0}
        stub.assert_no_pending_responses()


EMPTY_LIST = b"""<?xml version="1.0"?>
<DistributionList xmlns="http://cloudfront.amazonaws.com/doc/2020-05-31/">
<Marker></Marker><MaxItems>100</MaxItems><IsTruncated>false</IsTruncated><Quantity>0</Quantity>
</DistributionList>"""


def test_an_empty_listing_has_no_items_on_the_wire() -> None:
    client = CannedAws("cloudfront", protocol="rest-xml").saying(EMPTY_LIST)
    assert told(source(client).observe(now=NOW)) == {None: "not_applicable"}


@pytest.mark.parametrize("body", [b"", b"<html>", b"<DistributionList/>", b"\xff" * 99])
def test_a_garbled_listing_is_invalid(body: bytes) -> None:
    client = CannedAws("cloudfront", protocol="rest-xml").saying(body)
    with pytest.raises(SourceError) as caught:
        source(client).observe(now=NOW)
    assert caught.value.reason is GapReason.INVALID
    assert_line(caught.value.what)


def test_moto_lists_what_was_created() -> None:
    with mock_aws():
        client = boto3.client("cloudfront", region_name="us-east-1")
        created = client.create_distribution(
            DistributionConfig={
                "CallerReference": "one",
                "Comment": "",
                "Enabled": True,
                "PriceClass": "PriceClass_200",
                "Origins": {
                    "Quantity": 1,
                    "Items": [
                        {
                            "Id": "alb",
                            "DomainName": "alb.example",
                            "CustomOriginConfig": {
                                "HTTPPort": 80,
                                "HTTPSPort": 443,
                                "OriginProtocolPolicy": "https-only",
                            },
                        }
                    ],
                },
                "DefaultCacheBehavior": {
                    "TargetOriginId": "alb",
                    "ViewerProtocolPolicy": "https-only",
                    "MinTTL": 0,
                    "ForwardedValues": {"QueryString": False, "Cookies": {"Forward": "none"}},
                },
            }
        )
        name = created["Distribution"]["Id"]
        distributions = Distributions(NoSubscriptions(client))
        one = CloudFrontSource(distributions, interval=MINUTE)
        assert told(one.observe(now=NOW)) == {name: 1.0}


class NoSubscriptions:
    """Moto's CloudFront, which knows nothing of monitoring subscriptions."""

    def __init__(self, client: Any) -> None:  # noqa: ANN401 - a boto3 client
        self._client = client
        self.get_paginator = client.get_paginator
        self.get_distribution_config = client.get_distribution_config

    def get_monitoring_subscription(self, **_: object) -> Mapping[str, object]:
        raise refused("NoSuchMonitoringSubscription", 404)
