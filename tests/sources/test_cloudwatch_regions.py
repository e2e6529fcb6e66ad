"""One source for each region: neither waits for the other, and one budget holds for both."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, ReadTimeoutError

from tests.aws.bench import MINUTE, NOW, ScriptedClient
from tests.aws.tiny_ecs import TinyEcs
from tests.sources.metrics_scene import told
from xops_watch.aws.inventory import EcsInventory
from xops_watch.errors import GapReason, SourceError
from xops_watch.rulebook import load
from xops_watch.rulebook.shipped import shipped_rules
from xops_watch.sources.cloudwatch import (
    Bill,
    CloudWatchSource,
    Pace,
    Place,
    Scope,
    cloudwatch_sources,
)

RULES = load(shipped_rules())


def listing(**asked: Any) -> Sequence[Mapping[str, Any]]:  # noqa: ANN401 - as boto3 takes it
    dimensions = [{"Name": d["Name"], "Value": d.get("Value", "x")} for d in asked["Dimensions"]]
    return [{"Metrics": [{"MetricName": asked["MetricName"], "Dimensions": dimensions}]}]


def points(**asked: Any) -> Sequence[Mapping[str, Any]]:  # noqa: ANN401 - as boto3 takes it
    at, value = [asked["StartTime"]], [1.0]
    told_of = {"Timestamps": at, "Values": value, "StatusCode": "Complete"}
    queries = asked["MetricDataQueries"]
    return [{"MetricDataResults": [{"Id": query["Id"], **told_of} for query in queries]}]


def unreachable(**_: object) -> Sequence[Mapping[str, Any]]:
    raise EndpointConnectionError(endpoint_url="https://monitoring.us-east-1.example")


def sources(
    clients: Mapping[str, Any],
    *,
    inventory: EcsInventory | None = None,
    budget: float | None = None,
    bills: list[Bill] | None = None,
) -> tuple[CloudWatchSource, ...]:
    everything = cloudwatch_sources(
        lambda region: clients[region],
        lambda: RULES,
        pace=Pace(interval=MINUTE, settle=2 * MINUTE, budget=budget),
        scope=Scope(inventory=inventory),
        tell=(bills if bills is not None else []).append,
    )
    return tuple(source for source in everything if isinstance(source, CloudWatchSource))


def both() -> dict[str, Any]:
    return {place: ScriptedClient(list_metrics=listing, get_metric_data=points) for place in Place}


def test_each_region_has_a_source_of_its_own_signals() -> None:
    home, far = sources(both())
    assert (home.name, far.name) == ("cloudwatch", "cloudwatch_global")
    assert far.signals == (
        "edge.requests_5m",
        "edge.error_ratio",
        "edge.client_error_ratio",
        "edge.origin_latency",
    )
    assert not set(home.signals) & set(far.signals)


def test_services_are_only_read_where_a_cluster_is_watched() -> None:
    without, _ = sources(both())
    inventory = EcsInventory(TinyEcs({"main": ["web"]}).client, clusters=("main",))
    watched, _ = sources(both(), inventory=inventory)
    ecs = tuple(f"ecs.{of}_utilization{most}" for most in ("", "_max") for of in ("cpu", "memory"))
    assert watched.signals == (*ecs, *without.signals)


def test_a_region_that_is_down_takes_nothing_from_the_other() -> None:
    clients = both()
    clients[Place.GLOBAL] = ScriptedClient(list_metrics=unreachable)
    home, far = sources(clients)
    with pytest.raises(SourceError) as caught:
        far.observe(now=NOW)
    assert caught.value.reason is GapReason.UNREACHABLE
    assert ("alb.requests_1m", "x") in told(home.observe(now=NOW))


def test_the_first_region_slows_down_for_what_the_second_needs() -> None:
    alone: list[Bill] = []
    sources(both(), bills=alone)[0].plan(now=NOW)
    bills: list[Bill] = []
    home, far = sources(both(), budget=alone[-1].dollars, bills=bills)
    home.plan(now=NOW)
    assert not any(line.stretched for line in bills[-1].lines)
    far.plan(now=NOW)
    assert any(line.stretched for line in bills[-1].lines)
    assert bills[-1].dollars <= alone[-1].dollars


def test_a_stretched_signal_loses_no_point() -> None:
    """What is read every four minutes reads the four minutes since, and the newest again."""
    clients = both()
    bills: list[Bill] = []
    home, _ = sources(clients, budget=1.0, bills=bills)
    for late in range(9):
        home.observe(now=NOW + late * MINUTE)
    calls = [params for name, params in clients[Place.HOME].calls if name == "get_metric_data"]
    minutely = [c for c in calls if c["MetricDataQueries"][0]["MetricStat"]["Period"] == 60]
    starts = [call["StartTime"] for call in minutely]
    ends = [call["EndTime"] for call in minutely]
    assert len(minutely) < 9
    assert all(start <= end for start, end in zip(starts[1:], ends[:-1], strict=True))


def test_an_endpoint_that_hangs_is_waited_for_once() -> None:
    def hang(**_: object) -> Sequence[Mapping[str, Any]]:
        raise ReadTimeoutError(endpoint_url="https://monitoring.example")

    clients = both()
    client = clients[Place.HOME]
    home, _ = sources(clients)
    home.observe(now=NOW)
    client._operations |= {"get_metric_data": hang, "list_metrics": hang}
    del client.calls[:]
    observations = home.observe(now=NOW + 2 * 60 * MINUTE)
    assert [name for name, _ in client.calls] == ["list_metrics", "get_metric_data"]
    assert set(told(observations).values()) == {"timeout"}
    assert home.observe(now=NOW + 2 * 60 * MINUTE + MINUTE)


def test_an_endpoint_that_hangs_from_the_start_is_waited_for_once() -> None:
    def hang(**_: object) -> Sequence[Mapping[str, Any]]:
        raise ReadTimeoutError(endpoint_url="https://monitoring.example")

    clients = both()
    clients[Place.HOME] = ScriptedClient(list_metrics=hang)
    home, _ = sources(clients)
    with pytest.raises(SourceError) as caught:
        home.observe(now=NOW)
    assert caught.value.reason is GapReason.TIMEOUT
    assert len(clients[Place.HOME].calls) == 1


def test_an_endpoint_that_asks_twice_to_slow_down_is_not_asked_on() -> None:
    def throttle(**_: object) -> Sequence[Mapping[str, Any]]:
        raise ClientError({"Error": {"Code": "Throttling"}}, "Any")

    clients = both()
    client = clients[Place.HOME]
    home, _ = sources(clients)
    home.observe(now=NOW)
    client._operations |= {"get_metric_data": throttle, "list_metrics": throttle}
    del client.calls[:]
    assert set(told(home.observe(now=NOW + 2 * 60 * MINUTE)).values()) == {"throttled"}
    # The two passes are of two periods.
    asked = ["list_metrics", "list_metrics", "get_metric_data", "get_metric_data"]
    assert [name for name, _ in client.calls] == asked
    clients[Place.HOME] = ScriptedClient(list_metrics=throttle)
    with pytest.raises(SourceError):
        sources(clients)[0].observe(now=NOW)
    assert len(clients[Place.HOME].calls) == 2
