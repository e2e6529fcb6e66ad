"""What must still be known of mandates after a restart."""

from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict, ValidationError

from xops_watch.ledger import Head

NAME = "mandates"


class Remembered(BaseModel):
    """What was declared when it was last understood, what the ledger was told, and its end.

    `noted` has, by mandate, what the ledger was told last.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    declared: frozenset[str] = frozenset()
    noted: Mapping[str, str] = {}
    head: tuple[str, int, str] | None = None

    def head_of(self, path: str) -> Head | None:
        """Return the end that was seen last of the ledger at `path`: another begins anew."""
        if self.head is None or self.head[0] != path:
            return None
        return Head(number=self.head[1], sha256=self.head[2])


def parse_remembered(text: str | None) -> Remembered:
    """Return what was kept; nothing when nothing was, or what is kept is none of ours."""
    try:
        return Remembered.model_validate_json(text) if text else Remembered()
    except ValidationError:
        return Remembered()
