"""What all groups of settings have in common."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict
from pydantic_settings import NoDecode

# Lists are written `a,b,c` in the environment, and as YAML lists in the file.
Names = Annotated[tuple[str, ...], NoDecode]


class Group(BaseModel):
    """Settings that belong together, frozen."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    @property
    def asked_for(self) -> bool:
        """Tell whether these settings ask for a source: there is something to watch."""
        return False


def names(value: object) -> object:
    """Return the parts of `a,b,c`, for a validator that runs before the type is checked."""
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    return value


def word(value: object) -> object:
    """Return a word in small letters, for a validator that runs before the type is checked."""
    return value.strip().lower() if isinstance(value, str) else value
