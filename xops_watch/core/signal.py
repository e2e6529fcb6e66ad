"""What a signal is: a named quantity with a unit, a spacing and a patience."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


class Unit(StrEnum):
    """Base unit of a signal's values, as Prometheus names it."""

    COUNT = "count"
    RATIO = "ratio"
    SECONDS = "seconds"
    BYTES = "bytes"
    DOLLARS = "dollars"
    STATE = "state"
    VERSION = "version"


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """One measured quantity.

    `period` is the usual spacing of its readings; `grace` is the silence after which the
    last reading proves nothing any more (poll interval, publication delay and some slack).
    `delay` is how long the provider takes to publish a value.
    A signal of unit STATE has `states`; a reading is the place of one in that list, from 0.
    A reading of unit VERSION is `1.4.0` written as 1004000 (see `quantity`).
    """

    name: str
    unit: Unit
    subject_kind: str
    source: str
    period: timedelta
    grace: timedelta
    help: str
    delay: timedelta = timedelta()
    states: tuple[str, ...] = ()

    @property
    def metric(self) -> str:
        """Name of the Prometheus family: counts carry no unit, as is the custom."""
        stem = "xops_" + self.name.replace(".", "_")
        named = self.unit is Unit.COUNT or stem.endswith(f"_{self.unit}")
        return stem if named else f"{stem}_{self.unit}"


def signals_of(
    source: str, *, period: timedelta, grace: timedelta, delay: timedelta = timedelta()
) -> Callable[..., Signal]:
    """Return a maker of the signals of one source that come at the same pace."""

    def make(name: str, unit: Unit, subject_kind: str, help_text: str, *states: str) -> Signal:
        return Signal(
            name=name,
            unit=unit,
            subject_kind=subject_kind,
            source=source,
            period=period,
            grace=grace,
            delay=delay,
            help=help_text,
            states=states,
        )

    return make
