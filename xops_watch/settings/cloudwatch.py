"""Settings of reading CloudWatch."""

from pydantic import Field, field_validator

from xops_watch.settings.group import Group, Names, names


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
