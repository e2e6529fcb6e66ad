"""Patterns that people write in the settings, for paths of files and for names of accounts."""

import re
from collections.abc import Callable, Iterable

_PATH_PARTS = re.compile(r"(?:\*\*/)+|\*\*|\*|\?|[^*?]+")


def path_matcher(patterns: Iterable[str]) -> Callable[[str], bool]:
    """Return what tells whether a path fits a pattern: `**/` stands for any folders, also none.

    `*` and `?` stay within one folder, `**` does not. A leading `/` means the root, where every
    pattern begins anyway.
    """
    return _any_of([_path_expression(pattern.removeprefix("/")) for pattern in patterns])


def account_matcher(patterns: Iterable[str]) -> Callable[[str], bool]:
    """Return what tells whether a login or e-mail address fits a pattern, in any case.

    Only `*` is special: the logins of bots end in `[bot]`.
    """
    return _any_of(
        [".*".join(map(re.escape, pattern.split("*"))) for pattern in patterns], re.IGNORECASE
    )


def _any_of(expressions: list[str], flags: int = 0) -> Callable[[str], bool]:
    compiled = [re.compile(expression, flags | re.DOTALL) for expression in expressions]
    return lambda text: any(one.fullmatch(text) for one in compiled)


def _path_expression(pattern: str) -> str:
    return "".join(_path_part(part) for part in _PATH_PARTS.findall(pattern))


def _path_part(part: str) -> str:
    if part.startswith("**/"):
        return "(?:.*/)?"
    return {"**": ".*", "*": "[^/]*", "?": "[^/]"}.get(part, re.escape(part))
