"""Settings of what the stack costs: where that is read, and what people declare."""

import re

from pydantic import Field, field_validator

from xops_watch.core.catalogue import SIGNAL_BY_NAME
from xops_watch.settings.group import Group, Names, names, word

_STAGES = SIGNAL_BY_NAME["stage.declared"].states
_TAG = re.compile(r"[^=\s$][^=$]{0,127}=[^$]{1,256}")
_PAYEE = re.compile(r"([A-Za-z0-9][A-Za-z0-9_. -]{0,62})=(\d{1,9}(?:\.\d{1,2})?)")


class Cost(Group):
    """What the stack costs, in dollars a month."""

    stage: str | None = Field(
        default=None,
        description=f"Stage that the stack is declared to be in: {', '.join(_STAGES)}",
    )
    budget: str | None = Field(
        default=None,
        pattern=r"^[^:\\\x00-\x1f]{1,100}$",
        description="Name of a monthly cost budget in AWS Budgets, which is free to read: the cost"
        " of a month is told from what it counted since the month began",
    )
    explorer: bool = Field(
        default=False,
        description="Ask Cost Explorer once a day ($0.01 a request, about $0.30 a month) for seven"
        " complete days, in the place of the budget",
    )
    tag: str | None = Field(
        default=None,
        description="`KEY=VALUE` of the active cost allocation tag that the stack's resources"
        " carry, for Cost Explorer; the whole account without one",
    )
    external: Names = Field(
        default=(),
        description="Dollars a month that are paid to others than AWS, as `PAYEE=DOLLARS`, such as"
        " `anthropic=250`; shown beside, never added",
    )
    interval_seconds: float = Field(
        default=3600,
        ge=300,
        le=21_600,
        description="How often the budget is read; Cost Explorer is asked once a day",
    )

    @field_validator("stage", mode="before")
    @classmethod
    def _any_case(cls, value: object) -> object:
        return word(value)

    @field_validator("stage")
    @classmethod
    def _known(cls, stage: str | None) -> str | None:
        if stage is not None and stage not in _STAGES:
            raise ValueError(f"must be one of {', '.join(_STAGES)}")
        return stage

    @field_validator("tag")
    @classmethod
    def _pair(cls, tag: str | None) -> str | None:
        if tag is not None and not _TAG.fullmatch(tag):
            raise ValueError("must be KEY=VALUE, such as stack=xops-prod")
        return tag

    @field_validator("external", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return names(value)

    @field_validator("external")
    @classmethod
    def _payees(cls, external: tuple[str, ...]) -> tuple[str, ...]:
        if not all(_PAYEE.fullmatch(one) for one in external):
            raise ValueError("each must be PAYEE=DOLLARS, such as anthropic=250")
        return external

    @property
    def asked_for(self) -> bool:
        """Tell whether these settings ask for a source."""
        return bool(self.stage or self.budget or self.explorer or self.external)

    @property
    def payees(self) -> dict[str, float]:
        """Return the dollars of `external` by payee."""
        pairs = (match.groups() for one in self.external if (match := _PAYEE.fullmatch(one)))
        return {payee: float(dollars) for payee, dollars in pairs}
