"""What an overlaid operation is handed: the call, the moment, and the faults to play."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

ACCOUNT = "123456789012"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One call of an overlaid operation, already checked against the service's model.

    `faults` are those that change the answer instead of replacing it, by kind; the value is the
    metric that the fault is for, None for all.
    """

    params: dict[str, Any]
    region: str
    now: datetime
    faults: Mapping[str, str | None] = field(default_factory=dict)
