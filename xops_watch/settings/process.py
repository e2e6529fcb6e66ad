"""Settings of the process: where it serves, how it speaks, which time it lives in."""

from typing import Literal

from pydantic import AwareDatetime, Field, field_validator

from xops_watch.settings.group import Group, word

LISTEN_DEFAULT = "0.0.0.0:9923"
PORT_MAX = 65_535


class Http(Group):
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


class Log(Group):
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
        return word(value)


class Clock(Group):
    """A faster clock, for demonstrations: every process that shares both values agrees."""

    speed: float = Field(default=1, gt=0, le=3600, description="How fast time passes")
    anchor: AwareDatetime | None = Field(
        default=None, description="When the faster time began; needed when speed is not 1"
    )
