"""Reads what is deployed from the task definitions, and asks people only for what is not there."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from xops_watch.aws.inventory import EcsInventory, Service
from xops_watch.aws.standing import gap, matches, reading
from xops_watch.aws.task_definitions import TaskDefinition, TaskDefinitions
from xops_watch.core.catalogue import SIGNAL_BY_NAME
from xops_watch.core.reading import Observation, SeriesKey
from xops_watch.errors import GapReason, SourceError
from xops_watch.sources.adoption.ai_path import ORDER, path_of
from xops_watch.sources.adoption.openwebui import (
    NO_MANAGER,
    POSTGRESQL,
    REDIS,
    SQLITE,
    database_of,
    version_of,
    websockets_of,
)
from xops_watch.sources.adoption.steps import Stack, is_done
from xops_watch.sources.adoption.words import Declared, Unknown, failed, worst

_DATABASE = "database.kind"
_WEBSOCKETS = "openwebui.websocket_manager"
_VERSION = "openwebui.version"
_PATH = "ai.path"
_STATE = "adoption.state"
_L5, _L6 = "l5", "l6"

Definition = TaskDefinition | SourceError


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployed:
    """Where to look: services of the layers by glob patterns; `region` is the own one."""

    inventory: EcsInventory
    definitions: TaskDefinitions
    region: str
    l5_services: Sequence[str] = ()
    l6_services: Sequence[str] = ()
    ignored_services: Sequence[str] = ()


class AdoptionSource:
    """Tells what is deployed, and which evolution steps are done.

    `deployed` None watches no ECS: then only what is declared is told. `evolutions` returns the
    ids of the steps that rules ask about now. What the stack shows wins; `declared` fills in what
    it does not show. `seen` is what was observed before the process started.
    """

    name = "adoption"
    iam_actions = ("ecs:DescribeTaskDefinition",)
    signals = (_DATABASE, _WEBSOCKETS, _VERSION, _PATH, _STATE)

    def __init__(
        self,
        deployed: Deployed | None,
        *,
        interval: timedelta,
        stack: str,
        declared: Declared,
        evolutions: Callable[[], Collection[str]],
        seen: Collection[SeriesKey] = (),
    ) -> None:
        self.interval = interval
        self._deployed = deployed
        self._stack = stack
        self._declared = declared
        self._evolutions = evolutions
        self._steps = frozenset(subject for signal, subject in seen if signal == _STATE)

    def observe(self, *, now: datetime) -> Sequence[Observation]:
        """Return what is deployed and which steps are done; raises SourceError without ECS."""
        if self._deployed is None:
            told = [*self._only_declared(), *self._done(_Look())]
        else:
            look = _look(self._deployed, now)
            told = [
                *self._of_stack(look),
                *self._paths(look, self._deployed.region),
                *self._done(look),
            ]
        return [_observation(*one, at=now) for one in told]

    def _of_stack(self, look: "_Look") -> Iterator["_Told"]:
        stack = self._stack
        database = worst(look.each(_L6, database_of), (SQLITE, POSTGRESQL))
        yield _DATABASE, stack, _or_declared(database, look.none(_L6), self._declared_database)
        sockets = worst(look.each(_L6, websockets_of), (NO_MANAGER, REDIS))
        yield _WEBSOCKETS, stack, look.none(_L6) if sockets is None else sockets
        version = _oldest(look.each(_L6, version_of))
        yield _VERSION, stack, look.none(_L6) if version is None else version

    def _paths(self, look: "_Look", region: str) -> Iterator["_Told"]:
        for layer in (_L5, _L6):
            ways = look.each(layer, partial(path_of, layer, region=region))
            said = _place(_PATH, self._declared.ai_paths.get(layer))
            yield _PATH, layer, _or_declared(worst(ways, ORDER), look.none(layer), said)

    def _only_declared(self) -> Iterator["_Told"]:
        if (kind := self._declared_database) is not None:
            yield _DATABASE, self._stack, kind
        for layer, path in sorted(self._declared.ai_paths.items()):
            if (place := _place(_PATH, path)) is not None:
                yield _PATH, layer, place

    def _done(self, look: "_Look") -> Iterator["_Told"]:
        asked = frozenset(self._evolutions())
        stack = Stack(
            l5=look.layers.get(_L5, ()), l6=look.layers.get(_L6, ()), services=look.services
        )
        for evolution in sorted(asked):
            shown = is_done(evolution, stack)
            attested = evolution in self._declared.attested
            yield _STATE, evolution, True if attested else shown
        for former in sorted(self._steps - asked):
            why = "no rule asks about it any more"
            yield _STATE, former, Unknown(reason=GapReason.GONE, detail=why)
        self._steps = asked

    @property
    def _declared_database(self) -> int | None:
        return _place(_DATABASE, self._declared.database_kind)


_Told = tuple[str, str, float | Unknown]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Look:
    """The definitions of each layer as they are now; clusters in `unread` were never seen."""

    layers: Mapping[str, Sequence[Definition]] = field(default_factory=dict)
    services: int = 0
    unread: frozenset[str] = frozenset()

    def each(
        self, layer: str, read: Callable[[TaskDefinition], int | Unknown]
    ) -> list[int | Unknown]:
        return [
            failed(one) if isinstance(one, SourceError) else read(one)
            for one in self.layers.get(layer, ())
        ]

    def none(self, layer: str) -> Unknown:
        """Say why nothing is known of a layer that has no service."""
        if self.unread:
            why = f"the cluster {min(self.unread):.255} has not been read yet"
            return Unknown(reason=GapReason.STALE, detail=why)
        why = f"no service is named like {layer.upper()}: name it in ecs.{layer}_services"
        return Unknown(reason=GapReason.NOT_ENABLED, detail=why)


def _look(deployed: Deployed, now: datetime) -> _Look:
    known = deployed.inventory.known(now=now)
    active = [service for service in known.services if service.active]
    layers = {
        _L5: [s for s in active if matches(s.name, deployed.l5_services)],
        _L6: [s for s in active if matches(s.name, deployed.l6_services)],
    }
    wanted = {s.task_definition for services in layers.values() for s in services}
    read = deployed.definitions.read({arn for arn in wanted if arn})
    return _Look(
        layers={
            layer: [_definition(service, read) for service in services]
            for layer, services in layers.items()
        },
        services=sum(not matches(s.name, deployed.ignored_services) for s in active),
        unread=known.unread,
    )


def _definition(service: Service, read: Mapping[str, Definition]) -> Definition:
    found = read.get(service.task_definition or "")
    return found or SourceError(
        f"ecs:DescribeServices names no task definition of {service.subject:.200}",
        reason=GapReason.NOT_APPLICABLE,
        hint="its task sets have definitions of their own",
    )


def _or_declared(
    shown: int | Unknown | None, nothing: Unknown, declared: int | None
) -> int | Unknown:
    """What the stack shows wins over what people say of it."""
    if isinstance(shown, int):
        return shown
    return declared if declared is not None else shown or nothing


def _oldest(versions: Sequence[int | Unknown]) -> int | Unknown | None:
    unknown = next((one for one in versions if isinstance(one, Unknown)), None)
    return unknown or min((one for one in versions if isinstance(one, int)), default=None)


def _place(signal: str, state: str | None) -> int | None:
    return None if state is None else SIGNAL_BY_NAME[signal].states.index(state)


def _observation(signal: str, subject: str, found: float | Unknown, *, at: datetime) -> Observation:
    if isinstance(found, Unknown):
        return gap(signal, subject, found.reason, found.detail, at=at)
    return reading(signal, subject, found, at=at)
