"""From the entries of `evolutions` and `stages` to core values: references, honesty, conditions.

Every function returns None when something is wrong; the page then says what and where.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import TypeVar

from pydantic import BaseModel

from xops_watch.core.condition import Condition
from xops_watch.core.evolution import Caveat, Departure, Evolution, Ineffective, Stage
from xops_watch.located_yaml import KeyPath
from xops_watch.rulebook.conditions import read_condition
from xops_watch.rulebook.honesty import required_class
from xops_watch.rulebook.page import Page
from xops_watch.rulebook.schema import (
    CaveatEntry,
    DepartureEntry,
    EvolutionEntry,
    IneffectiveEntry,
    StageEntry,
)

Entry = TypeVar("Entry", bound=BaseModel)
Known = Collection[str] | None  # ids that may be named; None when they could not all be read


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """The ids of every section that an entry may refer to."""

    rules: Known
    evolutions: Known
    stages: Known
    decisions: Known


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
        monthly_cost_to_dollars=entry.monthly_cost_to,
        saas_ratio=entry.saas_ratio,
        row=entry.row,
    )


def read_evolution(page: Page, path: KeyPath, names: Names) -> Evolution | None:
    """Return the evolution at `path`."""
    before = len(page.problems)
    entry = page.entry(EvolutionEntry, path)
    _check_names(page, path, names)
    documented = page.optional(IneffectiveEntry, (*path, "documented_action"))
    adopted = page.at((*path, "adopted_when"))
    adopted_when = read_condition(page, (*path, "adopted_when")) if adopted is not None else None
    caveats = [_caveat(page, place) for place in page.places((*path, "caveats"))]
    departures = [
        page.entry(DepartureEntry, place) for place in page.places((*path, "departs_from"))
    ]
    if entry is None or not _is_honest(page, path, entry) or len(page.problems) > before:
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
        lead_time_source=entry.lead_time_source,
        first_steps=entry.first_steps,
        difficulty=entry.difficulty,
        effort=entry.effort,
        cost=entry.cost,
        documented_action=Ineffective(action=documented.action, because=documented.because)
        if documented
        else None,
        blocked_by=entry.blocked_by,
        requires=entry.requires,
        adopted_when=adopted_when,
        caveats=tuple(caveat for caveat in caveats if caveat),
        departs_from=tuple(
            Departure(decision=left.decision, because=left.because) for left in departures if left
        ),
    )


def _check_names(page: Page, path: KeyPath, names: Names) -> None:
    if page.at((*path, "stage")) is not None:
        page.reference((*path, "stage"), names.stages, "stage")
    for place in page.places((*path, "blocked_by")):
        page.reference(place, names.rules, "rule")
    for place in page.places((*path, "requires")):
        page.reference(place, names.evolutions, "evolution")
    for place in page.places((*path, "departs_from")):
        page.reference((*place, "decision"), names.decisions, "decision")


def _caveat(page: Page, path: KeyPath) -> Caveat | None:
    entry = page.entry(CaveatEntry, path)
    if page.at((*path, "when")) is None:
        return None
    when: Condition | None = read_condition(page, (*path, "when"))
    return Caveat(when=when, say=entry.say) if entry and when else None


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
