"""Everything that can be configured, with its limits and its meaning.

Every name is `XOPS_WATCH_` and the path below, parts joined by `__`:
`XOPS_WATCH_ECS__CLUSTERS=xops` sets `ecs.clusters`; an empty variable sets nothing. AWS
credentials, region and endpoint are not here: they come through boto3's own chain.
"""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from xops_watch.settings.adoption import Adoption
from xops_watch.settings.app_log import AppLog
from xops_watch.settings.aws import Aws, Sns
from xops_watch.settings.cloudwatch import CloudWatch
from xops_watch.settings.cost import Cost
from xops_watch.settings.decisions import Decisions
from xops_watch.settings.ecs import Ecs
from xops_watch.settings.edge import Edge
from xops_watch.settings.file import ConfigFile
from xops_watch.settings.github import Github
from xops_watch.settings.governance import Governance
from xops_watch.settings.group import Group
from xops_watch.settings.mandates import Ledger, Mandates
from xops_watch.settings.openwebui import OpenWebUI
from xops_watch.settings.portal import Portal
from xops_watch.settings.process import Clock, Http, Log
from xops_watch.settings.prometheus import Prometheus
from xops_watch.settings.sqlite import Sqlite

PREFIX = "XOPS_WATCH_"


class Settings(BaseSettings):
    """Everything that can be configured."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_nested_delimiter="__",
        env_ignore_empty=True,  # `${TOPIC:-}` in a compose file means that there is none
        frozen=True,
        extra="forbid",
        str_strip_whitespace=True,
        hide_input_in_errors=True,
    )

    stack: str = Field(
        default="xops",
        pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$",
        description="Name of the watched stack, in messages and on the page",
    )
    state_path: Path = Field(
        default=Path("/var/lib/xops-watch/state.db"),
        description="SQLite file that survives restarts; its directory must exist",
    )
    rules_path: Path | None = Field(
        default=None,
        description="Directory of rule files, or a shipped profile: `xops` (default), `ai-portal`",
    )
    overrides_path: Path | None = Field(
        default=None,
        description="File of what this deployment changes of the rules: thresholds, holds, off",
    )
    tick_seconds: float = Field(default=15, ge=1, le=3600, description="Time between two ticks")
    retention_days: float = Field(
        default=15,
        ge=1,
        le=455,
        description="Days that readings, transitions and notices are kept; readings that a rule"
        " still looks back on are kept as long as it does",
    )
    runbooks_url: str = Field(
        default="docs/runbooks",
        pattern=r"^[^\s\x00-\x1f]{1,500}$",
        description="Where the runbooks are published: messages link to <this>/<rule id>.md",
    )
    http: Http = Http()
    sns: Sns = Sns()
    ecs: Ecs = Ecs()
    adoption: Adoption = Adoption()
    portal: Portal = Portal()
    cloudwatch: CloudWatch = CloudWatch()
    edge: Edge = Edge()
    sqlite: Sqlite = Sqlite()
    github: Github = Github()
    openwebui: OpenWebUI = OpenWebUI()
    prometheus: Prometheus = Prometheus()
    governance: Governance = Governance()
    cost: Cost = Cost()
    app_log: AppLog = AppLog()
    decisions: Decisions = Decisions()
    mandates: Mandates = Mandates()
    ledger: Ledger = Ledger()
    aws: Aws = Aws()
    log: Log = Log()
    clock: Clock = Clock()

    @field_validator("state_path", "rules_path", "overrides_path")
    @classmethod
    def _nameable(cls, path: Path | None) -> Path | None:
        if path is not None and "\0" in str(path):
            raise ValueError("no path has the character NUL")
        return path

    @property
    def tick_interval(self) -> timedelta:
        """Return the time between two ticks."""
        return timedelta(seconds=self.tick_seconds)

    @property
    def watches_something(self) -> bool:
        """Tell whether any source has what it needs."""
        return any(group.asked_for for group in self._groups())

    @property
    def watches_aws(self) -> bool:
        """Tell whether CloudWatch has anything to tell."""
        return self.ecs.asked_for or self.cloudwatch.asked_for

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - no .env file is ever read
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - secrets are named one by one
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment wins over the file."""
        return init_settings, env_settings, ConfigFile(settings_cls)

    def _groups(self) -> Iterator[Group]:
        for name in type(self).model_fields:
            value = getattr(self, name)
            if isinstance(value, Group):
                yield value
