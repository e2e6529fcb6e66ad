"""How often Spot interrupts the tasks of crews, for each hour that they work."""

from collections.abc import Iterator
from datetime import datetime

from xops_watch.aws.standing import absent, failed, reading
from xops_watch.core.reading import Observation
from xops_watch.errors import SourceError
from xops_watch.sources.ecs_tasks.lives import Day

RATE = "crew.spot_interruption_rate"
INTERRUPTIONS = "crew.spot_interruptions_24h"
WORKED = "crew.worker_time_24h"
OF_SPOT = (RATE, INTERRUPTIONS, WORKED)

_NO_CREW_TASK = "no crew was a task of its own in the last 24 hours"
_NOBODY_WORKED = "no crew task ran in the last 24 hours"


def spot_of(subject: str, day: Day, *, at: datetime) -> Iterator[Observation]:
    """Yield what the last day of the subject's crew tasks was."""
    yield reading(INTERRUPTIONS, subject, day.interruptions, at=at)
    yield reading(WORKED, subject, day.worked.total_seconds(), at=at)
    rate = day.rate
    if rate is None:
        yield absent(RATE, subject, _NOBODY_WORKED, at=at)
    else:
        yield reading(RATE, subject, rate, at=at)


def no_spot(cluster: str, *, at: datetime) -> Iterator[Observation]:
    """Yield why nothing is told of a cluster whose crews are not tasks of their own."""
    yield from (absent(signal, cluster, _NO_CREW_TASK, at=at) for signal in OF_SPOT)


def spot_unread(subject: str, error: SourceError, *, at: datetime) -> Iterator[Observation]:
    """Yield why nothing is known of the subject's crew tasks."""
    yield from (failed(signal, subject, error, at=at) for signal in OF_SPOT)
