"""What is asked of an HTTP provider and what it answered, as values; loads no HTTP library."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from xops_watch.errors import GapReason, SourceError

BYTES_MAX = 1_000_000  # an answer that is larger than its reader needs is not an answer
DETAIL_CHARACTERS_MAX = 300
_SHAPE = "the answer has an unknown shape; a newer xops-watch may understand it"

Shape = TypeVar("Shape", bound=BaseModel)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How long one request may take, how large its answer may be, how often it may be sent on."""

    connect: timedelta = timedelta(seconds=3)
    total: timedelta = timedelta(seconds=8)
    bytes_max: int = BYTES_MAX
    redirects_max: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """An answer, whatever its status. Names of headers are in lower case."""

    what: str
    status: int
    headers: Mapping[str, str]
    body: bytes

    def parsed(self, shape: type[Shape]) -> Shape:
        """Return the JSON of the body as a checked model; raises SourceError if it is none."""
        try:
            return shape.model_validate(json.loads(self.body))
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False, include_context=False)[0]
            field = ".".join(str(part) for part in first["loc"]) or "the answer"
            why = f"{field:.100}: {first['msg']:.100}"
        except (ValueError, RecursionError):
            why = "the answer is not JSON"
        raise SourceError(one_line(f"{self.what}: {why}"), reason=GapReason.INVALID, hint=_SHAPE)


def one_line(text: str) -> str:
    """Return printable text of bounded length, without line breaks."""
    printable = "".join(letter if letter.isprintable() else " " for letter in text[:3000])
    return " ".join(printable.split())[:DETAIL_CHARACTERS_MAX]
