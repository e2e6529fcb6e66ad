"""What one look found, and what to do about it."""

from dataclasses import dataclass
from enum import StrEnum


class Health(StrEnum):
    """WARNING: the daemon would see, but something is not as it should be."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One line of the doctor; `fix` is empty when there is nothing to do."""

    name: str
    health: Health
    found: str
    fix: str = ""


def fine(name: str, found: str) -> Check:
    """Return a check that found what it should."""
    return Check(name=name, health=Health.OK, found=found)


def warning(name: str, found: str, *, fix: str) -> Check:
    """Return a check that found something the daemon can live with."""
    return Check(name=name, health=Health.WARNING, found=found, fix=fix)


def failed(name: str, found: str, *, fix: str) -> Check:
    """Return a check that found something that has to be mended."""
    return Check(name=name, health=Health.FAILED, found=found, fix=fix)
