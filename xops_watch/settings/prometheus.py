"""Settings of the Prometheus server that is asked for numbers of the rule files."""

from pathlib import Path

from pydantic import Field, SecretStr, field_validator, model_validator

from xops_watch.settings.address import address_alone
from xops_watch.settings.group import Group

_VISIBLE = r"^[\x21-\x7e]{1,200}$"


class Prometheus(Group):
    """Which server answers the `queries` of the rule files; Mimir, Thanos and others will do."""

    url: str | None = Field(
        default=None,
        description="The server, such as http://prometheus:9090: what stands in front of"
        " `/api/v1/query`",
    )
    token_file: Path | None = Field(
        default=None, description="File with a bearer token; read anew for every request"
    )
    token: SecretStr | None = Field(
        default=None,
        description="The token itself, where secrets come as environment variables (ECS)",
    )
    username: str | None = Field(
        default=None,
        pattern=r"^[^:\x00-\x1f]{1,200}$",
        description="User of basic authentication, instead of a token",
    )
    password_file: Path | None = Field(
        default=None, description="File with that user's password; read anew for every request"
    )
    password: SecretStr | None = Field(
        default=None,
        description="The password itself, where secrets come as environment variables (ECS)",
    )
    tenant: str | None = Field(
        default=None,
        pattern=_VISIBLE,
        description="Tenant of Mimir or Cortex, as the header X-Scope-OrgID",
    )
    interval_seconds: float = Field(
        default=60,
        ge=10,
        le=300,
        description="How often the server is asked; a query whose `every` is longer, that often",
    )
    timeout_seconds: float = Field(
        default=4, ge=1, le=30, description="How long one query may take, with its answer"
    )
    crews_query: str = Field(
        default="round(sum by (cluster, service) (increase(xops_crews_started_total[1h])))",
        min_length=1,
        max_length=2000,
        description="PromQL that gives the crews of the last hour with the labels `cluster` and"
        " `service` of ECS; while it gives nothing, crews are counted otherwise",
    )
    crews_queued_query: str = Field(
        default="sum by (cluster, service) (xops_crews_queued)",
        min_length=1,
        max_length=2000,
        description="PromQL that gives the crews that wait now with the labels `cluster` and"
        " `service` of ECS; while it gives nothing, tasks that wait stand for them",
    )

    @property
    def asked_for(self) -> bool:
        """Tell whether these settings ask for a source."""
        return self.url is not None

    @field_validator("url")
    @classmethod
    def _is_address(cls, url: str | None) -> str | None:
        return address_alone(url, example="http://prometheus:9090")

    @field_validator("token")
    @classmethod
    def _fits_a_header(cls, token: SecretStr | None) -> SecretStr | None:
        text = token.get_secret_value() if token else ""
        if not (text.isascii() and text.isprintable() and " " not in text):
            raise ValueError("is no token: it has blanks or characters that no token has")
        return token

    @field_validator("token_file", "password_file")
    @classmethod
    def _nameable(cls, path: Path | None) -> Path | None:
        if path is not None and "\0" in str(path):
            raise ValueError("no path has the character NUL")
        return path

    @model_validator(mode="after")
    def _one_way_in(self) -> "Prometheus":
        secrets = {
            "token_file": self.token_file,
            "token": self.token,
            "password_file": self.password_file,
            "password": self.password,
        }
        given = [name for name, value in secrets.items() if value is not None]
        if len(given) > 1:
            raise ValueError(f"{' and '.join(given)} exclude each other: name one")
        has_password = any(name.startswith("password") for name in given)
        if self.url is not None and (self.username is not None) != has_password:
            raise ValueError("username and password_file (or password) belong together")
        return self
