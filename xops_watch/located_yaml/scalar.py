"""What text without quotes stands for: the core schema of YAML 1.2.2 (section 10.3.2).

So `yes`, `on`, `1:30` and `2026-01-31` are text, and `0777` is 777.
"""

import math
import re

_WORDS: dict[str, bool | None] = {
    "": None,
    "~": None,
    **dict.fromkeys(("null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_INTEGERS = (
    (re.compile(r"[-+]?[0-9]+"), 10),
    (re.compile(r"0o[0-7]+"), 8),
    (re.compile(r"0x[0-9a-fA-F]+"), 16),
)
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_DIGITS_MAX = 40  # int() takes time with the square of the length, and refuses 4300 digits
_TOO_LARGE = 1 << 64


def resolve(text: str) -> str | int | float | bool | None:
    """Return the value of text without quotes; numbers may be infinite or of any size."""
    if text in _WORDS:
        return _WORDS[text]
    for pattern, base in _INTEGERS:
        if pattern.fullmatch(text):
            return int(text, base) if len(text) <= _DIGITS_MAX else _TOO_LARGE
    if _FLOAT.fullmatch(text):
        return float(text)
    return math.inf if _NOT_FINITE.fullmatch(text) else text
