"""Amounts of money as AWS writes them: decimal text and a currency."""

from pydantic import Field

from xops_watch.aws.answers import Answer
from xops_watch.aws.failures import invalid_answer

_DOLLARS = "USD"


class Amount(Answer):
    """An amount in some currency; Budgets and Cost Explorer spell it alike."""

    amount: str = Field(alias="Amount", pattern=r"^-?([0-9]{1,15}(\.[0-9]{0,30})?|\.[0-9]{1,30})$")
    unit: str = Field(alias="Unit", max_length=100)

    def dollars(self, *, action: str) -> float:
        """Return the amount; raises SourceError (invalid) for any other currency."""
        if self.unit != _DOLLARS:
            raise invalid_answer(action, f"amounts are in {self.unit!r:.20}, not in {_DOLLARS}")
        return float(self.amount)
