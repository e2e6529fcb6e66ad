"""How values become columns and come back equal: instants, free text, notices."""

import json
from collections.abc import Callable, Mapping
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from typing import Any

from xops_watch.core.notice import Notice, NoticeKind

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


def to_micros(instant: datetime) -> int:
    """Return whole microseconds since 1970 in UTC: exact, where a float would round."""
    return (instant - EPOCH) // MICROSECOND


def to_micros_or_none(instant: datetime | None) -> int | None:
    """Return the same for an instant that may not be."""
    return None if instant is None else to_micros(instant)


def to_instant(micros: int) -> datetime:
    """Return the instant in UTC; the opposite of `to_micros`."""
    return EPOCH + timedelta(microseconds=micros)


def to_instant_or_none(micros: int | None) -> datetime | None:
    """Return the same for a column that may be NULL."""
    return None if micros is None else to_instant(micros)


def to_text(text: str) -> str:
    """Return `text` as UTF-8 can hold it.

    A provider's JSON may carry half a surrogate pair. It may spoil one character of an
    explanation, but it must not stop a tick.
    """
    return text.encode("utf-8", "replace").decode("utf-8")


def encode_notice(notice: Notice) -> str:
    """Return the notice as JSON with every field in it."""
    content = {field.name: _plain(getattr(notice, field.name)) for field in fields(notice)}
    return json.dumps(content)


def decode_notice(text: str) -> Notice:
    """Return the notice that `encode_notice` was given.

    Raises ValueError or TypeError when the text is no such JSON, lacks a field or has another
    one: only a migration may bridge two shapes of a notice.
    """
    content = json.loads(text)
    if not isinstance(content, Mapping):
        raise TypeError("a notice is a JSON object")
    known = {field.name: field.type for field in fields(Notice)}
    if content.keys() != known.keys():
        odd = ", ".join(sorted(content.keys() ^ known.keys()))
        raise ValueError(f"a notice with other fields than this version knows: {odd}")
    decoded = {name: _DECODERS[kind](content[name]) for name, kind in known.items()}
    return Notice(**decoded)


def _plain(value: object) -> object:
    """JSON writes tuples as arrays and string enums as strings by itself; instants it refuses."""
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else value


def _string(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is not text")
    return value


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"{value!r} is not a number")
    return float(value)


def _strings(value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise TypeError(f"{value!r} is not a list")
    return tuple(_string(item) for item in value)


# By the declared type of the field, so that a new field of a known type needs no line here.
_DECODERS: Mapping[Any, Callable[[object], Any]] = {
    str: _string,
    float: _number,
    tuple[str, ...]: _strings,
    NoticeKind: lambda value: NoticeKind(_string(value)),
    datetime: lambda value: datetime.fromisoformat(_string(value)),
}
