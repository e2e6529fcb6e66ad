"""What reading a file gives: plain values, their positions, and findings that point at them."""

from dataclasses import dataclass, field

QUOTE_MAX = 60  # characters of the user's text that a message repeats

Plain = dict[str, "Plain"] | list["Plain"] | str | int | float | bool | None
KeyPath = tuple[str | int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """Where something stands in a file; both numbers count from 1, as editors do."""

    line: int
    column: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One finding. `position` is None when it concerns a file or folder as a whole."""

    file: str
    position: Position | None
    message: str
    hint: str = ""

    def __str__(self) -> str:
        """Write it as compilers do, on one line, so that editors can jump to it."""
        place = f":{self.position.line}:{self.position.column}" if self.position else ""
        hint = f" ({self.hint})" if self.hint else ""
        return f"{self.file}{place}: {self.message}{hint}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One file as plain values, with the position of every value and every key by path.

    With `problems`, `content` is only what could be understood: good for finding further
    problems, not for use. `complete` is False when reading stopped before the end, so that
    what seems to be missing may only be unread. `sha256` is of the file's bytes, in hexadecimal.
    """

    file: str
    content: Plain
    problems: tuple[Problem, ...]
    complete: bool
    values: dict[KeyPath, Position] = field(default_factory=dict)
    keys: dict[KeyPath, Position] = field(default_factory=dict)
    sha256: str = ""

    def position(self, path: KeyPath, *, key: bool = False) -> Position | None:
        """Return where the value (or its key) stands, else the nearest thing around it."""
        found = (self.keys.get(path) if key else None) or self.values.get(path)
        if found is None and path:
            return self.position(path[:-1])
        return found

    def problem(self, path: KeyPath, message: str, *, hint: str = "", key: bool = False) -> Problem:
        """Return a finding about the value (or the key) at `path`."""
        position = self.position(path, key=key)
        return Problem(file=self.file, position=position, message=message, hint=hint)


def quoted(value: object) -> str:
    """Return the user's own text for a message: one line, bounded, nothing invisible."""
    text = str(value)
    short = text if len(text) <= QUOTE_MAX else text[: QUOTE_MAX - 1] + "…"
    return "`" + "".join(c if c.isprintable() else ascii(c)[1:-1] for c in short) + "`"
