"""What is known of each mandate at one instant, whatever it will be told by."""

import difflib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from xops_watch.aws.standing import failed, reading
from xops_watch.core.catalogue import SIGNAL_BY_NAME
from xops_watch.core.reading import Observation
from xops_watch.errors import GapReason, SourceError
from xops_watch.sources.mandates.approval import is_self_approved
from xops_watch.sources.mandates.declaration import Declaration, Found, invalid
from xops_watch.sources.mandates.form import TARGET_MANDATE
from xops_watch.sources.mandates.standing import State, state_of, why_unknown

STATE = "mandate.state"
EXPIRES = "mandate.expires_in"
APPROVAL = "mandate.approval"
TARGET = "mandate.target"
VALIDITY = "mandate.validity"

# Those that the documents name; rules may ask for more.
DOCUMENTED = (
    "sovereignty",
    "second-cloud",
    "on-prem",
    "mtls",
    "enterprise-sso",
    "pub-sub",
    "cross-system-sql-vector",
    TARGET_MANDATE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One mandate now. With `error` nobody can say whether it stands.

    `known` is false for an id that no rule asks for, `named` for one of which nobody has said
    anything, as far as it can be read.
    """

    mandate: str
    state: State
    declaration: Declaration | None = None
    error: SourceError | None = None
    known: bool = True
    named: bool = True


def judge(
    merged: Mapping[str, Found | None],
    *,
    known: Collection[str],
    declared_before: Collection[str],
    unread: bool = False,
    now: datetime,
) -> list[Judged]:
    """Return every mandate as it is now.

    One that was declared before and that nobody says anything of is unknown: silence withdraws
    nothing. With `unread` a whole place could not be read, and which mandates it names is unknown.
    """
    judged = [
        _judged(mandate, found, known, vanished=mandate in declared_before, now=now)
        for mandate, found in sorted(merged.items())
    ]
    if not unread:
        return judged
    return [replace(one, named=one.mandate in declared_before) for one in judged]


def observations(judged: Judged, *, at: datetime) -> Iterator[Observation]:
    """Yield what is observed of one mandate; what is not declared has neither end nor number."""
    mandate, error = judged.mandate, judged.error
    if error is None:
        place = SIGNAL_BY_NAME[STATE].states.index(judged.state)
        yield reading(STATE, mandate, place, at=at)
    else:
        yield failed(STATE, mandate, error, at=at)
    yield from _validity(judged, at)
    if not judged.known:
        return
    if error is not None and judged.state is not State.EXPIRED:
        of_all = (EXPIRES, APPROVAL, TARGET) if mandate == TARGET_MANDATE else (EXPIRES, APPROVAL)
        for signal in of_all:
            yield failed(signal, mandate, error, at=at)
    elif judged.declaration is not None:
        yield from _declared(judged.declaration, at)


def _validity(judged: Judged, at: datetime) -> Iterator[Observation]:
    """Yield whether what somebody wrote counts: that it does not is known, whatever it meant."""
    mandate, error = judged.mandate, judged.error
    if error is None:
        validity = "" if judged.state is State.NONE else "valid"
    elif judged.state is State.EXPIRED:
        validity = "expired"
    elif error.reason is GapReason.INVALID and judged.named:
        validity = "invalid"
    else:
        yield failed(VALIDITY, mandate, error, at=at)
        return
    if validity:
        yield reading(VALIDITY, mandate, SIGNAL_BY_NAME[VALIDITY].states.index(validity), at=at)


def _judged(
    mandate: str, found: Found | None, known: Collection[str], *, vanished: bool, now: datetime
) -> Judged:
    is_known = mandate in known
    if found is None:
        if not vanished:
            return Judged(mandate=mandate, state=State.NONE)
        why = (
            "it was declared and is no longer there: silence withdraws nothing;"
            f" `xops-watch mandate withdraw {mandate}`, or declare it again"
        )
        return Judged(mandate=mandate, state=State.INVALID, error=invalid(why))
    if isinstance(found, SourceError):
        return Judged(mandate=mandate, state=State.INVALID, error=found, known=is_known)
    if not is_known:
        return Judged(
            mandate=mandate,
            state=State.INVALID,
            declaration=found,
            error=invalid(f"{found.place}: {unknown_mandate(mandate, known)}"),
            known=False,
        )
    state = state_of(found.attestation, now=now)
    error = why_unknown(found, state)
    return Judged(mandate=mandate, state=state, declaration=found, error=error)


def unknown_mandate(mandate: str, known: Collection[str]) -> str:
    """Return what is wrong with an id that no rule asks for."""
    close = difflib.get_close_matches(mandate, known, n=1)
    return f"no rule asks for the mandate `{mandate:.63}`" + (
        f"; did you mean `{close[0]}`?" if close else ""
    )


def _declared(declaration: Declaration, at: datetime) -> Iterator[Observation]:
    mandate, made = declaration.mandate, declaration.attestation
    if made.expires_at is not None:
        left = max(0.0, (made.expires_at - at).total_seconds())
        yield reading(EXPIRES, mandate, left, at=at)
    if made.target is not None:
        yield reading(TARGET, mandate, made.target, at=at)
    writers = declaration.writers or ()
    if isinstance(writers, SourceError):
        yield failed(APPROVAL, mandate, writers, at=at)
    else:
        yield reading(APPROVAL, mandate, is_self_approved(made, writers), at=at)
