"""From the entries of `rules` to core rules, None when something is wrong: the page says what."""

from collections.abc import Collection, Mapping
from dataclasses import replace

from xops_watch.core.condition import Condition, thresholds
from xops_watch.core.rule import Clear, Rule, Severity, ThresholdSource
from xops_watch.located_yaml import KeyPath, Plain
from xops_watch.rulebook.conditions import overlap, primary_signal, read_clear, read_condition
from xops_watch.rulebook.page import Page
from xops_watch.rulebook.schema import CorroborationEntry, RuleEntry


def read_rule(page: Page, path: KeyPath, evolutions: Collection[str] | None) -> Rule | None:
    """Return the rule at `path`; `evolutions` are the ids it may name (None: unknown)."""
    before = len(page.problems)
    entry = page.entry(RuleEntry, path)
    page.reference((*path, "evolution"), evolutions, "evolution")
    raw = page.at(path)
    keys = raw if isinstance(raw, dict) else {}
    when = read_condition(page, (*path, "when")) if "when" in keys else None
    clear = None
    if "clear" in keys:
        first = next(thresholds(when), None) if when else None
        clear = read_clear(page, (*path, "clear"), primary_signal(page, keys.get("when")), first)
    _check_clear(page, path, when, clear)
    side = {
        key: read_condition(page, (*path, key))
        for key in ("suppress_while", "applies_when")
        if key in keys
    }
    corroboration, corroborated = _corroboration(page, (*path, "corroborated_by"), keys)
    if entry is not None:
        _check_sources(page, path, entry)
    if entry is None or when is None or len(page.problems) > before:
        return None
    return replace(
        _rule(entry, when, clear),
        suppress=side.get("suppress_while"),
        applies=side.get("applies_when"),
        corroboration=corroboration,
        corroborated=corroborated,
    )


def _corroboration(
    page: Page, path: KeyPath, keys: Mapping[str, Plain]
) -> tuple[Condition | None, Severity | None]:
    """Return what raises the severity of a rule, and to what."""
    if "corroborated_by" not in keys:
        return None, None
    entry = page.entry(CorroborationEntry, path)
    when = read_condition(page, (*path, "when"))
    return (when, entry.severity) if entry and when else (None, None)


def _rule(entry: RuleEntry, when: Condition, clear: Clear | None) -> Rule:
    return Rule(
        id=entry.id,
        title=entry.title,
        rows=entry.rows,
        quote=entry.quote,
        layers=entry.layers,
        phase=entry.phase,
        severity=entry.severity,
        when=when,
        hold=entry.hold,
        clear=clear,
        keep=entry.keep,
        beside=entry.beside,
        evolution=entry.evolution,
        threshold_source=entry.threshold_source,
        # Files say `for` as Prometheus does; everywhere else the word is hold.
        proposed=tuple("hold" if part == "for" else part for part in entry.proposed),
    )


def _check_clear(page: Page, path: KeyPath, when: Condition | None, clear: Clear | None) -> None:
    if when and clear and overlap(when, clear.when):
        message = "`clear`: the same value both fires and clears the rule"
        page.refuse((*path, "clear"), message, hint="clear on the other side of the threshold")


def _check_sources(page: Page, path: KeyPath, entry: RuleEntry) -> None:
    """What claims to be documented names its row; what is called proposed is there."""
    if entry.threshold_source is not ThresholdSource.PROPOSED:
        lacking = [key for key in ("rows", "quote") if not getattr(entry, key)]
        if lacking:
            needs = " and ".join(f"`{key}`" for key in lacking)
            message = f"a {entry.threshold_source} threshold needs {needs}"
            hint = "name and quote the row it comes from, or call it proposed"
            page.refuse((*path, "threshold_source"), message, hint=hint)
    for index, part in enumerate(entry.proposed):
        if part != "threshold" and not _is_written(page.at(path), part):
            message = f"`proposed`: the rule has no `{part}`"
            page.refuse((*path, "proposed", index), message)


def _is_written(raw: Plain, key: str) -> bool:
    """Tell whether `key` stands anywhere in what was written."""
    match raw:
        case dict():
            return key in raw or any(_is_written(part, key) for part in raw.values())
        case list():
            return any(_is_written(part, key) for part in raw)
        case _:
            return False
