"""What is known of costs without asking anybody."""

from typing import Any

from tests.aws.bench import NOW
from tests.contract.source_promises import assert_described, assert_promises_kept
from tests.sources.account_scene import HOUR, details, gaps, values
from xops_watch.aws.expenses import Expenses
from xops_watch.core.catalogue import SIGNAL_BY_NAME
from xops_watch.errors import GapReason
from xops_watch.sources.declared import DeclaredSource
from xops_watch.sources.own_cost import OwnCostSource


def declared(**changes: Any) -> DeclaredSource:  # noqa: ANN401 - as the source takes them
    known: dict[str, Any] = {"stage": "bc1-peak", "external": {"anthropic": 250.0}}
    return DeclaredSource(stack="xops", interval=HOUR, **{**known, **changes})


def own_cost(expenses: Expenses) -> OwnCostSource:
    return OwnCostSource(expenses.dollars_per_month, stack="xops", interval=HOUR)


def test_the_stage_and_what_others_are_paid_are_told_as_declared() -> None:
    source = declared()
    observations = source.observe(now=NOW)
    assert SIGNAL_BY_NAME["stage.declared"].states[1] == "bc1-peak"
    assert values(observations) == {
        ("stage.declared", "xops"): 1,
        ("cost.external", "anthropic"): 250,
    }
    assert_described(source)
    assert_promises_kept(source, observations, now=NOW)


def test_what_is_not_declared_is_not_told() -> None:
    assert declared(stage=None, external={}).observe(now=NOW) == []


def test_the_own_cost_is_the_sum_of_what_is_billed() -> None:
    expenses = Expenses()
    source = own_cost(expenses)
    assert values(source.observe(now=NOW)) == {("cost.self", "xops"): 0}
    expenses.note("cloudwatch:GetMetricData", 4.5)
    expenses.note("cloudwatch:GetMetricData", 4.25)
    expenses.note("ce:GetCostAndUsage", 0.304)
    observations = source.observe(now=NOW)
    assert values(observations) == {("cost.self", "xops"): 4.554}
    assert_described(source)
    assert_promises_kept(source, observations, now=NOW)


def test_as_long_as_a_bill_is_not_known_the_sum_is_not() -> None:
    expenses = Expenses()
    expenses.note("ce:GetCostAndUsage", 0.304)
    expenses.expect("cloudwatch:GetMetricData")
    observations = own_cost(expenses).observe(now=NOW)
    assert gaps(observations) == {("cost.self", "xops"): GapReason.STALE}
    assert details(observations) == ["what is asked of AWS is not planned yet"]
    expenses.note("cloudwatch:GetMetricData", 0.0)
    expenses.expect("cloudwatch:GetMetricData")  # what is known stays so
    assert values(own_cost(expenses).observe(now=NOW)) == {("cost.self", "xops"): 0.304}
