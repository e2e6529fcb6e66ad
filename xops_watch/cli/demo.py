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
_BODY_HEAD = " " * 7  # before the lines of a message, which are up to 66 characters long
_NARROW = 66  # columns below which text is not kept right of its head
_NARROW_HEAD = "  "
_WIDTH_MIN = 30
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


def _address(_context: click.Context, _option: click.Parameter, text: str) -> str:
    from xops_watch.settings import Http  # noqa: PLC0415 - slow to import, and not for --help

    try:
        return Http(listen=text).listen
    except ValueError as error:
        raise click.BadParameter("write it like 127.0.0.1:9923 or [::1]:9923") from error


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
    callback=_address,
    default="127.0.0.1:9923",
    show_default=True,
    metavar="ADDRESS:PORT",
    help="Where the daemon shows its metrics; another port is taken when this one is in use.",
)
def demo(*, speed: float, seconds: float | None, listen: str) -> int:
    """Run the daemon on an embedded AWS and watch a busy morning.

    The embedded AWS is a process of its own, spoken to over HTTP like the real one; the daemon
    is the one that `xops-watch run` starts. Another process writes to a real SQLite database;
    GitHub, Prometheus and mandates have their stand-ins. Everything ends, and is removed, with
    the demo.
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
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    text = laid_out(line, elapsed, width=width)
    if width is not None and line.tone in _TONES:
        text = click.style(text, fg=_TONES[line.tone])
    click.echo(text)


def laid_out(line: "Line", elapsed: timedelta, *, width: int | None) -> str:
    """Return the line as it is shown on so many columns; None is no terminal, and no limit."""
    minutes = max(0, int(elapsed.total_seconds() // 60))
    head = f"{minutes // 60:02d}:{minutes % 60:02d}  {line.who:<8}" if line.who else _BODY_HEAD
    text = printable(line.text).rstrip()
    if width is None:
        return head + text
    indent = " " * len(head)
    if width < _NARROW:
        head, indent = (head, _NARROW_HEAD) if line.who else (_NARROW_HEAD, _NARROW_HEAD)
    return textwrap.fill(
        text,
        max(width, _WIDTH_MIN),
        initial_indent=head,
        subsequent_indent=indent + ("| " if text.startswith("| ") else ""),
        break_long_words=False,  # a broken address cannot be clicked
        break_on_hyphens=False,
    )
