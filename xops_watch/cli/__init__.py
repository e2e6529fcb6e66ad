"""The command line: from arguments to exit codes.

0 fine; 1 the command's own question was answered "no"; 2 usage or configuration; 3 could not read.
"""

import io
import os
import signal
import sys
from importlib import import_module

import click

from xops_watch import __version__
from xops_watch.errors import (
    ConfigurationError,
    RulebookError,
    XopsWatchError,
)

EXIT_NO = 1
EXIT_USAGE = 2
EXIT_UNREADABLE = 3
EXIT_TERMINATED = 128 + signal.SIGTERM

# Commands load when they are called: `healthcheck` runs every few seconds and must stay light.
_COMMANDS = {
    "run": "xops_watch.cli.run:run",
    "demo": "xops_watch.cli.demo:demo",
    "once": "xops_watch.cli.once:once",
    "rules": "xops_watch.cli.rules:rules",
    "decision": "xops_watch.cli.decision:decision",
    "notify": "xops_watch.cli.notify:notify",
    "plan-cost": "xops_watch.cli.plan_cost:plan_cost",
    "doctor": "xops_watch.cli.doctor:doctor",
    "mandate": "xops_watch.cli.mandate:mandate",
    "iam-policy": "xops_watch.cli.iam_policy:iam_policy",
    "healthcheck": "xops_watch.cli.healthcheck:healthcheck",
}


class _LazyGroup(click.Group):
    """A group that imports a command only when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's interface
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - likewise
        if cmd_name not in _COMMANDS:
            return None
        module, _, name = _COMMANDS[cmd_name].partition(":")
        command = getattr(import_module(module), name)
        return command if isinstance(command, click.Command) else None


@click.group(
    cls=_LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Settings come from XOPS_WATCH_* variables; AWS credentials and region from AWS_*.",
)
@click.version_option(__version__, prog_name="xops-watch", message="%(prog)s %(version)s")
def cli() -> None:
    """Watch the documented scaling triggers of an AI stack on AWS.

    Says which evolution step is due, why, how hard it honestly is and what it costs. It reads
    and tells; it never changes the stack.
    """


def main() -> None:
    """Run the command line; every expected error is one line of what and one of what to do."""
    # The kernel gives the first process of a container no default: without this it lives on.
    signal.signal(signal.SIGTERM, lambda *_: os._exit(EXIT_TERMINATED))
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a terminal that knows no such character
    try:
        code = cli.main(standalone_mode=False, prog_name="xops-watch")
    except click.exceptions.Abort:
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except XopsWatchError as error:
        click.echo(f"xops-watch: {error.what}", err=True)
        click.echo(f"  hint: {error.hint}", err=True)
        sys.exit(exit_code(error))
    sys.exit(code if isinstance(code, int) else 0)


def exit_code(error: XopsWatchError) -> int:
    """Return the exit code that tells a wrong configuration from something out of reach."""
    return EXIT_USAGE if isinstance(error, ConfigurationError | RulebookError) else EXIT_UNREADABLE
