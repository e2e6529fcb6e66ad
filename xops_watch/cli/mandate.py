"""`xops-watch mandate`: what people declare, who approved it, and until when."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from xops_watch.cli.mandate_draft import Draft, Said, draft, put_parameter
from xops_watch.cli.mandate_known import require_known
from xops_watch.cli.mandate_list import list_mandates
from xops_watch.cli.mandate_write import is_declared, planned, write
from xops_watch.cli.output import printable, show_json
from xops_watch.cli.setup import make_clock
from xops_watch.errors import ConfigurationError
from xops_watch.ledger import Ledger
from xops_watch.settings import Settings, read_settings
from xops_watch.sources.mandates.approval import is_self_approved

_FILE = click.Path(path_type=Path, dir_okay=False)


@click.group()
def mandate() -> None:
    """Declare, withdraw and list mandates: triggers that people declare, and nothing measures.

    A declaration goes into a file that is reviewed like code (XOPS_WATCH_MANDATES__PATH), or, with
    --ssm, into a command that writes it to Parameter Store. Nothing of AWS is written here.
    """


mandate.add_command(list_mandates)


def _common(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that declaring and withdrawing have in common."""
    options = (
        click.argument("mandate_id", metavar="MANDATE"),
        click.option("--summary", required=True, help="What is asked for, or why no more."),
        click.option("--author", required=True, metavar="'NAME <EMAIL>'", help="Who writes it."),
        click.option(
            "--approver", required=True, metavar="'NAME <EMAIL>'", help="Who answers for it."
        ),
        click.option("--approver-role", required=True, help="What makes them the one to approve."),
        click.option(
            "--evidence",
            multiple=True,
            metavar="MAPPING",
            help="A paper it rests on: '{type: audit-finding, ref: APRA-17, uri: …, sha256: …}'.",
        ),
        click.option("--ticket", help="Where the work is followed up."),
        click.option("--file", "path", type=_FILE, help="The file; XOPS_WATCH_MANDATES__PATH."),
        click.option("--ssm", is_flag=True, help="Print the command for Parameter Store instead."),
        click.option("--dry-run", is_flag=True, help="Show what would change, and change nothing."),
        click.option("--no-ledger", is_flag=True, help="Leave it to the daemon to note it."),
        click.option("--json", "as_json", is_flag=True, help="For programs."),
    )
    for option in reversed(options):
        command = option(command)
    return command


@mandate.command()
@_common
@click.option("--expires", required=True, help="A date (its start in UTC) or an instant.")
@click.option("--effective", help="From when on it counts; now, if not given.")
@click.option("--target", help="The promised number, such as 99.5%: of availability-sla.")
def declare(mandate_id: str, **options: Any) -> int:  # noqa: ANN401 - click's options
    """Declare MANDATE, or declare it anew: an expiry at most 400 days ahead, and evidence."""
    return _run("declared", mandate_id, **options)


@mandate.command()
@_common
def withdraw(mandate_id: str, **options: Any) -> int:  # noqa: ANN401 - click's options
    """Withdraw MANDATE: the only way to end what was declared; silence does not."""
    return _run("withdrawn", mandate_id, **options)


def _run(  # noqa: PLR0913 - the options, all by keyword
    state: str,
    mandate_id: str,
    *,
    path: Path | None,
    ssm: bool,
    dry_run: bool,
    no_ledger: bool,
    as_json: bool,
    **said: Any,  # noqa: ANN401 - click's options
) -> int:
    settings = read_settings()
    require_known(mandate_id, settings)
    now = make_clock(settings).now()
    made = draft(mandate_id, Said(state=state, **said), now=now)
    if ssm:
        command = put_parameter(made, settings.mandates.ssm_prefix)
        _show(made, as_json=as_json, said=command, command=command)
        return 0
    target = _file(path, settings)
    if state == "withdrawn" and not is_declared(target, mandate_id):
        what = f"{target}: says nothing of {mandate_id}, so there is nothing to withdraw"
        raise ConfigurationError(what, hint="`xops-watch mandate list` shows what is declared")
    edit = planned(target, made)
    if dry_run:
        _show(
            made, as_json=as_json, said=edit.diff.rstrip("\n"), file=str(edit.path), written=False
        )
        return 0
    write(edit, made, None if no_ledger else _ledger(settings), now=now)
    told = f"{mandate_id}: {state} in {edit.path}"
    _show(made, as_json=as_json, said=told, file=str(edit.path), written=True)
    return 0


def _show(made: Draft, *, as_json: bool, said: str, **more: object) -> None:
    alone = is_self_approved(made.attestation, ())
    if as_json:
        approval = "self_approved" if alone else "four_eyes"
        show_json({"mandate": made.mandate, **made.content, "approval": approval, **more})
        return
    for line in said.splitlines():
        click.echo(printable(line))
    if alone:
        click.echo("author and approver are one person: have somebody else approve it", err=True)


def _file(path: Path | None, settings: Settings) -> Path:
    found = path or settings.mandates.path
    if found is None:
        raise ConfigurationError(
            "no file of mandates is named",
            hint="give --file, set XOPS_WATCH_MANDATES__PATH, or print a command with --ssm",
        )
    return found


def _ledger(settings: Settings) -> Ledger:
    return Ledger(settings.ledger.beside(settings.state_path), stack=settings.stack)
