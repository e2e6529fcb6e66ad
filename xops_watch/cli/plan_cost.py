"""`xops-watch plan-cost`: what reading CloudWatch will cost a month, before it is read."""

from datetime import timedelta
from typing import TYPE_CHECKING

import click

from xops_watch.cli.output import show_json, show_table
from xops_watch.cli.rulebooks import rule_files
from xops_watch.cli.setup import make_clock, require_something
from xops_watch.exporter.telemetry import PrometheusTelemetry
from xops_watch.logs import adopt_libraries, make_logger
from xops_watch.rulebook.live import LiveRules
from xops_watch.settings import read_settings

if TYPE_CHECKING:
    from xops_watch.bootstrap import Forecast

EXIT_UNREADABLE = 3


@click.command("plan-cost")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def plan_cost(*, as_json: bool) -> int:
    """Say what reading CloudWatch will cost a month.

    It looks which services, load balancers and so on there are, which is free, and reads no
    metric. Prices are list prices of us-east-1, without any free tier. Cost Explorer, if it is
    asked, comes beside; the other calls of the daemon cost next to nothing. Exit code 3 when
    something could not be looked at: then it costs more.
    """
    from xops_watch import bootstrap  # noqa: PLC0415 - boto3 is slow to import, and not for --help

    settings = read_settings()
    require_something(settings)
    log = make_logger(level="warning", log_format=settings.log.format)
    adopt_libraries(log, level="warning", log_format=settings.log.format)
    now = make_clock(settings).now()
    rulebook = LiveRules(rule_files(settings), now=now, log=log).in_force(now=now).rulebook
    settings = bootstrap.at_home(settings, log)
    forecast = bootstrap.forecast(settings, rulebook, PrometheusTelemetry(), log, now=now)
    if as_json:
        show_json(_as_json(forecast))
    else:
        _show(forecast)
    for failure in forecast.not_counted:
        click.echo(f"not counted: {failure}", err=True)
    return EXIT_UNREADABLE if forecast.not_counted else 0


def _as_json(forecast: "Forecast") -> dict[str, object]:
    bill = forecast.bill
    return {
        "dollars_per_month": round(bill.dollars, 4),
        "budget_dollars_per_month": bill.budget,
        "metrics": bill.metrics,
        "calls_per_month": bill.calls,
        "free_metrics": bill.free_metrics,
        "statistics_calls_per_month": bill.statistics_calls,
        "signals": [
            {
                "signal": line.signal,
                "metrics": line.metrics,
                "interval_seconds": line.every.total_seconds(),
                "stretched": line.stretched,
                "too_late_to_judge": line.late,
            }
            for line in bill.lines
        ],
        "others": {action: round(dollars, 4) for action, dollars in forecast.others.items()},
        "not_counted": list(forecast.not_counted),
    }


def _show(forecast: "Forecast") -> None:
    bill = forecast.bill
    show_table(
        ("signal", "metrics", "read every", "note"),
        [
            (line.signal, line.metrics, _span(line.every), _note(line.stretched, line.late))
            for line in bill.lines
        ],
    )
    click.echo(
        f"\n{bill.metrics} metrics, {bill.calls:,} calls of GetMetricData a month:"
        f" ${bill.dollars:,.2f} a month of a budget of ${bill.budget or 0:,.2f}"
    )
    if bill.free_metrics:
        click.echo(
            f"{bill.free_metrics} of them are read by {bill.statistics_calls:,} calls of"
            " GetMetricStatistics a month, of the million that are free for the whole account"
        )
    for action, dollars in forecast.others.items():
        click.echo(f"{action}: ${dollars:,.2f} a month beside that budget")


def _note(stretched: bool, late: bool) -> str:  # noqa: FBT001 - two columns in one
    if late:
        return "too seldom to judge by: raise cloudwatch.budget_dollars_per_month"
    return "stretched for the budget" if stretched else ""


def _span(every: timedelta) -> str:
    seconds = every.total_seconds()
    for size, letter in ((3600, "h"), (60, "m")):
        if seconds % size == 0:
            return f"{seconds / size:g}{letter}"
    return f"{seconds:g}s"
