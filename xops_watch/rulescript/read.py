"""From a script file to scripts, or to everything that is wrong with it."""

from collections.abc import Callable, Collection
from datetime import timedelta
from typing import TypeVar

from xops_watch.core.quantity import format_duration
from xops_watch.core.rule import Rule, Rulebook
from xops_watch.core.signal import MINUTE
from xops_watch.located_yaml import Document, KeyPath, Problem, quoted
from xops_watch.rulebook.page import Page
from xops_watch.rulebook.wording import near
from xops_watch.rulescript.asked import (
    Scene,
    place_of,
    read_advice,
    read_expectation,
    read_notice,
)
from xops_watch.rulescript.entries import LineEntry, ScriptEntry
from xops_watch.rulescript.notation import SAMPLES_MAX, NotationError, expand
from xops_watch.rulescript.script import Line, Script, ScriptFile
from xops_watch.rulescript.units import check_unit

TESTS_MAX = 500  # of one file
SERIES_MAX = 100  # of one script
ASKED_MAX = 1_000  # entries of one list of expectations
TICKS_MAX = 50_000  # of one script: a month of minutes
SUBJECT = "xops/test"  # of a script that names none

Read = TypeVar("Read")


def read_script(document: Document, rulebook: Rulebook) -> tuple[ScriptFile, list[Problem]]:
    """Return the scripts of a file and everything that is wrong with it."""
    page = Page(document)
    page.own_signals = rulebook.own_signals
    content = document.content
    scripts: list[Script | None] = []
    if not isinstance(content, dict) or "tests" not in content:
        if not page.problems:
            page.refuse((), "a script file has the key tests")
    else:
        for key in sorted(content.keys() - {"tests"}):
            message = f"{quoted(key)} is not a key of a script file"
            page.refuse((key,), message, hint=near(key, ("tests",)) or "its key is tests", key=True)
        paths = _entries(page, ("tests",), TESTS_MAX)
        scripts = [_read_script(page, path, rulebook) for path in paths]
        _refuse_doubles(page, paths)
        if not paths and not page.problems:
            page.refuse(("tests",), "`tests`: holds no test", hint="begin each with `- name: ...`")
    whole = tuple(script for script in scripts if script)
    return ScriptFile(file=document.file, scripts=whole), _in_order(page)


def _read_script(page: Page, path: KeyPath, rulebook: Rulebook) -> Script | None:
    """Return the test at `path`; a part that is wrong never hides what is wrong with another."""
    before = len(page.problems)
    entry = page.entry(ScriptEntry, path)
    rules = {rule.id: rule for rule in rulebook.rules}
    page.reference((*path, "rule"), rules, "rule")
    raw = page.at(path)
    if not isinstance(raw, dict):
        return None
    interval = _interval(entry, rules.get(str(raw.get("rule"))))
    every = (entry and entry.evaluate_every) or interval
    scene = _read_scene(page, path, entry, rulebook, every=every)
    expectations = _read_all(page, (*path, "expect"), scene, read_expectation)
    notices = _read_all(page, (*path, "notices"), scene, read_notice)
    advice = _read_all(page, (*path, "advice"), scene, read_advice)
    if "series" in raw and not scene.lines and len(page.problems) == before:
        page.refuse((*path, "series"), "`series`: holds none", hint="a script plays one or more")
    if raw.get("expect", []) == raw.get("advice", []) == [] and "notices" not in raw:
        page.refuse(path, "a test expects something", hint="add `expect`, `notices` or `advice`")
    if entry is None or len(page.problems) > before:
        return None
    script = Script(
        name=entry.name,
        place=place_of(page, (*path, "name")),
        rule=entry.rule,
        interval=interval,
        every=every,
        lines=scene.lines,
        expectations=expectations,
        notices=notices if "notices" in raw else None,
        notices_place=place_of(page, (*path, "notices"), key=True),
        advice=advice,
    )
    return script if _is_bounded(page, path, script) else None


def _read_scene(
    page: Page, path: KeyPath, entry: ScriptEntry | None, rulebook: Rulebook, *, every: timedelta
) -> Scene:
    """Return what the expectations of the test at `path` refer to, as far as it can be read."""
    raw = page.at((*path, "rule"))
    rule = next((one for one in rulebook.rules if one.id == raw), None)
    default = _subject_of(page, path)
    lines = [_read_line(page, at, default) for at in _entries(page, (*path, "series"), SERIES_MAX)]
    known = tuple(line for line in lines if line)
    guessed = entry is None or (rule is None and entry.rule is not None)
    return Scene(
        rulebook=rulebook,
        rule=rule,
        subject=default,
        lines=known,
        every=None if guessed else every,
        whole=len(known) == len(lines),
    )


