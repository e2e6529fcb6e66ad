"""From the lines of a ledger to its entries, and to the place where the chain breaks."""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

ENTRY_BYTES_MAX = 16_384  # some lines of text each; more would be content, which belongs elsewhere
_KIND = re.compile(r"[a-z][a-z0-9_.]{0,49}")
_DIGEST = re.compile(r"[0-9a-f]{64}")
NOTHING_BEFORE = "0" * 64

Fields = Mapping[str, str | int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The end of a chain: the number of its last entry, and the SHA-256 of that line."""

    number: int
    sha256: str


EMPTY = Head(number=0, sha256=NOTHING_BEFORE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry. `before` is the SHA-256 of the line of the entry before.

    `torn` is the SHA-256 of a line between the two that was never written to its end.
    """

    number: int
    at: datetime
    kind: str
    fields: Fields
    before: str
    torn: str | None = None

    def line(self) -> bytes:
        """Return the entry as it is written; raises ValueError for what no entry can be."""
        if not _KIND.fullmatch(self.kind):
            raise ValueError(f"{self.kind!r:.60} is no kind of entry")
        content: dict[str, object] = {
            "n": self.number,
            "at": self.at.astimezone(UTC).isoformat(),
            "kind": self.kind,
            "fields": dict(self.fields),
            "before": self.before,
        }
        if self.torn is not None:
            content["torn"] = self.torn
        line = json.dumps(content, separators=(",", ":"), allow_nan=False).encode()
        if len(line) > ENTRY_BYTES_MAX:
            raise ValueError(f"{len(line)} bytes are more than an entry has: {ENTRY_BYTES_MAX}")
        return line


@dataclass(frozen=True, slots=True, kw_only=True)
class Break:
    """Where a ledger is not what was written, and how that shows. Lines count from 1."""

    line: int
    why: str

    def __str__(self) -> str:
        """Say it in one line."""
        return f"line {self.line}: {self.why}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """What a ledger holds. `broken` is its first break, None when it is whole.

    `tail` is what somebody began to write and did not end: no entry, and no break either.
    """

    entries: tuple[Entry, ...] = ()
    head: Head = EMPTY
    broken: Break | None = None
    tail: bytes = b""
    lines: int = 0
    _digests: Mapping[int, str] = field(default_factory=dict, repr=False)

    def against(self, known: Head | None) -> "Chain":
        """Return the chain as it looks to who has seen its end before: no less may be there."""
        if known is None or self._digests.get(known.number, EMPTY.sha256) == known.sha256:
            return self
        if known.number > self.head.number:
            count = known.number - self.head.number
            why = (
                f"the end is missing: {count} more {'entry was' if count == 1 else 'entries were'}"
            )
            found = Break(line=self.lines + 1, why=f"{why} there")
        else:
            why = f"entry {known.number} is another than it was, and all before may be"
            found = Break(line=self._line_of(known.number), why=why)
        first = self.broken is None or found.line < self.broken.line
        return replace(self, broken=found) if first else self

    def _line_of(self, number: int) -> int:
        return next((n for n, one in enumerate(self.entries, 1) if one.number == number), 1)


def read_chain(lines: Iterable[bytes]) -> Chain:
    """Return what the lines hold; each has its line end, the last perhaps not. Never raises."""
    reader = _Reader()
    for line in lines:
        reader.take(line)
    return reader.end()


def parse_entry(line: bytes) -> Entry | None:
    """Return the entry that a line is, None if it is none; nothing is raised."""
    if len(line) > ENTRY_BYTES_MAX:
        return None
    try:
        entry = _entry(json.loads(line))
        # What reads the same and is written otherwise was not written here.
        return entry if entry.line() == line else None
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError):
        return None


def sha256_of(line: bytes) -> str:
    """Return what the next entry says of this line."""
    return hashlib.sha256(line).hexdigest()


def _entry(content: Mapping[str, object]) -> Entry:
    number, at, kind = content["n"], content["at"], content["kind"]
    fields, before, torn = content["fields"], content["before"], content.get("torn")
    known = {"n", "at", "kind", "fields", "before"} | ({"torn"} if torn is not None else set())
    if not (
        isinstance(number, int)
        and isinstance(at, str)
        and isinstance(kind, str)
        and isinstance(fields, dict)
        and all(isinstance(value, str | int) for value in fields.values())
        and all(isinstance(one, str) and _DIGEST.fullmatch(one) for one in (before, torn or before))
        and set(content) == known
    ):
        raise ValueError("no entry has this form")
    return Entry(
        number=number,
        at=datetime.fromisoformat(at),
        kind=kind,
        fields=fields,
        before=str(before),
        torn=None if torn is None else str(torn),
    )


@dataclass(slots=True)
class _Reader:
    """Takes line after line; `strays` are lines that are no entries, until somebody owns them."""

    entries: list[Entry] = field(default_factory=list)
    digests: dict[int, str] = field(default_factory=dict)
    head: Head = EMPTY
    broken: Break | None = None
    strays: list[tuple[int, bytes]] = field(default_factory=list)
    tail: bytes = b""
    lines: int = 0

    def take(self, line: bytes) -> None:
        """Take one line, which ends with a line end unless it is the last."""
        self.lines += 1
        text = line.removesuffix(b"\n")
        entry = parse_entry(text)
        if entry is not None:
            self._link(entry, text)
        elif text == line:
            self.tail = line
        else:
            self.strays.append((self.lines, text))

    def _link(self, entry: Entry, text: bytes) -> None:
        self._own_strays(entry)
        if entry.before != self.head.sha256:
            self._break(self.lines, "what came before it is not what it was when this was written")
        elif entry.number != self.head.number + 1:
            self._break(self.lines, f"is entry {entry.number} after entry {self.head.number}")
        self.entries.append(entry)
        self.head = Head(number=entry.number, sha256=sha256_of(text))
        self.digests[entry.number] = self.head.sha256

    def _own_strays(self, entry: Entry) -> None:
        """A line that broke off is owned by the entry after it; any other is somebody else's."""
        if self.strays and entry.torn == sha256_of(self.strays[-1][1]):
            self.strays.pop()
        elif entry.torn is not None:
            self._break(self.lines, "the broken-off line that it names is not there")
        self._break_at_strays()

    def _break_at_strays(self) -> None:
        for number, _ in self.strays[:1]:
            self._break(number, "is no entry")
        self.strays.clear()

    def _break(self, line: int, why: str) -> None:
        if self.broken is None:
            self.broken = Break(line=line, why=why)

    def end(self) -> Chain:
        """Return what was read."""
        self._break_at_strays()
        return Chain(
            entries=tuple(self.entries),
            head=self.head,
            broken=self.broken,
            tail=self.tail,
            lines=self.lines,
            _digests=self.digests,
        )
