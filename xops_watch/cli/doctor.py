"""`xops-watch doctor`: would the daemon see, and if not, what has to be done."""

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from xops_watch.cli.output import COLOURS, printable, show_json
from xops_watch.cli.rulebooks import rule_files
from xops_watch.cli.setup import make_clock, require_something
from xops_watch.clock import monotonic
from xops_watch.exporter.publisher import SnapshotPublisher
from xops_watch.exporter.telemetry import PrometheusTelemetry
from xops_watch.logs import adopt_libraries, make_logger
from xops_watch.ports import Surroundings
from xops_watch.settings import read_settings

if TYPE_CHECKING:
    from xops_watch.doctor.check import Check

EXIT_NO = 1
EXIT_UNREADABLE = 3


@click.command()
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def doctor(*, as_json: bool) -> int:
    """Try out everything that the daemon needs: one line each, with what to do.

    Rules, state file, port, watched databases, GitHub token, region, credentials, clock, SNS topic,
    one real read of every source, and what reading costs a month. Nothing is written, nobody is
    paged. Exit code 0: the daemon would see. 1: something has to be mended. 3: no source could be
    read.
    """
    settings = read_settings()
    require_something(settings)
    from xops_watch.doctor.examine import examine  # noqa: PLC0415 - boto3 is slow to import

    log = make_logger(level="error", log_format=settings.log.format)
    adopt_libraries(log, level="error", log_format=settings.log.format)
    around = Surroundings(
        clock=make_clock(settings),
        publisher=SnapshotPublisher(monotonic=monotonic),
        telemetry=PrometheusTelemetry(),
        log=log,
    )
    examination = examine(settings, rule_files(settings), around)
    if as_json:
        checks = [asdict(check) for check in examination.checks]
        show_json({"sees": examination.sees, "passed": examination.passed, "checks": checks})
    else:
        for check in examination.checks:
            click.echo(_line(check))
    if not examination.sees:
        return EXIT_UNREADABLE
    return 0 if examination.passed else EXIT_NO


def _line(check: "Check") -> str:
    health = f"{check.health:<8}"
    # click leaves colours out where there is no terminal.
    coloured = click.style(health, fg=COLOURS.get(check.health))
    fix = f"; fix: {check.fix}" if check.fix else ""
    return f"{coloured} {printable(f'{check.name:<24} {check.found}{fix}')}"
