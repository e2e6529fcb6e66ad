"""Settings of how the users of Open WebUI are counted."""

from pathlib import Path

from pydantic import Field, SecretStr, field_validator

from xops_watch.settings.address import address_alone
from xops_watch.settings.group import Group


class OpenWebUI(Group):
    """Who tells how many users Open WebUI has; the first that answers counts who is there now."""

    prometheus_query: str | None = Field(
        default=None,
        min_length=1,
        max_length=1000,
        description="PromQL that gives one number, such as `max(webui_users_active)`: the gauge"
        " `webui.users.active` as your collector names it; asked first, of the server that"
        " XOPS_WATCH_PROMETHEUS__URL names. Every replica tells the same number: `max`, not `sum`",
    )
    url: str | None = Field(
        default=None,
        description="Address of Open WebUI, such as http://localhost:8080; asked second, by"
        " GET /api/usage with the token below",
    )
    token: SecretStr | None = Field(
        default=None,
        description="API key (or JWT) of an account of Open WebUI that may read usage; better in"
        " a file",
    )
    token_file: Path | None = Field(
        default=None, description="File that holds that key; read anew for every request"
    )
    account_id: str | None = Field(
        default=None,
        max_length=255,
        description="Id of the key's account if nobody else uses it: asking makes it active, and"
        " it should not count",
    )
    database_path: Path | None = Field(
        default=None,
        description="SQLite file of Open WebUI, on a volume mounted readOnly: who was active in"
        " 24 hours and 7 days, and who is registered, is counted there only",
    )
    presence_seconds: float = Field(
        default=0,
        ge=0,
        le=3600,
        description="What DATABASE_USER_ACTIVE_STATUS_UPDATE_INTERVAL of Open WebUI is (0 when it"
        " is not set): how seldom it notes that somebody is there",
    )
    interval_seconds: float = Field(
        default=60, ge=10, le=300, description="How often it is counted who is there now"
    )
    database_interval_seconds: float = Field(
        default=300,
        ge=60,
        le=480,
        description="How often the database is counted in: the whole table is read each time",
    )

    @property
    def asked_for(self) -> bool:
        """Tell whether these settings ask for a source."""
        return bool(self.prometheus_query or self.url or self.database_path)

    @field_validator("url")
    @classmethod
    def _is_address(cls, url: str | None) -> str | None:
        return address_alone(url, example="http://localhost:8080")

    @field_validator("token")
    @classmethod
    def _fits_a_header(cls, token: SecretStr | None) -> SecretStr | None:
        text = token.get_secret_value() if token else ""
        if not (text.isascii() and text.isprintable() and " " not in text):
            raise ValueError("is no token: it has blanks or characters that no token has")
        return token

    @field_validator("account_id")
    @classmethod
    def _can_be_an_argument(cls, account: str | None) -> str | None:
        if account is not None and not account.isprintable():
            raise ValueError("is no id of an account")
        return account

    @field_validator("token_file", "database_path")
    @classmethod
    def _nameable(cls, path: Path | None) -> Path | None:
        if path is not None and "\0" in str(path):
            raise ValueError("no path has the character NUL")
        return path
