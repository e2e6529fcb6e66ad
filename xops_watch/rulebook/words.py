"""Readers of single values: from what YAML holds to what the core speaks, or a plain refusal."""

import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import TypeVar

from pydantic import ValidationInfo

from xops_watch.core.catalogue import SIGNAL_BY_NAME
from xops_watch.core.datapoints import Datapoints
from xops_watch.core.measure import Statistic
from xops_watch.core.quantity import Quantity, parse_duration, parse_quantity
from xops_watch.core.signal import Signal, Unit
from xops_watch.located_yaml import quoted
from xops_watch.rulebook.wording import Unfit, near

ID_MAX = 200  # characters: ids are file names of runbooks, metric labels and parts of URLs
SIGNAL_NAME_MAX = 80  # characters: it becomes a metric name
NUMBER_TEXT_MAX = 40  # characters of a number with its unit
DATAPOINTS_MAX = 1440  # a day of minutes: a longer window hides more than it shows
DOLLARS_MAX = 1e9

_ID = re.compile(r"[a-z0-9][a-z0-9-]*")
_SIGNAL = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*(\.[a-z0-9]+(_[a-z0-9]+)*)+")
_LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]{0,99}")
_ROW = re.compile(r"[ABC](\.[A-Za-z0-9_]+)+")
_PERCENTILE = re.compile(r"p([0-9]{1,2}(?:\.[0-9]{1,2})?)")
_DATAPOINTS = re.compile(r"([0-9]{1,4})/([0-9]{1,4})")
_KINDS = {bool: "true or false", int: "a number", float: "a number"}

Word = TypeVar("Word")


def read_line(longest: int) -> Callable[[object], str]:
    """Return a reader of one line: it goes to message subjects, log lines and labels."""

    def read(value: object) -> str:
        text = _read_text(value).strip()
        if not text:
            msg = "is empty"
            raise Unfit(msg)
        if not text.isprintable():
            msg = "has to be one line of visible characters"
            raise Unfit(msg)
        if len(text) > longest:
            msg = f"is {len(text)} characters long; {longest} is the most"
            raise Unfit(msg)
        return text

    return read


def read_id(value: object) -> str:
    """Read an id: a slug of at most 200 characters."""
    text = _read_text(value)
    if len(text) > ID_MAX:
        msg = f"is {len(text)} characters long; {ID_MAX} is the most"
        raise Unfit(msg)
    if not _ID.fullmatch(text):
        msg = f"{quoted(text)} is not an id"
        raise Unfit(msg, hint="ids have small letters, digits and `-`, like `ecs-cpu-sustained`")
    return text


def read_row(value: object) -> str:
    """Read the name of a document row."""
    text = _read_text(value)
    if not _ROW.fullmatch(text):
        msg = f"{quoted(text)} is not the name of a document row"
        raise Unfit(msg, hint="rows are named like `A.trigger.2`")
    return text


def read_word(words: tuple[str, ...], make: Callable[[str], Word]) -> Callable[[object], Word]:
    """Return a reader of a closed set of words."""

    def read(value: object) -> Word:
        text = _read_text(value)
        if text not in words:
            msg = f"{quoted(text)} is none of {', '.join(words)}"
            raise Unfit(msg, hint=near(text, words))
        return make(text)

    return read


def read_signal(value: object, info: ValidationInfo) -> Signal:
    """Read the name of a signal of the catalogue, or of those in the context of the validation."""
    text = _read_text(value)
    known: Mapping[str, Signal] = {**SIGNAL_BY_NAME, **(info.context or {})}
    if text not in known:
        msg = f"{quoted(text)} is not a signal"
        raise Unfit(msg, hint=near(text, known))
    return known[text]


def read_signal_name(value: object) -> str:
    """Read the name of a signal, known or not: `keycloak.users_active`."""
    text = _read_text(value)
    if len(text) > SIGNAL_NAME_MAX or not _SIGNAL.fullmatch(text):
        msg = f"{quoted(text)} is not the name of a signal"
        raise Unfit(msg, hint="signals are named like `keycloak.users_active`")
    return text


