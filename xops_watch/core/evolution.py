"""The steps the stack can take, with the words and the honesty of the documents."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from xops_watch.core.condition import Condition


class Risk(StrEnum):
    """How much can go wrong, in the documents' words; `none` where nothing is changed."""

    NONE = "none"
    LOW = "LOW"
    MED = "MED"
    HIGH = "HIGH"


class Classification(StrEnum):
    """How hard a step honestly is (Scaling Classification table).

    `none` is ours: what an operator does that changes nothing of the stack, like explaining a bill.
    """

    NONE = "none"
    CONFIG_CHANGE = "Config Change"
    MODULE_ADDITION = "Module Addition"
    SERVICE_ADDITION = "Service Addition"
    DATA_MIGRATION = "Data Migration"
    ARCHITECTURE_CHANGE = "Architecture Change"

    @property
    def risk(self) -> Risk:
        """Return the documented risk of the class."""
        return _RISK[self]


_RISK = {
    Classification.NONE: Risk.NONE,
    Classification.CONFIG_CHANGE: Risk.LOW,
    Classification.MODULE_ADDITION: Risk.LOW,
    Classification.SERVICE_ADDITION: Risk.MED,
    Classification.DATA_MIGRATION: Risk.MED,
    Classification.ARCHITECTURE_CHANGE: Risk.HIGH,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One row of a cost table; dollars a month as declared, never a prediction.

    A table that gives a range has `monthly_cost_to_dollars` as well; `saas_ratio` is None where
    the table compares with nothing.
    """

    id: str
    title: str
    users: str
    services: str
    monthly_cost_dollars: float
    monthly_cost_to_dollars: float | None = None
    saas_ratio: float | None = None
    row: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ineffective:
    """The action that a document gives, when it is known not to help, and why."""

    action: str
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Caveat:
    """What is said beside a step while a condition is true; the trigger stays as it is."""

    when: Condition
    say: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Departure:
    """A permanent decision that a step leaves, and what allows it."""

    decision: str
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Evolution:
    """One step the documents name: what to do, how, how hard, and what the stack costs after.

    `blocked_by` are rules that must not fire while it is taken, `requires` steps that come before
    it. `adopted_when` is true once it was taken. `stage` is None where no cost table speaks of it.
    `documented_action` is what the documents say instead, and why that would change nothing.
    """

    id: str
    title: str
    component: str
    classification: Classification
    classification_source: str
    phase: str
    how: str
    stage: str | None
    lead_time: timedelta
    lead_time_source: str
    first_steps: tuple[str, ...]
    difficulty: str = ""
    effort: str = ""
    cost: str = ""
    documented_action: Ineffective | None = None
    blocked_by: tuple[str, ...] = ()
    requires: tuple[str, ...] = ()
    adopted_when: Condition | None = None
    caveats: tuple[Caveat, ...] = ()
    departs_from: tuple[Departure, ...] = ()

    @property
    def risk(self) -> Risk:
        """Return the risk; it follows the class and cannot be declared otherwise."""
        return self.classification.risk
