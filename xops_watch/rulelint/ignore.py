"""`# lint: ignore CODE REASON` in a rule file: a finding that somebody looked at and accepted."""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from xops_watch.located_yaml import Position, quoted
from xops_watch.rulebook.wording import near
from xops_watch.rulelint.findings import Finding, Level

CODE = "lint-ignore"
_COMMENT = re.compile(r"(?:^|\s)#\s*lint:\s*ignore\b[ \t]*(?P<code>[^\s]*)[ \t]*(?P<reason>.*)$")
_ONLY_COMMENT = re.compile(r"^\s*#")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ignored:
    """One such comment: what it excuses, and the lines that it speaks of."""

    file: str
    position: Position
    code: str
    reason: str
    lines: frozenset[int]


def read_ignored(file: str) -> list[Ignored]:
    """Return the comments of a rule file; one on a line of its own speaks of what is below it."""
    lines = Path(file).read_text(encoding="utf-8-sig").splitlines()
    found: list[Ignored] = []
    for number, line in enumerate(lines, start=1):
        comment = _COMMENT.search(line)
        if comment:
            column = line.index("#", comment.start()) + 1
            found.append(
                Ignored(
                    file=file,
                    position=Position(line=number, column=column),
                    code=comment["code"],
                    reason=comment["reason"].strip(),
                    lines=frozenset({number, _below(lines, number)}),
                )
            )
    return found


def _below(lines: list[str], number: int) -> int:
    """Return the first line from `number` on that is no comment, as editors count."""
    if not _ONLY_COMMENT.match(lines[number - 1]):
        return number
    for below in range(number, len(lines)):
        if not _ONLY_COMMENT.match(lines[below]):
            return below + 1
    return number


def misused(ignored: Ignored, codes: Collection[str]) -> Finding | None:
    """Return what is wrong with a comment itself."""
    if ignored.code not in codes:
        said = quoted(ignored.code) if ignored.code else "nothing"
        message = f"`lint: ignore` names {said}, which is not the code of a lint"
        hint = near(ignored.code, codes) or "write `# lint: ignore CODE REASON`"
    elif not ignored.reason:
        message = f"`lint: ignore {ignored.code}` gives no reason"
        hint = "a reader has to know why: write it behind the code"
    else:
        return None
    return Finding(
        code=CODE,
        level=Level.ERROR,
        file=ignored.file,
        position=ignored.position,
        message=message,
        hint=hint,
    )


def unused(ignored: Ignored) -> Finding:
    """Return what is said of a comment that excuses nothing (any more)."""
    return Finding(
        code=CODE,
        level=Level.WARNING,
        file=ignored.file,
        position=ignored.position,
        message=f"`lint: ignore {ignored.code}` excuses nothing here",
        hint="delete it",
    )


def excusing(
    finding: Finding, entry: Position | None, by_file: Mapping[str, Collection[Ignored]]
) -> Iterator[Ignored]:
    """Yield the comments that excuse a finding: at its own line, or at that of its entry."""
    spots = {position.line for position in (finding.position, entry) if position}
    for ignored in by_file.get(finding.file, ()):
        if ignored.code == finding.code and ignored.reason and spots & ignored.lines:
            yield ignored
