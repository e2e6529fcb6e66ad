"""Everything that can be configured, with its limits and its meaning.

Every name is `XOPS_WATCH_` and the path below, parts joined by `__`:
`XOPS_WATCH_ECS__CLUSTERS=xops` sets `ecs.clusters`; an empty variable sets nothing. AWS
credentials, region and endpoint are not here: they come through boto3's own chain.
"""

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, field_validator
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from xops_watch.settings.file import ConfigFile

PREFIX = "XOPS_WATCH_"
LISTEN_DEFAULT = "0.0.0.0:9923"
PORT_MAX = 65_535

# Lists are written `a,b,c` in the environment, and as YAML lists in the file.
Names = Annotated[tuple[str, ...], NoDecode]


class _Group(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class Http(_Group):
    """Where the metrics, the health checks and the status page are served."""

    listen: str = Field(
        default=LISTEN_DEFAULT,
        pattern=r"^(\[[0-9a-fA-F:.]+\]|[^:\s]*):\d{1,5}$",
        description="Address and port, such as 127.0.0.1:9923 or [::]:9923; port 0 picks one",
    )

    @field_validator("listen")
    @classmethod
    def _within_ports(cls, listen: str) -> str:
        if int(listen.rsplit(":", 1)[1]) > PORT_MAX:
            raise ValueError(f"the last port is {PORT_MAX}")
        return listen

    @property
    def host(self) -> str:
        """Return the address to bind."""
        return self.listen.rsplit(":", 1)[0].strip("[]") or "0.0.0.0"  # noqa: S104 - the contract

    @property
    def port(self) -> int:
        """Return the port to bind."""
        return int(self.listen.rsplit(":", 1)[1])


class Sns(_Group):
    """Where notices go. Without a topic they are written to the log."""

    topic_arn: str | None = Field(
        default=None,
        pattern=r"^arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[A-Za-z0-9_-]{1,256}(\.fifo)?$",
        description="ARN of the SNS topic that pages the SRE on call",
    )
    body: Literal["text", "json", "chat"] = Field(
        default="text",
        description="Form of the message body; the JSON form travels beside a text body",
    )
    interval_seconds: float = Field(
        default=5, ge=1, le=300, description="Time between two looks into the outbox"
    )

    @field_validator("body", mode="before")
    @classmethod
    def _any_case(cls, value: object) -> object:
        return _word(value)


class Ecs(_Group):
    """Which ECS clusters are watched."""

    clusters: Names = Field(
        default=(),
        description="Cluster names or ARNs, comma-separated; `*` for every cluster. In a task of"
        " ECS the task's own cluster when none is named",
    )
    crew_services: Names = Field(
        default=("*crew*",),
        description="Glob patterns of the services and task families that run crews: tasks of such"
        " a service that wait are a queue, and tasks of such a family crews",
    )
    l5_services: Names = Field(
        default=("*fastapi*", "*crewai*", "*crew-api*"),
        description="Glob patterns of the services that are L5 (FastAPI and CrewAI)",
    )
    l6_services: Names = Field(
        default=("*open-webui*",),
        description="Glob patterns of the services that are L6 (Open WebUI)",
    )
    ignored_services: Names = Field(
        default=(), description="Glob patterns of services that do not count as services"
    )
    interval_seconds: float = Field(
        default=60, ge=10, le=3600, description="How often ECS is asked (its reads are free)"
    )
    scaling_interval_seconds: float = Field(
        default=300,
        ge=60,
        le=3600,
        description="How often limits and policies of autoscaling are read: they change rarely",
    )

    @field_validator(
        "clusters",
        "crew_services",
        "ignored_services",
        "l5_services",
        "l6_services",
        mode="before",
    )
    @classmethod
    def _split(cls, value: object) -> object:
        return _names(value)


class CloudWatch(_Group):
    """How CloudWatch is read. Each metric of each read is billed: $0.01 per 1,000."""

    interval_seconds: float = Field(
        default=60, ge=10, le=3600, description="How often metrics are read"
    )
    settle_seconds: float = Field(
        default=120,
        ge=0,
        le=900,
        description="How old a point must be before it is read: younger ones are still revised",
    )
    namespaces: Names = Field(
        default=(),
        description="Namespaces that are read, such as `AWS/ECS,AWS/ApplicationELB`; those that"
        " the rules in force need when none is named",
    )
    subjects: Names = Field(
        default=(),
        description="Which load balancers, buckets and so on are read: `NAMESPACE=PATTERN`, such as"
        " `AWS/S3=finops-*`; of a namespace without a pattern everything that CloudWatch lists",
    )
    budget_dollars_per_month: float = Field(
        default=20,
        gt=0,
        le=100_000,
        description="What reading may cost: intervals are stretched rather than to exceed it",
    )

    @field_validator("namespaces", "subjects", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return _names(value)

    @field_validator("subjects")
    @classmethod
    def _with_namespace(cls, subjects: tuple[str, ...]) -> tuple[str, ...]:
        for subject in subjects:
            namespace, _, pattern = subject.partition("=")
            if not namespace or not pattern:
                raise ValueError("each must be NAMESPACE=PATTERN, such as AWS/S3=finops-*")
        return subjects

    @property
    def patterns(self) -> dict[str, tuple[str, ...]]:
        """Return the patterns of `subjects` by namespace."""
        pairs = [subject.partition("=")[::2] for subject in self.subjects]
        return {name: tuple(p for n, p in pairs if n == name) for name, _ in pairs}


class Aws(_Group):
    """Limits of one request to AWS, in real seconds."""

    connect_timeout_seconds: float = Field(default=3, gt=0, le=10, description="Time to connect")
    read_timeout_seconds: float = Field(default=5, gt=0, le=10, description="Time to answer")


class Log(_Group):
    """How the daemon speaks, on stderr."""

    level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="The least important level that is written"
    )
    format: Literal["auto", "json", "console"] = Field(
        default="auto", description="`auto` is console on a terminal and JSON lines elsewhere"
    )

    @field_validator("level", "format", mode="before")
    @classmethod
    def _any_case(cls, value: object) -> object:
        return _word(value)


class Clock(_Group):
    """A faster clock, for demonstrations: every process that shares both values agrees."""

    speed: float = Field(default=1, gt=0, le=3600, description="How fast time passes")
    anchor: AwareDatetime | None = Field(
        default=None, description="When the faster time began; needed when speed is not 1"
    )


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
    cloudwatch: CloudWatch = CloudWatch()
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
        return bool(self.ecs.clusters or self.cloudwatch.namespaces)

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


def _names(value: object) -> object:
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    return value


def _word(value: object) -> object:
    return value.strip().lower() if isinstance(value, str) else value
