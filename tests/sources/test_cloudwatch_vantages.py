"""Latency by vantage: each has a metric of its own, in a region of its own."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError
from mypy_boto3_cloudwatch import CloudWatchClient

from tests.aws.bench import MINUTE, NOW, ScriptedClient
from tests.contract.source_promises import assert_described, assert_promises_kept
from tests.sources.metrics_scene import HOUR, details, put, told
from xops_watch.core.rule import Rulebook
from xops_watch.embedded_aws.control import EmbeddedAws
from xops_watch.rulebook import load
from xops_watch.rulebook.shipped import shipped_profiles, shipped_rules
from xops_watch.sources.cloudwatch import Bill, Pace, Reads, Scope, Vantage, cloudwatch_sources

SIGNAL = "edge.latency"
# Points settle for five minutes: at 12:00:30 the newest whole five minutes began at 11:50.
AT = NOW.replace(hour=11, minute=50, second=0)
STEP = {"CanaryName": "edge-nz", "StepName": "first-byte"}
AUCKLAND = "ap-southeast-6"


@pytest.fixture(scope="module")
def rules() -> Rulebook:
    return load(shipped_rules())


def canary(name: str, region: str = "") -> Vantage:
    return Vantage(
        name=name,
        namespace="CloudWatchSynthetics",
        metric="Duration",
        dimensions=(("CanaryName", f"edge-{name}"), ("StepName", "first-byte")),
        per=1000.0,
        region=region,
    )


def sources(
    rules: Rulebook,
    clients: Mapping[str, Any],
    *vantages: Vantage,
    seen: Sequence[str] = (),
    bills: list[Bill] | None = None,
) -> dict[str, Reads]:
    """Return the sources of vantages, by their names."""
    made = cloudwatch_sources(
        lambda region: clients.get(region, ScriptedClient()),
        lambda: rules,
        pace=Pace(interval=MINUTE, settle=2 * MINUTE),
        scope=Scope(vantages=vantages),
        tell=(bills if bills is not None else []).append,
        seen=[(SIGNAL, name) for name in seen],
    )
    return {one.name: one for one in made if not one.name.startswith("cloudwatch")}


def answering(value: float) -> ScriptedClient:
    def read(**asked: Any) -> Sequence[Mapping[str, Any]]:  # noqa: ANN401 - as boto3 takes it
        told_of = {"Timestamps": [AT], "Values": [value], "StatusCode": "Complete"}
        return [
            {"MetricDataResults": [{"Id": q["Id"], **told_of}]} for q in asked["MetricDataQueries"]
        ]

    return ScriptedClient(get_metric_data=read)


def refusing(error: Exception) -> ScriptedClient:
    def refuse(**_: object) -> Sequence[Mapping[str, Any]]:
        raise error

    return ScriptedClient(get_metric_data=refuse)


def client_error(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "the secret token"}}, "GetMetricData")


def test_the_step_of_a_canary_is_read_in_seconds_and_nothing_is_listed(
    rules: Rulebook, aws: EmbeddedAws, cloudwatch: CloudWatchClient
) -> None:
    put(aws, "CloudWatchSynthetics Duration", STEP, {AT: 187.0})
    put(aws, "CloudWatchSynthetics Duration", {"CanaryName": "edge-nz"}, {AT: 9000.0})
    source = sources(rules, {"home": cloudwatch}, canary("nz"))["edge_latency_home"]
    observations = source.observe(now=NOW)
    assert told(observations) == {(SIGNAL, "nz"): pytest.approx({AT: 0.187})}
    assert set(aws.requests().counts) == {("cloudwatch", "GetMetricData")}
    assert_described(source)
    assert_promises_kept(source, observations, now=NOW)


@pytest.mark.parametrize(("per", "value", "seconds"), [(1000.0, 200.0, 0.2), (1.0, 0.2, 0.2)])
def test_any_metric_may_be_a_vantage(
    rules: Rulebook, per: float, value: float, seconds: float
) -> None:
    client = answering(value)
    log_metric = Vantage(
        name="nz",
        namespace="XOps/Edge",
        metric="FirstByte",
        dimensions=(("Country", "NZ"),),
        per=per,
        region="us-east-1",
    )
    source = sources(rules, {"us-east-1": client}, log_metric)["edge_latency_us_east_1"]
    assert told(source.observe(now=NOW)) == {(SIGNAL, "nz"): {AT: seconds}}
    ((_, asked),) = client.calls
    (query,) = asked["MetricDataQueries"]
    assert query["MetricStat"] == {
        "Metric": {
            "Namespace": "XOps/Edge",
            "MetricName": "FirstByte",
            "Dimensions": [{"Name": "Country", "Value": "NZ"}],
        },
        "Period": 300,
        "Stat": "p90",
    }


def test_vantages_of_one_region_are_read_in_one_call(rules: Rulebook) -> None:
    client = answering(100.0)
    made = sources(rules, {"ap-southeast-2": client}, *(canary(n, "ap-southeast-2") for n in "ab"))
    made["edge_latency_ap_southeast_2"].observe(now=NOW)
    assert len(client.calls) == 1


def test_a_vantage_that_is_not_set_says_how_to_set_it(rules: Rulebook) -> None:
    source = sources(rules, {}, canary("syd"))["edge_latency"]
    observations = source.observe(now=NOW)
    assert told(observations) == {(SIGNAL, "nz"): "not_enabled"}
    assert details(observations)[SIGNAL] == (
        "nothing measures from there: run a canary and set"
        " XOPS_WATCH_EDGE__VANTAGES=nz=canary:CANARY/STEP@ap-southeast-6"
    )
    assert_described(source)
    assert_promises_kept(source, observations, now=NOW)


def test_where_all_are_set_nothing_has_to_be_said(rules: Rulebook) -> None:
    made = sources(rules, {}, canary("nz", AUCKLAND), canary("syd"))
    assert set(made) == {"edge_latency_home", "edge_latency_ap_southeast_6"}


def test_a_vantage_that_no_setting_names_any_more_is_gone_once(rules: Rulebook) -> None:
    made = sources(rules, {}, canary("nz"), canary("syd"), seen=["nz", "akl"])
    assert told(made["edge_latency"].observe(now=NOW)) == {(SIGNAL, "akl"): "gone"}
    assert not made["edge_latency"].observe(now=NOW + MINUTE)


def test_a_region_that_fails_blinds_its_own_vantages_alone(rules: Rulebook) -> None:
    clients = {
        AUCKLAND: refusing(client_error("Throttling")),
        "home": answering(90.0),
    }
    made = sources(rules, clients, canary("nz", AUCKLAND), canary("syd"), seen=["nz", "syd"])
    assert told(made["edge_latency_ap_southeast_6"].observe(now=NOW)) == {
        (SIGNAL, "nz"): "throttled"
    }
    assert told(made["edge_latency_home"].observe(now=NOW)) == {(SIGNAL, "syd"): {AT: 0.09}}


@pytest.mark.parametrize("code", ["UnrecognizedClientException", "InvalidClientTokenId"])
def test_a_region_that_does_not_know_us_is_probably_not_enabled(rules: Rulebook, code: str) -> None:
    clients = {AUCKLAND: refusing(client_error(code))}
    made = sources(rules, clients, canary("nz", AUCKLAND))
    observations = made["edge_latency_ap_southeast_6"].observe(now=NOW)
    assert told(observations) == {(SIGNAL, "nz"): "not_enabled"}
    words = details(observations)[SIGNAL]
    assert words.endswith("aws account enable-region --region-name ap-southeast-6")
    assert "secret" not in words


def test_at_home_credentials_that_are_not_known_are_wrong(rules: Rulebook) -> None:
    made = sources(rules, {"home": refusing(client_error("InvalidClientTokenId"))}, canary("nz"))
    assert told(made["edge_latency_home"].observe(now=NOW)) == {(SIGNAL, "nz"): "denied"}


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (client_error("AccessDenied"), "denied"),
        (client_error("ExpiredToken"), "denied"),
        (ReadTimeoutError(endpoint_url="https://x.example"), "timeout"),
    ],
)
def test_what_fails_in_another_region_is_told_as_anywhere(
    rules: Rulebook, error: Exception, reason: str
) -> None:
    made = sources(rules, {AUCKLAND: refusing(error)}, canary("nz", AUCKLAND))
    observations = made["edge_latency_ap_southeast_6"].observe(now=NOW)
    assert told(observations) == {(SIGNAL, "nz"): reason}


@pytest.mark.parametrize(("minutes", "stale"), [(25, False), (30, True)])
def test_a_canary_that_runs_every_twenty_minutes_is_never_silent(
    rules: Rulebook,
    minutes: int,
    stale: bool,  # noqa: FBT001 - a case
) -> None:
    def read(**asked: Any) -> Sequence[Mapping[str, Any]]:  # noqa: ANN401 - as boto3 takes it
        at = [asked["EndTime"] - minutes * MINUTE]
        one = {"Id": "m0", "Timestamps": at, "Values": [1.0], "StatusCode": "Complete"}
        return [{"MetricDataResults": [one]}]

    made = sources(rules, {"home": ScriptedClient(get_metric_data=read)}, canary("nz"))
    assert bool(details(made["edge_latency_home"].observe(now=NOW))) is stale


def test_vantages_are_read_every_five_minutes_and_are_on_the_bill_once(rules: Rulebook) -> None:
    bills: list[Bill] = []
    clients = {AUCKLAND: answering(1.0), "home": answering(1.0)}
    made = sources(rules, clients, canary("nz", AUCKLAND), canary("syd"), bills=bills)
    for late in range(11):
        made["edge_latency_home"].observe(now=NOW + late * MINUTE)
    assert len(clients["home"].calls) == 3
    made["edge_latency_ap_southeast_6"].plan(now=NOW)
    (line,) = bills[-1].lines
    assert (line.signal, line.metrics, line.every) == (SIGNAL, 2, 5 * MINUTE)


def test_where_no_rule_asks_from_where_nothing_is_read_and_nothing_said() -> None:
    portal = load([shipped_profiles()["ai-portal"]])
    made = sources(portal, {"home": answering(1.0)}, canary("syd"))
    assert {name: one.observe(now=NOW) for name, one in made.items()} == {
        "edge_latency_home": [],
        "edge_latency": [],
    }
    assert {one.signals for one in made.values()} == {()}


def test_a_vantage_looks_back_as_far_as_its_rule(rules: Rulebook) -> None:
    client = answering(1.0)
    sources(rules, {"home": client}, canary("nz"))["edge_latency_home"].observe(now=NOW)
    ((_, asked),) = client.calls
    assert asked["EndTime"] - asked["StartTime"] == 15 * HOUR
