"""Foreign text made safe to show: nothing invisible, nothing endless.

Names of services, error messages of providers and the like come from outside. The formats escape
what would break them; here goes what they would let through: control characters (a NUL ends a
scrape early in some parsers), lone surrogates (which have no UTF-8), bidirectional marks.
"""

import hashlib

LABEL_LENGTH_MAX = 200  # an ECS service name has at most 255, a usual subject about 40
_KEPT = 180
TEXT_LENGTH_MAX = 500  # on the status page: enough for an AWS error message


def visible(text: str) -> str:
    r"""Return `text` with every character that cannot be seen written as its escape (`\u202e`)."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else _escape(char) for char in text)


def label_value(text: str) -> str:
    """Return a label value of at most 200 visible characters.

    A text that had to be changed ends with a digest of the original: two different texts never
    become the same series.
    """
    if len(text) <= LABEL_LENGTH_MAX and text.isprintable():
        return text
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"{visible(text)[:_KEPT]}…{digest}"


def clip(text: str) -> str:
    """Return `text` visible, and cut with an ellipsis where it goes on for too long."""
    shown = visible(text[: TEXT_LENGTH_MAX + 1])
    return shown if len(shown) <= TEXT_LENGTH_MAX else f"{shown[: TEXT_LENGTH_MAX - 1]}…"


def _escape(char: str) -> str:
    return char.encode("unicode_escape").decode("ascii")
