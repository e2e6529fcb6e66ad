"""Settings of what is read of GitHub."""

import re
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator

from xops_watch.settings.group import Group, Names, names, word

_APP = re.compile(r"[A-Za-z0-9._-]{1,100}")
_FORM = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}/(?!\.{1,2}$)[A-Za-z0-9_.*-]{1,100}")


class Github(Group):
    """Which repositories hold the infrastructure, and how GitHub is asked about them."""

    repositories: Names = Field(
        default=(),
        description="Repositories with infrastructure code, as `owner/name`; `owner/*` and"
        " `owner/infra-*` for those of an organisation that are not archived",
    )
    token_file: Path | None = Field(
        default=None,
        description="File with a personal access token; read anew at every poll",
    )
    token: SecretStr | None = Field(
        default=None,
        description="The token itself, where secrets come as environment variables (ECS)",
    )
    app_id: str | None = Field(
        default=None,
        description="Id or client id of a GitHub App, instead of a token",
    )
    installation_id: int | None = Field(
        default=None,
        ge=1,
        description="The App's installation; not needed if it has exactly one",
    )
    private_key_file: Path | None = Field(
        default=None, description="File with the App's private key (PEM); read anew when needed"
    )
    private_key: SecretStr | None = Field(
        default=None,
        description="The private key itself, where secrets come as environment variables (ECS)",
    )
    api_url: str = Field(
        default="https://api.github.com",
        description="The REST interface; of GitHub Enterprise Server `https://HOST/api/v3`",
    )
    iac_globs: Names = Field(
        default=(
            "**/*.tf",
            "**/*.tf.json",
            "**/*.tofu",
            "**/*.tfvars",
            "**/*.hcl",
            "**/atlantis.yaml",
            "**/cdk.json",
            "**/*.bicep",
            "helm/**",
            "charts/**",
        ),
        description="Which files are infrastructure code: a pull request with one of them counts",
    )
    bots: Names = Field(
        default=(
            "*[bot]",
            "dependabot*",
            "renovate*",
            "github-actions*",
            "*-bot",
            "noreply@github.com",
        ),
        description="Logins and e-mail addresses that are no people (only `*` is special), beside"
        " those that GitHub itself calls bots",
    )
    workflow_runs: Literal["fallback", "always", "never"] = Field(
        default="fallback",
        description="When branches with workflow runs are counted: where pull requests cannot be"
        " read, always, or never",
    )
    workflows: Names = Field(
        default=("*",),
        description="Names or paths of the workflows that count as infrastructure (`*` is special)",
    )
    interval_seconds: float = Field(
        default=900, ge=60, le=3600, description="How often GitHub is asked"
    )

    @field_validator("repositories", "iac_globs", "bots", "workflows", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return names(value)

    @field_validator("workflow_runs", mode="before")
    @classmethod
    def _any_case(cls, value: object) -> object:
        return word(value)

    @field_validator("app_id", mode="before")
    @classmethod
    def _as_text(cls, value: object) -> object:
        return str(value) if isinstance(value, int) else value

    @field_validator("app_id")
    @classmethod
    def _as_issued(cls, app_id: str | None) -> str | None:
        if app_id is not None and not _APP.fullmatch(app_id):
            raise ValueError("must be the App's number, or its client id")
        return app_id

    @field_validator("repositories")
    @classmethod
    def _named(cls, repositories: tuple[str, ...]) -> tuple[str, ...]:
        if not all(_FORM.fullmatch(one) for one in repositories):
            raise ValueError("each must be owner/name, owner/* or owner/part-*")
        return repositories

    @field_validator("api_url")
    @classmethod
    def _reachable(cls, url: str) -> str:
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query:
            raise ValueError("must be a URL such as https://api.github.com")
        if parts.username or parts.password:
            raise ValueError("must not hold a user or a password")
        return url.rstrip("/")

    @model_validator(mode="after")
    def _one_way_in(self) -> "Github":
        secrets = {
            "token_file": self.token_file,
            "token": self.token,
            "private_key_file": self.private_key_file,
            "private_key": self.private_key,
        }
        given = [name for name, value in secrets.items() if value is not None]
        if len(given) > 1:
            raise ValueError(f"{' and '.join(given)} exclude each other: name one")
        return self

    @property
    def asked_for(self) -> bool:
        """Tell whether these settings ask for a source."""
        return bool(self.repositories)

    @property
    def graphql_url(self) -> str:
        """Return where GraphQL is asked: beside REST on github.com, apart from it elsewhere."""
        if self.api_url.endswith("/api/v3"):
            return self.api_url.removesuffix("/v3") + "/graphql"
        return f"{self.api_url}/graphql"
