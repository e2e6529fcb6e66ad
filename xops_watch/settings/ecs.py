"""Settings of what is watched of ECS."""

from pydantic import Field, field_validator

from xops_watch.settings.group import Group, Names, names


class Ecs(Group):
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
    crew_counter: bool = Field(
        default=True,
        description="Whether CloudWatch is asked for the application's own count of crews, metrics"
        " `CrewStarted` and `CrewQueued` in `xOps/Crews` (a free call a minute for each, and for"
        " each service that has it)",
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
        return names(value)

    @property
    def asked_for(self) -> bool:
        """Tell whether these settings ask for a source."""
        return bool(self.clusters)
