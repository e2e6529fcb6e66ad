"""Which evolution steps the stack itself shows as done; the others people attest."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from xops_watch.aws.task_definitions import TaskDefinition
from xops_watch.errors import SourceError
from xops_watch.sources.adoption.words import Environment, Unknown, failed

Definitions = Sequence[TaskDefinition | SourceError]

SERVICES_OF_MANY = 8  # the documents' "8+ microservices"
PRESENCE_SECONDS = 60.0  # what the step asks for
_PRESENCE = "DATABASE_USER_ACTIVE_STATUS_UPDATE_INTERVAL"
_YES = frozenset({"true", "1"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """What is deployed: the definitions of two layers, and how many services are active."""

    l5: Definitions = ()
    l6: Definitions = ()
    services: int = 0


def is_done(evolution: str, stack: Stack) -> bool | Unknown:
    """Tell whether the stack shows the step as done; what no stack can show is not."""
    shown = _SHOWN.get(evolution)
    return False if shown is None else shown(stack)


def _presence_is_rare(environment: Environment) -> bool:
    values = environment.values(_PRESENCE)
    return bool(values) and all(_seconds(value) >= PRESENCE_SECONDS for value in values)


def _seconds(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0


def _vectors_are_out(environment: Environment) -> bool:
    values = set(environment.values("VECTOR_DB"))
    return bool(values) and values <= {"pgvector", "qdrant"}


def _falls_back(environment: Environment) -> bool:
    return environment.is_set("LITELLM_FALLBACKS")


def _has_keycloak_and_scim(environment: Environment) -> bool:
    scim = environment.values("ENABLE_SCIM", "SCIM_ENABLED")
    return "keycloak" in environment.values("OPENID_PROVIDER_URL") and bool(_YES & set(scim))


def _all(definitions: Definitions, holds: Callable[[Environment], bool]) -> bool | Unknown:
    """Half a stack is not done; what cannot be read is not known, unless the rest says no."""
    known = [one for one in definitions if isinstance(one, TaskDefinition)]
    if not all(holds(Environment(one)) for one in known):
        return False
    error = next((one for one in definitions if isinstance(one, SourceError)), None)
    return failed(error) if error else bool(known)


_SHOWN: Mapping[str, Callable[[Stack], bool | Unknown]] = {
    "ease-sqlite-contention": lambda stack: _all(stack.l6, _presence_is_rare),
    "keycloak-and-scim": lambda stack: _all(stack.l6, _has_keycloak_and_scim),
    "multi-provider-failover": lambda stack: _all(stack.l5, _falls_back),
    "pgvector-or-qdrant": lambda stack: _all(stack.l6, _vectors_are_out),
    "split-into-microservices": lambda stack: stack.services >= SERVICES_OF_MANY,
}
