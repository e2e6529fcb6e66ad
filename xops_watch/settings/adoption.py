"""Settings of what is deployed, for what the stack does not show of itself."""

from pathlib import Path
from typing import Literal

from pydantic import Field, field_validator

from xops_watch.settings.group import Group, Names, names, word

_AiPath = Literal["direct", "bedrock_in_region", "bedrock_elsewhere"]


class Adoption(Group):
    """What is deployed and which steps are done, where the stack does not show it."""

    attested: Names = Field(
        default=(),
        description="Ids of evolution steps that are done and that no API shows, such as"
        " `evaluate-eks-migration`",
    )
    database_kind: Literal["sqlite", "postgresql"] | None = Field(
        default=None,
        description="Database of Open WebUI, for when its DATABASE_URL comes from a secret; what"
        " the task definition shows wins",
    )
    ai_path_l5: _AiPath | None = Field(
        default=None, description="Where the prompts of L5 go, when its task definition hides it"
    )
    ai_path_l6: _AiPath | None = Field(
        default=None, description="Where the prompts of L6 go, when its task definition hides it"
    )
    chroma_path: Path | None = Field(
        default=None,
        description="Directory of ChromaDB, whose size is added up once an hour and nothing read",
    )
    interval_seconds: float = Field(
        default=300, ge=60, le=3600, description="How often it is looked what is deployed (free)"
    )

    @field_validator("attested", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return names(value)

    @field_validator("database_kind", "ai_path_l5", "ai_path_l6", mode="before")
    @classmethod
    def _any_case(cls, value: object) -> object:
        return word(value)

    @property
    def asked_for(self) -> bool:
        """Tell whether these settings ask for a source."""
        return bool(self.attested or self.database_kind or self.ai_paths or self.chroma_path)

    @property
    def ai_paths(self) -> dict[str, str]:
        """Return where prompts are declared to go, by layer."""
        declared = {"l5": self.ai_path_l5, "l6": self.ai_path_l6}
        return {layer: path for layer, path in declared.items() if path is not None}
