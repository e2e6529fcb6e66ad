"""The rulebook in force while its files may change: read again on request and when they changed.

Files that do not make a rulebook are refused as a whole: the last good one stays, and everything
that shows rules says so.
"""

import threading
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from structlog.typing import FilteringBoundLogger

from xops_watch.core.rule import InForce, Rulebook, SwitchedOff
from xops_watch.errors import RulebookError
from xops_watch.rulebook.load import load

SHOWN_MAX = 20  # refused problems that are kept: `rules check` has them all


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleFiles:
    """Which files make the rulebook."""

    paths: tuple[Path, ...]
    overrides: Path | None = None

    def read(self) -> Rulebook:
        """Return the rulebook; raises RulebookError."""
        return load(self.paths, overrides=self.overrides)

    def mark(self) -> tuple[object, ...]:
        """Return what changes when a file is edited, replaced, added or removed."""
        entries = [entry for path in self.paths for entry in _files(path)]
        entries += [self.overrides] if self.overrides else []
        return tuple(_mark(entry) for entry in entries)


class LiveRules:
    """Satisfies `ports.Rulebooks`; raises RulebookError when there is no rulebook to begin with."""

    def __init__(self, files: RuleFiles, *, now: datetime, log: FilteringBoundLogger) -> None:
        self._files = files
        self._log = log
        self._mark = self._seen = files.mark()
        self._asked = threading.Event()
        self._current = InForce(rulebook=files.read(), loaded_at=now)

    @property
    def current(self) -> InForce:
        """The rulebook that was last judged by; looks at no file, so that any thread may ask."""
        return self._current

    def read_again(self) -> None:
        """Read the files at the next tick, whether or not they look changed."""
        self._asked.set()

    def in_force(self, *, now: datetime) -> InForce:
        """Return the rulebook to judge by."""
        asked = self._asked.is_set()
        self._asked.clear()
        mark, before = self._files.mark(), self._seen
        self._seen = mark
        # Half of a file may be a rulebook too, with half of its rules: what is still being
        # written is left alone until it was the same at two looks.
        if asked or (mark != self._mark and mark == before):
            self._read(mark, now=now)
        return self._current

    def _read(self, mark: tuple[object, ...], *, now: datetime) -> None:
        self._mark = mark
        try:
            rulebook = self._files.read()
        except RulebookError as error:
            self._current = replace(self._current, refused=error.problems[:SHOWN_MAX])
            self._log.error(
                "rules_refused",
                problems=len(error.problems),
                first=error.problems[0],
                hint="the last good rules stay in force; see `xops-watch rules check`",
            )
            return
        old = self._current.rulebook
        self._current = InForce(rulebook=_with_removed(rulebook, old), loaded_at=now)
        self._log.info(
            "rules_loaded",
            rules=len(rulebook.rules),
            off=len(rulebook.off),
            digest=rulebook.digest[:12],
            changed=rulebook.digest != old.digest,
        )


def _with_removed(new: Rulebook, old: Rulebook) -> Rulebook:
    """Keep rules that are gone as rules that are off, so that what fires of them is ended."""
    known = {rule.id for rule in new.rules} | {one.rule.id for one in new.off}
    removed = tuple(
        SwitchedOff(rule=rule, reason="the rule was removed from the rule files")
        for rule in old.rules
        if rule.id not in known and rule.evolution in new.evolutions
    )
    return replace(new, off=(*new.off, *removed))


def _files(path: Path) -> list[Path]:
    try:
        return sorted(path.glob("*.yaml")) if path.is_dir() else [path]
    except OSError:
        return [path]


def _mark(path: Path) -> tuple[object, ...]:
    try:
        found = path.stat()
    except OSError as error:
        return str(path), error.errno
    return str(path), found.st_ino, found.st_size, found.st_mtime_ns
