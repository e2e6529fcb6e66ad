"""Tells the ledger what changed in the mandates, and whether the ledger is as it was written."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from xops_watch.aws.standing import failed, reading
from xops_watch.core.reading import Gap, Observation
from xops_watch.errors import GapReason, LedgerError, SourceError
from xops_watch.ledger import Entry, Head, Ledger
from xops_watch.sources.mandates.declaration import DETAIL_CHARACTERS_MAX, Declaration
from xops_watch.sources.mandates.form import Author
from xops_watch.sources.mandates.judged import Judged
from xops_watch.sources.mandates.standing import State

CHAIN = "ledger.chain"
SEEN = "mandate.seen"
_WRITERS_CHARACTERS_MAX = 1000
_INTACT, _BROKEN = 0, 1
_STANDING = frozenset({State.DECLARED, State.PENDING, State.EXPIRED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted:
    """What the ledger has been told of each mandate.

    `head` is its end if it was told anything now, `error` why it could not be told all.
    """

    told: Mapping[str, str]
    head: Head | None
    error: LedgerError | None = None


def note(
    ledger: Ledger, judged: Sequence[Judged], noted: Mapping[str, str], *, now: datetime
) -> Noted:
    """Tell the ledger of every mandate that is not as it was told last."""
    told, head = dict(noted), None
    for one, key in _changes(judged, noted):
        try:
            head = ledger.append(SEEN, fields_of(one), now=now)
        except LedgerError as error:
            return Noted(told=told, head=head, error=error)
        told[one.mandate] = key
    return Noted(told=told, head=head)


def chain(
    ledger: Ledger, known: Head | None, *, stack: str, now: datetime
) -> tuple[Observation, Head | None]:
    """Return whether the ledger is whole, and its end: `known` itself while it is not."""
    try:
        found = ledger.verify(known=known)
    except LedgerError as error:
        return unreadable(error, stack=stack, now=now), known
    if found.broken is not None:
        return reading(CHAIN, stack, _BROKEN, at=now), known
    return reading(CHAIN, stack, _INTACT, at=now), found.head


def unreadable(error: LedgerError, *, stack: str, now: datetime) -> Gap:
    """Return the gap of a ledger that cannot be read, or not be written."""
    what = error.what[:DETAIL_CHARACTERS_MAX]
    unread = SourceError(what, reason=GapReason.UNREACHABLE, hint=error.hint)
    return failed(CHAIN, stack, unread, at=now)


def declared_before(entries: Iterable[Entry], *, stack: str) -> frozenset[str]:
    """Return the mandates of a stack that stand declared, as far as the ledger knows."""
    declared: set[str] = set()
    for entry in entries:
        if entry.fields.get("stack", stack) != stack:
            continue
        state = entry.fields.get("state") or entry.kind.removeprefix("mandate.")
        mandate = str(entry.fields.get("mandate", ""))
        if entry.kind.startswith("mandate.") and state in _STANDING:
            declared.add(mandate)
        elif entry.kind.startswith("mandate.") and state == State.WITHDRAWN:
            declared.discard(mandate)
    return frozenset(declared)


def fields_of(judged: Judged) -> Mapping[str, str]:
    """Return what the ledger is told of a mandate: who and which, not the papers."""
    fields = {"mandate": judged.mandate, "state": str(judged.state)}
    if judged.declaration is not None:
        fields |= declared_fields(judged.declaration)
    elif judged.error is not None:
        fields["why"] = judged.error.what
    return fields


def declared_fields(declaration: Declaration) -> Mapping[str, str]:
    """Return what the ledger is told of a declaration."""
    attestation, writers = declaration.attestation, declaration.writers or ()
    fields = {
        "place": declaration.place,
        "version": declaration.version,
        "digest": declaration.digest,
        "author": _person(attestation.author),
        "approver": f"{_person(attestation.approver)}, {attestation.approver.role}",
    }
    if writers and not isinstance(writers, SourceError):
        fields["writers"] = " ".join(sorted(writers))[:_WRITERS_CHARACTERS_MAX]
    return {name: text for name, text in fields.items() if text}


def _changes(judged: Sequence[Judged], noted: Mapping[str, str]) -> Iterator[tuple[Judged, str]]:
    for one in judged:
        if one.error is not None and (one.error.reason is not GapReason.INVALID or not one.named):
            continue  # that nobody could look is no change of the mandate
        digest, version = "", ""
        if one.declaration is not None:
            digest, version = one.declaration.digest, one.declaration.version
        key = f"{one.state} {digest} {version}".strip()
        before = noted.get(one.mandate, str(State.NONE))
        if key != before:
            yield one, key


def _person(person: Author) -> str:
    return f"{person.name} <{person.email}>"
