"""Text from anywhere, made safe to show: one line, no tricks, of bounded length.

Names of services and words of rules end in mails, terminals, chats and JSON. A line break could
forge a line of the message, an escape sequence could repaint a terminal, a bidirectional
override could show a name backwards, and half a surrogate pair cannot be sent at all.
"""

import unicodedata

CUT_MARK = "...[cut]"
REPLACEMENT = "\N{REPLACEMENT CHARACTER}"

# Control, format (bidi overrides, zero width), half surrogates, private use: nobody can see them.
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co"})
_SPACE_RUN_MAX = 4  # read at most this many times the limit, so that a huge text costs nothing
_ASCII = str.maketrans(
    {
        "≥": ">=",
        "≤": "<=",
        "→": "->",
        "\N{EN DASH}": "-",
        "\N{EM DASH}": "-",
        "\N{MINUS SIGN}": "-",
        "\N{MULTIPLICATION SIGN}": "x",
        "\N{LEFT SINGLE QUOTATION MARK}": "'",
        "\N{RIGHT SINGLE QUOTATION MARK}": "'",
        "\N{LEFT DOUBLE QUOTATION MARK}": '"',
        "\N{RIGHT DOUBLE QUOTATION MARK}": '"',
        "ß": "ss",
        "æ": "ae",
        "Æ": "AE",
        "ø": "o",
        "Ø": "O",
        "ł": "l",
        "Ł": "L",
    }
)


def clean(text: str, limit: int) -> str:
    """Return `text` as one visible line of at most `limit` characters.

    White space of any kind becomes one space, what cannot be seen becomes U+FFFD, and a cut
    is marked. `limit` must leave room for the mark.
    """
    head = text[: limit * _SPACE_RUN_MAX]
    line = " ".join("".join(map(_visible, head)).split())
    if len(line) <= limit and len(head) == len(text):
        return line
    return line[: limit - len(CUT_MARK)].rstrip() + CUT_MARK


def fold(text: str, limit: int) -> str:
    """Return `text` as one line of printable ASCII of at most `limit` characters, cut by `...`.

    Accents are dropped, common signs are spelled out, anything else becomes `?`.
    """
    decomposed = unicodedata.normalize("NFKD", clean(text, 10 * limit).translate(_ASCII))
    bare = "".join(char for char in decomposed if not unicodedata.combining(char))
    line = " ".join(bare.encode("ascii", "replace").decode("ascii").split())
    return line if len(line) <= limit else line[: limit - 3].rstrip() + "..."


def _visible(char: str) -> str:
    if char.isspace():
        return " "
    if unicodedata.category(char) in _INVISIBLE or _is_noncharacter(ord(char)):
        return REPLACEMENT
    return char


def _is_noncharacter(code: int) -> bool:
    """Code points that no text may hold; SQS refuses a message with U+FFFE or U+FFFF."""
    return code & 0xFFFE == 0xFFFE or 0xFDD0 <= code <= 0xFDEF  # noqa: PLR2004 - Unicode 23.7
