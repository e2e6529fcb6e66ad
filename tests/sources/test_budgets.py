"""The cost of a month, from what a budget counted since the month began."""

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.stub import Stubber

from tests.aws.bench import make_client
from tests.sources.account_scene import (
    ACCOUNT,
    BUDGET,
    DAY,
    IDENTITY,
    budgets,
    details,
    gaps,
    values,
)
from xops_watch.embedded_aws.control import EmbeddedAws
from xops_watch.errors import GapReason, SourceError

RATE = "cost.run_rate"
BASIS = ("cost.basis", "xops")
NOW = datetime(2026, 1, 11, tzinfo=UTC)  # ten days of the month
NOT_TOLD = {
    ("cost.data_transfer", "xops"): GapReason.NOT_ENABLED,
    ("cost.untagged_share", "xops"): GapReason.NOT_ENABLED,
}


def budget(spent: str = "60", **changes: object) -> dict[str, Any]:
    spend = {"ActualSpend": {"Amount": spent, "Unit": "USD"}}
    return {"Budget": {**BUDGET["Budget"], "CalculatedSpend": spend, **changes}}


def answering(answer: object) -> Any:  # noqa: ANN401 - a client
    return SimpleNamespace(describe_budget=lambda **_: answer)


def failure(answer: object) -> SourceError:
    with pytest.raises(SourceError) as caught:
        budgets(answering(answer)).observe(now=NOW)
    return caught.value


def test_the_spend_since_the_month_began_is_that_of_a_month() -> None:
    client = make_client("budgets", "http://127.0.0.1:1")
    sts = make_client("sts", "http://127.0.0.1:1")
    source = budgets(client, sts=sts)
    with Stubber(client) as stub, Stubber(sts) as stub_of_sts:
        stub_of_sts.add_response("get_caller_identity", IDENTITY, {})
        asked = {"AccountId": ACCOUNT, "BudgetName": "xops"}
        stub.add_response("describe_budget", budget("60"), asked)
        stub.add_response("describe_budget", budget("63"), asked)
        observations = source.observe(now=NOW)
        assert values(observations) == {(RATE, "xops"): pytest.approx(60 / 10 * 30.4), BASIS: 0}
        assert gaps(observations) == NOT_TOLD
        # The account is asked for once.
        later = source.observe(now=NOW + DAY / 2)
        assert values(later)[RATE, "xops"] == pytest.approx(63 / 10.5 * 30.4)


def test_what_a_budget_does_not_tell_says_what_would() -> None:
    told = details(budgets(answering(budget())).observe(now=NOW))
    assert len(told) == 2
    assert all("XOPS_WATCH_COST__EXPLORER=true" in detail for detail in told)


@pytest.mark.parametrize(
    ("now", "known"),
    [
        (datetime(2026, 1, 3, 23, 59, tzinfo=UTC), False),
        (datetime(2026, 1, 4, tzinfo=UTC), True),
        (datetime(2026, 1, 31, 23, 59, tzinfo=UTC), True),
        (datetime(2026, 2, 1, tzinfo=UTC), False),
    ],
)
def test_the_first_days_of_a_month_tell_no_pace(now: datetime, known: bool) -> None:  # noqa: FBT001 - a case
    observations = budgets(answering(budget())).observe(now=now)
    assert ((RATE, "xops") in values(observations)) is known
    assert gaps(observations).get((RATE, "xops")) is (None if known else GapReason.STALE)


def test_a_budget_younger_than_the_month_is_paced_from_its_start() -> None:
    since = {"Start": NOW - 4 * DAY}
    observations = budgets(answering(budget("8", TimePeriod=since))).observe(now=NOW)
    assert values(observations)[RATE, "xops"] == pytest.approx(2 * 30.4)


@pytest.mark.parametrize("spent", ["0", "0.0", "-3.5"])
def test_nothing_counted_is_no_cost_of_zero(spent: str) -> None:
    observations = budgets(answering(budget(spent))).observe(now=NOW)
    assert values(observations) == {BASIS: 0}
    assert gaps(observations)[RATE, "xops"] is GapReason.STALE


@pytest.mark.parametrize(
    ("changes", "reason", "words"),
    [
        ({"TimeUnit": "DAILY"}, GapReason.NOT_ENABLED, "name a monthly cost budget"),
        ({"BudgetType": "USAGE"}, GapReason.NOT_ENABLED, "name a monthly cost budget"),
        (
            {"HealthStatus": {"Status": "UNHEALTHY", "StatusReason": "FILTER_INVALID"}},
            GapReason.STALE,
            "FILTER_INVALID",
        ),
        ({"CalculatedSpend": None}, GapReason.STALE, "no spend yet"),
        (
            {"CalculatedSpend": {"ActualSpend": {"Amount": "5", "Unit": "CNY"}}},
            GapReason.INVALID,
            "'CNY'",
        ),
        (
            {"CalculatedSpend": {"ActualSpend": {"Amount": "five", "Unit": "USD"}}},
            GapReason.INVALID,
            "Amount",
        ),
    ],
)
def test_a_budget_that_cannot_be_used(
    changes: dict[str, Any], reason: GapReason, words: str
) -> None:
    error = failure(budget(**changes))
    assert error.reason is reason
    assert words in error.what


def test_who_we_are_must_be_known() -> None:
    nobody = SimpleNamespace(get_caller_identity=dict)
    with pytest.raises(SourceError) as caught:
        budgets(answering(budget()), sts=nobody).observe(now=NOW)
    assert caught.value.what.startswith("sts:GetCallerIdentity: ")


def test_a_budget_over_http_and_one_that_is_not_there(aws: EmbeddedAws) -> None:
    client = make_client("budgets", aws.endpoint)
    source = budgets(client, sts=make_client("sts", aws.endpoint))
    with pytest.raises(SourceError) as caught:
        source.observe(now=NOW)
    assert caught.value.reason is GapReason.NOT_ENABLED
    assert caught.value.what == (
        "there is no budget 'xops' in this account: name a monthly cost budget in"
        " XOPS_WATCH_COST__BUDGET"
    )
    spend = {"ActualSpend": {"Amount": "50", "Unit": "USD"}}
    client.create_budget(
        AccountId=ACCOUNT,
        Budget={
            "BudgetName": "xops",
            "BudgetLimit": {"Amount": "180", "Unit": "USD"},
            "TimeUnit": "MONTHLY",
            "BudgetType": "COST",
            "TimePeriod": {"Start": datetime(2025, 6, 1, tzinfo=UTC)},
            "CalculatedSpend": spend,
        },
    )
    observations = source.observe(now=NOW)
    client.delete_budget(AccountId=ACCOUNT, BudgetName="xops")
    assert values(observations)[RATE, "xops"] == pytest.approx(5 * 30.4)
