"""How a service is scaled: limits, aim, suspension, and what autoscaling did of late."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from xops_watch.aws.inventory import Service
from xops_watch.aws.scaling import Scaling
from xops_watch.aws.scaling_activities import Activity, NotScaled
from xops_watch.aws.standing import absent, failed, reading
from xops_watch.core.catalogue import SIGNAL_BY_NAME
from xops_watch.core.reading import Observation
from xops_watch.errors import SourceError

HEADROOM = "ecs.scaling_headroom"
SUSPENDED = "ecs.scaling_suspended"
SCALED = "ecs.scaled_1h"
NOT_SCALED = "ecs.not_scaled_1h"
NOT_SCALED_REASON = "ecs.not_scaled_reason"
FAILED = "ecs.scaling_failed_1h"
OF_ACTIVITIES = (SCALED, NOT_SCALED, NOT_SCALED_REASON, FAILED)

# A quiet service is told every few minutes that it could not be smaller: that lacks nothing.
_AS_WANTED = frozenset({NotScaled.AT_DESIRED, NotScaled.AT_MIN})
_NO_TARGET = "it is no scalable target: Application Auto Scaling does not scale it"


def scaling_of(
    service: Service, layers: Sequence[str], scaling: Scaling | SourceError | None, at: datetime
) -> Iterator[Observation]:
    """Yield limits and suspension of the service, for its layers what they aim at as well."""
    subject = service.subject
    if not isinstance(scaling, Scaling):
        limits = ("tasks_min", "tasks_max", "cpu_target")
        of_layers = (f"{layer}.{what}" for layer in layers for what in limits)
        for signal in (HEADROOM, SUSPENDED, *of_layers):
            if scaling is None:
                yield absent(signal, subject, _NO_TARGET, at=at)
            else:
                yield failed(signal, subject, scaling, at=at)
        return
    yield reading(HEADROOM, subject, max(0, scaling.most - service.running), at=at)
    yield reading(SUSPENDED, subject, scaling.suspended, at=at)
    for layer in layers:
        yield reading(f"{layer}.tasks_min", subject, scaling.least, at=at)
        yield reading(f"{layer}.tasks_max", subject, scaling.most, at=at)
        yield _aim(f"{layer}.cpu_target", subject, scaling.cpu_target, at)


def _aim(signal: str, subject: str, aim: float | SourceError | None, at: datetime) -> Observation:
    match aim:
        case None:
            return absent(signal, subject, "no target tracking policy of it aims at CPU", at=at)
        case SourceError():
            return failed(signal, subject, aim, at=at)
        case _:
            return reading(signal, subject, aim, at=at)


def activities_of(
    service: Service,
    scaling: Scaling | SourceError | None,
    activities: Mapping[str, Sequence[Activity]] | SourceError,
    at: datetime,
) -> Iterator[Observation]:
    """Yield what autoscaling did with the service in the last hour, and what it did not do."""
    subject = service.subject
    if scaling is None:
        yield from (absent(signal, subject, _NO_TARGET, at=at) for signal in OF_ACTIVITIES)
        return
    if isinstance(activities, SourceError):
        yield from (failed(signal, subject, activities, at=at) for signal in OF_ACTIVITIES)
        return
    own = activities.get(subject, ())
    refused = [each for each in own if each.not_scaled]
    lacking = sum(not _AS_WANTED.issuperset(each.not_scaled) for each in refused)
    scaled = len(own) - len(refused) - sum(each.failed for each in own)
    yield reading(SCALED, subject, scaled, at=at)
    yield reading(NOT_SCALED, subject, lacking, at=at)
    yield reading(NOT_SCALED_REASON, subject, _place(refused), at=at)
    yield reading(FAILED, subject, sum(each.failed for each in own), at=at)


def _place(refused: Sequence[Activity]) -> int:
    """Return the state of the newest reason: none is the first."""
    newest = max(refused, key=lambda each: each.at, default=None)
    state = "none" if newest is None else str(newest.not_scaled[0])
    return SIGNAL_BY_NAME[NOT_SCALED_REASON].states.index(state)
