"""What people declare in the settings: the stage, and what is paid to others than AWS."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from xops_watch.aws.standing import reading
from xops_watch.core.catalogue import SIGNAL_BY_NAME
from xops_watch.core.reading import Observation

_STAGE = "stage.declared"
_EXTERNAL = "cost.external"


class DeclaredSource:
    """Tells what was declared, as long as it is: nobody is asked.

    `external` are dollars a month by payee.
    """

    name = "declared"
    asks_nobody = True
    signals = (_STAGE, _EXTERNAL)

    def __init__(
        self,
        *,
        stack: str,
        stage: str | None,
        external: Mapping[str, float],
        interval: timedelta,
    ) -> None:
        self.interval = interval
        self._stack = stack
        self._stage = stage
        self._external = dict(external)

    def observe(self, *, now: datetime) -> Sequence[Observation]:
        """Return what is declared; of what is not, nothing."""
        told: list[Observation] = [
            reading(_EXTERNAL, payee, dollars, at=now) for payee, dollars in self._external.items()
        ]
        if self._stage is not None:
            state = SIGNAL_BY_NAME[_STAGE].states.index(self._stage)
            told.append(reading(_STAGE, self._stack, state, at=now))
        return told
