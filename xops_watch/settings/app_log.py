"""Settings of the log that Open WebUI writes to CloudWatch Logs."""

from pydantic import Field

from xops_watch.settings.group import Group

DISCOVER = "auto"


class AppLog(Group):
    """In which log lines about SQLite are counted. Nothing of a line is kept."""

    group: str | None = Field(
        default=None,
        pattern=r"^[A-Za-z0-9._/#-]{1,512}$",
        description="Log group of Open WebUI in CloudWatch Logs, such as `/ecs/open-webui`; `auto`"
        " takes the one that the task definition of L6 names",
    )
    database: str | None = Field(
        default=None,
        pattern=r"^[\x21-\x7e]{1,256}$",
        description="Subject that the counts are of: the watched SQLite database (`sqlite.path`),"
        " else `STACK/webui.db`, unless it is named here; needed when several are watched",
    )
    interval_seconds: float = Field(
        default=300, ge=60, le=900, description="How often lines are counted (free)"
    )

    @property
    def asked_for(self) -> bool:
        """Tell whether these settings ask for a source."""
        return self.group is not None
