"""Which metrics are read for nothing, as far as the free calls go."""

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.aws.bench import MINUTE
from tests.sources.metrics_scene import spending
from tests.sources.test_cloudwatch_plan import demand
from xops_watch.sources.cloudwatch import Bill
from xops_watch.sources.cloudwatch.answers import Metric
from xops_watch.sources.cloudwatch.needs import NEEDS

A_MINUTE = 43_200  # reads a month


def bill_of(*demands: Any, free_calls: int, always: bool = False) -> Bill:  # noqa: ANN401 - Demands
    bills: list[Bill] = []
    spending(free_calls, always=always, bills=bills).intervals("cloudwatch", demands)
    return bills[-1]


def test_as_many_metrics_are_free_as_there_are_free_calls() -> None:
    bill = bill_of(demand("ecs.cpu_utilization", 10), free_calls=3 * A_MINUTE + 5)
    assert (bill.free_metrics, bill.statistics_calls) == (3, 3 * A_MINUTE)
    assert bill.calls == A_MINUTE
    assert bill.dollars == pytest.approx(7 * A_MINUTE * 0.01 / 1000)


def test_one_call_after_the_other_is_for_twenty_at_most() -> None:
    bill = bill_of(demand("edge.error_ratio", 30, every=5 * MINUTE), free_calls=10_000_000)
    assert bill.free_metrics == 20


def test_the_free_calls_go_where_they_save_most() -> None:
    """What is read more often first, and last what takes two calls."""
    slow = demand("edge.error_ratio", 10, every=5 * MINUTE)
    fast = demand("ecs.cpu_utilization", 10)
    metric = Metric(namespace="n", name="TargetResponseTime", dimensions=())
    twice = demand("alb.latency", 0), demand("alb.requests_in_flight", 0)
    both = [type(one)(wanted=one.wanted, metrics=frozenset([metric])) for one in twice]
    asked = spending(10 * A_MINUTE)
    asked.intervals("cloudwatch", [slow, *both, fast])
    assert all(asked.is_alone(one, MINUTE) for one in fast.metrics)
    assert not asked.is_alone(metric, MINUTE)
    assert not any(asked.is_alone(one, 5 * MINUTE) for one in slow.metrics)


def test_without_a_choice_calls_past_the_free_ones_are_paid_for() -> None:
    bill = bill_of(demand("ecs.cpu_utilization", 40), free_calls=A_MINUTE, always=True)
    assert (bill.free_metrics, bill.calls) == (40, 0)
    assert bill.dollars == pytest.approx(39 * A_MINUTE * 0.01 / 1000)


def test_a_budget_stretches_only_what_is_paid_for() -> None:
    bills: list[Bill] = []
    asked = spending(20 * A_MINUTE, bills=bills, budget=0.01)
    found = asked.intervals("cloudwatch", [demand("ecs.cpu_utilization", 20)])
    assert found == {"ecs.cpu_utilization": MINUTE}
    assert bills[-1].dollars == 0.0


@given(
    counts=st.lists(st.integers(0, 40), min_size=len(NEEDS), max_size=len(NEEDS)),
    free=st.integers(0, 1_000_000),
)
def test_no_more_is_asked_for_than_is_free(counts: Sequence[int], free: int) -> None:
    demands = [demand(need.signal, count) for need, count in zip(NEEDS, counts, strict=True)]
    bill = bill_of(*demands, free_calls=free)
    assert bill.statistics_calls <= free
    assert bill.dollars <= bill_of(*demands, free_calls=0).dollars + 1e-9
