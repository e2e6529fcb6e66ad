"""Settings of reading CloudWatch."""

from typing import Literal

from pydantic import Field, field_validator

from xops_watch.settings.group import Group, Names, names, word


class CloudWatch(Group):
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
        " `AWS/S3=finops-*`; of a namespace without a pattern what belongs to the watched services,"
        " or, where that is not known, everything that CloudWatch lists",
    )
    budget_dollars_per_month: float = Field(
        default=20,
        gt=0,
        le=100_000,
        description="What reading may cost: intervals are stretched rather than to exceed it",
    )

    api: Literal["auto", "data", "statistics"] = Field(
        default="auto",
        description="How metrics are read: by GetMetricData (`data`), which is always billed, by"
        " GetMetricStatistics (`statistics`), one metric a call, or by the latter as far as it is"
        " free (`auto`)",
    )
    free_requests_per_month: int = Field(
        default=800_000,
        ge=0,
        le=1_000_000,
        description="How many requests `auto` takes of the million a month that are free for the"
        " whole account, of which other tools need some too",
    )

    @field_validator("api", mode="before")
    @classmethod
    def _any_case(cls, value: object) -> object:
        return word(value)

    @field_validator("namespaces", "subjects", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return names(value)

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

    @property
    def asked_for(self) -> bool:
        """Tell whether these settings ask for a source."""
        return bool(self.namespaces)
