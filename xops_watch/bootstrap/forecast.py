"""What reading CloudWatch will cost, told before anything is read."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from structlog.typing import FilteringBoundLogger

from xops_watch.bootstrap.account import expected_expenses
from xops_watch.bootstrap.clients import make_clients
from xops_watch.bootstrap.cloudwatch import metrics
from xops_watch.bootstrap.parts import open_memory
from xops_watch.bootstrap.wiring import Needs
from xops_watch.core.rule import Rulebook
from xops_watch.ports import Telemetry
from xops_watch.settings import Settings
from xops_watch.sources.cloudwatch import NOTHING_READ, Bill


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """What reading CloudWatch will cost, and what could not be looked at to tell.

    `others` are dollars a month of other calls that are billed, by their IAM action.
    """

    bill: Bill
    others: Mapping[str, float]
    not_counted: tuple[str, ...]


def forecast(
    settings: Settings,
    rulebook: Rulebook,
    telemetry: Telemetry,
    log: FilteringBoundLogger,
    *,
    now: datetime,
) -> Forecast:
    """Look who is measured, and read nothing; raises ConfigurationError."""
    bills = [NOTHING_READ]
    needs = Needs(
        settings=settings,
        clients=make_clients(settings, telemetry),
        rules=lambda: rulebook,
        seen=(),
        tell=bills.append,
        memory=open_memory(),
        telemetry=telemetry,
        log=log,
    )
    not_counted = [error.what for source in metrics(needs) for error in source.plan(now=now)]
    others = expected_expenses(settings)
    return Forecast(bill=bills[-1], others=others, not_counted=tuple(not_counted))
