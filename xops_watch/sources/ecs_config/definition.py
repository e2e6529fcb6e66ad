"""What the task definition of a service says: size, architecture, worker processes."""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime

from xops_watch.aws.inventory import Service
from xops_watch.aws.launch import FARGATE
from xops_watch.aws.standing import absent, failed, gap, reading
from xops_watch.aws.task_definitions import TaskDefinition
from xops_watch.core.catalogue import SIGNAL_BY_NAME
from xops_watch.core.reading import Observation
from xops_watch.errors import GapReason, SourceError

ARCHITECTURE = "ecs.cpu_architecture"
WORKERS = "l6.workers"
L6 = "l6"

_WORKERS_VARIABLE = "UVICORN_WORKERS"
_WORKERS_VALUE = re.compile(r"[1-9]\d{0,3}")
_MIB = 1024 * 1024


def no_definition(service: Service) -> SourceError:
    """Return why a service has no definition of its own."""
    return SourceError(
        f"ecs:DescribeServices names no task definition of {service.subject:.200}",
        reason=GapReason.NOT_APPLICABLE,
        hint="its task sets have definitions of their own",
    )


def definition_of(
    service: Service,
    layers: Sequence[str],
    definition: TaskDefinition | SourceError,
    at: datetime,
) -> Iterator[Observation]:
    """Yield size and architecture of the tasks, of L6 their workers as well."""
    subject = service.subject
    if isinstance(definition, SourceError):
        sizes = [f"{layer}.{what}" for layer in layers for what in ("task_cpu", "task_memory")]
        workers = [WORKERS] if L6 in layers else []
        for signal in (ARCHITECTURE, *sizes, *workers):
            yield failed(signal, subject, definition, at=at)
        return
    yield _architecture(service, definition, at)
    for layer in layers:
        given = {
            f"{layer}.task_cpu": definition.cpu_units,
            f"{layer}.task_memory": definition.memory_mib and definition.memory_mib * _MIB,
        }
        for signal, value in given.items():
            if value is None:
                why = "its task definition gives the task no size of its own"
                yield absent(signal, subject, why, at=at)
            else:
                yield reading(signal, subject, value, at=at)
    if L6 in layers:
        yield _workers(subject, definition, at)


def _architecture(service: Service, definition: TaskDefinition, at: datetime) -> Observation:
    word = definition.architecture
    if word is None and service.launch.kind != FARGATE:
        why = "its task definition leaves the architecture to the machine"
        return absent(ARCHITECTURE, service.subject, why, at=at)
    states = SIGNAL_BY_NAME[ARCHITECTURE].states
    state = "x86_64" if word is None else word.lower()  # what Fargate takes if nothing is said
    if state in states:
        return reading(ARCHITECTURE, service.subject, states.index(state), at=at)
    why = f"ecs:DescribeTaskDefinition: the architecture {word!r:.50} is unknown"
    return gap(ARCHITECTURE, service.subject, GapReason.INVALID, why, at=at)


def _workers(subject: str, definition: TaskDefinition, at: datetime) -> Observation:
    values = definition.environment.get(_WORKERS_VARIABLE, ())
    if not values and _WORKERS_VARIABLE in definition.hidden:
        why = f"{_WORKERS_VARIABLE} may come from a secret or a file, which is not read"
        return gap(WORKERS, subject, GapReason.NOT_ENABLED, why, at=at)
    if not all(_WORKERS_VALUE.fullmatch(value) for value in values):
        why = f"ecs:DescribeTaskDefinition: {_WORKERS_VARIABLE} is no number from 1 to 9999"
        return gap(WORKERS, subject, GapReason.INVALID, why, at=at)
    # Open WebUI starts one when the variable is not set.
    return reading(WORKERS, subject, max(map(int, values), default=1), at=at)
