"""AWS Budgets: what the stack costs, from what was spent since the month began."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from xops_watch.aws.budget import VIEW_BUDGET, BudgetsClient, MonthToDate, read_month_to_date
from xops_watch.aws.identity import introduce
from xops_watch.aws.standing import gap, reading
from xops_watch.core.catalogue import SIGNAL_BY_NAME
from xops_watch.core.reading import Observation
from xops_watch.errors import GapReason, SourceError

if TYPE_CHECKING:
    from mypy_boto3_sts import STSClient

_RUN_RATE = "cost.run_rate"
_BASIS = "cost.basis"
_ONLY_EXPLORER = ("cost.data_transfer", "cost.untagged_share")

_DAY = timedelta(days=1)
_MONTH = 30.4  # days
# AWS counts up to a day late: of the first days too much would be missing.
_ELAPSED_MIN = 3 * _DAY


class BudgetSource:
    """Reads one monthly cost budget, and tells its spend as that of a whole month.

    `stack` is the subject. The account is asked for once.
    """

    name = "budgets"
    signals = (_RUN_RATE, _BASIS, *_ONLY_EXPLORER)
    iam_actions = (VIEW_BUDGET,)

    def __init__(
        self,
        client: BudgetsClient,
        sts: "STSClient",
        *,
        budget: str,
        stack: str,
        interval: timedelta,
    ) -> None:
        self.interval = interval
        self._client = client
        self._sts = sts
        self._budget = budget
        self._stack = stack
        self._account: str | None = None

    def observe(self, *, now: datetime) -> Sequence[Observation]:
        """Return the run rate and what it rests on; raises SourceError."""
        spent = read_month_to_date(
            self._client, account=self._own_account(), name=self._budget, now=now
        )
        return tuple(self._told(spent, now))

    def _told(self, spent: MonthToDate, now: datetime) -> Iterator[Observation]:
        basis = SIGNAL_BY_NAME[_BASIS].states.index("budget_month_to_date")
        yield reading(_BASIS, self._stack, basis, at=now)
        elapsed = now - spent.since
        if elapsed < _ELAPSED_MIN:
            why = f"the first {_ELAPSED_MIN.days} days of a month tell no pace: AWS counts late"
            yield gap(_RUN_RATE, self._stack, GapReason.STALE, why, at=now)
        elif spent.dollars <= 0:
            why = "the budget counted nothing in this month: its filters may fit no resource"
            yield gap(_RUN_RATE, self._stack, GapReason.STALE, why, at=now)
        else:
            yield reading(_RUN_RATE, self._stack, spent.dollars / (elapsed / _DAY) * _MONTH, at=now)
        for signal in _ONLY_EXPLORER:
            why = (
                "a budget does not tell: XOPS_WATCH_COST__EXPLORER=true asks Cost Explorer"
                " (about $0.30 a month)"
            )
            yield gap(signal, self._stack, GapReason.NOT_ENABLED, why, at=now)

    def _own_account(self) -> str:
        if self._account is None:
            identity = introduce(self._sts).identity
            if isinstance(identity, SourceError):
                raise identity
            self._account = identity.account
        return self._account
