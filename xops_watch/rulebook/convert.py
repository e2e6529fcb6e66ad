"""From the entries of rule files to core values: references, honesty, and everything else.

Every function returns None when something is wrong; the page then says what and where.
"""

from collections.abc import Collection, Mapping
from dataclasses import replace

from xops_watch.core.evolution import Evolution, Stage
from xops_watch.core.rule import Clear, Condition, Rule, Severity, ThresholdSource
from xops_watch.located_yaml import KeyPath, Plain
from xops_watch.rulebook.conditions import overlap, primary_signal, read_clear, read_condition
from xops_watch.rulebook.honesty import required_class
from xops_watch.rulebook.page import Page
from xops_watch.rulebook.schema import CorroborationEntry, EvolutionEntry, RuleEntry, StageEntry


def read_stage(page: Page, path: KeyPath) -> Stage | None:
    """Return the stage at `path`."""
    entry = page.entry(StageEntry, path)
    if entry is None:
        return None
    return Stage(
        id=entry.id,
        title=entry.title,
        users=entry.users,
        services=entry.services,
        monthly_cost_dollars=entry.monthly_cost,
        saas_ratio=entry.saas_ratio,
        row=entry.row,
    )


def read_evolution(page: Page, path: KeyPath, stages: Collection[str] | None) -> Evolution | None:
    """Return the evolution at `path`; `stages` are the ids it may name (None: unknown)."""
    entry = page.entry(EvolutionEntry, path)
    known = page.reference((*path, "stage"), stages, "stage")
    if entry is None or not _is_honest(page, path, entry) or not known:
        return None
    return Evolution(
        id=entry.id,
        title=entry.title,
        component=entry.component,
        classification=entry.classification,
        classification_source=entry.classification_source,
        phase=entry.phase,
        how=entry.how,
        stage=entry.stage,
        lead_time=entry.lead_time,
        first_steps=entry.first_steps,
    )


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
        clear = read_clear(page, (*path, "clear"), primary_signal(keys.get("when")))
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
        evolution=entry.evolution,
        threshold_source=entry.threshold_source,
        # Files say `for` as Prometheus does; everywhere else the word is hold.
        proposed=tuple("hold" if part == "for" else part for part in entry.proposed),
    )


def _is_honest(page: Page, path: KeyPath, entry: EvolutionEntry) -> bool:
    """Hold the class against the step's own words, and the risk against the class."""
    before = len(page.problems)
    required = required_class(entry)
    if required and entry.classification is not required[0]:
        honest, why = required
        page.refuse(
            (*path, "classification"),
            f"`classification`: {why} is no {entry.classification}",
            hint=f"its class is {honest}, its risk {honest.risk}",
        )
    elif entry.risk and entry.risk is not entry.classification.risk:
        page.refuse(
            (*path, "risk"),
            f"`risk`: the risk of every {entry.classification} is {entry.classification.risk}",
            hint="leave it out, or correct one of the two",
        )
    return len(page.problems) == before


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
        if not _is_written(page.at(path), part):
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
