"""What a valid attestation means at an instant."""

from datetime import datetime, timedelta
from enum import StrEnum

from xops_watch.errors import SourceError
from xops_watch.sources.mandates.declaration import Declaration, invalid
from xops_watch.sources.mandates.form import Attestation

CLOCK_SKEW_MAX = timedelta(minutes=5)  # between who declares and who reads


class State(StrEnum):
    """The states of `mandate.state`, and what else may be noted of a mandate."""

    NONE = "none"
    PENDING = "pending"
    DECLARED = "declared"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    INVALID = "invalid"


def state_of(attestation: Attestation, *, now: datetime) -> State:
    """Return what it means now: an end is the first instant at which it counts no more.

    INVALID is one that was declared in the future: nobody can have done so.
    """
    if attestation.declared_at > now + CLOCK_SKEW_MAX:
        return State.INVALID
    if attestation.state == "withdrawn":
        return State.WITHDRAWN
    if attestation.expires_at is not None and attestation.expires_at <= now:
        return State.EXPIRED
    if attestation.effective_from is not None and now < attestation.effective_from:
        return State.PENDING
    return State.DECLARED


def why_unknown(declaration: Declaration, state: State) -> SourceError | None:
    """Return why nobody can say whether the mandate stands, None if it is known."""
    attestation = declaration.attestation
    match state:
        case State.EXPIRED:
            when = f"{attestation.expires_at:%Y-%m-%d}"
            why = f"it expired on {when}: declare it anew with fresh evidence, or withdraw it"
        case State.INVALID:
            when = f"{attestation.declared_at:%Y-%m-%dT%H:%M}Z"
            why = f"it says that it was declared at {when}, which is yet to come"
        case _:
            return None
    return invalid(f"{declaration.place}: {why}")
