"""AWS Budgets: what was spent in this month, as a budget counts it. Reading one is free."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

from botocore.exceptions import ClientError
from pydantic import AwareDatetime, Field

from xops_watch.aws.answers import Answer, parse_answer
from xops_watch.aws.failures import code_of, translated
from xops_watch.aws.money import Amount
from xops_watch.errors import GapReason, SourceError

VIEW_BUDGET = "budgets:ViewBudget"  # the IAM action of DescribeBudget


class BudgetsClient(Protocol):
    """The part of boto3's client that is used."""

    def describe_budget(self, **params: Any) -> Any:  # noqa: ANN401 - as boto3
        """Return one budget."""
        ...


class _Calculated(Answer):
    actual: Amount = Field(alias="ActualSpend")


class _Period(Answer):
    start: AwareDatetime | None = Field(default=None, alias="Start")


class _Health(Answer):
    status: str = Field(default="", alias="Status")
    reason: str = Field(default="", alias="StatusReason")


class _Budget(Answer):
    kind: str = Field(alias="BudgetType")
    unit: str = Field(alias="TimeUnit")
    spend: _Calculated | None = Field(default=None, alias="CalculatedSpend")
    period: _Period | None = Field(default=None, alias="TimePeriod")
    health: _Health | None = Field(default=None, alias="HealthStatus")


class _Described(Answer):
    budget: _Budget = Field(alias="Budget")


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthToDate:
    """Dollars that were spent between `since` and now; AWS's count lags by up to a day."""

    dollars: float
    since: datetime


def read_month_to_date(
    client: BudgetsClient, *, account: str, name: str, now: datetime
) -> MonthToDate:
    """Return what the monthly cost budget of this name counted in this month; raises SourceError.

    Months of budgets are those of the calendar, in UTC.
    """
    with translated(VIEW_BUDGET):
        try:
            answer = client.describe_budget(AccountId=account, BudgetName=name)
        except ClientError as error:
            if code_of(error) == "NotFoundException":
                raise _not_usable(f"there is no budget {name!r:.120} in this account") from error
            raise
    budget = parse_answer(_Described, answer, action=VIEW_BUDGET).budget
    if (budget.kind, budget.unit) != ("COST", "MONTHLY"):
        kind = f"{budget.unit} {budget.kind}"
        raise _not_usable(f"the budget {name!r:.120} is of another kind ({kind!r:.60})")
    if budget.health is not None and budget.health.status == "UNHEALTHY":
        raise SourceError(
            f"{VIEW_BUDGET}: the budget is unhealthy ({budget.health.reason!r:.60})",
            reason=GapReason.STALE,
            hint="look at the budget in the Billing console",
        )
    if budget.spend is None:
        raise SourceError(
            f"{VIEW_BUDGET}: the budget has no spend yet",
            reason=GapReason.STALE,
            hint="AWS counts it within a day of its creation",
        )
    month = now.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    start = budget.period.start if budget.period and budget.period.start else month
    dollars = budget.spend.actual.dollars(action=VIEW_BUDGET)
    return MonthToDate(dollars=dollars, since=max(month, start))


def _not_usable(what: str) -> SourceError:
    return SourceError(
        f"{what}: name a monthly cost budget in XOPS_WATCH_COST__BUDGET",
        reason=GapReason.NOT_ENABLED,
        hint="`aws budgets create-budget` makes one; it may be limited to a tag of the stack",
    )
