"""Settings of what becomes of people's answers."""

from pydantic import Field

from xops_watch.core.decision import WORSE_BY_DEFAULT
from xops_watch.settings.group import Group


class Decisions(Group):
    """When a rejected recommendation is asked again."""

    worse_by: float = Field(
        default=WORSE_BY_DEFAULT,
        gt=0,
        le=10,
        description="Share by which a number must have moved on since its recommendation was"
        " rejected: 0.2 is a fifth more than it was then",
    )
