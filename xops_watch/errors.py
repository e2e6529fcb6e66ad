"""Every error that is raised on purpose: one line of what happened, one line of what to do."""

from enum import StrEnum


class GapReason(StrEnum):
    """Why a value is missing (the values of the `reason` label).

    STALE: the provider answered, and has no value. NOT_APPLICABLE: there is nothing to measure
    now. GONE: the subject itself is no more, which ends what was said of it.
    """

    STALE = "stale"
    NOT_ENABLED = "not_enabled"
    DENIED = "denied"
    THROTTLED = "throttled"
    UNREACHABLE = "unreachable"
    TIMEOUT = "timeout"
    INVALID = "invalid"
    NOT_APPLICABLE = "not_applicable"
    GONE = "gone"


class XopsWatchError(Exception):
    """Something an operator can act on; `hint` says how."""

    def __init__(self, what: str, *, hint: str) -> None:
        super().__init__(what)
        self.what = what
        self.hint = hint


class ConfigurationError(XopsWatchError):
    """A setting, an argument or an environment that the daemon cannot start with."""


class RulebookError(XopsWatchError):
    """The rule files do not make a rulebook; each problem is `file:line:column: message`."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        count = len(problems)
        noun = "problem" if count == 1 else "problems"
        hint = f"correct the {count} {noun} above; `xops-watch rules check` shows what is left"
        super().__init__("\n".join(problems), hint=hint)
        self.problems = problems


class SourceError(XopsWatchError):
    """A provider gave no usable answer; becomes a Gap with this reason."""

    def __init__(self, what: str, *, reason: GapReason, hint: str) -> None:
        super().__init__(what, hint=hint)
        self.reason = reason


class StoreError(XopsWatchError):
    """The state file cannot be opened, read or written."""


class LedgerError(XopsWatchError):
    """The ledger cannot be read, or an entry cannot be added to it."""


class DeliveryError(XopsWatchError):
    """A notice was not accepted. `retryable` tells an outage from a refusal."""

    def __init__(self, what: str, *, retryable: bool, hint: str) -> None:
        super().__init__(what, hint=hint)
        self.retryable = retryable


class UnreachableError(XopsWatchError):
    """Something the command had to read did not answer."""
