"""`xops-watch demo`: everything at work, without an AWS account."""

import shutil
import sys
import textwrap
from datetime import timedelta
from importlib.util import find_spec
from typing import TYPE_CHECKING

import click

from xops_watch.cli.output import printable
from xops_watch.core.quantity import parse_duration
from xops_watch.errors import ConfigurationError

if TYPE_CHECKING:
    from xops_watch.demo.tell import Line

SPEED_DEFAULT = 60.0
SPEED_MAX = 600.0  # above, one tick lasts longer than the minute it stands for
_TONES = {
    "world": "cyan",
    "firing": "red",
    "recommended": "red",
    "bad": "red",
    "pending": "yellow",
    "inactive": "green",
    "good": "green",
    "sns": "magenta",
}


def _duration(_context: click.Context, _option: click.Parameter, text: str | None) -> float | None:
    if text is None:
        return None
    try:
        return parse_duration(text).total_seconds()
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


@click.command()
@click.option(
    "--speed",
    type=click.FloatRange(1, SPEED_MAX),
    default=SPEED_DEFAULT,
    show_default=True,
    help="Minutes of the story in one real minute.",
)
@click.option(
    "--for",
    "seconds",
    callback=_duration,
    metavar="DURATION",
    help="End after so much real time, such as 90s or 2m; otherwise at Ctrl-C.",
)
@click.option(
    "--listen",
    default="127.0.0.1:9923",
    show_default=True,
    metavar="ADDRESS:PORT",
    help="Where the daemon shows its metrics; another port is taken when this one is in use.",
)
def demo(*, speed: float, seconds: float | None, listen: str) -> int:
    """Run the daemon on an embedded AWS and watch a busy morning.

    The embedded AWS is a process of its own, spoken to over HTTP like the real one; the daemon
    is the one that `xops-watch run` starts. Everything ends, and is removed, with the demo.
    """
    if find_spec("moto") is None or find_spec("cbor2") is None:
        raise ConfigurationError(
            "the demo needs the embedded AWS, which is not installed",
            hint="pip install 'xops-watch[demo]', or `make demo` in a checkout",
        )
    from xops_watch.demo.run import Plan, run  # noqa: PLC0415 - only now is it known to be there

    run(Plan(speed=speed, seconds=seconds, listen=listen), _say)
    return 0


def _say(line: "Line", elapsed: timedelta) -> None:
    minutes = int(elapsed.total_seconds() // 60)
    stamp = f"{minutes // 60:02d}:{minutes % 60:02d}" if line.who else ""
    head = f"{stamp:>5}  {line.who:<8}"
    text = head + printable(line.text)
    if sys.stdout.isatty():
        width = max(shutil.get_terminal_size().columns, 2 * len(head))
        text = textwrap.fill(text, width, subsequent_indent=" " * len(head))
        text = click.style(text, fg=_TONES[line.tone]) if line.tone in _TONES else text
    click.echo(text)