def _interval(entry: ScriptEntry | None, rule: Rule | None) -> timedelta:
    usual = rule.primary.signal.period if rule else MINUTE
    return (entry and entry.interval) or usual


def _subject_of(page: Page, path: KeyPath) -> str:
    """Return the subject of what names none: the test's, or the only one that its series name."""
    own = page.at((*path, "subject"))
    if isinstance(own, str) and own:
        return own
    series = page.at((*path, "series"))
    entries = series if isinstance(series, list) else []
    named = {str(one["subject"]) for one in entries if isinstance(one, dict) and "subject" in one}
    return named.pop() if len(named) == 1 else SUBJECT


def _read_line(page: Page, path: KeyPath, default: str) -> Line | None:
    entry = page.entry(LineEntry, path)
    if entry is None:
        return None
    signal = entry.signal
    try:
        check_unit(signal, entry.unit)
    except NotationError as error:
        where: KeyPath = (*path, "unit") if entry.unit else path
        page.refuse(where, str(error), hint=error.hint)
        return None
    try:
        samples = expand(entry.values, signal, entry.unit)
    except NotationError as error:
        page.refuse((*path, "values"), f"`values`: {error}", hint=error.hint)
        return None
    subject = entry.subject or default
    return Line(signal=signal, subject=subject, samples=samples, delay=entry.delay)


def _read_all(
    page: Page,
    path: KeyPath,
    scene: Scene,
    read: Callable[[Page, KeyPath, Scene], Read | None],
) -> tuple[Read, ...]:
    found = [read(page, at, scene) for at in _entries(page, path, ASKED_MAX)]
    return tuple(one for one in found if one is not None)


def _entries(page: Page, path: KeyPath, most: int) -> list[KeyPath]:
    """Return the paths of the entries of a list; what is no list is noted."""
    raw = page.at(path)
    if raw is None and path not in page.document.keys:
        return []
    name = path[-1]
    if not isinstance(raw, list):
        page.refuse(path, f"`{name}` needs a list", hint="begin each entry with `- `")
        return []
    if len(raw) > most:
        page.refuse((*path, most), f"`{name}` takes no more than {most} entries")
    return [(*path, index) for index in range(min(len(raw), most))]


def _is_bounded(page: Page, path: KeyPath, script: Script) -> bool:
    """Hold the size of a script against what is played, and its lines against each other."""
    before = len(page.problems)
    samples = sum(len(line.samples) for line in script.lines)
    if samples > SAMPLES_MAX:
        message = f"the series hold {samples} values together; {SAMPLES_MAX} is the most"
        page.refuse((*path, "series"), message, hint="make `interval` longer, or split the test")
    if script.ticks > TICKS_MAX:
        lasts = format_duration(script.length)
        message = f"{script.ticks} evaluations in {lasts} are too many; {TICKS_MAX} is the most"
        page.refuse(path, message, hint="make `evaluate_every` longer")
    seen: set[tuple[str, str]] = set()
    for index, line in enumerate(script.lines):
        key = line.signal.name, line.subject
        if key in seen:
            message = f"there is another series of `{line.signal.name}` on {quoted(line.subject)}"
            page.refuse((*path, "series", index), message)
        seen.add(key)
    return len(page.problems) == before


def _refuse_doubles(page: Page, paths: Collection[KeyPath]) -> None:
    first: dict[str, KeyPath] = {}
    for path in paths:
        raw = page.at(path)
        name = raw.get("name") if isinstance(raw, dict) else None
        if isinstance(name, str) and first.setdefault(name, path) != path:
            position = page.document.position((*first[name], "name"))
            hint = f"on line {position.line}" if position else ""
            page.refuse((*path, "name"), f"there is another test {quoted(name)}", hint=hint)


def _in_order(page: Page) -> list[Problem]:
    def place(problem: Problem) -> tuple[int, int]:
        position = problem.position
        return (position.line, position.column) if position else (0, 0)

    return sorted(page.problems, key=place)
