"""Changes one mandate in a file of mandates, and not a byte of anything else in it.

The file belongs to people, with its comments and its order: lines are replaced where the reader
says they are, and the result is read again before it counts.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from xops_watch.errors import ConfigurationError
from xops_watch.located_yaml import Document, KeyPath, Plain, parse_yaml

NEW_FILE = """\
# Mandates: what people declare, reviewed like code. Form: docs/how-to/declare-a-mandate.md
schema: 1
mandates: {}
"""
_MANDATES = "mandates"
_HINT = "`xops-watch mandate declare --dry-run` with another --file shows what to write by hand"

Content = Mapping[str, Plain]


def edited(text: str, mandate: str, content: Content, *, file: str) -> str:
    """Return the text of a file with the mandate declared as `content`.

    Raises ConfigurationError if the file is none of mandates, or not written in plain lines.
    """
    document = _readable(text, file)
    lines = text.splitlines(keepends=True)
    if lines and not lines[-1].endswith("\n"):
        lines[-1] += "\n"
    known = document.content[_MANDATES] if isinstance(document.content, dict) else None
    if not isinstance(known, dict):
        raise ConfigurationError(f"{file}: `mandates` has to be a mapping", hint=_HINT)
    if mandate in known:
        _replace(lines, document, mandate, content)
    elif known:
        _add(lines, document, known, mandate, content)
    else:
        _add_first(lines, document, mandate, content)
    result = "".join(lines)
    _demand_rest_unchanged(document, parse_yaml(result.encode(), file=file), mandate, content)
    return result


def rendered(content: Content, *, indent: int) -> list[str]:
    """Return the lines of a mapping, each with its line end."""
    pad = " " * indent
    lines: list[str] = []
    for key, value in content.items():
        lines.extend(_field(key, value, pad))
    return lines


def _readable(text: str, file: str) -> Document:
    document = parse_yaml(text.encode(), file=file)
    if document.problems:
        problems = "\n".join(str(problem) for problem in document.problems)
        raise ConfigurationError(problems, hint="mend the file first")
    if not isinstance(document.content, dict) or _MANDATES not in document.content:
        raise ConfigurationError(
            f"{file}: has no key `mandates`", hint="name a file of mandates, or a new one"
        )
    return document


def _replace(lines: list[str], document: Document, mandate: str, content: Content) -> None:
    """Replace the fields that change, drop those that are left out, add the new ones at the end."""
    entry = _entry(document, mandate, len(lines))
    if entry is None:
        raise _not_in_lines(document, mandate)
    kept: list[str] = []
    for field in entry.fields:
        segment = lines[field.first - 1 : field.end - 1]
        body = _body(segment)
        if field.name not in content:
            kept.extend(segment[body:])
        elif field.value == content[field.name]:
            kept.extend(segment)
        else:
            kept.extend(_field(field.name, content[field.name], " " * entry.indent))
            kept.extend(segment[body:])
    end = _body(kept)
    names = {field.name for field in entry.fields}
    added = {name: value for name, value in content.items() if name not in names}
    kept[end:end] = rendered(added, indent=entry.indent)
    lines[entry.fields[0].first - 1 : entry.fields[-1].end - 1] = kept


def _add(
    lines: list[str], document: Document, known: Mapping[str, Plain], mandate: str, content: Content
) -> None:
    """Add an entry after the last one, indented as the others are."""
    last = list(known)[-1]
    entry = _entry(document, last, len(lines))
    key = document.keys[_MANDATES, last]
    if entry is None:
        raise _not_in_lines(document, last)
    start = entry.fields[-1].first - 1
    place = start + _body(lines[start : entry.fields[-1].end - 1])
    lines[place:place] = [
        f"{' ' * (key.column - 1)}{mandate}:\n",
        *rendered(content, indent=entry.indent),
    ]


def _add_first(lines: list[str], document: Document, mandate: str, content: Content) -> None:
    """Write the first entry where `{}` is."""
    place = document.values[(_MANDATES,)]
    line = lines[place.line - 1]
    before, braces = line[: place.column - 1], line[place.column - 1 :]
    if not braces.startswith("{}"):
        raise _not_in_lines(document, mandate)
    rest = braces[2:].strip()
    lines[place.line - 1] = f"{before.rstrip()}{'  ' + rest if rest else ''}\n"
    lines[place.line : place.line] = [f"  {mandate}:\n", *rendered(content, indent=4)]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Field:
    """One field of an entry: its lines are from `first` to before `end`, counted from 1."""

    name: str
    value: Plain
    first: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    """An entry of which each field has lines of its own."""

    indent: int
    fields: Sequence[_Field]


def _entry(document: Document, mandate: str, count: int) -> _Entry | None:
    """Return where an entry stands, None if it is not written in lines."""
    path: KeyPath = (_MANDATES, mandate)
    content = _at(document, mandate)
    if not content:
        return None
    places = [document.keys[*path, name] for name in content]
    numbers = [document.keys[path].line, *(place.line for place in places)]
    if any(after <= before for before, after in pairwise(numbers)):
        return None
    if len({place.column for place in places}) != 1:
        return None
    ends = [*numbers[2:], _end_of(document, numbers[0], count)]
    fields = [
        _Field(name=name, value=content[name], first=first, end=end)
        for name, first, end in zip(content, numbers[1:], ends, strict=True)
    ]
    return _Entry(indent=places[0].column - 1, fields=fields)


def _end_of(document: Document, start: int, count: int) -> int:
    """Return the line on which what follows an entry begins."""
    later = (
        place.line
        for path, place in document.keys.items()
        if place.line > start and (not path[1:] or (path[0] == _MANDATES and not path[2:]))
    )
    return min(later, default=count + 1)


def _body(segment: Sequence[str]) -> int:
    """Return how many lines there are before the comments and blank lines at the end."""
    count = len(segment)
    while count and (not segment[count - 1].strip() or segment[count - 1].lstrip().startswith("#")):
        count -= 1
    return count


def _field(key: str, value: Plain, pad: str) -> Iterator[str]:
    match value:
        case dict():
            yield f"{pad}{key}:\n"
            yield from rendered(value, indent=len(pad) + 2)
        case list():
            yield f"{pad}{key}:\n" if value else f"{pad}{key}: []\n"
            for item in value:
                first, *others = rendered(item, indent=0) if isinstance(item, dict) else [""]
                yield f"{pad}- {first}"
                yield from (f"{pad}  {line}" for line in others)
        case _:
            yield f"{pad}{key}: {_scalar(value)}\n"


def _scalar(value: Plain) -> str:
    """Return a text without quotes if it reads so, in quotes otherwise."""
    if not isinstance(value, str):
        return json.dumps(value)
    plain = parse_yaml(f"a: {value}\n".encode(), file="")
    safe = not plain.problems and plain.content == {"a": value}
    return value if safe else json.dumps(value, ensure_ascii=False)


def _demand_rest_unchanged(
    before: Document, after: Document, mandate: str, content: Content
) -> None:
    """Raise ConfigurationError unless this mandate, and only this one, reads otherwise now."""
    expected = _others(before, mandate), dict(content)
    if after.problems or (_others(after, mandate), _at(after, mandate)) != expected:
        raise _not_in_lines(before, mandate)


def _others(document: Document, mandate: str) -> Plain:
    content = document.content
    if not isinstance(content, dict):
        return None
    known = content[_MANDATES]
    kept = {k: v for k, v in known.items() if k != mandate} if isinstance(known, dict) else None
    return {**content, _MANDATES: kept}


def _at(document: Document, mandate: str) -> dict[str, Plain] | None:
    content = document.content
    known = content[_MANDATES] if isinstance(content, dict) else None
    found = known.get(mandate) if isinstance(known, dict) else None
    return found if isinstance(found, dict) else None


def _not_in_lines(document: Document, mandate: str) -> ConfigurationError:
    place = document.position((_MANDATES, mandate), key=True)
    where = f"{document.file}:{place.line}" if place else document.file
    what = f"{where}: is not written with one key on each line, so it is not edited here"
    return ConfigurationError(what, hint=_HINT)