def read_label(value: object) -> str:
    """Read the name of a Prometheus label."""
    text = _read_text(value)
    if not _LABEL.fullmatch(text):
        msg = f"{quoted(text)} is not the name of a label"
        raise Unfit(msg, hint="labels are named like `realm`")
    return text


def read_text(longest: int) -> Callable[[object], str]:
    """Return a reader of text that may have several lines, such as PromQL."""

    def read(value: object) -> str:
        text = _read_text(value).strip()
        if not text:
            msg = "is empty"
            raise Unfit(msg)
        if len(text) > longest:
            msg = f"is {len(text)} characters long; {longest} is the most"
            raise Unfit(msg)
        if not all(letter.isprintable() or letter in "\n\t" for letter in text):
            msg = "has characters that cannot be seen"
            raise Unfit(msg)
        return text

    return read


def read_amount(value: object) -> Quantity:
    """Read a threshold: `80%`, `200ms`, `1TB`, or a bare number, which is a count."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        msg = "needs a number with its unit, like `80%` or `6`"
        raise Unfit(msg)
    if isinstance(value, str):
        quantity = parse_quantity(read_line(NUMBER_TEXT_MAX)(value))
    else:
        quantity = Quantity(value=float(value), unit=Unit.COUNT, text=str(value))
    if quantity.value < 0:
        msg = f"`{quantity.text}` is below 0, where no signal goes"
        raise Unfit(msg)
    return quantity


def read_span(value: object) -> timedelta:
    """Read a duration: `90s`, `15m`, `1h30m`, `7d`."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        msg = f"{quoted(value)} has no unit"
        raise Unfit(msg, hint="write durations like `90s`, `15m`, `1h30m` or `7d`")
    return parse_duration(read_line(NUMBER_TEXT_MAX)(value))


def read_datapoints(value: object) -> Datapoints:
    """Read M of N: `12/15`."""
    found = _DATAPOINTS.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        msg = f"{quoted(value)} is not of the form M/N"
        raise Unfit(msg, hint="`12/15`: at least 12 of the last 15 points")
    needed, of = int(found[1]), int(found[2])
    if not 1 <= needed <= of <= DATAPOINTS_MAX:
        msg = f"`{value}` needs 1 <= M <= N <= {DATAPOINTS_MAX}"
        raise Unfit(msg)
    return Datapoints(needed=needed, of=of)


def read_statistic(value: object) -> tuple[Statistic, float]:
    """Read how a window becomes one number: `avg`, `max`, `p90`; with the rank of a percentile."""
    text = _read_text(value)
    found = _PERCENTILE.fullmatch(text)
    if found:
        return Statistic.PERCENTILE, float(found[1]) / 100
    names = tuple(s.value for s in Statistic if s is not Statistic.PERCENTILE)
    if text not in names:
        msg = f"{quoted(text)} is none of {', '.join(names)}, or a percentile like p90"
        raise Unfit(msg, hint=near(text, names))
    return Statistic(text), 0.5


def read_count(value: object) -> int:
    """Read a whole number from 1 up."""
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= DATAPOINTS_MAX:
        msg = f"needs a whole number from 1 to {DATAPOINTS_MAX}"
        raise Unfit(msg)
    return value


def read_number(value: object) -> float:
    """Read a plain number from 0 up: dollars, or a ratio."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        msg = "needs a plain number"
        raise Unfit(msg)
    if not 0 <= value <= DOLLARS_MAX:
        msg = f"{quoted(value)} is not between 0 and {DOLLARS_MAX:.0f}"
        raise Unfit(msg)
    return float(value)


def _read_text(value: object) -> str:
    if isinstance(value, str):
        return value
    if value is None:
        msg = "is empty"
        raise Unfit(msg)
    msg = f"needs text, not {_KINDS.get(type(value), 'a list or a mapping')}"
    raise Unfit(msg, hint=f'put it in quotes: "{value}"' if isinstance(value, int | float) else "")
