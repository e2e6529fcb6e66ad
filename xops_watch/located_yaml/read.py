"""From a file's bytes to a document: what is no text, and what is no YAML, is said here."""

import codecs
import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, StreamMark
from ruamel.yaml.events import Event

from xops_watch.located_yaml.build import Builder
from xops_watch.located_yaml.document import Document, Position, Problem

SIZE_MAX = 1 << 20  # bytes of one file: hand-written files are a hundred times smaller


def read_yaml(path: Path) -> Document:
    """Read a file; whatever is wrong with it is in the document's problems, nothing is raised."""
    file = str(path)
    try:
        # Opening a pipe or a device would wait for ever.
        if path.exists() and not path.is_file():
            return _unreadable(file, "is not a file")
        with path.open("rb") as stream:
            data = stream.read(SIZE_MAX + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        return _unreadable(file, f"cannot be read: {reason}")
    return parse_yaml(data, file=file)


def parse_yaml(data: bytes, *, file: str) -> Document:
    """Read the bytes of a file; `file` is what the problems call it."""
    if len(data) > SIZE_MAX:
        return _unreadable(file, f"is larger than {SIZE_MAX // 1024} KiB, the most that is read")
    text = _decode(data, file)
    if isinstance(text, Problem):
        return Document(file=file, content=None, problems=(text,), complete=False)
    builder = Builder(file=file)
    complete = _feed(builder, text)
    return Document(
        file=file,
        content=builder.content,
        problems=tuple(builder.problems),
        complete=complete,
        values=builder.values,
        keys=builder.keys,
        sha256=hashlib.sha256(data).hexdigest(),
    )


def _unreadable(file: str, message: str) -> Document:
    problem = Problem(file=file, position=None, message=message)
    return Document(file=file, content=None, problems=(problem,), complete=False)


# Control characters, and those that make a line read otherwise than it is parsed: foreign line
# ends, which no editor counts, and the marks that turn the direction of writing.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff]"
)


def _decode(data: bytes, file: str) -> str | Problem:
    data = data.removeprefix(codecs.BOM_UTF8)
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        position = _position_after(data[: error.start].decode())
        message = f"the byte 0x{data[error.start]:02x} is not UTF-8"
        return Problem(file=file, position=position, message=message, hint="save it as UTF-8")
    found = _INVISIBLE.search(text)
    if found is None:
        return text
    message = f"the invisible character U+{ord(found[0]):04X} is not allowed"
    return Problem(file=file, position=_position_after(text[: found.start()]), message=message)


def _position_after(before: str) -> Position:
    """Return the position that follows the text `before`."""
    lines = re.split(r"\r\n|\r|\n", before)
    return Position(line=len(lines), column=len(lines[-1]) + 1)


def _feed(builder: Builder, text: str) -> bool:
    """Give the builder every event; return False if reading on made no sense before the end."""
    read_up_to = 0
    try:
        for event in _events(text):
            read_up_to = event.end_mark.index
            if not builder.take(event):
                return False
    except MarkedYAMLError as error:
        builder.problems.append(_syntax_problem(builder.file, error))
        return False
    except (ValueError, OverflowError):
        # ruamel lets chr() fail on an escape beyond the last character, without a position.
        escape = _LARGE_ESCAPE.search(text, read_up_to)
        position = _position_after(text[: escape.start() if escape else read_up_to])
        message = "no character has so large a number" if escape else "what follows is not YAML"
        builder.problems.append(Problem(file=builder.file, position=position, message=message))
        return False
    return True


_LARGE_ESCAPE = re.compile(r"\\U(?!000[0-9A-Fa-f]|0010)[0-9A-Fa-f]{8}")


def _events(text: str) -> Iterator[Event]:
    yield from YAML(typ="safe", pure=True).parse(text)


# What the parser says about the commonest slips, and what helps people instead. The first
# group is about something opened earlier: its beginning is the place to look at.
_OPENED_EARLIER: tuple[tuple[str, str], ...] = (
    ("found unexpected end of stream", "the quote that opens here is never closed"),
    ("found unexpected document separator", "the quote that opens here is never closed"),
    ("expected ',' or", "the bracket that opens here is never closed, or a comma is missing"),
    ("could not find expected ':'", "a `:` is missing after this, or it has to be in quotes"),
    ("while scanning a block scalar", "text that begins with `>` or `|` has to be in quotes"),
)
_HERE: tuple[tuple[str, str], ...] = (
    ("more indented follow up line", "the empty line above has spaces in it: delete them"),
    (r"found character '\\t'", "a tab stands where only spaces can: indent with spaces"),
    (r"found character '(.+)' that", r"text that begins with `\1` has to be in quotes"),
    ("mapping values are not", "a `:` too many: put text that has `: ` in quotes, or indent it"),
    ("expected the node content", "a value is missing here"),
    ("expected <block end>", "this is not indented like what it belongs to"),
    ("expected '<document start>'", "nothing can follow here: the text above is complete"),
)


def _syntax_problem(file: str, error: MarkedYAMLError) -> Problem:
    """Say what is wrong; some errors of the parser have no problem, only a context."""
    said = f"{error.context or ''}: {error.problem or ''}"
    for part, message in _OPENED_EARLIER:
        if part in said and error.context_mark is not None:
            return _marked(file, error.context_mark, message)
    problem = str(error.problem or error.context)
    message = "not YAML: " + problem.replace(r"'\x00'", "the end of the file")
    for pattern, template in _HERE:
        found = re.search(pattern, said)
        if found is not None:
            message = found.expand(template)
            break
    return _marked(file, error.problem_mark or error.context_mark, message)


def _marked(file: str, mark: StreamMark | None, message: str) -> Problem:
    """The parser counts from 0."""
    position = Position(line=mark.line + 1, column=mark.column + 1) if mark else None
    return Problem(file=file, position=position, message=message)
