"""Words in the texts of a step: what it says it does, and not what it says it avoids."""

import re
from collections.abc import Iterator

from xops_watch.core.evolution import Evolution

# "Without downtime", "never EC2", "until SQLite is RDS", "instead of a migration script".
_DENIED = re.compile(
    r"\b(?:no|not|non|never|nor|neither|without|zero|until|unless|avoid|avoids|avoiding|nothing"
    r"|instead of|rather than|cheaper than|cannot|don't|doesn't)\b"
    r"(?:[\s-]+[\w./+]+){0,3}[\s-]+$",
    re.IGNORECASE,
)


def told(pattern: re.Pattern[str], text: str) -> re.Match[str] | None:
    """Return the first place where a text says a thing and does not deny it."""
    for found in pattern.finditer(text):
        if not _DENIED.search(text[: found.start()]):
            return found
    return None


def words_of(evolution: Evolution) -> Iterator[str]:
    """Yield what a step is: its name, title and how, in small letters.

    First steps are left out: they may well warn of another step.
    """
    yield evolution.id.replace("-", " ")
    yield evolution.title.lower()
    yield evolution.how.lower()
