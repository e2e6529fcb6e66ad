"""Settings of what people declare, and of the ledger that keeps who declared what."""

from pathlib import Path

from pydantic import Field, field_validator

from xops_watch.settings.group import Group

SSM_PREFIX_DEFAULT = "/xops/mandates/"


class Mandates(Group):
    """Where mandates are declared; nowhere unless a file or Parameter Store is named."""

    path: Path | None = Field(
        default=None,
        description="YAML file of mandates, reviewed like code: docs/how-to/declare-a-mandate.md",
    )
    ssm: bool = Field(
        default=False,
        description="Read mandates from Parameter Store; naming `ssm_prefix` switches it on too",
    )
    ssm_prefix: str = Field(
        default=SSM_PREFIX_DEFAULT,
        pattern=r"^/[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+){0,13}/?$",
        description="Path of the parameters, one for each mandate. Give mandates a path of their"
        " own: who may read a path reads all that is below",
    )
    interval_seconds: float = Field(
        default=300, ge=10, le=3600, description="How often they are read (free)"
    )

    @field_validator("path")
    @classmethod
    def _nameable(cls, path: Path | None) -> Path | None:
        if path is not None and "\0" in str(path):
            raise ValueError("no path has the character NUL")
        return path

    @property
    def reads_ssm(self) -> bool:
        """Tell whether Parameter Store is read."""
        return self.ssm or "ssm_prefix" in self.model_fields_set

    @property
    def asked_for(self) -> bool:
        """Tell whether these settings ask for a source."""
        return self.path is not None or self.reads_ssm


class Ledger(Group):
    """Where it is kept who declared and decided what, so that later changes of it show."""

    path: Path | None = Field(
        default=None,
        description="File of the ledger, which only grows; beside the state file when not given,"
        " `state.ledger.jsonl` for `state.db`",
    )

    @field_validator("path")
    @classmethod
    def _nameable(cls, path: Path | None) -> Path | None:
        if path is not None and "\0" in str(path):
            raise ValueError("no path has the character NUL")
        return path

    def beside(self, state_path: Path) -> Path:
        """Return the file of the ledger of the daemon with this state file."""
        return self.path or state_path.with_name(f"{state_path.stem}.ledger.jsonl")
