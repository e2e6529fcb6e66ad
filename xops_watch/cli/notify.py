"""`xops-watch notify test`: would anybody be paged."""

import click

from xops_watch.cli.output import printable, show_json
from xops_watch.cli.setup import make_clock
from xops_watch.errors import DeliveryError
from xops_watch.exporter.telemetry import PrometheusTelemetry
from xops_watch.logs import adopt_libraries, make_logger
from xops_watch.notify.trial import trial_notice
from xops_watch.ports import Notifier
from xops_watch.settings import Settings, read_settings

EXIT_NOT_DELIVERED = 3


@click.group()
def notify() -> None:
    """Try out how people are paged."""


@notify.command("test")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def send_test(*, as_json: bool) -> int:
    """Send one message that says that it is a test, as a real one would be sent.

    Its state is `test`, its severity `info`: filter policies that name others drop it. Exit code
    0: the receiver took it (whether it reached a phone, only the phone knows). 3: it did not.
    """
    settings = read_settings()
    notifier, receiver = _notifier(settings)
    notice = trial_notice(settings.stack, at=make_clock(settings).now())
    outcome = {"receiver": receiver, "stack": settings.stack, "key": notice.key}
    try:
        notifier.send(notice)
    except DeliveryError as error:
        if not as_json:
            raise
        show_json({"delivered": False, **outcome, "error": error.what, "hint": error.hint})
        return EXIT_NOT_DELIVERED
    if as_json:
        show_json({"delivered": True, **outcome})
        return 0
    click.echo(printable(f"taken by {receiver}: test message of the stack {settings.stack}"))
    if settings.sns.topic_arn is None:
        click.echo("  hint: set XOPS_WATCH_SNS__TOPIC_ARN to page somebody", err=True)
    return 0


def _notifier(settings: Settings) -> tuple[Notifier, str]:
    """Return who sends, and who receives."""
    # boto3 is slow to import, and not for --help.
    from xops_watch.bootstrap.clients import make_clients  # noqa: PLC0415 - see above
    from xops_watch.bootstrap.parts import make_notifier  # noqa: PLC0415 - see above

    log = make_logger(level="error", log_format=settings.log.format)
    adopt_libraries(log, level="error", log_format=settings.log.format)
    clients = make_clients(settings, PrometheusTelemetry())
    return make_notifier(settings, clients, log), settings.sns.topic_arn or "the log"
