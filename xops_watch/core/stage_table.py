"""The Cost Evolution table as something to look up: of which stage so many users or services are.

Source: document A, Cost Evolution. Its ranges are read as they are written: `<50`, `2`, `4-6`,
`50-200` (both ends count), `8+`. What is no range (`Any`, `N/A`) fits nothing.
"""

import re
from collections.abc import Iterable

_BELOW = re.compile(r"<\s*(\d+)")
_FROM_TO = re.compile(r"(\d+)\s*-\s*(\d+)")
_AT_LEAST = re.compile(r"(\d+)\s*\+")
_EXACTLY = re.compile(r"\d+")


def fits(written: str, count: float) -> bool:
    """Tell whether a count lies in a range of the table."""
    if found := _BELOW.fullmatch(written):
        return count < int(found[1])
    if found := _FROM_TO.fullmatch(written):
        return int(found[1]) <= count <= int(found[2])
    if found := _AT_LEAST.fullmatch(written):
        return count >= int(found[1])
    return bool(_EXACTLY.fullmatch(written)) and count == int(written)


def stage_of(rows: Iterable[tuple[str, str]], count: float, *, preferred: str | None) -> str | None:
    """Return the stage whose range holds the count, None when none does.

    `rows` are stages with their ranges in the order of the table. BC1 PROD and BC1 PEAK have the
    same users and services, and 200 users are in two rows: of several the preferred one counts,
    which is what people declared, else the first.
    """
    fitting = [stage for stage, written in rows if fits(written, count)]
    if preferred in fitting:
        return preferred
    return fitting[0] if fitting else None
