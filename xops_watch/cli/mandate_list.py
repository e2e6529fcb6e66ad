"""`xops-watch mandate list`: every mandate as the daemon reads it, and the ledger."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import click

from xops_watch.cli.mandate_known import asked_for
from xops_watch.cli.output import printable, show_json, show_table
from xops_watch.cli.setup import make_clock
from xops_watch.errors import ConfigurationError, SourceError
from xops_watch.ledger import Chain, Ledger
from xops_watch.settings import Settings, read_settings
from xops_watch.sources.mandates import FilePlace, Place
from xops_watch.sources.mandates.approval import is_self_approved
from xops_watch.sources.mandates.declaration import Found
from xops_watch.sources.mandates.journal import declared_before
from xops_watch.sources.mandates.judged import DOCUMENTED, Judged, judge
from xops_watch.sources.mandates.merge import merge

EXIT_NO = 1
EXIT_UNREADABLE = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    mandates: Sequence[Judged]
    unread: Sequence[SourceError]
    chain: Chain


@click.command("list")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def list_mandates(*, as_json: bool) -> int:
    """List every mandate that rules ask for or that is declared, and verify the ledger.

    Exit code 1 when one is expired, malformed or contradicted, or when the ledger is broken; 3
    when a place where mandates are declared cannot be read.

    With --json it is an object: `mandates` (a list, each with `mandate` and `state`; `why` when it
    is unknown; `place`, `version`, `digest`, `approval`, `attestation` and `writers` when something
    that can be read is declared), `not_read` (reasons), and `ledger` (`entries`, `intact`,
    `broken_at_line`, `why`).
    """
    settings = read_settings()
    found = _look(settings, now=make_clock(settings).now())
    if as_json:
        show_json(_described(found))
    else:
        _show(found)
    if found.unread:
        return EXIT_UNREADABLE
    unknown = any(one.error is not None for one in found.mandates)
    return EXIT_NO if unknown or found.chain.broken else 0


def _look(settings: Settings, *, now: datetime) -> _Found:
    if not settings.mandates.asked_for:
        raise ConfigurationError(
            "mandates are declared nowhere",
            hint="set XOPS_WATCH_MANDATES__PATH to a file, or XOPS_WATCH_MANDATES__SSM=true",
        )
    asked = set(asked_for(settings))
    read = [_read(place) for place in _places(settings)]
    declared = {one for place in read if not isinstance(place, SourceError) for one in place}
    chain = Ledger(settings.ledger.beside(settings.state_path)).verify()
    known = asked.union(DOCUMENTED)
    before = declared_before(chain.entries, stack=settings.stack)
    judged = judge(
        merge(read, asked | declared | (before & known)),
        known=known,
        declared_before=before,
        now=now,
    )
    return _Found(
        mandates=judged,
        unread=[place for place in read if isinstance(place, SourceError)],
        chain=chain,
    )


def _places(settings: Settings) -> Sequence[Place]:
    if not settings.mandates.reads_ssm:
        return [FilePlace(settings.mandates.path)] if settings.mandates.path else []
    from xops_watch.bootstrap.clients import make_clients  # noqa: PLC0415 - boto3 is slow to import
    from xops_watch.bootstrap.mandates import places_of  # noqa: PLC0415 - likewise
    from xops_watch.exporter.telemetry import PrometheusTelemetry  # noqa: PLC0415 - likewise

    return places_of(settings, make_clients(settings, PrometheusTelemetry()))


def _read(place: Place) -> Mapping[str, Found] | SourceError:
    try:
        return place.read()
    except SourceError as error:
        return error


def _show(found: _Found) -> None:
    show_table(
        ("mandate", "state", "effective from", "expires", "author", "approver", "approval"),
        [_row(one) for one in found.mandates],
    )
    for one in found.mandates:
        if one.error is not None and one.error not in found.unread:
            click.echo(printable(f"unknown: {one.mandate}: {one.error.what}"), err=True)
    for error in found.unread:
        click.echo(printable(f"not read: {error.what}"), err=True)
        click.echo(printable(f"  hint: {error.hint}"), err=True)
    chain = found.chain
    count = f"{len(chain.entries)} {'entry' if len(chain.entries) == 1 else 'entries'}"
    click.echo(f"ledger: {count}, {'broken' if chain.broken else 'intact'}")
    if chain.broken:
        click.echo(f"ledger: broken at {chain.broken}", err=True)


def _row(judged: Judged) -> tuple[object, ...]:
    state = judged.state if judged.error is None else f"unknown ({judged.state})"
    if judged.declaration is None:
        return (judged.mandate, state, "", "", "", "", "")
    made = judged.declaration.attestation
    return (
        judged.mandate,
        state,
        _day(made.effective_from),
        _day(made.expires_at),
        made.author.name,
        made.approver.name,
        _approval(judged),
    )


def _approval(judged: Judged) -> str:
    if judged.declaration is None:
        return ""
    writers = judged.declaration.writers or ()
    if isinstance(writers, SourceError):
        return "unknown"
    alone = is_self_approved(judged.declaration.attestation, writers)
    return "self_approved" if alone else "four_eyes"


def _day(instant: datetime | None) -> str:
    return f"{instant:%Y-%m-%d}" if instant else ""


def _described(found: _Found) -> Mapping[str, object]:
    chain = found.chain
    return {
        "mandates": [_entry(one) for one in found.mandates],
        "not_read": [error.what for error in found.unread],
        "ledger": {
            "entries": len(chain.entries),
            "intact": chain.broken is None,
            "broken_at_line": chain.broken.line if chain.broken else None,
            "why": chain.broken.why if chain.broken else None,
        },
    }


def _entry(judged: Judged) -> Mapping[str, object]:
    told: dict[str, object] = {"mandate": judged.mandate, "state": str(judged.state)}
    if judged.error is not None:
        told |= {"state": "unknown", "why": judged.error.what}
    if judged.declaration is not None:
        declaration = judged.declaration
        writers = declaration.writers
        told |= {
            "place": declaration.place,
            "version": declaration.version,
            "digest": declaration.digest,
            "approval": _approval(judged),
            "attestation": declaration.attestation.model_dump(mode="json", exclude_none=True),
            "writers": [] if isinstance(writers, SourceError) else sorted(writers or ()),
        }
    return told
