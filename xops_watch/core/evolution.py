"""The steps the stack can take, with the words and the honesty of the documents."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum


class Risk(StrEnum):
    """How much can go wrong, in the documents' words."""

    LOW = "LOW"
    MED = "MED"
    HIGH = "HIGH"


class Classification(StrEnum):
    """How hard a step honestly is (Scaling Classification table)."""

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
    Classification.CONFIG_CHANGE: Risk.LOW,
    Classification.MODULE_ADDITION: Risk.LOW,
    Classification.SERVICE_ADDITION: Risk.MED,
    Classification.DATA_MIGRATION: Risk.MED,
    Classification.ARCHITECTURE_CHANGE: Risk.HIGH,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One row of the Cost Evolution table; dollars a month as declared, never a prediction."""

    id: str
    title: str
    users: str
    services: str
    monthly_cost_dollars: float
    saas_ratio: float
    row: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Evolution:
    """One step the documents name: what to do, how, how hard, and what the stack costs after."""

    id: str
    title: str
    component: str
    classification: Classification
    classification_source: str
    phase: str
    how: str
    stage: str
    lead_time: timedelta
    first_steps: tuple[str, ...]

    @property
    def risk(self) -> Risk:
        """Return the risk; it follows the class and cannot be declared otherwise."""
        return self.classification.risk
