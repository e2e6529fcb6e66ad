"""The notation of series: promtool's, with names of states and reasons of gaps on top.

`80x3` is 80 and three more, `1+2x3` is 1 3 5 7, `_` is missing and `_x5` five times so. What is
not there is counted whole, as promtool does: `!deniedx5` are five gaps.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, localcontext

from xops_watch.core.quantity import parse_quantity
from xops_watch.core.signal import Signal, Unit
from xops_watch.errors import GapReason
from xops_watch.located_yaml import quoted

SAMPLES_MAX = 50_000  # of one script: a month of minutes
_DIGITS_MAX = 15  # before the point, as for any quantity

Sample = float | GapReason | None
"""A value in the base unit, the reason of a gap that the source reports, or nothing at all."""

_AMOUNT = r"(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?"
_NUMBERS = re.compile(rf"(?P<start>[+-]?{_AMOUNT})(?P<step>[+-]{_AMOUNT})?(?:x(?P<times>[0-9]+))?")
_TIMES = re.compile(r"(?P<what>.*?)(?:x(?P<times>[0-9]+))?")
_VERSION = re.compile(r"v?[0-9]+\.[0-9]+\.[0-9]+")
_NOTHING = ("_", "stale")
_SPECIAL = ("nan", "inf", "+inf", "-inf")


class NotationError(ValueError):
    """A word of a series that cannot be read; `hint` says what could."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


@dataclass(frozen=True, slots=True, kw_only=True)
class _Repeat:
    """One word of the notation: `count` samples from `start`, each `step` more."""

    start: Decimal | Sample
    step: Decimal
    count: int


def expand(text: str, signal: Signal, unit: str = "") -> tuple[Sample, ...]:
    """Return the samples that `text` stands for, in the signal's base unit.

    Raises NotationError.
    """
    words = [_read_word(word, signal) for word in text.split()]
    count = sum(word.count for word in words)
    if not count:
        raise NotationError("holds no values", hint="like `80x3 95x20 _x5`")
    if count > SAMPLES_MAX:
        raise NotationError(f"stands for more than {SAMPLES_MAX} values, the most")
    return tuple(sample for word in words for sample in _samples(word, signal, unit))


def _samples(word: _Repeat, signal: Signal, unit: str) -> Iterator[Sample]:
    if not isinstance(word.start, Decimal):
        yield from [word.start] * word.count
        return
    # Multiples, not sums as promtool has: 70+0.1x100 has to meet 80 exactly.
    if not word.step:
        yield from [_value(word.start, signal, unit)] * word.count
        return
    for index in range(word.count):
        yield _value(word.start + index * word.step, signal, unit)


def _value(number: Decimal, signal: Signal, unit: str) -> float:
    if number < 0:
        raise NotationError(f"goes to {number}, below 0, where `{signal.name}` never is")
    try:
        return parse_quantity(f"{number:f}{unit}").value
    except ValueError as error:
        raise NotationError(f"`{number}` is too large or too exact") from error


def _read_word(word: str, signal: Signal) -> _Repeat:
    found = _TIMES.fullmatch(word)
    what, times = (found["what"], found["times"]) if found else (word, None)
    if word in _NOTHING or what == "_":
        return _Repeat(start=None, step=Decimal(), count=int(_bounded(times or "1")))
    if what.startswith("!"):
        return _Repeat(start=_reason(what[1:]), step=Decimal(), count=_bounded(times or "1"))
    if signal.unit is Unit.STATE:
        # A state's own name may end like a repetition.
        name, times = (word, None) if word in signal.states else (what, times)
        return _Repeat(start=_state(name, signal), step=Decimal(), count=1 + _bounded(times))
    if signal.unit is Unit.VERSION:
        return _Repeat(start=_version(what), step=Decimal(), count=1 + _bounded(times))
    return _numbers(word)


def _numbers(word: str) -> _Repeat:
    found = _NUMBERS.fullmatch(word)
    if found is None or (found["step"] and not found["times"]):
        hint = "like `80`, `80x3`, `1+2x3`, `10-1x4`, `_x5` or `!denied`"
        if word.casefold() in _SPECIAL:
            hint = "a source reports a gap then: write its reason, like `!invalid`"
        raise NotationError(f"{quoted(word)} is not understood", hint=hint)
    start, step = _decimal(found["start"]), _decimal(found["step"] or "0")
    return _Repeat(start=start, step=step, count=1 + _bounded(found["times"]))


def _decimal(text: str) -> Decimal:
    with localcontext(prec=60):
        number = Decimal(text[:60])
        if len(text) > 40 or abs(number.adjusted()) > _DIGITS_MAX:  # noqa: PLR2004 - see above
            raise NotationError(f"{quoted(text)} is too large or too exact")
        return number


def _bounded(times: str | None) -> int:
    """Return how many times: a number with more digits than the most is that and more."""
    digits = (times or "0").lstrip("0") or "0"
    return int(digits[: len(str(SAMPLES_MAX)) + 1])


def _reason(name: str) -> GapReason:
    if name in tuple(GapReason):
        return GapReason(name)
    hint = "reasons are " + ", ".join(GapReason)
    raise NotationError(f"{quoted('!' + name)} is no reason of a gap", hint=hint)


def _state(name: str, signal: Signal) -> float:
    if name in signal.states:
        return float(signal.states.index(name))
    hint = "its states are " + ", ".join(signal.states)
    raise NotationError(f"{quoted(name)} is no state of `{signal.name}`", hint=hint)


def _version(text: str) -> float:
    if not _VERSION.fullmatch(text):
        raise NotationError(f"{quoted(text)} is no version", hint="like `1.4.0` or `1.4.0x5`")
    try:
        return parse_quantity(text).value
    except ValueError as error:
        raise NotationError(f"{quoted(text)} is no version") from error
