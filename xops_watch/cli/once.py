"""`xops-watch once`: look one time and say what is due; nothing is kept, nobody is paged."""

from contextlib import closing

import click

from xops_watch.cli.output import show_json, show_table
from xops_watch.cli.rulebooks import rule_files
from xops_watch.cli.setup import make_clock, require_something
from xops_watch.core.quantity import format_reading
from xops_watch.core.snapshot import Snapshot, TriggerView
from xops_watch.core.trigger import Status
from xops_watch.exporter.api import snapshot_as_json
from xops_watch.exporter.telemetry import PrometheusTelemetry
from xops_watch.logs import adopt_libraries, make_logger
from xops_watch.ports import Surroundings
from xops_watch.rulebook.live import LiveRules
from xops_watch.settings import Settings, read_settings

EXIT_NO = 1
EXIT_UNREADABLE = 3


@click.command()
@click.option("--json", "as_json", is_flag=True, help="The snapshot, as /api/v1/snapshot has it.")
@click.option(
    "--fail-on",
    type=click.Choice(["firing"]),
    help="Exit with 1 when a trigger stands so.",
)
def once(*, as_json: bool, fail_on: str | None) -> int:
    """Look once and say what is due.

    Holds that are longer than the history a provider keeps show as pending: only the daemon
    can wait. Exit code 3 when no source could be read.
    """
    settings = read_settings()
    require_something(settings)
    snapshot = _look(settings)
    if as_json:
        show_json(snapshot_as_json(snapshot))
    else:
        _show(snapshot)
    if not any(report.up and not report.local for report in snapshot.sources):
        return EXIT_UNREADABLE
    firing = any(view.trigger.status is Status.FIRING for view in snapshot.triggers)
    return EXIT_NO if fail_on and firing else 0


def _look(settings: Settings) -> Snapshot:
    from xops_watch import bootstrap  # noqa: PLC0415 - boto3 is slow to import, and not for --help

    level, log_format = settings.log.level, settings.log.format
    level = "warning" if level == "info" else level
    log = make_logger(level=level, log_format=log_format)
    adopt_libraries(log, level=level, log_format=log_format)
    around = Surroundings(
        clock=make_clock(settings),
        publisher=_Nowhere(),
        telemetry=PrometheusTelemetry(),
        log=log,
    )
    with closing(bootstrap.open_memory()) as store:
        rules = LiveRules(rule_files(settings), now=around.clock.now(), log=log)
        return bootstrap.assemble(
            bootstrap.at_home(settings, log), rules, store, around
        ).watch.tick()


class _Nowhere:
    """A publisher for a look that nobody scrapes."""

    def publish(self, snapshot: Snapshot) -> None:
        """Show nothing."""


def _show(snapshot: Snapshot) -> None:
    show_table(
        ("trigger", "subject", "status", "value", "threshold", "evidence"),
        [_row(view) for view in snapshot.triggers],
    )
    click.echo()
    show_table(
        ("evolution", "state", "classification", "risk", "phase", "stage", "declared $/month"),
        [
            (
                advice.evolution.title,
                advice.state,
                advice.evolution.classification,
                advice.evolution.risk,
                advice.evolution.phase,
                advice.stage.title if advice.stage else "",
                f"{advice.stage.monthly_cost_dollars:,.0f}" if advice.stage else "",
            )
            for advice in snapshot.advice
        ],
    )
    for report in snapshot.sources:
        if not report.up:
            click.echo(f"not read: {report.source}: {report.detail}", err=True)


def _row(view: TriggerView) -> tuple[object, ...]:
    leaf = view.rule.primary
    value = view.verdict.value
    return (
        view.rule.id,
        view.trigger.subject,
        f"{view.trigger.status} (blind)" if view.trigger.blind else view.trigger.status,
        "?" if value is None else format_reading(value, leaf.signal),
        leaf.phrase,
        view.verdict.evidence,
    )
