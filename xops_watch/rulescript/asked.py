"""What a script expects: the entries of `expect`, `notices` and `advice`."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta

from xops_watch.core.condition import Across
from xops_watch.core.evidence import ALL_SUBJECTS
from xops_watch.core.quantity import format_duration
from xops_watch.core.rule import Rule, Rulebook
from xops_watch.core.signal import Signal, Unit
from xops_watch.core.trigger import Status
from xops_watch.located_yaml import KeyPath, quoted
from xops_watch.rulebook.page import Page
from xops_watch.rulebook.wording import near
from xops_watch.rulebook.words import read_amount
from xops_watch.rulescript.entries import AdviceEntry, ExpectEntry, NoticeEntry
from xops_watch.rulescript.script import (
    NO_TRIGGER,
    Expectation,
    ExpectedAdvice,
    ExpectedNotice,
    Line,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """What the entries of one script refer to.

    `every` is None, and `whole` False, when what they depend on could not be read.
    """

    rulebook: Rulebook
    rule: Rule | None
    subject: str
    lines: tuple[Line, ...]
    every: timedelta | None
    whole: bool

    @property
    def rules(self) -> dict[str, Rule]:
        """Return the rules by id."""
        return {rule.id: rule for rule in self.rulebook.rules}


def read_expectation(page: Page, path: KeyPath, scene: Scene) -> Expectation | None:
    """Return the expectation at `path`, or None when something in it is wrong (and noted)."""
    before = len(page.problems)
    entry = page.entry(ExpectEntry, path)
    rule = _rule(page, path, scene)
    if entry is None or rule is None or not _on_tick(page, path, entry.at, scene):
        return None
    if not entry.asks:
        page.refuse(path, "expects nothing", hint="add `state`, `blind`, `value` or another")
    subject = _subject(page, path, entry.subject, rule, scene)
    value = _value(page, (*path, "value"), rule.primary.signal) if entry.value is not None else None
    if len(page.problems) > before:
        return None
    state = entry.state if entry.state in (None, NO_TRIGGER) else Status(entry.state)
    return Expectation(
        at=entry.at,
        rule=rule.id,
        subject=subject,
        place=place_of(page, path),
        state=state,
        blind=entry.blind,
        value=value,
        severity=entry.severity,
        suppressed=entry.suppressed,
    )


def read_notice(page: Page, path: KeyPath, scene: Scene) -> ExpectedNotice | None:
    """Return the expected message at `path`, or None when something in it is wrong."""
    before = len(page.problems)
    entry = page.entry(NoticeEntry, path)
    rule = _rule(page, path, scene)
    if entry is None or rule is None or not _on_tick(page, path, entry.at, scene):
        return None
    if entry.subject is not None:
        _subject(page, path, entry.subject, rule, scene)
    if len(page.problems) > before:
        return None
    return ExpectedNotice(
        at=entry.at,
        kind=entry.kind,
        rule=rule.id,
        place=place_of(page, path),
        subject=entry.subject,
        severity=entry.severity,
    )


def read_advice(page: Page, path: KeyPath, scene: Scene) -> ExpectedAdvice | None:
    """Return the expected advice at `path`, or None when something in it is wrong."""
    entry = page.entry(AdviceEntry, path)
    known = scene.rulebook.evolutions
    raw = page.at(path)
    given = isinstance(raw, dict) and "evolution" in raw
    if given and not page.reference((*path, "evolution"), known, "evolution"):
        return None
    evolution = (entry and entry.evolution) or (scene.rule.evolution if scene.rule else None)
    if entry is None or not _on_tick(page, path, entry.at, scene):
        return None
    if evolution is None:
        page.refuse(path, "says of no evolution", hint="add `evolution`, or `rule` to the test")
        return None
    return ExpectedAdvice(
        at=entry.at, evolution=evolution, state=entry.state, place=place_of(page, path)
    )


def _rule(page: Page, path: KeyPath, scene: Scene) -> Rule | None:
    """Return the rule that an entry names, or else the script's."""
    raw = page.at(path)
    rules = scene.rules
    if isinstance(raw, dict) and "rule" in raw:
        known = page.reference((*path, "rule"), rules, "rule")
        return rules.get(str(raw["rule"])) if known else None
    named = (*path[:-2], "rule") in page.document.keys
    if scene.rule is None and not named:
        page.refuse(path, "names no rule", hint="add `rule` here, or to the test")
    return scene.rule


def _subject(page: Page, path: KeyPath, given: str | None, rule: Rule, scene: Scene) -> str:
    """Return what a rule is judged on; a name that no series has is a slip of the pen."""
    leaf = rule.primary
    if leaf.subject is not None:
        only: Collection[str] = (leaf.subject,)
    elif leaf.across is not Across.EACH:
        only = (ALL_SUBJECTS,)
    else:
        only = sorted({line.subject for line in scene.lines if line.signal == leaf.signal})
    if given is None and len(only) == 1:
        return next(iter(only))
    if given is None and len(only) > 1 and scene.subject not in only:
        several = ", ".join(only)
        page.refuse(path, "names no subject, and there are several", hint=several)
    elif given is not None and given not in only and only and scene.whole:
        hint = near(given, only) or f"this script has {', '.join(only)}"
        page.refuse((*path, "subject"), f"{rule.id} is not judged on {quoted(given)}", hint=hint)
    return given or scene.subject


def _on_tick(page: Page, path: KeyPath, at: timedelta, scene: Scene) -> bool:
    if scene.every is None or not at % scene.every:
        return True
    every, earlier = format_duration(scene.every), at - at % scene.every
    message = f"at {format_duration(at)} nothing is judged: evaluations are {every} apart"
    nearest = f"{format_duration(earlier)} or {format_duration(earlier + scene.every)}"
    page.refuse((*path, "at"), message, hint=f"ask at {nearest}")
    return False


def _value(page: Page, path: KeyPath, signal: Signal) -> float | None:
    raw = page.at(path)
    if signal.unit is Unit.STATE and isinstance(raw, str):
        if raw in signal.states:
            return float(signal.states.index(raw))
        hint = near(raw, signal.states) or f"its states are {', '.join(signal.states)}"
        page.refuse(path, f"{quoted(raw)} is no state of `{signal.name}`", hint=hint)
        return None
    try:
        quantity = read_amount(raw)
    except ValueError as error:
        page.refuse(path, f"`value`: {error}")
        return None
    if quantity.unit is not signal.unit and quantity.unit is not Unit.COUNT:
        page.refuse(path, f"`{quantity.text}` is no value of `{signal.name}`")
    elif quantity.unit is Unit.COUNT and signal.unit in _WITH_UNIT:
        message = f"`{quantity.text}` has no unit, but `{signal.name}` has one"
        page.refuse(path, message, hint="like `95%`, `200ms`, `3GB` or `180$`")
    return quantity.value


_WITH_UNIT = (Unit.RATIO, Unit.SECONDS, Unit.BYTES, Unit.DOLLARS, Unit.VERSION)


def place_of(page: Page, path: KeyPath, *, key: bool = False) -> str:
    """Return `file:line:column` of what stands at `path`."""
    position = page.document.position(path, key=key)
    file = page.document.file
    return f"{file}:{position.line}:{position.column}" if position else file
