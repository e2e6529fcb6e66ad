"""Which signals are planned, what that costs, and how a budget is kept."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mypy_boto3_cloudwatch import CloudWatchClient

from tests.aws.bench import MINUTE, NOW
from tests.sources.cloudwatch_scene import NEWEST
from tests.sources.metrics_scene import BALANCER, DISTRIBUTION, HOUR, put, source_of
from xops_watch.core.rule import Rulebook
from xops_watch.embedded_aws.control import EmbeddedAws
from xops_watch.rulebook import load
from xops_watch.rulebook.shipped import shipped_profiles
from xops_watch.sources.cloudwatch import plan
from xops_watch.sources.cloudwatch.answers import Metric
from xops_watch.sources.cloudwatch.needs import NEEDS
from xops_watch.sources.cloudwatch.plan import Wanted
from xops_watch.sources.cloudwatch.spending import EVERY_MAX, Bill, Demand, Spending

DAY = 24 * HOUR
NEED = {need.signal: need for need in NEEDS}


@pytest.fixture(scope="module")
def rulebooks() -> dict[str, Rulebook]:
    return {name: load([folder]) for name, folder in shipped_profiles().items()}


def intervals(rulebook: Rulebook, *namespaces: str) -> dict[str, timedelta]:
    wanted = plan(rulebook, namespaces=namespaces, interval=MINUTE)
    return {one.need.signal: one.every for one in wanted}


def test_the_stack_reads_what_its_rules_judge_and_its_dashboard_shows(
    rulebooks: dict[str, Rulebook],
) -> None:
    assert intervals(rulebooks["xops"]) == {
        "ecs.cpu_utilization": MINUTE,
        "ecs.memory_utilization": 5 * MINUTE,
        "ecs.cpu_utilization_max": 5 * MINUTE,
        "ecs.memory_utilization_max": 5 * MINUTE,
        "alb.requests_in_flight": MINUTE,
        "alb.requests_1m": MINUTE,
        "alb.latency_p50": 5 * MINUTE,
        "alb.latency": 5 * MINUTE,
        "alb.latency_p99": 5 * MINUTE,
        "alb.client_error_ratio": 5 * MINUTE,
        "alb.error_ratio": MINUTE,
        "alb.rejected_connections_1m": MINUTE,
        "edge.requests_5m": 5 * MINUTE,
        "edge.error_ratio": 5 * MINUTE,
        "edge.client_error_ratio": 5 * MINUTE,
        "edge.origin_latency": 5 * MINUTE,
        "efs.io_limit": MINUTE,
        "efs.burst_credits": MINUTE,
        "efs.throughput_5m": 5 * MINUTE,
        "efs.stored": 6 * HOUR,
        "finops.stored": 6 * HOUR,
        "finops.scanned": 6 * HOUR,
    }


def test_the_portal_reads_machines_and_models_and_no_distribution(
    rulebooks: dict[str, Rulebook],
) -> None:
    planned = intervals(rulebooks["ai-portal"])
    assert {"ec2.cpu_utilization", "asg.cpu_utilization", "bedrock.throttles_5m"} <= set(planned)
    assert not {signal for signal in planned if signal.startswith(("edge.", "finops."))}


def test_only_the_namespaces_that_are_named_are_read(rulebooks: dict[str, Rulebook]) -> None:
    planned = intervals(rulebooks["xops"], "AWS/S3", "AWS/Bedrock")
    assert planned == {
        "finops.stored": 6 * HOUR,
        "bedrock.throttles_5m": 5 * MINUTE,
        "bedrock.tokens_5m": 5 * MINUTE,
    }


def test_a_faster_interval_is_for_what_is_published_each_minute(
    rulebooks: dict[str, Rulebook],
) -> None:
    seconds = timedelta(seconds=10)
    planned = plan(rulebooks["xops"], namespaces=(), interval=seconds)
    every = {one.need.signal: one.every for one in planned}
    assert every["ecs.cpu_utilization"] == seconds
    assert every["alb.latency"] == every["edge.error_ratio"] == 5 * MINUTE


def test_what_may_page_is_worth_more_than_advice_and_that_more_than_a_graph(
    rulebooks: dict[str, Rulebook],
) -> None:
    worth = {
        one.need.signal: one.worth
        for one in plan(rulebooks["xops"], namespaces=(), interval=MINUTE)
    }
    assert worth["alb.error_ratio"] == 2
    assert worth["alb.latency"] == 0
    assert worth["finops.stored"] == 1


def demand(signal: str, count: int, *, every: timedelta = MINUTE, worth: int = 2) -> Demand:
    return Demand(
        wanted=Wanted(need=NEED[signal], every=every, lookback=HOUR, worth=worth),
        metrics=frozenset(
            Metric(namespace="n", name=signal, dimensions=(("s", str(index)),))
            for index in range(count)
        ),
    )


def spend(
    *demands: Demand, budget: float | None = None, interval: timedelta = MINUTE
) -> tuple[dict[str, timedelta], Bill]:
    bills: list[Bill] = []
    spending = Spending(interval=interval, settle=2 * MINUTE, budget=budget, tell=bills.append)
    found = spending.intervals("cloudwatch", demands)
    return dict(found), bills[-1]


def test_forty_metrics_a_minute_cost_what_the_price_list_says() -> None:
    _, bill = spend(demand("ecs.cpu_utilization", 40))
    assert (bill.metrics, bill.calls, round(bill.dollars, 2)) == (40, 43_200, 17.28)


def test_501_metrics_take_two_calls() -> None:
    _, bill = spend(demand("ecs.cpu_utilization", 501))
    assert bill.calls == 2 * 43_200


def test_an_interval_counts_as_it_comes_out() -> None:
    """A source that is asked every 45 s reads what is due after 60 s every 90 s."""
    _, bill = spend(demand("ecs.cpu_utilization", 1), interval=timedelta(seconds=45))
    assert bill.lines[0].every == timedelta(seconds=90)


def test_a_metric_that_two_signals_share_is_billed_once_as_often_as_the_faster() -> None:
    fast, slow = demand("alb.requests_1m", 3), demand("alb.latency", 3, every=5 * MINUTE)
    shared = Demand(wanted=slow.wanted, metrics=fast.metrics)
    assert spend(fast, shared)[1].dollars == spend(fast)[1].dollars


def test_over_the_budget_what_is_worth_least_is_stretched_first() -> None:
    graph = demand("alb.latency", 10, worth=0)
    advice = demand("alb.requests_in_flight", 10, worth=1)
    pages = demand("alb.error_ratio", 10)
    alone = spend(pages)[1].dollars
    found, bill = spend(graph, advice, pages, budget=2.5 * alone)
    assert found == {
        "alb.latency": 2 * MINUTE,
        "alb.requests_in_flight": MINUTE,
        "alb.error_ratio": MINUTE,
    }
    assert bill.dollars <= 2.5 * alone
    assert [line.signal for line in bill.lines if line.stretched] == ["alb.latency"]
    assert not any(line.late for line in bill.lines)


def test_of_the_same_worth_the_slow_is_stretched_first() -> None:
    fast = demand("alb.error_ratio", 10)
    slow = demand("edge.error_ratio", 10, every=5 * MINUTE)
    budget = spend(fast, slow)[1].dollars - 0.01
    found, _ = spend(fast, slow, budget=budget)
    assert found == {"alb.error_ratio": MINUTE, "edge.error_ratio": 10 * MINUTE}


def test_everything_is_stretched_before_anything_is_too_late_to_judge_by() -> None:
    demands = (demand("ecs.memory_utilization", 10, worth=0), demand("ecs.cpu_utilization", 10))
    whole = spend(*demands)[1].dollars
    found, bill = spend(*demands, budget=whole / 4)
    assert set(found.values()) == {4 * MINUTE}
    assert not any(line.late for line in bill.lines)
    found, bill = spend(*demands, budget=whole / 5)
    assert found == {"ecs.memory_utilization": 8 * MINUTE, "ecs.cpu_utilization": 4 * MINUTE}
    assert [line.signal for line in bill.lines if line.late] == ["ecs.memory_utilization"]


COUNTS = st.lists(st.integers(0, 60), min_size=len(NEEDS), max_size=len(NEEDS))


@given(counts=COUNTS, budget=st.floats(0.5, 100))
def test_a_budget_is_kept_unless_everything_is_read_once_a_day(
    counts: Sequence[int], budget: float
) -> None:
    demands = [
        demand(need.signal, count, every=max(MINUTE, need.cadence.period / 4))
        for need, count in zip(NEEDS, counts, strict=True)
    ]
    found, bill = spend(*demands, budget=budget)
    assert bill.dollars <= budget or min(found.values()) * 2 > EVERY_MAX
    assert all(found[one.wanted.need.signal] >= one.wanted.every for one in demands)


def test_sources_of_two_regions_share_one_budget() -> None:
    bills: list[Bill] = []
    spending = Spending(interval=MINUTE, settle=MINUTE, budget=5.0, tell=bills.append)
    spending.intervals("cloudwatch", [demand("ecs.cpu_utilization", 10)])
    found = spending.intervals("cloudwatch_global", [demand("edge.error_ratio", 10, worth=1)])
    assert found["edge.error_ratio"] > MINUTE
    assert bills[-1].dollars <= 5.0


def test_a_bill_is_told_when_it_changes_and_only_then() -> None:
    bills: list[Bill] = []
    spending = Spending(interval=MINUTE, settle=MINUTE, tell=bills.append)
    for count in (1, 1, 2, 2):
        spending.intervals("cloudwatch", [demand("ecs.cpu_utilization", count)])
    assert [bill.metrics for bill in bills] == [1, 2]


def test_what_is_read_is_exactly_what_was_planned(
    aws: EmbeddedAws, cloudwatch: CloudWatchClient
) -> None:
    """Polls against a real endpoint: every metric of every call is counted."""
    put(aws, "AWS/ApplicationELB RequestCount", BALANCER, {NEWEST: 5.0})
    put(aws, "AWS/EC2 CPUUtilization", {"InstanceId": "i-1"}, {NEWEST: 5.0})
    put(aws, "AWS/CloudFront Requests", DISTRIBUTION, {NEWEST: 5.0})
    bills: list[Bill] = []
    spending = Spending(interval=MINUTE, settle=2 * MINUTE, budget=2.0, tell=bills.append)
    source = source_of(
        cloudwatch,
        *(signal for signal in NEED if signal.startswith(("alb.", "ec2.", "edge."))),
        spending=spending,
    )
    # Every interval of the plan divides these minutes.
    minutes, calls = 160, []
    for late in range(minutes):
        source.observe(now=NOW + late * MINUTE)
        calls += [c.params for c in aws.requests().last if c.operation == "GetMetricData"]
        aws.clear_requests()
    read = sum(
        len({str(query["MetricStat"]["Metric"]) for query in call["MetricDataQueries"]})
        for call in calls
    )
    a_month = 30 * DAY / (minutes * MINUTE)
    assert any(line.stretched for line in bills[-1].lines)
    assert bills[-1].dollars <= 2.0
    assert read * 0.01 / 1000 * a_month == pytest.approx(bills[-1].dollars)
    assert len(calls) * a_month == pytest.approx(bills[-1].calls)
