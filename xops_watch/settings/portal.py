"""Settings of what the AI Portal has beside ECS: machines, databases, Keycloak."""

from pydantic import Field, field_validator

from xops_watch.settings.group import Group, Names, names


class Portal(Group):
    """Which machines, databases and target groups of the AI Portal are watched (free reads)."""

    auto_scaling_groups: Names = Field(
        default=(), description="Glob patterns of EC2 Auto Scaling groups, such as `*gateway*`"
    )
    databases: Names = Field(default=(), description="Glob patterns of RDS instances")
    keycloak_target_groups: Names = Field(
        default=(), description="Glob patterns of the target groups of Keycloak"
    )
    interval_seconds: float = Field(
        default=300, ge=60, le=3600, description="How often they are read"
    )

    @field_validator("auto_scaling_groups", "databases", "keycloak_target_groups", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return names(value)

    @property
    def asked_for(self) -> bool:
        """Tell whether these settings ask for a source."""
        return bool(self.auto_scaling_groups or self.databases or self.keycloak_target_groups)
