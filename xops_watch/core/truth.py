"""Three-valued logic (Kleene): what is not known stays not known."""

from collections.abc import Iterable
from enum import Enum


class Truth(Enum):
    """The answer to a condition: proven, disproven, or neither."""

    TRUE = "true"
    FALSE = "false"
    UNKNOWN = "unknown"

    @classmethod
    def of(cls, fact: bool) -> "Truth":  # noqa: FBT001 - a boolean is what is converted
        """Return the truth of a plain fact."""
        return cls.TRUE if fact else cls.FALSE


def all_of(truths: Iterable[Truth]) -> Truth:
    """Return FALSE if any is, else UNKNOWN if any is, else TRUE."""
    seen = set(truths)
    if Truth.FALSE in seen:
        return Truth.FALSE
    return Truth.UNKNOWN if Truth.UNKNOWN in seen else Truth.TRUE


def any_of(truths: Iterable[Truth]) -> Truth:
    """Return TRUE if any is, else UNKNOWN if any is, else FALSE."""
    return negate(all_of(negate(truth) for truth in truths))


def negate(truth: Truth) -> Truth:
    """Return the opposite; the opposite of UNKNOWN is UNKNOWN."""
    return _OPPOSITES[truth]


_OPPOSITES = {
    Truth.TRUE: Truth.FALSE,
    Truth.FALSE: Truth.TRUE,
    Truth.UNKNOWN: Truth.UNKNOWN,
}
