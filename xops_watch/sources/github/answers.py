"""The parts of GitHub's answers that are read, checked as they come in.

Unknown fields are ignored, nothing is converted, and a list that is missing is refused: it would
count as nothing. Names of people are read here, counted in `counting`, and told to nobody.
"""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

_TEXT_MAX = 5000
Text = Annotated[str, Field(max_length=_TEXT_MAX)]
Id = Annotated[str, Field(pattern=r"^[\x21-\x7e]{1,200}$")]
FullName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,100}/[A-Za-z0-9_.-]{1,100}$")]
Count = Annotated[int, Field(ge=0, le=10_000_000)]
Number = Annotated[int, Field(ge=0, le=2**63)]
# Of the years that can be told in any zone: others cannot be reckoned with.
Moment = Annotated[
    AwareDatetime,
    Field(ge=datetime(1970, 1, 1, tzinfo=UTC), le=datetime(9000, 1, 1, tzinfo=UTC)),
]
Instant = Annotated[Moment, Field(strict=False)]  # JSON has no dates, only text


class Answer(BaseModel):
    """A part of an answer."""

    model_config = ConfigDict(frozen=True, strict=True, extra="ignore")

    @property
    def weight(self) -> int:
        """How much memory it takes, roughly in KiB."""
        return 1


class RepositoryAnswer(Answer):
    """`GET /repos/{owner}/{name}`: who it is now, whatever it was asked by."""

    id: Number
    full_name: FullName


class HeadRepositoryAnswer(Answer):
    """The repository of a pull request's branch."""

    id: Number


class ActorAnswer(Answer):
    """Who started a run."""

    login: Text
    type: Text = ""


class RunAnswer(Answer):
    """One run of a workflow; what is absent in old answers may be absent."""

    name: Text | None = None
    path: Text | None = None
    event: Text
    head_branch: Text | None = None
    head_repository: HeadRepositoryAnswer | None = None
    actor: ActorAnswer | None = None
    created_at: Instant


class RunsAnswer(Answer):
    """One page of `GET /repos/{owner}/{name}/actions/runs`."""

    total_count: Count
    workflow_runs: list[RunAnswer]

    @property
    def weight(self) -> int:
        """How much memory it takes, roughly in KiB."""
        return 1 + len(self.workflow_runs)


class InstallationAnswer(Answer):
    """One installation of a GitHub App."""

    id: Number


class GrantAnswer(Answer):
    """What an installation was given: `read`, `write` or `admin` by permission."""

    permissions: dict[Text, Text]
    suspended_at: Instant | None = None


class InstallationTokenAnswer(Answer):
    """A token of an installation, for an hour."""

    token: Annotated[str, Field(pattern=r"^[\x21-\x7e]{1,2000}$", repr=False)]
    expires_at: Instant
