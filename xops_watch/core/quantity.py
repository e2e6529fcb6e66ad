"""Numbers with units as people write them in rules: `80%`, `200ms`, `1TB`, `15m`."""

import re
from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction

from xops_watch.core.signal import Signal, Unit

_NUMBER = re.compile(r"(?P<number>[+-]?\d{1,15}(?:\.\d{1,9})?)\s*(?P<suffix>[A-Za-z%$]*)")

# Decimal suffixes are powers of ten and binary ones powers of two, as IEC 80000-13 has it:
# the documents' "1 TB" is 10^12 bytes.
_SCALES: dict[str, tuple[Unit, Fraction]] = {
    "": (Unit.COUNT, Fraction(1)),
    "%": (Unit.RATIO, Fraction(1, 100)),
    "ms": (Unit.SECONDS, Fraction(1, 1000)),
    "s": (Unit.SECONDS, Fraction(1)),
    "m": (Unit.SECONDS, Fraction(60)),
    "h": (Unit.SECONDS, Fraction(3600)),
    "d": (Unit.SECONDS, Fraction(86_400)),
    "B": (Unit.BYTES, Fraction(1)),
    **{f"{p}B": (Unit.BYTES, Fraction(1000**n)) for n, p in enumerate("kMGTP", start=1)},
    **{f"{p}iB": (Unit.BYTES, Fraction(1024**n)) for n, p in enumerate("KMGTP", start=1)},
    "$": (Unit.DOLLARS, Fraction(1)),
}
_VERSION = re.compile(r"v?(\d{1,3})\.(\d{1,3})\.(\d{1,3})")
_VERSION_STEP = 1000  # each part of a version has three digits of the number that stands for it
_WHOLE_FROM = 1_000  # a count from here on is read without what is behind the point
_DURATION_PART = re.compile(r"(\d{1,9})(ms|s|m|h|d|w)")
_DURATION_SECONDS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
DURATION_MAX = timedelta(days=455)  # CloudWatch keeps nothing longer


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantity:
    """A value in its base unit, and the text that it was written as."""

    value: float
    unit: Unit
    text: str


def parse_quantity(text: str) -> Quantity:
    """Read `80%` as ratio 0.8, `200ms` as 0.2 seconds, `1TB` as 10^12 bytes, `6` as a count.

    `1.4.0` is a version, and stands for 1004000, so that versions compare as numbers do.
    Raises ValueError, with what would have been understood, for anything else.
    """
    version = _VERSION.fullmatch(text.strip())
    if version:
        number = 0
        for part in version.groups():
            number = number * _VERSION_STEP + int(part)
        return Quantity(value=float(number), unit=Unit.VERSION, text=text.strip())
    plain = text.strip()
    # Money is written `$180` by most people and `180$` by the rest.
    match = _NUMBER.fullmatch(f"{plain[1:]}$" if plain.startswith("$") else plain)
    if match is None or match["suffix"] not in _SCALES:
        known = ", ".join(f"`{suffix}`" for suffix in _SCALES if suffix)
        msg = f"`{text}` is not a number with a unit; known units are {known}, or none for a count"
        raise ValueError(msg)
    unit, scale = _SCALES[match["suffix"]]
    return Quantity(value=float(Fraction(match["number"]) * scale), unit=unit, text=text.strip())


def parse_duration(text: str) -> timedelta:
    """Read `15m`, `1h30m` or `7d`; raises ValueError for anything else and above 455 days."""
    compact = text.strip()
    parts = _DURATION_PART.findall(compact)
    if not parts or "".join(number + unit for number, unit in parts) != compact:
        msg = f"`{text}` is not a duration; write it like `90s`, `15m`, `1h30m` or `7d`"
        raise ValueError(msg)
    seconds = sum(int(n) * _DURATION_SECONDS[unit] for n, unit in parts)
    if seconds > DURATION_MAX.total_seconds():
        msg = f"`{text}` is longer than {DURATION_MAX.days} days, the longest history there is"
        raise ValueError(msg)
    return timedelta(seconds=seconds)


def format_duration(duration: timedelta) -> str:
    """Write a duration as people read it: `45s`, `15m`, `1h30m`, `7d`."""
    seconds = round(duration.total_seconds())
    parts: list[str] = []
    for unit in ("d", "h", "m", "s"):
        number, seconds = divmod(seconds, int(_DURATION_SECONDS[unit]))
        if number:
            parts.append(f"{number}{unit}")
    return "".join(parts[:2]) or "0s"


def format_value(value: float, unit: Unit) -> str:
    """Write a value in the unit that people use for it: `91.3%`, `240 ms`, `1.2 TB`, `7`."""
    match unit:
        case Unit.RATIO:
            return f"{value * 100:.4g}%"
        case Unit.SECONDS:
            return _format_seconds(value)
        case Unit.BYTES:
            return _format_bytes(value)
        case Unit.DOLLARS:
            return f"${value:,.2f}"
        case Unit.VERSION:
            return _format_version(int(value))
        case Unit.COUNT | Unit.STATE:  # pragma: no branch - there is no other unit
            return _format_count(value)


def format_reading(value: float, signal: Signal) -> str:
    """Write a value of a signal: the name of a state, or the number with its unit."""
    if signal.states and value == int(value) and 0 <= value < len(signal.states):
        return signal.states[int(value)]
    return format_value(value, signal.unit)


def _format_count(value: float) -> str:
    """A count is whole; what is none is a rate or a mean, of which four digits are enough."""
    if value == int(value):
        return f"{value:.10g}"
    return f"{value:.4g}" if abs(value) < _WHOLE_FROM else f"{value:.0f}"


def _format_seconds(value: float) -> str:
    """Below two minutes people read seconds, above it days, hours and minutes."""
    if abs(value) < 1:
        return f"{value * 1000:.4g} ms"
    if abs(value) < 120:  # noqa: PLR2004 - two minutes
        return f"{value:.4g} s"
    sign = "-" if value < 0 else ""
    return sign + format_duration(timedelta(seconds=abs(value)))


def _format_version(number: int) -> str:
    rest, patch = divmod(number, _VERSION_STEP)
    major, minor = divmod(rest, _VERSION_STEP)
    return f"{major}.{minor}.{patch}"


def _format_bytes(value: float) -> str:
    for power, prefix in enumerate(("", "k", "M", "G", "T")):
        scaled = value / 1000**power
        if abs(scaled) < 1000:  # noqa: PLR2004 - the step between prefixes
            return f"{scaled:.4g} {prefix}B"
    return f"{value / 1000**5:.4g} PB"
