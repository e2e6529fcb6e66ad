"""What a source told, in a form that tests compare."""

from collections.abc import Sequence

from xops_watch.core.reading import Gap, Observation, Reading
from xops_watch.errors import GapReason


def values(told: Sequence[Observation]) -> dict[str, float]:
    """Return the values of the stack by the last part of the signal's name."""
    found = [o for o in told if isinstance(o, Reading) and o.subject == "xops"]
    return {o.signal.removeprefix("github."): o.value for o in found}


def gaps(told: Sequence[Observation]) -> dict[str, tuple[GapReason, str]]:
    found = [o for o in told if isinstance(o, Gap)]
    return {o.signal.removeprefix("github."): (o.reason, o.detail) for o in found}


def reasons(told: Sequence[Observation]) -> dict[str, GapReason]:
    return {signal: reason for signal, (reason, _) in gaps(told).items()}
